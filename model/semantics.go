package model

import (
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// Semantics holds the rules that differ between kernel releases, as named
// fields that say what they decide. Code asks for a rule, never for a version.
//
// The comment of a rule is in a form of its own: what the rule decides; what
// holds where it does not; in which releases it holds; the sections of the
// specification, the kernel's commits and selftests that say so. Differences
// gives the same as data.
type Semantics struct {
	Release string // the first release that has them, such as "7.3.0"

	// NullfsRoot: the root of every namespace is an empty, immutable mount.
	// Before, it is an empty rootfs with a read-only superblock.
	// Holds since 7.0.0. Spec 07 §1, 03b §10; commit 313c47f4fe4d.
	NullfsRoot bool
	// OpenTreeNamespace: open_tree knows OPEN_TREE_NAMESPACE.
	// Holds since 7.0.0. Spec 05 §1, 07 §1; commit 9b8a0ba68246; selftest
	// open_tree_ns/open_tree_ns_test.
	OpenTreeNamespace bool
	// FsmountNamespace: fsmount knows FSMOUNT_NAMESPACE.
	// Holds since 7.1.0. Spec 05 §2, 07 §1; commit 5e8969bd1927; selftest
	// fsmount_ns/fsmount_ns_test.
	FsmountNamespace bool
	// EmptyNamespace: unshare knows UNSHARE_EMPTY_MNTNS, and clone3
	// CLONE_EMPTY_MNTNS.
	// Holds since 7.1.0. Spec 05 §3, 07 §1; commit 9d4e752a24f7; selftest
	// empty_mntns/empty_mntns_test.
	EmptyNamespace bool
	// OpenTreeAttr: the call open_tree_attr exists.
	// Holds since 6.15.0. Spec 04 §15, 07 §1.
	OpenTreeAttr bool
	// ReplaceNeedsClone: open_tree_attr replaces an idmapping with
	// OPEN_TREE_CLONE only. Before, also without, where the tree is detached.
	// Holds since 6.16.4. Spec 04 §15; commit "open_tree_attr: do not allow
	// id-mapping changes without OPEN_TREE_CLONE".
	ReplaceNeedsClone bool
	// Fchroot: the call fchroot exists.
	// Holds since 7.3.0. Spec 07 §1; selftest failfs/failfs_test.
	Fchroot bool

	// DetachedTrees: a detached tree can be copied and mounted on, and follows
	// changes of propagation. Before, it can only be attached, once; and a move
	// resolves its source before its target.
	// Holds since 6.15.0. Spec 03b §§5, 9, 07 §§1, 3.20; commit 130e696aa68b.
	DetachedTrees bool
	// BulkPropagation: an umount takes the largest set that shifts and reveals
	// nothing out of all propagation at once. Before, it tries mount by mount,
	// and what is in the way of a copy goes on the copy's own root.
	// Holds since 6.17.0. Spec 03 §5, 03b §§4, 6, 7; commit f0d0ba19985d.
	BulkPropagation bool
	// RootUnlocked: the root of a namespace is not LOCKED. Before, a plain umount
	// of it is refused also where it is the caller's own root.
	// Holds since 6.17.0. Spec 03b §§3.1, 10.
	RootUnlocked bool
	// MoveSourceFirst: a move looks at its source before it looks for the place
	// to go to. Before, what is wrong with the place is answered first.
	// Holds since 6.18.0. Spec 03b §9.3, 07 §3.20.
	MoveSourceFirst bool
	// BeneathMountFirst: MOVE_MOUNT_BENEATH wants a target that is a mount on
	// another before it looks for the place. Before, what is wrong with the place
	// is answered first; later, MoveSourceFirst says what is.
	// Holds from 6.17.8 until 6.18.0. Spec 07 §3.20; commit "move_mount(2): take
	// sanity checks in 'beneath' case into do_lock_mount()".
	BeneathMountFirst bool
	// PivotPathsFirst: pivot_root resolves its paths before it asks for
	// privilege.
	// Holds since 7.0.0. Spec 07 §3.20.
	PivotPathsFirst bool
	// DescriptorFirst: open_tree reserves its descriptor before it looks at
	// anything else. Before, when all is done.
	// Holds since 7.0.0. Spec 05 §1.1.
	DescriptorFirst bool
	// FsmountFlagsFirst: fsmount looks at its flags before it asks for
	// privilege.
	// Holds since 7.1.0. Spec 07 §3.20.
	FsmountFlagsFirst bool
	// PivotMembershipFirst: pivot_root looks at who is in the namespace before
	// it looks at parents. Elsewhere all the same is refused, for another reason.
	// Holds from 6.12.114 until 6.13.0, and since 7.2.11. Spec 08 §8; commit
	// "namespace: check the mounts before reading their parents in
	// pivot_root()".
	PivotMembershipFirst bool

	// CloneKeepsUnbindable: a copy of an unbindable mount is unbindable.
	// Elsewhere it is private.
	// Holds before 6.17.0, and since 7.2.11. Spec 07 §3.1; commit "mount: keep a
	// copied mount unbindable"; selftest mntns_unbindable/mntns_unbindable_test.
	CloneKeepsUnbindable bool
	// ForeignKeepsCovered: OPEN_TREE_NAMESPACE shows a foreign user namespace
	// nothing that a mount covers. Before, a copy may leave out the mounts below,
	// and does leave out the unbindable ones.
	// Holds since 7.2.11. Spec 05 §1, 07 §2; commit "namespace: keep covered
	// mounts covered in OPEN_TREE_NAMESPACE"; selftest
	// open_tree_ns/open_tree_ns_covered_test.
	ForeignKeepsCovered bool
	// NamespaceOfDirectory: OPEN_TREE_NAMESPACE takes directories only. Before,
	// a file can be the root of a namespace.
	// Holds since 7.0.13. Spec 07 §2.
	NamespaceOfDirectory bool
	// LockSlidesBeneath: what slides beneath a LOCKED mount becomes LOCKED too.
	// Holds since 7.1.0. Spec 07 §3.22; selftest
	// umount_propagation/locked_mount_test.
	LockSlidesBeneath bool
	// CoverStaysLocked: a LOCKED mount stays so when a propagated copy slides
	// beneath it. Elsewhere the lock moves to the copy, as to a mount that is moved
	// there, and the mount can be taken out.
	// Holds before 7.1.0, and since 7.2.11. Spec 03 §3.4, 07 §3.6; selftest
	// umount_propagation/locked_mount_test.
	CoverStaysLocked bool
	// BeneathAnything: MOVE_MOUNT_BENEATH takes as target also a LOCKED mount,
	// the caller's root, and what is on the namespace's root.
	// Holds since 7.1.0. Spec 07 §3.6; commit 43dcce3f2a62; selftest
	// move_mount/move_mount_test.
	BeneathAnything bool
	// PinTakesNoLock: the file of a mount namespace cannot slide beneath a
	// LOCKED mount, and so is never LOCKED. Before, a copy of the namespace
	// leaves it out, and shows what it covers.
	// Holds since 7.2.13. Spec 03 §4, 07 §3.6; commit "namespace: a mount that
	// copy_tree() leaves out can't take over a lock"; selftest
	// umount_propagation/locked_mount_test.
	PinTakesNoLock bool
	// CoversUmounted: a submount that goes together with its parent leaves an
	// empty stand-in there. Before, some stay connected to their unmounted parent.
	// Holds since 7.3.0. Spec 03b §7.1, 07 §3.9; selftest
	// mount_cycle/mount_cover_test.
	CoversUmounted bool
	// ChainedBusy: a plain umount looks at chains of copies that would go
	// together. Elsewhere at each copy by itself, and takes out some that are
	// busy.
	// Holds from 6.12.117 until 6.13.0, and since 7.2.11. Spec 03 §5.3, 03b §8,
	// 07 §3.5; commit "fs: don't silently unmount busy mounts"; selftest
	// umount_propagation/umount_propagation_test.
	ChainedBusy bool
	// SetGroupNeedsBindable: MOVE_MOUNT_SET_GROUP refuses an unbindable target.
	// Before, that can become a slave and stay unbindable.
	// Holds since 7.2.11. Spec 03b §9.7, 07 §3.7; commit "mount: refuse
	// MOVE_MOUNT_SET_GROUP on an unbindable mount".
	SetGroupNeedsBindable bool
	// BindChecksBelow: a recursive bind looks for files of mount namespaces that
	// would make a loop in the whole tree. Elsewhere at its source only.
	// Holds from 6.12.117 until 6.13.0, and since 7.2.11. Spec 07 §3.8; commit
	// "namespace: check a recursive bind mount for mount namespace loops";
	// selftest mount_cycle/nsfs_rbind_loop_test.
	BindChecksBelow bool
	// CopyNeedsMounted: a recursive copy wants a source that is mounted, also
	// where that is the file of a namespace or of a process.
	// Holds from 6.12.113 until 6.13.0, and since 7.2.11. Spec 03b §11.9,
	// 07 §3.21; commit "namespace: don't copy an unmounted mount tree"; selftest
	// mount_cycle/unmounted_tree_test.
	CopyNeedsMounted bool
	// InternalFixed: the kernel's own filesystems cannot be reconfigured.
	// Holds from 6.12.113 until 6.13.0, and since 7.2.11. Spec 07 §3.13; commits
	// "fs: refuse fspick() on internal superblocks", "namespace: don't
	// reconfigure internal superblocks via remount and umount"; selftest
	// empty_mntns/internal_sb_reconfigure_test.
	InternalFixed bool

	// NSIDs is how ids are given to mount namespaces. It is no matter of the
	// release alone: on one CPU they rise in every one. Spec 08 §4.
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
// with what its release changed. Those of 6.12 are of the series from 6.12.44
// on; what its stable releases fixed before that is not told apart.
func releases() []Semantics {
	s := Semantics{Release: "6.12.0"}
	s.CloneKeepsUnbindable = true
	s.CoverStaysLocked = true
	all := []Semantics{s}
	next := func(release string, changes ...*bool) {
		s.Release = release
		for _, rule := range changes {
			*rule = !*rule
		}
		all = append(all, s)
	}
	next("6.12.113", &s.CopyNeedsMounted, &s.InternalFixed)
	next("6.12.114", &s.PivotMembershipFirst)
	next("6.12.117", &s.ChainedBusy, &s.BindChecksBelow)

	s = all[0] // what the stable releases of 6.12 fixed came too late for those of the next series
	next("6.13.0")
	next("6.15.0", &s.OpenTreeAttr, &s.DetachedTrees)
	next("6.16.4", &s.ReplaceNeedsClone)
	next("6.17.0", &s.BulkPropagation, &s.RootUnlocked, &s.CloneKeepsUnbindable)
	next("6.17.8", &s.BeneathMountFirst)
	next("6.18.0", &s.MoveSourceFirst, &s.BeneathMountFirst)

	next("7.0.0", &s.NullfsRoot, &s.OpenTreeNamespace, &s.PivotPathsFirst, &s.DescriptorFirst)
	next("7.0.13", &s.NamespaceOfDirectory)
	next("7.1.0", &s.FsmountNamespace, &s.FsmountFlagsFirst, &s.EmptyNamespace, &s.LockSlidesBeneath,
		&s.CoverStaysLocked, &s.BeneathAnything)
	next("7.2.11", &s.CloneKeepsUnbindable, &s.CoverStaysLocked, &s.ForeignKeepsCovered, &s.ChainedBusy, &s.SetGroupNeedsBindable,
		&s.BindChecksBelow, &s.CopyNeedsMounted, &s.InternalFixed, &s.PivotMembershipFirst)
	next("7.2.13", &s.PinTakesNoLock)
	next("7.3.0", &s.CoversUmounted, &s.Fchroot)
	return all
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
// the newest known that are not newer. "7.3" means the newest known 7.3. The
// error is for what is no release, and for one older than all that are known.
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
		return nil, fmt.Errorf("release %s: no semantics known; the known ones begin at %s and end at %s", release, all[0].Release, all[len(all)-1].Release)
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
