package model

// This file is for those who check states from outside: what a State knows
// but has no exported field for, and an Editor with which tests build models
// that are wrong on purpose.

// NextOn goes along the mounts on one dentry, whatever their parents: from
// Dentry.FirstMount on, the newest first, to none.
func (s *State) NextOn(m MountIx) MountIx { return s.Mounts[m].nextHere }

// Pending is the number of mounts that a running attach has reserved room for
// in a namespace; zero between calls. Spec 01 §3.
func (s *State) Pending(ns NSIx) int32 { return s.Spaces[ns].pending }

// Covered tells whether a place on an unmounted mount shows an empty stand-in,
// since what was mounted there was taken out with it. Spec 01 §2.7.
func (s *State) Covered(at Loc) bool {
	for _, c := range s.covers {
		if c.M == at.M && c.D == at.D {
			return true
		}
	}
	return false
}

// LastUID is the unique id that was given out last; those of mounts that are
// made later are larger. Spec 01 §2.1.
func (s *State) LastUID() uint64 { return s.nextUID }

// Editor changes a State behind the back of the calls. It is there to build
// faulty models, which prove that checks can fail, and for nothing else: what
// it leaves need not be a state that calls could reach. It keeps the indexes
// and the journal of the last call right, so that checks see the edit as a
// part of that call.
type Editor struct{ s *State }

// Edit returns an Editor of s.
func (s *State) Edit() Editor { return Editor{s} }

// Mount returns the record of m for writing.
func (e Editor) Mount(m MountIx) *Mount { return e.s.touch(m) }

// Clone makes a copy of m that is in m's namespace, private, and nowhere
// mounted. Attach must follow.
func (e Editor) Clone(m MountIx) MountIx {
	n := e.s.clone(m, e.s.Mounts[m].Root, clonePrivate)
	if ns := e.s.Mounts[m].NS; ns > 0 {
		e.s.enterNS(n, ns)
	}
	return n
}

// Attach puts m, which must have no parent, on dentry d of p.
func (e Editor) Attach(m, p MountIx, d DentryIx) { e.s.attach(m, p, d) }

// Detach takes m, which must have a parent, from it.
func (e Editor) Detach(m MountIx) { e.s.detach(m) }

// Unmount takes out the tree under m, here only.
func (e Editor) Unmount(m MountIx) {
	e.s.umountTree(m, 0)
	e.s.settle()
}

// SetType changes the propagation type of one mount as mount(2) does; flag is
// one of MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE.
func (e Editor) SetType(m MountIx, flag uint64) {
	if flag == MS_SHARED {
		e.s.inventGroups(m, false)
	}
	e.s.setType(m, flag)
}

// Uncover forgets the stand-ins of unmounted mounts.
func (e Editor) Uncover() { e.s.uncover(func(cover) bool { return true }) }

// AddWork adds to what the last call cost.
func (e Editor) AddWork(w Work) {
	e.s.work.Visited += w.Visited
	e.s.work.Copied += w.Copied
	e.s.work.Attached += w.Attached
	e.s.work.Destroyed += w.Destroyed
}
