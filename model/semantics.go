package model

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Semantics holds the rules that differ between kernel releases, as named
// fields that say what they decide. Code asks for a rule, never for a version.
type Semantics struct {
	Release string // the first release that has them, such as "7.3.0"

	// NullfsRoot: the root of every namespace is an empty, immutable mount.
	// Before, it is an empty rootfs with a read-only superblock, LOCKED from
	// boot. Since 7.0. Spec 07 §1, 03b §10.
	NullfsRoot bool
	// OpenTreeNamespace: open_tree knows OPEN_TREE_NAMESPACE. Since 7.0.
	// Spec 07 §1.
	OpenTreeNamespace bool
	// FsmountNamespace: fsmount knows FSMOUNT_NAMESPACE. Since 7.1. Spec 07 §1.
	FsmountNamespace bool
	// EmptyNamespace: UNSHARE_EMPTY_MNTNS and CLONE_EMPTY_MNTNS are known.
	// Since 7.1. Spec 07 §1.
	EmptyNamespace bool
	// OpenTreeAttr: the call exists. Since 6.15. Spec 07 §1.
	OpenTreeAttr bool
	// DetachedTrees: a detached tree can be copied, mounted on, and its
	// propagation followed. Before, it can only be attached, once; the checks of
	// a move come in another order, and its source is resolved first. Since
	// 6.15. Spec 03b §§5, 9, 07 §1.
	DetachedTrees bool
	// BulkPropagation: an umount finds the largest set that shifts and reveals
	// nothing, and takes it out of all propagation at once. Before, it tries
	// mount by mount. Since 6.17. Spec 03 §5, 03b §§4, 6, 7.
	BulkPropagation bool
	// Fchroot: the call exists. Since 7.3. Spec 07 §1.
	Fchroot bool

	// CloneKeepsUnbindable: a copy of an unbindable mount is unbindable. Lost
	// from 6.17 on, back since 7.2.11. Spec 07 §3.1.
	CloneKeepsUnbindable bool
	// ForeignKeepsCovered: to a foreign user namespace OPEN_TREE_NAMESPACE
	// shows nothing that a mount covers: a copy without the mounts below is
	// refused, and unbindable ones are copied. Since 7.2.11. Spec 07 §2.
	ForeignKeepsCovered bool
	// NamespaceOfDirectory: OPEN_TREE_NAMESPACE takes directories only.
	// Since 7.1, and 7.0 stable. Spec 07 §2.
	NamespaceOfDirectory bool
	// LockSlidesBeneath: what slides beneath a LOCKED mount becomes LOCKED
	// too. Since 7.1. Spec 07 §3.22.
	LockSlidesBeneath bool
	// BeneathAnything: MOVE_MOUNT_BENEATH takes as target also a LOCKED mount,
	// the caller's root, and what is on the namespace's root. Since 7.1.
	// Spec 07 §3.6.
	BeneathAnything bool
	// PinTakesNoLock: the file of a mount namespace cannot slide beneath a
	// LOCKED mount, and so is never LOCKED; where one is, a copy of a namespace
	// fails. Before, such a copy leaves it out, and shows what it covers.
	// Since 7.2.13. Spec 07 §3.6, 03 §4.
	PinTakesNoLock bool
	// CoversUmounted: a submount that goes together with its parent leaves an
	// empty stand-in there. Before, some stay connected to their unmounted
	// parent. Since 7.3. Spec 07 §3.9.
	CoversUmounted bool
	// ChainedBusy: a plain umount looks at chains of copies that would go
	// together. Before, at each copy by itself. Since 7.2.11. Spec 07 §3.5.
	ChainedBusy bool
	// SetGroupNeedsBindable: MOVE_MOUNT_SET_GROUP refuses an unbindable target.
	// Since 7.2.11. Spec 07 §3.7.
	SetGroupNeedsBindable bool
	// BindChecksBelow: a recursive bind looks for files of mount namespaces
	// that would make a loop. Since 7.2.11. Spec 07 §3.8.
	BindChecksBelow bool
	// CopyNeedsMounted: a recursive copy wants a source that is mounted, also
	// where that is the file of a namespace. Since 7.2.11. Spec 07 §3.21.
	CopyNeedsMounted bool
	// InternalFixed: the kernel's own filesystems cannot be reconfigured.
	// Since 7.2.11. Spec 07 §3.13.
	InternalFixed bool
	// PivotMembershipFirst: pivot_root looks at who is in the namespace before
	// it looks at parents. Since 7.2.11. Spec 08 §8.
	PivotMembershipFirst bool
	// PivotPathsFirst: pivot_root resolves its paths before it asks for
	// privilege. Since 7.0. Spec 07 §3.20.
	PivotPathsFirst bool
	// FsmountFlagsFirst: fsmount looks at its flags before it asks for
	// privilege. Since 7.1. Spec 07 §3.20.
	FsmountFlagsFirst bool

	// NSIDs is how ids are given to mount namespaces. Spec 08 §4.
	NSIDs NSNumbering
}

