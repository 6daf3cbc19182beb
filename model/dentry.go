package model

// newSB makes a superblock with its root, under the next device number.
func (s *State) newSB(t FSType, f SBFlags, owner UserIx) SBIx {
	sb := s.freeSB
	if sb != 0 {
		s.freeSB = SBIx(s.SBs[sb].Minor)
	} else {
		sb = SBIx(len(s.SBs))
		s.SBs = append(s.SBs, Superblock{})
	}
	s.lastMinor++
	s.SBs[sb] = Superblock{Type: t, Flags: f, Owner: owner, Name: s.names.intern(t.String()), Minor: s.lastMinor}
	kind := Dir
	if t == AnonInode || t == Nsfs || t == Pidfs {
		kind = AnonFile
	}
	root := s.newDentry(sb, 0, 0, kind, 0)
	s.SBs[sb].Root = root
	return sb
}

// newDentry makes a dentry; one without parent is the root of its filesystem,
// or stands alone as the files of nsfs do.
func (s *State) newDentry(sb SBIx, parent DentryIx, name NameIx, kind DentryKind, obj int32) DentryIx {
	d := s.freeDentry
	if d != 0 {
		s.freeDentry = s.Dentries[d].nextHash
	} else {
		d = DentryIx(len(s.Dentries))
		s.Dentries = append(s.Dentries, Dentry{})
	}
	s.dentries++
	if parent == 0 {
		s.Dentries[d] = Dentry{SB: sb, Parent: d, Kind: kind, Obj: obj}
		return d
	}
	s.Dentries[d] = Dentry{SB: sb, Kind: kind, Obj: obj}
	s.linkDentry(d, parent, name)
	return d
}

// linkDentry gives d its place in the tree.
func (s *State) linkDentry(d, parent DentryIx, name NameIx) {
	r, p := &s.Dentries[d], &s.Dentries[parent]
	r.Parent, r.Name = parent, name
	r.prevChild, r.nextChild = 0, p.FirstChild
	if p.FirstChild != 0 {
		s.Dentries[p.FirstChild].prevChild = d
	}
	p.FirstChild = d
	s.hashDentry(d)
}

// unlinkDentry takes d out of its directory. Parent and Name stay, for the
// path that a removed file still prints with.
func (s *State) unlinkDentry(d DentryIx) {
	s.unhashDentry(d)
	r := &s.Dentries[d]
	if r.prevChild != 0 {
		s.Dentries[r.prevChild].nextChild = r.nextChild
	} else {
		s.Dentries[r.Parent].FirstChild = r.nextChild
	}
	if r.nextChild != 0 {
		s.Dentries[r.nextChild].prevChild = r.prevChild
	}
	r.prevChild, r.nextChild = 0, 0
}

// under is spec 01's d ⊑ e: d is e or below it in the tree of its filesystem.
func (s *State) under(d, e DentryIx) bool {
	for {
		if d == e {
			return true
		}
		p := s.Dentries[d].Parent
		if p == d {
			return false
		}
		d = p
	}
}

// Under tells whether dentry d is e or below it, mounts ignored. Spec 01 §1.2.
func (s *State) Under(d, e DentryIx) bool { return s.under(d, e) }

// gone tells whether d or a directory above it was removed.
func (s *State) gone(d DentryIx) bool {
	for {
		r := &s.Dentries[d]
		if r.Flags&Unlinked != 0 {
			return true
		}
		if r.Parent == d {
			return false
		}
		d = r.Parent
	}
}

// IsDir tells whether d is a directory.
func (s *State) IsDir(d DentryIx) bool { return s.Dentries[d].Kind == Dir }

// isMntNSFile is spec 01's is_mntns_file.
func (s *State) isMntNSFile(d DentryIx) bool { return s.Dentries[d].Kind == MntNSFile }

// dentryPath is the path of d within its filesystem, from the filesystem's
// root on, as the fourth field of mountinfo has it.
func (s *State) dentryPath(d DentryIx) string {
	path := s.appendPath(nil, d, s.SBs[s.Dentries[d].SB].Root)
	if len(path) == 0 {
		path = append(path, '/')
	}
	if s.gone(d) {
		path = append(path, "//deleted"...)
	}
	return string(path)
}

// appendPath appends the names from below top to d. A walk that does not meet
// top ends at the root of the tree that d is in.
func (s *State) appendPath(to []byte, d, top DentryIx) []byte {
	if d == top || s.Dentries[d].Parent == d {
		return to
	}
	to = s.appendPath(to, s.Dentries[d].Parent, top)
	to = append(to, '/')
	return append(to, s.Name(s.Dentries[d].Name)...)
}

// getDentry and putDentry count the users of the file of a mount namespace:
// each keeps the namespace alive. Spec 01 §3, refs.
func (s *State) getDentry(d DentryIx) {
	if r := &s.Dentries[d]; r.Kind == MntNSFile {
		s.Spaces[r.Obj].Refs++
	}
}

func (s *State) putDentry(d DentryIx) {
	if r := &s.Dentries[d]; r.Kind == MntNSFile {
		s.putNS(NSIx(r.Obj))
	}
}

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
			users[p.User] = true
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
