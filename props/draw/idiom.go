package draw

import "mntcheck/model"

// The idioms are the sequences that programs really make: single calls, drawn
// one by one, would hardly ever meet in them. Each takes its places from the
// state, and its steps refer to each other.

func mount(source model.Arg, target model.Arg, fstype model.Arg, flags uint64) model.Call {
	return model.NewCall(model.OpMount, source, target, fstype, model.Num(int64(flags)), model.NULL())
}

func mountTmpfs(at model.Arg) model.Call {
	return mount(model.Str("none"), at, model.Str("tmpfs"), 0)
}

func change(at model.Arg, flags uint64) model.Call {
	return mount(model.NULL(), at, model.NULL(), flags)
}

func mkdir(at model.Arg) model.Call {
	return model.NewCall(model.OpMkdir, at, model.Num(0o755))
}

func umount(at model.Arg, flags int64) model.Call {
	return model.NewCall(model.OpUmount2, at, model.Num(flags))
}

func openTree(dfd int64, at model.Arg, flags int64) model.Call {
	return model.NewCall(model.OpOpenTree, model.Num(dfd), at, model.Num(flags))
}

// moveTo attaches what a descriptor refers to.
func moveTo(from, at model.Arg, flags int64) model.Call {
	return model.NewCall(model.OpMoveMount, from, model.Str(""), model.Num(model.AT_FDCWD), at,
		model.Num(model.MOVE_MOUNT_F_EMPTY_PATH|flags))
}

func closeFD(fd model.Arg) model.Call { return model.NewCall(model.OpClose, fd) }

// below is at with a name behind it.
func (d *Drawer) below(at model.Arg, name string) model.Arg {
	d.buf = append(d.buf[:0], at.S...)
	if at.S != "/" {
		d.buf = append(d.buf, '/')
	}
	d.buf = append(d.buf, name...)
	return d.built()
}

// freshDir queues the making of a directory and returns its path.
func (d *Drawer) freshDir(s *model.State) model.Arg {
	at := d.newName(s)
	d.push(mkdir(at))
	return at
}

// nextActor is the number that a fork would return.
func nextActor(s *model.State) int { return len(s.Procs) }

func (d *Drawer) newFilesystem(s *model.State) {
	at := d.directory(s)
	fs := d.push(model.NewCall(model.OpFsopen, d.text(&fsTypes), model.Num(0)))
	d.push(model.NewCall(model.OpFsconfig, fs, model.Num(model.FSCONFIG_CMD_CREATE), model.NULL(), model.NULL(), model.Num(0)))
	flags := int64(0)
	if d.oneIn(4) {
		flags = model.FSMOUNT_NAMESPACE
	}
	m := d.push(model.NewCall(model.OpFsmount, fs, model.Num(flags), model.Num(int64(attrFlags.bits[d.pick(6)]))))
	d.push(closeFD(fs))
	if flags != 0 {
		d.push(model.NewCall(model.OpSetns, m, model.Num(model.CLONE_NEWNS)))
	} else {
		d.push(moveTo(m, at, int64(d.pick(2))*model.MOVE_MOUNT_BENEATH))
	}
	d.push(closeFD(m))
}

func (d *Drawer) moveCopy(s *model.State) {
	from, to := d.mountpoint(s), d.directory(s)
	tree := d.push(openTree(model.AT_FDCWD, from, int64(treeFlags.bits[d.pick(2)])))
	switch d.pick(4) {
	case 1: // a mount in the detached tree
		d.push(model.NewCall(model.OpMoveMount, model.Num(model.AT_FDCWD), d.mountpoint(s), tree, model.Str(""), model.Num(model.MOVE_MOUNT_T_EMPTY_PATH)))
	case 2:
		c := model.NewCall(model.OpMountSetattr, tree, model.Str(""), model.Num(empty|rec), model.Arg{Kind: model.Attr}, model.Num(32))
		c.Attr = usualAttrs[d.pick(12)]
		d.push(c)
	}
	d.push(moveTo(tree, to, int64(d.pick(4)/3)*model.MOVE_MOUNT_BENEATH))
	if d.pick(2) == 0 {
		d.push(closeFD(tree))
	}
}

// container is what runtimes do: a namespace of one's own, and a new root.
func (d *Drawer) container(s *model.State) {
	root := d.directory(s)
	flags := int64(model.CLONE_NEWNS)
	if d.oneIn(3) {
		flags |= model.CLONE_NEWUSER
	}
	d.push(model.NewCall(model.OpUnshare, model.Num(flags)))
	d.push(change(model.Str("/"), [...]uint64{model.MS_SLAVE | model.MS_REC, model.MS_PRIVATE | model.MS_REC, model.MS_SHARED | model.MS_REC}[d.pick(3)]))
	if d.oneIn(2) {
		d.push(mount(root, root, model.NULL(), model.MS_BIND|model.MS_REC))
	} else {
		d.push(mountTmpfs(root))
	}
	if d.oneIn(3) {
		d.push(model.NewCall(model.OpChdir, root))
		d.push(model.NewCall(model.OpPivotRoot, model.Str("."), model.Str(".")))
		d.push(umount(model.Str("."), model.MNT_DETACH))
		return
	}
	d.push(mkdir(d.below(root, "e")))
	d.push(model.NewCall(model.OpPivotRoot, root, d.below(root, "e")))
	d.push(model.NewCall(model.OpChdir, model.Str("/")))
	d.push(umount(model.Str("/e"), model.MNT_DETACH))
}

