package model

// moveOld is mount(MS_MOVE). EINVAL, the errors of path resolution and of
// doMove. Spec 04 §4.
func (c *call) moveOld(source Arg, at Loc) Refusal {
	if source.Kind != String || source.S == "" {
		return refuse(RuleNoSource)
	}
	from, r := c.walk(AT_FDCWD, source, walkFollow)
	if r.Refused() {
		return r
	}
	defer c.used(from.M)
	return c.doMove(from, at, false)
}

// moveMount is move_mount(2). EPERM, EINVAL, the errors of path resolution
// (the target's first), of doMove and of setGroup. Spec 04 §12.
func (c *call) moveMount(fromFD int64, fromPath Arg, toFD int64, toPath Arg, flags uint64) Refusal {
	if r := c.mayMount(); r.Refused() {
		return r
	}
	if flags&^moveMountMask != 0 {
		return refuse(RuleMoveFlags)
	}
	if flags&MOVE_MOUNT_BENEATH != 0 && flags&MOVE_MOUNT_SET_GROUP != 0 {
		return refuse(RuleMoveBeneathGroup)
	}
	from, to, r := c.movePaths(fromFD, fromPath, toFD, toPath, flags)
	if r.Refused() {
		return r
	}
	defer c.used(to.M)
	defer c.used(from.M)
	if flags&MOVE_MOUNT_SET_GROUP != 0 {
		return c.setGroup(from, to)
	}
	return c.doMove(from, to, flags&MOVE_MOUNT_BENEATH != 0)
}

// movePaths resolves the target first, so that its error is the one reported;
// before 6.15 the source. Spec 04 §12, 07 §3.20.
func (c *call) movePaths(fromFD int64, fromPath Arg, toFD int64, toPath Arg, flags uint64) (from, to Loc, r Refusal) {
	f := c.moveWalk(flags, MOVE_MOUNT_F_SYMLINKS, MOVE_MOUNT_F_EMPTY_PATH)
	t := c.moveWalk(flags, MOVE_MOUNT_T_SYMLINKS, MOVE_MOUNT_T_EMPTY_PATH)
	if !c.Sem.DetachedTrees {
		if from, r = c.walk(fromFD, fromPath, f); r.Refused() {
			return from, to, r
		}
		to, r = c.walk(toFD, toPath, t)
		return from, to, r
	}
	if to, r = c.walk(toFD, toPath, t); r.Refused() {
		return from, to, r
	}
	from, r = c.walk(fromFD, fromPath, f)
	return from, to, r
}

func (c *call) moveWalk(flags, symlinks, empty uint64) (f walkFlags) {
	if flags&symlinks != 0 {
		f |= walkFollow
	}
	if flags&empty != 0 {
		f |= walkEmpty
		if c.Sem.DetachedTrees {
			f |= walkNullEmpty
		}
	}
	return f
}

// doMove moves the mount whose root from is to at, or slides it beneath what
// is there. EINVAL, ENOENT, ELOOP, ENOSPC. Spec 04 §4, 08 §9.1.
func (c *call) doMove(from, at Loc, beneath bool) Refusal {
	if !c.Sem.MoveSourceFirst {
		return c.doMoveBefore(from, at, beneath)
	}
	m := from.M
	if from.D != c.Mounts[m].Root {
		return refuse(RuleFromNotMountRoot, int32(m), int32(from.D))
	}
	if c.IsDir(at.D) != c.IsDir(from.D) {
		return refuse(RuleMoveDirMismatch, int32(at.M), int32(at.D))
	}
	var to Loc
	var r Refusal
	if beneath {
		to, r = c.lockBeneath(at)
	} else {
		to, r = c.lockTarget(at)
	}
	if r.Refused() {
		return r
	}
	if r := c.mayMove(m, to.M); r.Refused() {
		return r
	}
	if beneath {
		if r := c.mayGoBeneath(m, at, to); r.Refused() {
			return r
		}
	}
	return c.moveTree(m, to)
}

// moveTree holds the tests on the tree, and moves it. Spec 04 §4 steps 6-9.
func (c *call) moveTree(m MountIx, to Loc) Refusal {
	if c.Mounts[to.M].Flags&Shared != 0 {
		for x := m; x != 0; x = c.next(x, m) {
			if c.Mounts[x].Flags&Unbindable != 0 {
				return refuse(RuleUnbindableInTree, int32(x))
			}
		}
	}
	if pin := c.loopBelow(m); pin != 0 {
		return refuse(RuleNamespaceLoopMoved, int32(pin))
	}
	if c.isAncestor(m, to.M) {
		return refuse(RuleMoveIntoSelf, int32(m))
	}
	return c.attachTree(m, to.M, to.D, c.spaceIx())
}

// mayMove: a mount of the caller's namespace can go to another place of it; the
// root of a detached tree can go into the namespace, or into another usable
// detached tree. Spec 04 §4.4.
func (c *call) mayMove(m, to MountIx) Refusal {
	if c.inNS(m) {
		switch p := c.Mounts[m].Parent; {
		case p == 0:
			return refuse(RuleFromNoParent, int32(m))
		case c.Mounts[m].Flags&Locked != 0:
			return refuse(RuleFromLocked, int32(m))
		case c.Mounts[p].Flags&Shared != 0:
			return refuse(RuleFromParentShared, int32(p))
		case !c.inNS(to):
			return refuse(RuleMoveTargetForeign, int32(to))
		}
		return Refusal{}
	}
	switch {
	case !c.anonRoot(m):
		return refuse(RuleFromNotDetachedRoot, int32(m))
	case c.Mounts[m].NS == c.Mounts[to].NS:
		return refuse(RuleFromSameTree)
	case !c.mayUse(to):
		return refuse(RuleMoveTargetUnusable, int32(to))
	}
	return Refusal{}
}

