package model

// fs is the caller's root and working directory.
func (c *call) fs() *FSStruct { return &c.FSs[c.Procs[c.me].FS] }

// proc is the caller's own record.
func (c *call) proc() *Process { return &c.Procs[c.me] }

// space is the caller's mount namespace; spaceIx its index.
func (c *call) space() *MountNS { return &c.Spaces[c.Procs[c.me].NS] }

func (c *call) spaceIx() NSIx { return c.Procs[c.me].NS }

// capable is spec 01 §4's cap(P, T, C): a process has its capabilities in its
// own user namespace and all those below it; the owner of a child namespace
// has all of them in it, whatever its effective set.
func (s *State) capable(p ProcIx, target UserIx, want Caps) bool {
	own := s.Procs[p].User
	for n := target; ; n = s.Users[n].Parent {
		if n == own {
			return s.Procs[p].Caps&want == want
		}
		if s.Users[n].Level <= s.Users[own].Level {
			return false
		}
		if s.Users[n].Parent == own {
			return true // every process is root, and so owns the namespaces below its own
		}
	}
}

func (c *call) capable(target UserIx, want Caps) bool { return c.State.capable(c.me, target, want) }

// mayMount is spec 01 §4's may_mount.
func (c *call) mayMount() Refusal {
	if !c.capable(c.space().Owner, CapSysAdmin) {
		return refuse(RuleMayMount, int32(c.space().Owner))
	}
	return Refusal{}
}

// inNS is the kernel's check_mnt: m is in the caller's mount namespace.
func (c *call) inNS(m MountIx) bool { return c.Mounts[m].NS == c.spaceIx() }

// isMounted tells whether m is in any namespace, also an anonymous one.
func (s *State) isMounted(m MountIx) bool { return s.Mounts[m].NS > 0 }

// usableAnon tells whether m is part of a detached tree that the caller may
// use: made from its own namespace, or from none. Spec 01 §4.
func (c *call) usableAnon(m MountIx) bool {
	ns := c.Mounts[m].NS
	if ns <= 0 || !c.Spaces[ns].Anon || !c.Sem.DetachedTrees {
		return false
	}
	return c.Spaces[ns].Origin == 0 || c.Spaces[ns].Origin == c.space().ID
}

// anonRoot tells whether m is the root of a detached tree.
func (s *State) anonRoot(m MountIx) bool {
	ns := s.Mounts[m].NS
	return ns > 0 && s.Spaces[ns].Anon && s.Spaces[ns].Root == m
}

// mayUse and mayCopy: spec 01 §4.
func (c *call) mayUse(m MountIx) bool { return c.inNS(m) || c.usableAnon(m) }

func (c *call) mayCopy(at Loc) bool {
	switch c.Dentries[at.D].Kind {
	case MntNSFile, UserNSFile:
		return true
	case PidFile:
		return c.Sem.DetachedTrees
	}
	return c.mayUse(at.M)
}

// mayChangeProp is spec 01 §4's may_change_prop: the mount may be in another
// namespace, if the caller has power over that.
func (c *call) mayChangeProp(m MountIx) Refusal {
	if !c.isMounted(m) {
		return refuse(RulePropNotMounted, int32(m))
	}
	if owner := c.Spaces[c.Mounts[m].NS].Owner; !c.capable(owner, CapSysAdmin) {
		return refuse(RulePropNotCapable, int32(m), int32(owner))
	}
	return Refusal{}
}

// mayInspect tells whether the caller may look into process p, as ptrace would:
// itself, or one in its user namespace or below it. Spec 04 §24.
func (c *call) mayInspect(p ProcIx) bool {
	if p == c.me {
		return true
	}
	return c.capable(c.Procs[p].User, CapSysPtrace)
}

// newProcess makes a task that shares nothing, or with shareFS its root and
// working directory, with the caller. It returns its actor number.
func (c *call) newProcess(shareFS bool) ProcIx {
	p := ProcIx(len(c.Procs))
	c.Procs = append(c.Procs, *c.proc())
	n, me := &c.Procs[p], c.proc()
	n.Pid, n.FirstFD = 0, 0
	n.PidUser = n.ChildUser
	c.Spaces[n.NS].Refs++
	if shareFS {
		c.FSs[n.FS].Users++
	} else {
		n.FS = c.newFS(c.fs().Root, c.fs().Cwd)
	}
	c.copyFDs(p, me.FirstFD)
	return p
}

// newFS makes a record of root and working directory.
func (s *State) newFS(root, cwd Loc) FSIx {
	f := s.freeFS
	if f != 0 {
		s.freeFS = FSIx(s.FSs[f].Root.M)
	} else {
		f = FSIx(len(s.FSs))
		s.FSs = append(s.FSs, FSStruct{})
	}
	s.FSs[f] = FSStruct{Root: root, Cwd: cwd, Users: 1}
	s.getLoc(root)
	s.getLoc(cwd)
	return f
}

func (s *State) putFS(f FSIx) {
	r := &s.FSs[f]
	if r.Users--; r.Users > 0 {
		return
	}
	root, cwd := r.Root, r.Cwd
	*r = FSStruct{Root: Loc{M: MountIx(s.freeFS)}}
	s.freeFS = f
	s.putLoc(root)
	s.putLoc(cwd)
}

// unshareFS gives the caller a root and working directory of its own.
func (c *call) unshareFS() {
	if fs := c.proc().FS; c.FSs[fs].Users > 1 {
		n := c.newFS(c.FSs[fs].Root, c.FSs[fs].Cwd)
		c.FSs[fs].Users--
		c.proc().FS = n
	}
}

// setRoot and setCwd move a task. The new location is taken before the old one
// is let go: it may be the same.
func (s *State) setRoot(f FSIx, to Loc) {
	old := s.FSs[f].Root
	s.getLoc(to)
	s.FSs[f].Root = to
	s.putLoc(old)
}

func (s *State) setCwd(f FSIx, to Loc) {
	old := s.FSs[f].Cwd
	s.getLoc(to)
	s.FSs[f].Cwd = to
	s.putLoc(old)
}

// getLoc and putLoc count a user of a location: it keeps the mount, and the
// namespace whose file it is.
func (s *State) getLoc(l Loc) {
	s.touch(l.M).Refs++
	s.getDentry(l.D)
}

func (s *State) putLoc(l Loc) {
	r := s.touch(l.M)
	r.Refs--
	r.Flags &^= ExpiryMark // any use of a mount clears the mark: spec 08 §5
	if r.NS == 0 && r.Refs == 0 {
		s.settleQ.mounts = append(s.settleQ.mounts, l.M)
	}
	s.putDentry(l.D)
}

// exit ends the caller: its descriptors, then its root, working directory and
// namespace.
func (c *call) exit() {
	p := c.proc()
	p.Alive = false
	for fd := p.FirstFD; fd != 0; {
		next := c.FDs[fd].Next
		c.putFile(c.FDs[fd].File)
		c.freeFDRecord(fd)
		fd = next
	}
	p.FirstFD = 0
	c.putFS(p.FS)
	c.putNS(p.NS)
}

func (c *call) exitGroup() (int64, Refusal) {
	c.exit()
	return 0, Refusal{}
}

func (c *call) fork() (int64, Refusal) { return int64(c.newProcess(false)), Refusal{} }