func (d *Drawer) userNamespace(s *model.State) {
	actor := d.me
	if aliveCount(s) < maxActors && len(s.Procs) < maxProcesses {
		actor = nextActor(s)
		d.push(model.NewCall(model.OpFork))
	}
	flags := [...]int64{model.CLONE_NEWUSER | model.CLONE_NEWNS, model.CLONE_NEWUSER, model.CLONE_NEWUSER | model.UNSHARE_EMPTY_MNTNS}[d.pick(3)]
	if d.oneIn(4) { // there it may mount sysfs
		flags |= model.CLONE_NEWNET
	}
	d.pushAs(actor, model.NewCall(model.OpUnshare, model.Num(flags)))
}

// pin mounts the file of a younger namespace: of a child, or of a subtree.
func (d *Drawer) pin(s *model.State) {
	at := d.newName(s)
	d.push(model.NewCall(model.OpMknod, at, model.Num(model.S_IFREG|0o644), model.Num(0)))
	fd := d.youngNamespace(s)
	file := d.push(model.NewCall(model.OpOpenTree, fd, model.Str(""), model.Num(model.OPEN_TREE_CLONE|empty)))
	d.push(moveTo(file, at, 0))
	d.push(closeFD(file))
	if d.oneIn(2) {
		d.push(closeFD(fd))
	}
}

// youngNamespace makes a namespace, of a child or of a subtree, and returns a
// descriptor of it.
func (d *Drawer) youngNamespace(s *model.State) model.Arg {
	if !d.oneIn(2) || aliveCount(s) >= maxActors || len(s.Procs) >= maxProcesses {
		return d.push(openTree(model.AT_FDCWD, d.directory(s), int64(nsTreeFlags.bits[d.pick(2)])))
	}
	child := nextActor(s)
	made := d.push(model.NewCall(model.OpFork))
	d.pushAs(child, model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWNS)))
	pidfd := d.push(model.NewCall(model.OpPidfdOpen, made, model.Num(0)))
	fd := d.push(model.NewCall(model.OpIoctl, pidfd, model.Num(model.PIDFD_GET_MNT_NAMESPACE), model.Num(0)))
	d.push(closeFD(pidfd))
	return fd
}

func (d *Drawer) enterSubtree(s *model.State) {
	ns := d.push(openTree(model.AT_FDCWD, d.directory(s), int64(nsTreeFlags.bits[d.pick(2)])))
	if d.oneIn(2) && aliveCount(s) < maxActors && len(s.Procs) < maxProcesses {
		child := nextActor(s)
		d.push(model.NewCall(model.OpFork))
		d.pushAs(child, model.NewCall(model.OpSetns, ns, model.Num(model.CLONE_NEWNS)))
		return
	}
	d.push(model.NewCall(model.OpSetns, ns, model.Num(model.CLONE_NEWNS)))
	if d.oneIn(2) {
		d.push(umount(model.Str("/"), model.MNT_DETACH))
	}
}

func (d *Drawer) expire(s *model.State) {
	at := d.mountpoint(s)
	d.push(umount(at, model.MNT_EXPIRE))
	d.push(umount(at, model.MNT_EXPIRE))
}

// peers makes a mount shared, a peer of it, and a slave.
func (d *Drawer) peers(s *model.State) {
	from := d.mountpoint(s)
	d.push(change(from, model.MS_SHARED))
	to := d.freshDir(s)
	d.push(mount(from, to, model.NULL(), model.MS_BIND|uint64(d.pick(2))*model.MS_REC))
	if d.pick(3) == 0 {
		return
	}
	d.push(change(to, model.MS_SLAVE))
	if d.oneIn(3) {
		d.push(change(to, model.MS_SHARED))
	}
}

func (d *Drawer) stack(s *model.State) {
	at := d.directory(s)
	for range 2 + d.pick(3) {
		d.push(mountTmpfs(at))
	}
}

// pivot changes the root within the namespace.
func (d *Drawer) pivot(s *model.State) {
	at := d.directory(s)
	d.push(mountTmpfs(at))
	if d.oneIn(2) {
		d.push(model.NewCall(model.OpPivotRoot, at, at))
		d.push(umount(model.Str("."), model.MNT_DETACH))
		return
	}
	d.push(mkdir(d.below(at, "d")))
	d.push(model.NewCall(model.OpPivotRoot, at, d.below(at, "d")))
}