// lockBeneath chooses the place directly beneath the topmost mount at a
// target. ENOENT, EINVAL. Spec 04 §4.3.
func (c *call) lockBeneath(at Loc) (Loc, Refusal) {
	if at.D != c.Mounts[at.M].Root {
		return Loc{}, refuse(RuleBeneathNotMountRoot, int32(at.M), int32(at.D))
	}
	top := c.Top(at.M)
	defer c.used(top) // it is held meanwhile
	to := Loc{c.Mounts[top].Parent, c.Mounts[top].MP}
	if to.M == 0 { // a mount without parent stands on itself
		to = Loc{top, c.Mounts[top].Root}
	}
	if c.Dentries[to.D].Flags&CantMount != 0 {
		return Loc{}, refuse(RuleTargetRemoved, int32(to.M), int32(to.D))
	}
	if !c.isMounted(at.M) {
		return Loc{}, refuse(RuleTargetNotMounted, int32(at.M))
	}
	if c.Mounts[top].Parent == 0 {
		return Loc{}, refuse(RuleBeneathNoParent, int32(at.M))
	}
	return to, Refusal{}
}

// mayGoBeneath holds the tests for MOVE_MOUNT_BENEATH: no copy may end up over
// the mount that it was to go beneath. Spec 04 §4.5.
func (c *call) mayGoBeneath(m MountIx, at, to Loc) Refusal {
	over := c.Top(at.M)
	if c.Mounts[at.M].Parent == 0 && to.M == at.M {
		over = at.M // the kernel looks at the named mount itself there
	}
	if !c.Sem.BeneathAnything {
		if r := c.mayGoBeneathOf(over); r.Refused() {
			return r
		}
	}
	if c.Mounts[over].Flags&Locked != 0 && c.isMntNSFile(c.Mounts[m].Root) && c.Sem.PinTakesNoLock {
		return refuse(RuleBeneathLockedNSFile, int32(over))
	}
	if c.Overmount(m) != 0 {
		return refuse(RuleBeneathOvermounted, int32(m))
	}
	if c.isAncestor(over, m) {
		return refuse(RuleBeneathAncestor, int32(over))
	}
	p := c.parentOrSelf(over)
	if c.wouldOvermount(p, over, to.D) {
		return refuse(RuleBeneathOvermountTarget, int32(over))
	}
	if c.inNS(m) && c.wouldOvermount(p, m, to.D) {
		return refuse(RuleBeneathOvermountSource, int32(m))
	}
	return Refusal{}
}

// mayGoBeneathOf holds the tests on the target that 7.1 dropped. Spec 07 §3.6.
func (c *call) mayGoBeneathOf(over MountIx) Refusal {
	switch {
	case c.Mounts[over].Flags&Locked != 0:
		return refuse(RuleBeneathLocked, int32(over))
	case over == c.fs().Root.M:
		return refuse(RuleBeneathRoot, int32(over))
	case c.Mounts[over].Parent == c.space().Root:
		return refuse(RuleBeneathOnRoot, int32(over))
	}
	return Refusal{}
}

// wouldOvermount tells whether what is mounted on (p, d) would be propagated
// onto the root of x. Spec 04 §4.5.
func (s *State) wouldOvermount(p, x MountIx, d DentryIx) bool {
	if s.Mounts[p].Flags&Shared == 0 || s.Mounts[x].Root != d || !s.Sem.DetachedTrees && s.isNew(x) {
		return false
	}
	for ; x != 0; x = s.Mounts[x].Master {
		s.work.Visited++
		if s.peers(x, p) {
			return true
		}
	}
	return false
}

// setGroup is MOVE_MOUNT_SET_GROUP: it gives the mount to, which is private,
// the peers and the master of the mount from. EINVAL, EPERM. Spec 04 §13.
func (c *call) setGroup(from, to Loc) Refusal {
	for _, m := range []MountIx{from.M, to.M} {
		if r := c.mayChangeProp(m); r.Refused() {
			return r
		}
	}
	for _, l := range []Loc{from, to} {
		if l.D != c.Mounts[l.M].Root {
			return refuse(RuleNotMountRoot, int32(l.M), int32(l.D))
		}
	}
	f, t := &c.Mounts[from.M], &c.Mounts[to.M]
	if c.SBOf(from.M) != c.SBOf(to.M) {
		return refuse(RuleGroupSB, int32(from.M), int32(to.M))
	}
	if !c.under(t.Root, f.Root) {
		return refuse(RuleGroupRoot, int32(from.M), int32(to.M))
	}
	if child := c.childUnder(from.M, t.Root, true); child != 0 {
		return refuse(RuleGroupLocked, int32(child))
	}
	refused := Shared
	if c.Sem.SetGroupNeedsBindable {
		refused |= Unbindable
	}
	if t.Flags&refused != 0 || t.Master != 0 {
		return refuse(RuleGroupTargetNotPrivate, int32(to.M))
	}
	if f.Flags&Shared == 0 && f.Master == 0 {
		return refuse(RuleGroupSourcePrivate, int32(from.M))
	}
	if f.Master != 0 {
		c.addSlaveAfter(to.M, from.M)
	}
	if f.Flags&Shared != 0 {
		r := c.touch(to.M)
		r.Group = f.Group
		r.Flags = r.Flags&^Unbindable | Shared
		c.joinRing(to.M, from.M)
	}
	return Refusal{}
}
