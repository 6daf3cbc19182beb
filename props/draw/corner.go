package draw

import "mntcheck/model"

// The idioms of this file go to corners of the rules that take several calls
// of a certain order to get to, each by its own way.

// child queues a fork and returns the number that it would return; the caller
// itself where there are actors enough.
func (d *Drawer) child(s *model.State) int {
	if aliveCount(s) >= maxActors || len(s.Procs) >= maxProcesses {
		return d.me
	}
	d.push(model.NewCall(model.OpFork))
	return nextActor(s)
}

// freshDirs queues the making of two directories of different names.
func (d *Drawer) freshDirs(s *model.State) (a, b model.Arg) {
	a = d.freshDir(s)
	b = d.newName(s)
	for range 4 {
		if b != a {
			break
		}
		b = d.newName(s)
	}
	d.push(mkdir(b))
	return a, b
}

// foreignSubtree makes a namespace of a subtree with mounts in it, as one who
// does not own the mount namespace.
func (d *Drawer) foreignSubtree(s *model.State) {
	at := d.mountpoint(s)
	if d.pick(3) > 0 {
		below := d.below(at, components[d.pick(3)])
		d.push(mkdir(below))
		d.push(mountTmpfs(below))
		if d.oneIn(2) {
			d.push(change(below, model.MS_UNBINDABLE))
		}
	}
	actor := d.child(s)
	d.pushAs(actor, model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWUSER)))
	ns := d.pushAs(actor, openTree(model.AT_FDCWD, at, int64(nsTreeFlags.bits[d.pick(3)/2])))
	if d.pick(3) > 0 {
		d.pushAs(actor, model.NewCall(model.OpSetns, ns, model.Num(model.CLONE_NEWNS)))
		d.pushAs(actor, umount(model.Str("/"), model.MNT_DETACH))
	}
}

// escape moves a directory out of the bind mount that somebody stands in.
func (d *Drawer) escape(s *model.State) {
	a, c := d.freshDirs(s)
	inner := d.below(a, "b")
	d.push(mkdir(inner))
	d.push(mount(a, c, model.NULL(), model.MS_BIND))
	d.push(model.NewCall(model.OpChdir, d.below(c, "b")))
	d.push(model.NewCall(model.OpRename, inner, d.newName(s)))
	d.push(model.NewCall(model.OpOpen, model.Str(".."), model.Num(model.O_PATH)))
}

// pseudo asks for a mount of a file that has none: a filesystem context.
func (d *Drawer) pseudo(*model.State) {
	fs := d.push(model.NewCall(model.OpFsopen, model.Str("tmpfs"), model.Num(0)))
	d.push(model.NewCall(model.OpOpenTree, fs, model.Str(""), model.Num(model.OPEN_TREE_CLONE|empty)))
	d.push(closeFD(fs))
}

// lockedPin moves the file of a namespace beneath a mount that is locked.
func (d *Drawer) lockedPin(s *model.State) {
	file := d.newName(s)
	d.push(model.NewCall(model.OpMknod, file, model.Num(model.S_IFREG|0o644), model.Num(0)))
	d.push(mount(file, file, model.NULL(), model.MS_BIND))
	actor := d.child(s)
	d.pushAs(actor, model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWUSER|model.CLONE_NEWNS)))
	ns := d.pushAs(actor, openTree(model.AT_FDCWD, model.Str("/"), model.OPEN_TREE_NAMESPACE|rec))
	pin := d.pushAs(actor, model.NewCall(model.OpOpenTree, ns, model.Str(""), model.Num(model.OPEN_TREE_CLONE|empty)))
	d.pushAs(actor, moveTo(pin, file, model.MOVE_MOUNT_BENEATH))
	d.pushAs(actor, closeFD(ns))
}

// pinLoop binds a tree with the file of a namespace in it, as somebody in a
// younger one: the tree is detached and of no namespace's, so it may be used
// in any.
func (d *Drawer) pinLoop(s *model.State) {
	to := d.freshDir(s)
	fs := d.push(model.NewCall(model.OpFsopen, model.Str("tmpfs"), model.Num(0)))
	d.push(model.NewCall(model.OpFsconfig, fs, model.Num(model.FSCONFIG_CMD_CREATE), model.NULL(), model.NULL(), model.Num(0)))
	tree := d.push(model.NewCall(model.OpFsmount, fs, model.Num(0), model.Num(0)))
	d.push(model.NewCall(model.OpFchdir, tree))
	d.push(model.NewCall(model.OpMknod, model.Str("a"), model.Num(model.S_IFREG|0o644), model.Num(0)))
	pin := d.push(model.NewCall(model.OpOpenTree, d.youngNamespace(s), model.Str(""), model.Num(model.OPEN_TREE_CLONE|empty)))
	d.push(moveTo(pin, model.Str("a"), 0))
	d.push(model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWNS)))
	if d.oneIn(2) {
		d.push(moveTo(tree, to, 0))
	} else {
		d.push(mount(model.Str("."), to, model.NULL(), model.MS_BIND|model.MS_REC))
	}
	d.push(closeFD(fs))
}

