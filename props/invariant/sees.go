package invariant

import (
	"cmp"
	"slices"

	"mntcheck/model"
)

// Facts are what one transition tells, of what not every system shows. A system
// that shows its state tells all of them, always. Of one that shows tables, some
// are told at times: who stands in a directory that was unmounted is nowhere, as
// far as tables tell.
type Facts uint8

const (
	// Places: where the caller stands, and the descriptors that the call names, are
	// in mounts of namespaces, so that it is known where its paths lead. Nowhere are
	// two mounts mounted at one place.
	Places Facts = 1 << iota
	// Groups: every peer group that is named has a member in a namespace, so that
	// what receives from what is known.
	Groups
	// Unlocked: the world never had a second user namespace, so that nothing in it
	// is LOCKED, and no attribute is.
	Unlocked
	// AllMounts: there is no mount but those of namespaces.
	AllMounts
	// Made: the mounts that came to be seen are those that the call made. It may
	// have attached a detached tree.
	Made
)

// String names the facts in words.
func (f Facts) String() string {
	var words []byte
	for i, word := range [...]string{"places", "groups", "locks", "all mounts", "new mounts"} {
		if f&(1<<i) != 0 {
			if len(words) > 0 {
				words = append(words, ", "...)
			}
			words = append(words, word...)
		}
	}
	return string(words)
}

// OfTables tells whether an invariant can be checked on views alone.
func (n Needs) OfTables() bool { return n == Tables || n == Process }

// Sight is the answer to whether an invariant can be checked on a transition.
type Sight uint8

const (
	Seen   Sight = iota // it can
	Untold              // it can on such a system, but this transition does not tell what it takes
	Unseen              // it cannot on such a system
)

// Observed makes a transition of one on a system that shows its state one on a
// system that shows tables: before and after hold what these show and nothing else
// (package observed), and facts are those that they tell. name is how a mount is
// named in what is said, and may be nil. It holds until the next Reset.
func (t *Transition) Observed(facts Facts, name func(s *model.State, m model.MountIx) string) {
	t.observed, t.told, t.name = true, facts, name
}

// whole tells whether the states are those of a system that shows all.
func (t *Transition) whole() bool { return t.HasState() && !t.observed }

// tells tells whether a fact is told.
func (t *Transition) tells(f Facts) bool { return !t.observed || t.told&f == f }

// Sees tells whether an invariant can be checked on the transition.
func (t *Transition) Sees(v *Invariant) Sight {
	switch {
	case t.whole():
		return Seen
	case v.Needs == State:
		return Unseen
	case v.Needs.OfTables():
		return Seen
	case !t.HasState() || !t.tells(v.Facts):
		return Untold
	}
	return Seen
}

// sameMaster tells whether a mount's master is the one that it should be. Where
// orders do not show, the masters of one group are one.
func (t *Transition) sameMaster(is, should model.MountIx) bool {
	if is == should || t.whole() || is == 0 || should == 0 {
		return is == should
	}
	return t.After.Mounts[is].Group == t.groupOf(should)
}

// groupOf is the peer group of a mount, as it is or for one that is gone, was.
func (t *Transition) groupOf(m model.MountIx) int32 {
	if int(m) < len(t.After.Mounts) && t.After.Mounts[m].ID != 0 {
		return t.After.Mounts[m].Group
	}
	return t.Before.Mounts[m].Group
}

// followed tells whether an observed transition tells what the invariants take
// that are checked by tables otherwise.
func (t *Transition) followed() bool { return t.HasState() && t.tells(Places) }

// byAge are the children of a mount by unique id. Where the order in which they
// were mounted does not show, that is the order in which a copy was made.
func byAge(s *model.State, m model.MountIx) (all []model.MountIx) {
	for c := s.Mounts[m].FirstChild; c != 0; c = s.Mounts[c].NextChild {
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b model.MountIx) int { return cmp.Compare(s.Mounts[a].UID, s.Mounts[b].UID) })
	return all
}

// appendByAge lists the tree under m in preorder, children by age.
func appendByAge(to []model.MountIx, s *model.State, m model.MountIx) []model.MountIx {
	to = append(to, m)
	for _, c := range byAge(s, m) {
		to = appendByAge(to, s, c)
	}
	return to
}