// NSNumbering is how ids are given to mount namespaces; the rules against
// loops compare ids, so it shows. Spec 08 §4.
type NSNumbering uint8

const (
	// RisingIDs: a newer namespace has the larger id, as on one CPU.
	RisingIDs NSNumbering = iota
	// BatchedIDs: ids come from batches that CPUs take, so that a newer
	// namespace may have the smaller id. The model takes them from two CPUs
	// in turn.
	BatchedIDs
)

// nsID is the id of the namespace that was made as the age-th.
func (s *Semantics) nsID(age uint64) uint64 {
	if s.NSIDs == RisingIDs || age <= 1 {
		return age
	}
	const batch = 256
	cpu, n := age%2, age/2
	return ((n/batch)*2+cpu)*batch + n%batch + batch
}

// releases are the known semantics, the oldest first: each is the one before
// with what its release changed.
func releases() []Semantics {
	s := Semantics{Release: "6.12.0"}
	s.CloneKeepsUnbindable = true
	s.ChainedBusy = true // a fix of 6.12's stable series, as are the next two
	s.BindChecksBelow = true
	s.CopyNeedsMounted = true
	all := []Semantics{s}

	s = Semantics{Release: "6.18.0"} // what 6.12's stable series fixed is not in it
	s.OpenTreeAttr = true
	s.DetachedTrees = true
	s.BulkPropagation = true
	all = append(all, s)

	s.Release = "7.0.0"
	s.NullfsRoot = true
	s.OpenTreeNamespace = true
	s.NamespaceOfDirectory = true // a fix of 7.0's stable series
	s.PivotPathsFirst = true
	all = append(all, s)

	s.Release = "7.1.0"
	s.FsmountNamespace = true
	s.FsmountFlagsFirst = true
	s.EmptyNamespace = true
	s.LockSlidesBeneath = true
	s.BeneathAnything = true
	all = append(all, s)

	s.Release = "7.2.11"
	s.CloneKeepsUnbindable = true
	s.ForeignKeepsCovered = true
	s.ChainedBusy = true
	s.SetGroupNeedsBindable = true
	s.BindChecksBelow = true
	s.CopyNeedsMounted = true
	s.InternalFixed = true
	s.PivotMembershipFirst = true
	all = append(all, s)

	s.Release = "7.2.13"
	s.PinTakesNoLock = true
	all = append(all, s)

	s.Release = "7.3.0"
	s.CoversUmounted = true
	s.Fchroot = true
	return append(all, s)
}

// DefaultRelease is the release whose semantics are used where none is named.
const DefaultRelease = "7.3"

// Releases lists the first release of each known set of rules.
func Releases() []string {
	var names []string
	for _, s := range releases() {
		names = append(names, s.Release)
	}
	return names
}

// ForRelease returns the rules of a kernel release such as "7.3" or "7.3.4":
// the newest known that are not newer. "7.3" means the newest known 7.3.
func ForRelease(release string) (*Semantics, error) {
	want, err := parseRelease(release)
	if err != nil {
		return nil, err
	}
	all := releases()
	i := sort.Search(len(all), func(i int) bool {
		first, _ := parseRelease(all[i].Release)
		return releaseLess(want, first)
	})
	if i == 0 {
		return nil, fmt.Errorf("release %s: no semantics known; the known ones begin at %s", release, strings.Join(Releases(), ", "))
	}
	return &all[i-1], nil
}

// newestPatch stands for the patch level that a release without one means.
const newestPatch = 1 << 30

// parseRelease reads major, minor and patch of a release; what uname -r has
// behind them, as in 6.18.15-amd64, does not count.
func parseRelease(s string) (v [3]int, err error) {
	v[2] = newestPatch
	numbers := strings.Split(s, ".")
	if i := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		numbers = strings.Split(s[:i], ".")
	}
	if len(numbers) != 2 && len(numbers) != 3 {
		return v, fmt.Errorf("release %q: want a kernel release such as 7.3 or 7.3.4", s)
	}
	for i, n := range numbers {
		if v[i], err = strconv.Atoi(n); err != nil {
			return v, fmt.Errorf("release %q: want a kernel release such as 7.3 or 7.3.4", s)
		}
	}
	return v, nil
}

func releaseLess(a, b [3]int) bool {
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}
