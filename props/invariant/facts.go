package invariant

import "mntcheck/model"

// facts are what several invariants want to know about one transition. Each is
// worked out when it is first asked for, from the records before and after,
// never with the model's own algorithms: these are what is being checked.
type facts struct {
	known factSet

	scope, old []model.MountIx
	has, had   model.MountFlags // of all mounts in scope, of all in old
	slaves     bool             // one in old has a master
	changes    []changed
	marks      marks
	dentries   marks
	counts     []int32

	attached  attachment
	receivers []model.MountIx // of attached.p, or of one mount, in Before
	stack     []model.MountIx
	grafted   namespace
	taken     umount
	copies    []pair
	copyKind  copyKind
	deaths    bool
	sound     bool
	unchanged bool
	shadows   bool
	sandbox   *model.State
}

// pair is a mount that was copied and its copy, both as in After.
type pair struct{ from, to model.MountIx }

type factSet uint32

const (
	factScope factSet = 1 << iota
	factOld
	factAttach
	factReceivers
	factNamespace
	factUmount
	factCopies
	factDeaths
	factSound
	factUnchanged
	factShadows
	factChanges
)

// learn reports whether a fact is not known yet; from now on it is.
func (f *facts) learn(x factSet) bool {
	if f.known&x != 0 {
		return false
	}
	f.known |= x
	return true
}

// walk calls f for the mounts of the tree under top, as in model.State.Preorder,
// until it returns false. It ends in broken states too, where the links
// form circles or lead nowhere.
func walk(s *model.State, top model.MountIx, f func(model.MountIx) bool) {
	m := top
	for steps := 0; steps <= len(s.Mounts) && f(m); steps++ {
		if c := s.Mounts[m].FirstChild; c != 0 {
			m = c
			continue
		}
		for up := 0; m != top && s.Mounts[m].NextChild == 0; up++ {
			if m = s.Mounts[m].Parent; m == 0 || up > len(s.Mounts) {
				return
			}
		}
		if m == top {
			return
		}
		m = s.Mounts[m].NextChild
	}
}
