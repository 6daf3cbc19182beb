package model

// setns enters a namespace: by its descriptor, or by a pidfd with the types to
// enter. EBADF, EINVAL, ESRCH, EPERM. Spec 04 §17, 08 §2.3.
func (c *call) setns(fd int64, nstype uint64) Refusal {
	i, r := c.openFile(fd)
	if r.Refused() {
		return r
	}
	d := c.Dentries[c.Files[i].Loc.D]
	if c.Files[i].Kind != PlainFile {
		return refuse(RuleNotNamespaceFD, int32(fd))
	}
	switch d.Kind {
	case MntNSFile:
		if nstype != 0 && nstype != CLONE_NEWNS {
			return refuse(RuleWrongNamespaceType, int32(fd))
		}
		return c.setnsByFile(NSIx(d.Obj), 0)
	case UserNSFile:
		if nstype != 0 && nstype != CLONE_NEWUSER {
			return refuse(RuleWrongNamespaceType, int32(fd))
		}
		return c.setnsByFile(0, UserIx(d.Obj))
	case PidFile:
		return c.setnsByProcess(ProcIx(d.Obj), nstype, fd)
	}
	return refuse(RuleNotNamespaceFD, int32(fd))
}

// setnsByProcess enters the namespaces that a process is in.
func (c *call) setnsByProcess(p ProcIx, nstype uint64, fd int64) Refusal {
	const known = CLONE_NEWNS | CLONE_NEWUSER | (otherNamespaces &^ (CLONE_FILES | CLONE_SYSVSEM))
	if nstype == 0 || nstype&^known != 0 {
		return refuse(RuleWrongNamespaceType, int32(fd))
	}
	if !c.Procs[p].Alive {
		return refuse(RuleProcessGone)
	}
	if !c.mayInspect(p) {
		return refuse(RuleSetnsPtrace)
	}
	var ns NSIx
	var user UserIx
	if nstype&CLONE_NEWNS != 0 {
		ns = c.Procs[p].NS
	}
	if nstype&CLONE_NEWUSER != 0 {
		user = c.Procs[p].User
	}
	return c.setnsByFile(ns, user)
}

// setnsByFile enters a user namespace, a mount namespace, or both. Spec 04 §17.
func (c *call) setnsByFile(ns NSIx, user UserIx) Refusal {
	own := c.proc().User
	if user != 0 {
		switch {
		case user == own:
			return refuse(RuleSetnsOwnUser)
		case c.FSs[c.proc().FS].Users > 1:
			return refuse(RuleSetnsSharedFS)
		case !c.capable(user, CapSysAdmin):
			return refuse(RuleSetnsCapability, int32(user))
		}
		if ns != 0 {
			if r := c.enterMountNS(ns, user); r.Refused() {
				return r
			}
		}
		c.proc().User, c.proc().Caps = user, AllCaps
		return Refusal{}
	}
	if ns != 0 {
		return c.enterMountNS(ns, own)
	}
	return Refusal{}
}

// enterMountNS moves the caller into ns; its root and working directory become
// the topmost mount there. user is the user namespace that it will be in; all is
// asked of the capabilities that it still has.
func (c *call) enterMountNS(ns NSIx, user UserIx) Refusal {
	if owner := c.Spaces[ns].Owner; !c.capable(owner, CapSysAdmin) {
		return refuse(RuleSetnsCapability, int32(owner))
	}
	if !c.capable(user, CapSysChroot|CapSysAdmin) {
		return refuse(RuleSetnsOwnCapability, int32(user))
	}
	if c.FSs[c.proc().FS].Users > 1 {
		return refuse(RuleSetnsSharedFS)
	}
	from := c.spaceIx()
	c.Spaces[ns].Refs++
	c.proc().NS = ns
	c.putNS(from)
	bottom := c.Spaces[ns].Root
	at := c.descend(Loc{bottom, c.Mounts[bottom].Root})
	c.setRoot(c.proc().FS, at)
	c.setCwd(c.proc().FS, at)
	return Refusal{}
}

// pidfdOpen makes a descriptor of a process. EINVAL, ESRCH, EMFILE. Spec 08 §2.3.
func (c *call) pidfdOpen(actor int64, flags uint64) (int64, Refusal) {
	if flags != 0 || actor <= 0 {
		return 0, refuse(RulePidfdFlags)
	}
	if actor >= int64(len(c.Procs)) || !c.Procs[actor].Alive {
		return 0, refuse(RulePidfdGone)
	}
	return c.install(File{Kind: PlainFile, Loc: Loc{c.fixed.PidfsMount, c.pidFile(ProcIx(actor))}})
}

// ioctl on a pidfd gives a descriptor of a namespace that the process is in.
// EBADF, ENOTTY, ESRCH, EINVAL, EACCES, EMFILE. Spec 04 §24.
func (c *call) ioctl(fd int64, request uint64) (int64, Refusal) {
	i, r := c.openFile(fd)
	if r.Refused() {
		return 0, r
	}
	d := c.Dentries[c.Files[i].Loc.D]
	if d.Kind != PidFile || c.Files[i].Kind != PlainFile ||
		request != PIDFD_GET_MNT_NAMESPACE && request != PIDFD_GET_USER_NAMESPACE {
		return 0, refuse(RuleIoctlNotPidfd, int32(fd))
	}
	p := ProcIx(d.Obj)
	if !c.Procs[p].Alive {
		return 0, refuse(RuleProcessGone)
	}
	if c.num(2) != 0 {
		return 0, refuse(RuleIoctlArgument)
	}
	if !c.mayInspect(p) {
		return 0, refuse(RuleIoctlMayInspect)
	}
	if request == PIDFD_GET_USER_NAMESPACE {
		return c.install(c.nsFile(c.userFile(c.Procs[p].User)))
	}
	return c.install(c.nsFile(c.Spaces[c.Procs[p].NS].File))
}
