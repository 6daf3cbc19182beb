package model

// otherNamespaces are the flags of unshare and clone that the model knows to do
// nothing to mounts.
const otherNamespaces = CLONE_NEWTIME | CLONE_SYSVSEM | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
	CLONE_NEWPID | CLONE_NEWNET | CLONE_FILES

// unshare gives the caller namespaces of its own: first a user namespace, whose
// capabilities then make the mount namespace. EINVAL, EPERM. Spec 04 §16, 05 §3.
func (c *call) unshare(flags uint64) Refusal {
	// What threads share an actor has for itself: it has one thread.
	known := uint64(CLONE_NEWNS | CLONE_NEWUSER | CLONE_FS | CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | otherNamespaces)
	if c.Sem.EmptyNamespace {
		known |= UNSHARE_EMPTY_MNTNS
	}
	if flags&^known != 0 {
		return refuse(RuleUnshareFlags)
	}
	want := wanted{
		user:  flags&CLONE_NEWUSER != 0,
		empty: flags&UNSHARE_EMPTY_MNTNS != 0,
		mnt:   flags&(CLONE_NEWNS|UNSHARE_EMPTY_MNTNS) != 0,
		net:   flags&CLONE_NEWNET != 0,
		pid:   flags&CLONE_NEWPID != 0,
	}
	if r := c.mayMakeNamespaces(want, flags); r.Refused() {
		return r
	}
	if want.user || want.mnt || flags&CLONE_FS != 0 {
		c.unshareFS()
	}
	return c.makeNamespaces(want)
}

// wanted says which namespaces are to be made.
type wanted struct{ user, mnt, empty, net, pid bool }

// mayMakeNamespaces: a user namespace can be made by anyone who is not
// chrooted; the others need capabilities in the user namespace, the new one
// where one is made.
func (c *call) mayMakeNamespaces(want wanted, flags uint64) Refusal {
	if want.user {
		if c.chrooted() {
			return refuse(RuleChrooted)
		}
		return Refusal{}
	}
	if want.mnt || flags&(otherNamespaces&^(CLONE_SYSVSEM|CLONE_FILES)) != 0 {
		return c.ownCapability()
	}
	return Refusal{}
}

// chrooted tells whether the caller's root is not the root of the topmost
// mount on the root of its mount namespace. Spec 04 §16.
func (c *call) chrooted() bool {
	top := c.Top(c.space().Root)
	return c.fs().Root != Loc{top, c.Mounts[top].Root}
}

// makeNamespaces does the work for a task whose root and working directory are
// its own.
func (c *call) makeNamespaces(want wanted) Refusal {
	user := c.proc().User
	if want.user {
		user = c.newUser(user)
	}
	if want.mnt {
		if r := c.unshareMounts(user, want.empty); r.Refused() {
			return r
		}
	}
	p := c.proc()
	if want.user {
		p.User, p.Caps = user, AllCaps
	}
	if want.net {
		p.Sysfs = c.newSB(Sysfs, Sysfs.sbFlags(), user)
	}
	if want.pid {
		p.ChildUser = user
	}
	return Refusal{}
}

// unshareMounts moves the caller to a copy of its mount namespace, or to one
// with nothing but a copy of its bottom mount. Spec 04 §16, 05 §3.
func (c *call) unshareMounts(user UserIx, empty bool) Refusal {
	from := c.spaceIx()
	foreign := user != c.Spaces[from].Owner
	mode := cloneMode(0)
	if foreign {
		mode |= cloneSlave
	}
	bottom := c.Spaces[from].Root
	var root MountIx
	if empty {
		root = c.clone(bottom, c.Mounts[bottom].Root, mode)
	} else {
		var r Refusal
		if root, r = c.copyTree(bottom, c.Mounts[bottom].Root, mode|copyUnbindable); r.Refused() {
			return r
		}
	}
	if foreign {
		c.lockTree(root)
	}
	to := c.newNS(user, false)
	c.fillNS(to, root)
	fs := c.proc().FS
	if empty {
		at := Loc{root, c.Mounts[root].Root}
		c.setRoot(fs, at)
		c.setCwd(fs, at)
	} else {
		c.followCopies(fs, bottom, root)
	}
	c.Spaces[to].Refs++
	c.proc().NS = to
	c.putNS(from)
	return Refusal{}
}

// followCopies moves a root and working directory from mounts of a namespace
// to their copies, where these were copied. Spec 04 §16.6.
func (c *call) followCopies(fs FSIx, original, copied MountIx) {
	root, cwd := c.FSs[fs].Root, c.FSs[fs].Cwd
	x, y := original, copied
	for x != 0 && y != 0 {
		if x == root.M {
			c.setRoot(fs, Loc{y, root.D})
		}
		if x == cwd.M {
			c.setCwd(fs, Loc{y, cwd.D})
		}
		// Side by side: originals that were left out have no image.
		y = c.next(y, copied)
		for x = c.next(x, original); y != 0 && x != 0 && c.Mounts[x].Root != c.Mounts[y].Root; {
			x = c.nextSkippingChildren(x, original)
		}
	}
}

// cloneProcess is clone(2) and clone3(2) with namespace flags: fork, and then in the
// child what unshare does. EINVAL, EPERM. Spec 04 §16.
func (c *call) cloneProcess(flags uint64, three bool) (int64, Refusal) {
	const exitSignal = 0xff
	empty := three && flags&CLONE_EMPTY_MNTNS != 0
	known := uint64(CLONE_NEWNS | CLONE_NEWUSER | CLONE_FS | otherNamespaces)
	if three && c.Sem.EmptyNamespace {
		known |= CLONE_EMPTY_MNTNS
	}
	if !three {
		flags &^= exitSignal
	}
	if flags&^known != 0 {
		return 0, refuse(RuleUnshareFlags)
	}
	want := wanted{user: flags&CLONE_NEWUSER != 0, empty: empty, mnt: empty || flags&CLONE_NEWNS != 0,
		net: flags&CLONE_NEWNET != 0, pid: flags&CLONE_NEWPID != 0}
	if flags&CLONE_FS != 0 && (want.mnt || want.user) {
		return 0, refuse(RuleCloneFlagsFS)
	}
	if r := c.mayMakeNamespaces(want, flags); r.Refused() {
		return 0, r
	}
	if flags&CLONE_NEWIPC != 0 && flags&CLONE_SYSVSEM != 0 {
		return 0, refuse(RuleCloneSysvsem)
	}
	child := c.newProcess(flags&CLONE_FS != 0)
	inChild := &call{c.State, child, c.c}
	if r := inChild.makeNamespaces(want); r.Refused() {
		inChild.exit()
		c.Procs = c.Procs[:child]
		return 0, r
	}
	inChild.proc().PidUser = inChild.proc().ChildUser
	return int64(child), Refusal{}
}
