package model

// openTree is open_tree(2): a descriptor of a location, of a detached copy of
// the tree there, or of a new mount namespace with that copy as its root.
// EMFILE, EINVAL, EPERM, the errors of path resolution, ENOTDIR.
// Spec 04 §10, 05 §1.
func (c *call) openTree(dfd int64, path Arg, flags uint64) (int64, Refusal) {
	f, r := c.openTreeFile(dfd, path, flags)
	if r.Refused() {
		return 0, r
	}
	return c.installOrDrop(c.newFile(f))
}

// installOrDrop gives the caller a descriptor for a file, or ends that where
// there is none: a tree that was made for it goes too.
func (c *call) installOrDrop(i FileIx) (int64, Refusal) {
	n, r := c.freeFDNum()
	if r.Refused() {
		c.putFile(i)
		return 0, r
	}
	c.addFD(c.me, n, i)
	return int64(n), Refusal{}
}

// openTreeFile does all but install the descriptor.
func (c *call) openTreeFile(dfd int64, path Arg, flags uint64) (File, Refusal) {
	if c.Sem.DescriptorFirst {
		if _, r := c.freeFDNum(); r.Refused() {
			return File{}, r
		}
	}
	known := uint64(AT_EMPTY_PATH | AT_NO_AUTOMOUNT | AT_RECURSIVE | AT_SYMLINK_NOFOLLOW |
		OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC)
	if c.Sem.OpenTreeNamespace {
		known |= OPEN_TREE_NAMESPACE
	}
	copies := flags & (OPEN_TREE_CLONE | OPEN_TREE_NAMESPACE)
	recursive := flags&AT_RECURSIVE != 0
	switch {
	case flags&^known != 0:
		return File{}, refuse(RuleOpenTreeFlags)
	case recursive && copies == 0:
		return File{}, refuse(RuleOpenTreeRecursive)
	case copies == OPEN_TREE_CLONE|OPEN_TREE_NAMESPACE:
		return File{}, refuse(RuleOpenTreeBoth)
	case copies == OPEN_TREE_CLONE:
		if r := c.mayMount(); r.Refused() {
			return File{}, r
		}
	case copies == OPEN_TREE_NAMESPACE:
		if r := c.ownCapability(); r.Refused() {
			return File{}, r
		}
	}
	at, r := c.walk(dfd, path, atWalk(flags))
	if r.Refused() {
		return File{}, r
	}
	defer c.used(at.M)
	switch copies {
	case OPEN_TREE_CLONE:
		return c.openDetached(at, recursive)
	case OPEN_TREE_NAMESPACE:
		return c.openNamespace(at, recursive)
	}
	return File{Kind: PlainFile, Mode: PathOnly, Loc: at}, Refusal{}
}

// atWalk translates the AT_ flags. Spec 02 §3.
func atWalk(flags uint64) (f walkFlags) {
	if flags&AT_SYMLINK_NOFOLLOW == 0 {
		f |= walkFollow
	}
	if flags&AT_EMPTY_PATH != 0 {
		f |= walkEmpty
	}
	return f
}

// ownCapability: making a namespace needs power over one's own user namespace
// only, not over the mount namespace. Spec 05 §1.1 step 4.
func (c *call) ownCapability() Refusal {
	if u := c.proc().User; !c.capable(u, CapSysAdmin) {
		return refuse(RuleOwnCapability, int32(u))
	}
	return Refusal{}
}

// openDetached is OPEN_TREE_CLONE: the copy becomes an anonymous namespace,
// which remembers where it comes from. Spec 04 §10.
func (c *call) openDetached(at Loc, recursive bool) (File, Refusal) {
	if r := c.mayClone(at, recursive); r.Refused() {
		return File{}, r
	}
	t, r := c.cloneSource(at, recursive)
	if r.Refused() {
		return File{}, r
	}
	origin := uint64(0)
	if ns := c.Mounts[at.M].NS; ns > 0 {
		origin = c.Spaces[ns].ID
		if c.Spaces[ns].Anon {
			origin = c.Spaces[ns].Origin
		}
	}
	return c.detachedFile(t, origin), Refusal{}
}

// detachedFile puts the tree under t, which is in no namespace, into a new
// anonymous one, and returns the file that keeps it.
func (c *call) detachedFile(t MountIx, origin uint64) File {
	ns := c.newNS(c.space().Owner, true)
	c.Spaces[ns].Origin = origin
	c.fillNS(ns, t)
	return File{Kind: PlainFile, Mode: PathOnly | NeedUnmount, Loc: Loc{t, c.Mounts[t].Root}}
}

