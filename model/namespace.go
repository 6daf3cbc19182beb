package model

// newNS makes a mount namespace with no mounts in it. An anonymous one has no
// file and no id that a program could see. Spec 01 §3.
func (s *State) newNS(owner UserIx, anon bool) NSIx {
	ns := s.freeNS
	if ns != 0 {
		s.freeNS = NSIx(s.Spaces[ns].Nr)
	} else {
		ns = NSIx(len(s.Spaces))
		s.Spaces = append(s.Spaces, MountNS{})
	}
	s.nextAge++
	s.Spaces[ns] = MountNS{ID: s.Sem.nsID(s.nextAge), Age: s.nextAge, Owner: owner, Anon: anon}
	if !anon {
		file := s.newDentry(s.SBOf(s.fixed.NsfsMount), 0, 0, MntNSFile, int32(ns))
		s.Spaces[ns].File = file
	}
	return ns
}

// fillNS puts the tree under root, new mounts all, into ns. root is its root.
func (s *State) fillNS(ns NSIx, root MountIx) {
	s.Spaces[ns].Root = root
	for m := root; m != 0; m = s.next(m, root) {
		s.enterNS(m, ns)
	}
}

// freeNSRecord ends a namespace that has no mounts any more.
func (s *State) freeNSRecord(ns NSIx) {
	if f := s.Spaces[ns].File; f != 0 {
		s.freeDentryRecord(f)
	}
	s.Spaces[ns] = MountNS{Nr: int32(s.freeNS)}
	s.freeNS = ns
}

// freeDentryRecord frees a dentry that stands alone.
func (s *State) freeDentryRecord(d DentryIx) {
	s.Dentries[d] = Dentry{nextHash: s.freeDentry}
	s.freeDentry = d
	s.dentries--
}

// putNS drops a reference to a namespace; it dies with the last. Spec 04 §21.
func (s *State) putNS(ns NSIx) {
	r := &s.Spaces[ns]
	if r.Refs--; r.Refs == 0 {
		s.settleQ.spaces = append(s.settleQ.spaces, ns)
	}
}

// newUser makes a user namespace below parent.
func (s *State) newUser(parent UserIx) UserIx {
	u := s.freeUser
	if u != 0 {
		s.freeUser = s.Users[u].Parent
	} else {
		u = UserIx(len(s.Users))
		s.Users = append(s.Users, UserNS{})
	}
	s.Users[u] = UserNS{Parent: parent, Level: s.Users[parent].Level + 1, live: true}
	return u
}

// userFile is the file of a user namespace in nsfs.
func (s *State) userFile(u UserIx) DentryIx {
	if s.Users[u].File == 0 {
		d := s.newDentry(s.SBOf(s.fixed.NsfsMount), 0, 0, UserNSFile, int32(u))
		s.Users[u].File = d
	}
	return s.Users[u].File
}

// pidFile is the file of a process in pidfs.
func (s *State) pidFile(p ProcIx) DentryIx {
	if s.Procs[p].Pid == 0 {
		d := s.newDentry(s.SBOf(s.fixed.PidfsMount), 0, 0, PidFile, int32(p))
		s.Procs[p].Pid = d
	}
	return s.Procs[p].Pid
}

// settleQueue holds what may have lost its last reference in this call. The
// kernel lets go of these when the call returns, so they are looked at last.
type settleQueue struct {
	mounts []MountIx
	spaces []NSIx
}

// settle frees the unmounted mounts that nobody uses, and ends the namespaces
// that nobody refers to: their mounts go without propagation, and namespaces
// that are pinned only in them end with them. Spec 04 §21.
func (s *State) settle() {
	for len(s.settleQ.mounts)+len(s.settleQ.spaces) > 0 {
		if n := len(s.settleQ.mounts); n > 0 {
			m := s.settleQ.mounts[n-1]
			s.settleQ.mounts = s.settleQ.mounts[:n-1]
			if r := &s.Mounts[m]; r.ID != 0 && r.NS == 0 && r.Refs == 0 && r.Parent == 0 {
				s.freeMountRecord(m)
			}
			continue
		}
		ns := s.settleQ.spaces[0]
		s.settleQ.spaces = s.settleQ.spaces[:copy(s.settleQ.spaces, s.settleQ.spaces[1:])]
		if r := &s.Spaces[ns]; r.ID != 0 && !r.Anon && r.Refs == 0 {
			s.umountTree(r.Root, 0)
			s.freeNSRecord(ns)
		}
	}
}

// scratch is memory that algorithms use again from call to call.
type scratch struct {
	heirs      []MountIx // by mount
	passed     []MountIx
	copies     []pendingCopy
	marked     []MountIx
	umount     []MountIx
	candidates []MountIx
	chain      []MountIx
}
