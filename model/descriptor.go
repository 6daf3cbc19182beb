package model

// Descriptors are numbers from 3 up: 0 to 2 are the standard streams, which
// traces leave alone.
const (
	firstFD = 3
	// maxFDs is RLIMIT_NOFILE: descriptors are below it.
	maxFDs = 1024
)

// findFD is the open file behind descriptor n of process p, or none.
func (s *State) findFD(p ProcIx, n int64) FileIx {
	for fd := s.Procs[p].FirstFD; fd != 0; fd = s.FDs[fd].Next {
		if int64(s.FDs[fd].Num) == n {
			return s.FDs[fd].File
		}
	}
	return 0
}

// FindFD is the open file behind descriptor n of process p, or none.
func (s *State) FindFD(p ProcIx, n int) FileIx { return s.findFD(p, int64(n)) }

// file is the open file behind the caller's descriptor n, of whatever kind.
func (c *call) file(n int64) (FileIx, Refusal) {
	f := c.findFD(c.me, int64(int32(n))) // the kernel takes an int
	if f == 0 {
		return 0, refuse(RuleBadFD, int32(n))
	}
	return f, Refusal{}
}

// openFile is file for the calls that refuse O_PATH descriptors.
func (c *call) openFile(n int64) (FileIx, Refusal) {
	f, r := c.file(n)
	if r.Refused() {
		return 0, r
	}
	if c.Files[f].Mode&PathOnly != 0 {
		return 0, refuse(RulePathOnlyFD, int32(n))
	}
	return f, Refusal{}
}

// fileLoc is the location that descriptor n refers to.
func (c *call) fileLoc(n int64) (Loc, Refusal) {
	f, r := c.file(n)
	if r.Refused() {
		return Loc{}, r
	}
	return c.Files[f].Loc, Refusal{}
}

// newFile makes an open file description, with its reference to the location.
func (s *State) newFile(f File) FileIx {
	i := s.freeFile
	if i != 0 {
		s.freeFile = FileIx(s.Files[i].Loc.M)
	} else {
		i = FileIx(len(s.Files))
		s.Files = append(s.Files, File{})
	}
	f.Refs = 1
	s.Files[i] = f
	s.getLoc(f.Loc)
	s.getDentry(f.Picked)
	return i
}

// putFile drops a reference. With the last one of the file that open_tree or
// fsmount made, a detached tree that is still one is dissolved. Spec 04 §18.
func (s *State) putFile(f FileIx) {
	r := &s.Files[f]
	if r.Refs--; r.Refs > 0 {
		return
	}
	old := *r
	*r = File{Loc: Loc{M: MountIx(s.freeFile)}}
	s.freeFile = f
	if old.Mode&NeedUnmount != 0 && s.anonRoot(old.Loc.M) {
		ns := s.Mounts[old.Loc.M].NS
		s.umountTree(old.Loc.M, umountCover)
		s.freeNSRecord(ns)
	}
	s.putLoc(old.Loc)
	s.putDentry(old.Picked)
}

// freeFDNum is the lowest descriptor that the caller can have next.
func (c *call) freeFDNum() (int32, Refusal) {
	n := int32(firstFD)
	for fd := c.proc().FirstFD; fd != 0 && c.FDs[fd].Num == n; fd = c.FDs[fd].Next {
		n++
	}
	if n >= maxFDs {
		return 0, refuse(RuleTooManyFiles, maxFDs)
	}
	return n, Refusal{}
}

// install gives the caller the lowest free descriptor for a file.
func (c *call) install(f File) (int64, Refusal) {
	n, r := c.freeFDNum()
	if r.Refused() {
		return 0, r
	}
	c.addFD(c.me, n, c.newFile(f))
	return int64(n), Refusal{}
}

// addFD enters a descriptor, which is free, in the table of p.
func (s *State) addFD(p ProcIx, n int32, f FileIx) {
	fd := s.freeFD
	if fd != 0 {
		s.freeFD = s.FDs[fd].Next
	} else {
		fd = FDIx(len(s.FDs))
		s.FDs = append(s.FDs, FD{})
	}
	at := &s.Procs[p].FirstFD
	for *at != 0 && s.FDs[*at].Num < n {
		at = &s.FDs[*at].Next
	}
	s.FDs[fd] = FD{Num: n, File: f, Next: *at}
	*at = fd
}

func (s *State) freeFDRecord(fd FDIx) {
	s.FDs[fd] = FD{Next: s.freeFD}
	s.freeFD = fd
}

// copyFDs gives p the descriptors that begin at first: the open files are
// shared.
func (s *State) copyFDs(p ProcIx, first FDIx) {
	for fd := first; fd != 0; fd = s.FDs[fd].Next {
		s.Files[s.FDs[fd].File].Refs++
		s.addFD(p, s.FDs[fd].Num, s.FDs[fd].File)
	}
}

// close: EBADF for what is not open.
func (c *call) close(fd int64) (int64, Refusal) {
	at := &c.proc().FirstFD
	for ; *at != 0; at = &c.FDs[*at].Next {
		if x := *at; int64(c.FDs[x].Num) == fd {
			f := c.FDs[x].File
			*at = c.FDs[x].Next
			c.freeFDRecord(x)
			c.putFile(f)
			return 0, Refusal{}
		}
	}
	return 0, refuse(RuleBadFD, int32(fd))
}

// dup: the new descriptor shares the open file, and so the mark of a tree
// descriptor. EBADF, EMFILE.
func (c *call) dup(fd int64) (int64, Refusal) {
	f, r := c.file(fd)
	if r.Refused() {
		return 0, r
	}
	n, r := c.freeFDNum()
	if r.Refused() {
		return 0, r
	}
	c.Files[f].Refs++
	c.addFD(c.me, n, f)
	return int64(n), Refusal{}
}
