package model

// A state that was made from a mount table knows the mounts of a machine, not
// its files. What is known of those besides is told to it here.

// Child is the dentry of that name in directory d, or none.
func (s *State) Child(d DentryIx, name string) DentryIx { return s.lookupChild(d, name) }

// Learn adds a name to directory d: a directory, a regular file, or a symlink
// to target. A name that is there already stays as it is. It returns none where
// d is no directory of a filesystem whose content is unknown.
func (s *State) Learn(d DentryIx, name string, kind DentryKind, target string) DentryIx {
	if !s.IsDir(d) || s.Dentries[d].Flags&Immutable != 0 || s.SBs[s.Dentries[d].SB].Flags&UnknownContent == 0 ||
		name == "" || name == "." || name == ".." {
		return 0
	}
	if c := s.lookupChild(d, name); c != 0 {
		return c
	}
	obj := int32(0)
	if kind == Symlink {
		if target == "" {
			return 0
		}
		obj = int32(s.names.intern(target))
	}
	return s.newDentry(s.Dentries[d].SB, d, s.names.intern(name), kind, obj)
}

// SuperOptions are the options of its filesystem that mountinfo shows for m
// behind rw or ro. They are known of mount tables that were read only. Most
// filesystems show the same for each mount; btrfs shows the subvolume that the
// mount's root is in.
func (s *State) SuperOptions(m MountIx) string {
	for d := s.Mounts[m].Root; ; d = s.Dentries[d].Parent {
		r := &s.Dentries[d]
		if (r.Kind == Dir || r.Kind == RegularFile) && r.Obj != 0 {
			return s.Name(NameIx(r.Obj))
		}
		if r.Parent == d {
			break
		}
	}
	if o := s.SBs[s.SBOf(m)].Opts; o != 0 {
		return s.Name(o)
	}
	return ""
}