// idmapped maps a detached copy into the user namespace of a child.
func (d *Drawer) idmapped(s *model.State) {
	child := nextActor(s)
	made := d.push(model.NewCall(model.OpFork))
	d.pushAs(child, model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWUSER)))
	pidfd := d.push(model.NewCall(model.OpPidfdOpen, made, model.Num(0)))
	user := d.push(model.NewCall(model.OpIoctl, pidfd, model.Num(model.PIDFD_GET_USER_NAMESPACE), model.Num(0)))
	d.pushAs(child, model.NewCall(model.OpExitGroup, model.Num(0)))
	if d.pick(8) == 7 { // side by side, neither has power over the other
		d.push(model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWUSER|model.CLONE_NEWNS)))
	}
	tree := d.push(openTree(model.AT_FDCWD, d.mountpoint(s), int64(treeFlags.bits[d.pick(2)])))
	for range 1 + d.pick(2) {
		c := model.NewCall(model.OpMountSetattr, tree, model.Str(""), model.Num(empty), model.Arg{Kind: model.Attr}, model.Num(32))
		c.Attr = model.MountAttr{Set: model.MOUNT_ATTR_IDMAP, UserNSFD: user}
		d.push(c)
	}
	d.push(moveTo(tree, d.directory(s), 0))
	if d.oneIn(3) { // too late: others may use the mount already
		c := model.NewCall(model.OpMountSetattr, model.Num(model.AT_FDCWD), d.mountpoint(s), model.Num(0), model.Arg{Kind: model.Attr}, model.Num(32))
		c.Attr = model.MountAttr{Set: model.MOUNT_ATTR_IDMAP, UserNSFD: user}
		d.push(c)
	}
	d.push(closeFD(pidfd))
}

// emptyNamespace enters a namespace without mounts and fills it.
func (d *Drawer) emptyNamespace(s *model.State) {
	tree := d.push(openTree(model.AT_FDCWD, d.mountpoint(s), model.OPEN_TREE_CLONE|rec))
	d.push(model.NewCall(model.OpUnshare, model.Num(model.UNSHARE_EMPTY_MNTNS)))
	if d.oneIn(2) {
		d.push(change(model.Str("/"), model.MS_SHARED))
	}
	d.push(moveTo(tree, model.Str("/"), 0))
	d.push(model.NewCall(model.OpChroot, model.Str("/..")))
}

// setGroup lets a private bind join the group of what it shows.
func (d *Drawer) setGroup(s *model.State) {
	from := d.mountpoint(s)
	to := d.freshDir(s)
	d.push(mount(from, to, model.NULL(), model.MS_BIND))
	d.push(change(from, model.MS_SHARED))
	if d.pick(4) == 3 { // an unbindable mount cannot join a slave
		slave := d.freshDir(s)
		d.push(mount(from, slave, model.NULL(), model.MS_BIND))
		d.push(change(slave, model.MS_SLAVE))
		d.push(change(to, model.MS_UNBINDABLE))
		from = slave
	}
	d.push(model.NewCall(model.OpMoveMount, model.Num(model.AT_FDCWD), from, model.Num(model.AT_FDCWD), to, model.Num(model.MOVE_MOUNT_SET_GROUP)))
}

// coverHeld mounts over a directory that a descriptor already refers to.
func (d *Drawer) coverHeld(s *model.State) {
	at := d.directory(s)
	fd := d.push(model.NewCall(model.OpOpen, at, model.Num(model.O_PATH)))
	d.push(mountTmpfs(at))
	flags := model.OPEN_TREE_NAMESPACE | int64(d.pick(2))*rec
	d.push(model.NewCall(model.OpOpenTree, fd, model.Str(""), model.Num(empty|flags)))
	d.push(closeFD(fd))
}

// fan makes a directory of mounts side by side.
func (d *Drawer) fan(s *model.State) {
	top := d.freshDir(s)
	d.push(mountTmpfs(top))
	if d.oneIn(2) {
		d.push(change(top, model.MS_SHARED))
	}
	for i := range 4 + d.pick(24) {
		at := d.below(top, components[i])
		d.push(mkdir(at))
		d.push(mountTmpfs(at))
	}
}

// double binds a subtree beside itself.
func (d *Drawer) double(s *model.State) {
	from := d.mountpoint(s)
	if d.oneIn(2) {
		from = model.Str("/")
	}
	to := d.freshDir(s)
	if d.pick(3) > 0 {
		d.push(mountTmpfs(to))
		d.push(change(to, model.MS_UNBINDABLE)) // keeps the copy from containing itself
		to = d.below(to, "a")
		d.push(mkdir(to))
	}
	d.push(mount(from, to, model.NULL(), model.MS_BIND|model.MS_REC))
}

func (d *Drawer) deepStack(s *model.State) {
	at := d.freshDir(s)
	for range 8 + d.pick(40) {
		d.push(mountTmpfs(at))
	}
}
