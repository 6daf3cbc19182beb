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
	switch t { // of what is in them, one directory: nothing can be made there
	case Proc:
		s.newDentry(sb, root, s.names.intern("sys"), Dir, 0)
	case Sysfs:
		s.newDentry(sb, root, s.names.intern("kernel"), Dir, 0)
	}
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