// beneathPeer moves a mount beneath one whose place its own root is, where
// propagation would mount a copy over it.
func (d *Drawer) beneathPeer(s *model.State) {
	from, to := d.freshDirs(s)
	inner := d.below(from, "a")
	d.push(mountTmpfs(from))
	d.push(change(from, model.MS_SHARED))
	d.push(mkdir(inner))
	d.push(mount(inner, to, model.NULL(), model.MS_BIND))
	d.push(change(to, model.MS_PRIVATE))
	d.push(mountTmpfs(inner))
	d.push(model.NewCall(model.OpMoveMount, model.Num(model.AT_FDCWD), from, model.Num(model.AT_FDCWD), to, model.Num(model.MOVE_MOUNT_SET_GROUP)))
	d.push(model.NewCall(model.OpMoveMount, model.Num(model.AT_FDCWD), to, model.Num(model.AT_FDCWD), inner, model.Num(model.MOVE_MOUNT_BENEATH)))
}

// busyChain unmounts a mount whose copies are on each other, while one of them
// is in use.
func (d *Drawer) busyChain(s *model.State) {
	from, at := d.mountpoint(s), d.newName(s)
	d.push(change(from, model.MS_SHARED))
	d.push(mkdir(at))
	d.push(mount(at, at, model.NULL(), model.MS_BIND))
	tree := d.push(openTree(model.AT_FDCWD, from, model.OPEN_TREE_CLONE|rec))
	d.push(moveTo(tree, at, 0))
	if d.pick(3) == 0 {
		d.push(closeFD(tree))
	}
	d.push(umount(d.below(at, components[d.pick(3)]), 0))
}

// removedRoot removes the directory that a mount shows, and goes on with it.
func (d *Drawer) removedRoot(s *model.State) {
	from, to := d.freshDirs(s)
	d.push(mount(from, to, model.NULL(), model.MS_BIND))
	if d.oneIn(2) {
		d.push(model.NewCall(model.OpChdir, to))
	}
	d.push(model.NewCall(model.OpRmdir, from))
	switch d.pick(4) {
	case 0:
		d.push(model.NewCall(model.OpPivotRoot, to, model.Str("/")))
	case 1:
		d.push(mountTmpfs(to))
	case 2:
		d.push(mkdir(d.below(to, "a")))
	default:
		d.push(openTree(model.AT_FDCWD, to, int64(nsTreeFlags.bits[d.pick(2)])))
	}
}

// pivotOnBottom asks for another root where the root, or the new root, is the
// bottom of the namespace.
func (d *Drawer) pivotOnBottom(s *model.State) {
	actor := d.child(s)
	here := func(c model.Call) model.Arg { return d.pushAs(actor, c) }
	here(model.NewCall(model.OpUnshare, model.Num(model.UNSHARE_EMPTY_MNTNS)))
	bottom := here(model.NewCall(model.OpOpen, model.Str("/"), model.Num(model.O_PATH)))
	fs := here(model.NewCall(model.OpFsopen, model.Str("tmpfs"), model.Num(0)))
	here(model.NewCall(model.OpFsconfig, fs, model.Num(model.FSCONFIG_CMD_CREATE), model.NULL(), model.NULL(), model.Num(0)))
	fresh := here(model.NewCall(model.OpFsmount, fs, model.Num(0), model.Num(0)))
	here(moveTo(fresh, model.Str("/"), 0))
	if d.oneIn(2) {
		here(model.NewCall(model.OpFchdir, fresh))
		here(model.NewCall(model.OpPivotRoot, model.Str("."), model.Str(".")))
		return
	}
	here(model.NewCall(model.OpChroot, model.Str("/..")))
	here(mkdir(model.Str("/a")))
	here(mountTmpfs(model.Str("/a")))
	here(model.NewCall(model.OpFchdir, bottom))
	here(model.NewCall(model.OpPivotRoot, model.Str("."), model.Str("/a")))
}

// writer makes a mount read-only, or its filesystem, while a file is open for writing.
func (d *Drawer) writer(s *model.State) {
	file := d.newName(s)
	d.push(model.NewCall(model.OpMknod, file, model.Num(model.S_IFREG|0o644), model.Num(0)))
	d.push(mount(file, file, model.NULL(), model.MS_BIND))
	fd := d.push(model.NewCall(model.OpOpen, file, model.Num(model.O_RDWR)))
	d.push(change(file, model.MS_REMOUNT|uint64(d.pick(3)&1^1)*model.MS_BIND|model.MS_RDONLY))
	if d.oneIn(2) {
		d.push(closeFD(fd))
	}
}

// exhaust opens descriptors until there are no more, once in a long while.
func (d *Drawer) exhaust(s *model.State) {
	fd := d.push(model.NewCall(model.OpOpen, d.directory(s), model.Num(model.O_PATH)))
	if d.pick(48) < 47 {
		d.push(model.NewCall(model.OpDup, fd))
		return
	}
	for range 1024 {
		d.push(model.NewCall(model.OpDup, fd))
	}
	d.push(openTree(model.AT_FDCWD, model.Str("/"), model.OPEN_TREE_NAMESPACE))
}
