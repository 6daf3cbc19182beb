package model

// sweep frees the dentries, superblocks and user namespaces that nothing
// refers to any more: their end is no event that a program can see, so they
// are not counted one by one. It runs between calls, when enough have come
// together that the cost is spread thin.
func (s *State) sweep() {
	if len(s.Dentries) < s.sweepAt {
		return
	}
	sbs := make([]bool, len(s.SBs))
	users := make([]bool, len(s.Users))
	keep := make([]bool, len(s.Dentries))
	pin := func(d DentryIx) {
		for d != 0 && !keep[d] {
			keep[d] = true
			sbs[s.Dentries[d].SB] = true
			d = s.Dentries[d].Parent
		}
	}
	for i := range s.Mounts {
		if r := &s.Mounts[i]; r.ID != 0 {
			pin(r.Root)
			pin(r.MP)
			users[r.IDMap] = true
		}
	}
	for i := range s.FSs {
		if s.FSs[i].Users > 0 {
			pin(s.FSs[i].Root.D)
			pin(s.FSs[i].Cwd.D)
		}
	}
	for i := range s.Files {
		if f := &s.Files[i]; f.Refs > 0 {
			pin(f.Loc.D)
			pin(f.Picked)
			sbs[f.SB] = true
			users[f.User] = true
		}
	}
	for i := range s.Spaces {
		if s.Spaces[i].ID != 0 {
			pin(s.Spaces[i].File)
			users[s.Spaces[i].Owner] = true
		}
	}
	for i := range s.Procs {
		if p := &s.Procs[i]; p.Alive {
			users[p.User], users[p.PidUser], users[p.ChildUser] = true, true, true
			sbs[p.Sysfs] = true
			pin(p.Pid)
		}
	}
	pin(s.fixed.AnonDentry)
	sbs[s.fixed.Sysfs] = true
	for _, sb := range s.initialSBs {
		sbs[sb] = true
	}
	s.sweepUsers(users, keep, pin)
	s.sweepDentries(keep, sbs)
	for i := len(s.SBs) - 1; i > 0; i-- {
		if r := &s.SBs[i]; !sbs[i] && r.Root != 0 {
			*r = Superblock{Minor: int32(s.freeSB)}
			s.freeSB = SBIx(i)
		}
	}
	s.sweepAt = 2*int(s.dentries) + 64
}

func (s *State) sweepUsers(used, keep []bool, pin func(DentryIx)) {
	for i := range s.SBs {
		if s.SBs[i].Root != 0 {
			used[s.SBs[i].Owner] = true
		}
	}
	for i := len(s.Users) - 1; i > 0; i-- {
		r := &s.Users[i]
		if r.File != 0 && keep[r.File] {
			used[i] = true
		}
		if used[i] {
			for p := r.Parent; p != 0; p = s.Users[p].Parent {
				used[p] = true
			}
		}
	}
	for i := len(s.Users) - 1; i > 0; i-- {
		switch r := &s.Users[i]; {
		case !r.live:
		case used[i] || r.Level == 0:
			pin(r.File)
		default:
			*r = UserNS{Parent: s.freeUser}
			s.freeUser = UserIx(i)
		}
	}
}

// sweepDentries frees what is neither kept nor in the tree of a filesystem
// that is still in use.
func (s *State) sweepDentries(keep, sbs []bool) {
	for i := range s.Dentries {
		r := &s.Dentries[i]
		keep[i] = keep[i] || r.SB == 0 || sbs[r.SB] && !s.gone(DentryIx(i)) && s.inTree(DentryIx(i))
	}
	for i := len(s.Dentries) - 1; i > 0; i-- {
		r := &s.Dentries[i]
		d := DentryIx(i)
		if keep[i] {
			continue
		}
		if r.Parent != d && r.Flags&Unlinked == 0 {
			s.unlinkDentry(d)
		}
		*r = Dentry{nextHash: s.freeDentry}
		s.freeDentry = d
		s.dentries--
	}
}

// inTree tells a dentry of a filesystem's tree from one that stands alone.
func (s *State) inTree(d DentryIx) bool {
	for s.Dentries[d].Parent != d {
		d = s.Dentries[d].Parent
	}
	return s.SBs[s.Dentries[d].SB].Root == d
}