// foreign tells whether a namespace that the caller makes has another owner
// than the one it is in. Spec 05.
func (c *call) foreign() bool { return c.proc().User != c.space().Owner }

// openNamespace is OPEN_TREE_NAMESPACE: a namespace whose root is a copy of
// the current one's bottom mount, and on it the copy of the tree, and nothing
// else. Its cost is that of the subtree. Spec 05 §1.
func (c *call) openNamespace(at Loc, recursive bool) (File, Refusal) {
	if !c.IsDir(at.D) && c.Sem.NamespaceOfDirectory {
		return File{}, refuse(RuleNamespaceOfFile, int32(at.M), int32(at.D))
	}
	if c.foreign() && c.Sem.ForeignKeepsCovered && !recursive {
		if child := c.childUnder(at.M, at.D, false); child != 0 {
			return File{}, refuse(RuleForeignChildren, int32(child), int32(c.proc().User))
		}
	}
	if r := c.mayClone(at, recursive); r.Refused() {
		return File{}, r
	}
	mode := c.namespaceMode()
	root := c.namespaceRoot(mode)
	var graft MountIx
	if recursive {
		var r Refusal
		if graft, r = c.copyTree(at.M, at.D, mode); r.Refused() {
			c.dropTree(root)
			return File{}, r
		}
	} else {
		graft = c.clone(at.M, at.D, mode)
	}
	return c.namespaceFile(root, graft), Refusal{}
}

// namespaceMode: to a foreign namespace, mounts are copied as slaves, and the
// unbindable ones too, so that nothing they cover shows. Spec 05 §1.2.
func (c *call) namespaceMode() cloneMode {
	mode := cloneMode(0)
	if c.foreign() {
		mode |= cloneSlave
		if c.Sem.ForeignKeepsCovered {
			mode |= copyUnbindable
		}
	}
	return mode
}

// namespaceRoot copies the bottom mount of the caller's namespace, without
// what is stacked on it.
func (c *call) namespaceRoot(mode cloneMode) MountIx {
	bottom := c.space().Root
	return c.clone(bottom, c.Mounts[bottom].Root, mode)
}

// namespaceFile puts graft on root, without propagation, makes both the tree
// of a new namespace, and returns its file. If something locked covers the
// current namespace's root, the graft is locked to its place as that is.
// Spec 05 §1.2.
func (c *call) namespaceFile(root, graft MountIx) File {
	if c.lockedRootStack() {
		c.touch(graft).Flags |= Locked
	}
	c.attach(graft, root, c.Mounts[root].Root)
	if c.foreign() {
		c.lockTree(root)
	}
	ns := c.newNS(c.proc().User, false)
	c.fillNS(ns, root)
	return c.nsFile(c.Spaces[ns].File)
}

// nsFile is an open file of a namespace: not O_PATH, on the kernel's own mount.
func (c *call) nsFile(d DentryIx) File {
	return File{Kind: PlainFile, Loc: Loc{c.fixed.NsfsMount, d}}
}

// lockedRootStack tells whether a mount stacked on the namespace's root is
// LOCKED. Spec 05 §1.2 step 3.
func (c *call) lockedRootStack() bool {
	for x := c.Overmount(c.space().Root); x != 0; x = c.Overmount(x) {
		c.work.Visited++
		if c.Mounts[x].Flags&Locked != 0 {
			return true
		}
	}
	return false
}

// openTreeAttr is open_tree followed by mount_setattr on its result, before
// that gets a descriptor: what fails leaves nothing. Spec 04 §15.
func (c *call) openTreeAttr(dfd int64, path Arg, flags uint64, attr Arg, size uint64) (int64, Refusal) {
	if !c.Sem.OpenTreeAttr {
		return 0, refuse(RuleNoSuchCall)
	}
	if attr.Kind == Null && size != 0 {
		return 0, refuse(RuleAttrNullSize)
	}
	f, r := c.openTreeFile(dfd, path, flags)
	if r.Refused() {
		return 0, r
	}
	i := c.newFile(f)
	if attr.Kind == Null {
		return c.installOrDrop(i)
	}
	k, nothing, r := c.attrChange(attr, size, flags&AT_RECURSIVE != 0, flags&OPEN_TREE_CLONE != 0 || !c.Sem.ReplaceNeedsClone)
	if !r.Refused() && !nothing {
		r = c.setAttributes(f.Loc, k)
	}
	if r.Refused() {
		c.putFile(i)
		return 0, r
	}
	return c.installOrDrop(i)
}
