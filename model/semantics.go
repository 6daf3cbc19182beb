package model

import (
	"fmt"
	"sort"
	"strings"
)

// Semantics holds the rules that differ between kernel releases, as named
// fields that say what they decide. Code asks for a rule, never for a version.
type Semantics struct {
	Release string // the first release that has them, such as "7.3.0"

	// CloneKeepsUnbindable: a copy of an unbindable mount is unbindable.
	// Spec 07 §3.1.
	CloneKeepsUnbindable bool
	// LockSlidesBeneath: what slides beneath a LOCKED mount becomes LOCKED
	// too. Spec 07 §3.22.
	LockSlidesBeneath bool
	// NullfsRoot: the root of every namespace is an empty, immutable mount.
	// Before, it is an empty rootfs with a read-only superblock.
	NullfsRoot bool
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

// releases are the known semantics, the oldest first.
var releases = []Semantics{
	{
		Release:              "7.3.0",
		CloneKeepsUnbindable: true,
		LockSlidesBeneath:    true,
		NullfsRoot:           true,
	},
}

// DefaultRelease is the release whose semantics are used where none is named.
const DefaultRelease = "7.3"

// Releases lists the first release of each known set of rules.
func Releases() []string {
	names := make([]string, len(releases))
	for i := range releases {
		names[i] = releases[i].Release
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
	i := sort.Search(len(releases), func(i int) bool {
		first, _ := parseRelease(releases[i].Release)
		return releaseLess(want, first)
	})
	if i == 0 {
		return nil, fmt.Errorf("release %s: no semantics known; the known ones begin at %s", release, strings.Join(Releases(), ", "))
	}
	s := releases[i-1]
	return &s, nil
}

// parseRelease reads major, minor and patch; without a patch it is the newest.
func parseRelease(s string) ([3]int, error) {
	var v [3]int
	n, err := fmt.Sscanf(s, "%d.%d.%d", &v[0], &v[1], &v[2])
	if n < 2 || v[0] < 0 || v[1] < 0 || v[2] < 0 {
		return v, fmt.Errorf("release %q: want a kernel release such as 7.3 or 7.3.4", s)
	}
	if n == 2 {
		v[2] = 1 << 30
	}
	_ = err
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
