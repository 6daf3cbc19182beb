package model

// pivotRoot makes new_root the root mount of the caller's namespace and puts
// the old one on put_old. The errors of path resolution, EPERM, EINVAL,
// ENOENT, EBUSY. Spec 04 §9, 08 §8.
func (c *call) pivotRoot(newRoot, putOld Arg) Refusal {
	if !c.Sem.PivotPathsFirst {
		if r := c.mayMount(); r.Refused() {
			return r
		}
	}
	to, r := c.walk(AT_FDCWD, newRoot, walkFollow|walkDirectory)
	if r.Refused() {
		return r
	}
	old, r := c.walk(AT_FDCWD, putOld, walkFollow|walkDirectory)
	if r.Refused() {
		return r
	}
	if r := c.mayMount(); r.Refused() {
		return r
	}
	old, r = c.lockTarget(old)
	if r.Refused() {
		return r
	}
	root := c.fs().Root
	if r := c.mayPivot(to, old, root); r.Refused() {
		return r
	}
	n, m := c.touch(to.M), c.touch(root.M)
	parent, mp := m.Parent, m.MP
	c.detach(to.M)
	if m.Flags&Locked != 0 {
		n.Flags |= Locked
		m.Flags &^= Locked
	}
	c.detach(root.M)
	c.attach(root.M, old.M, old.D)
	c.attach(to.M, parent, mp)
	c.chrootAll(root, to)
	return Refusal{}
}

// mayPivot holds the tests on the three mounts; one EINVAL has many reasons.
func (c *call) mayPivot(to, old, root Loc) Refusal {
	if c.Sem.PivotMembershipFirst {
		if r := c.mayPivotHere(root.M, to.M); r.Refused() {
			return r
		}
	}
	if c.Mounts[old.M].Flags&Shared != 0 {
		return refuse(RulePivotPutOldShared, int32(old.M))
	}
	if p := c.parentOrSelf(to.M); c.Mounts[p].Flags&Shared != 0 {
		return refuse(RulePivotNewParentShared, int32(p))
	}
	if p := c.parentOrSelf(root.M); c.Mounts[p].Flags&Shared != 0 {
		return refuse(RulePivotRootParentShared, int32(p))
	}
	if !c.Sem.PivotMembershipFirst {
		if r := c.mayPivotHere(root.M, to.M); r.Refused() {
			return r
		}
	}
	if c.Mounts[to.M].Flags&Locked != 0 {
		return refuse(RulePivotLocked, int32(to.M))
	}
	if c.gone(to.D) {
		return refuse(RulePivotRemoved, int32(to.M), int32(to.D))
	}
	if to.M == root.M {
		return refuse(RulePivotBusy, 0, int32(root.M))
	}
	if old.M == root.M {
		return refuse(RulePivotBusy, 1, int32(root.M))
	}
	if root.D != c.Mounts[root.M].Root {
		return refuse(RulePivotRootNotMount, int32(root.M), int32(root.D))
	}
	if c.Mounts[root.M].Parent == 0 {
		return refuse(RulePivotRootNoParent, int32(root.M))
	}
	if to.D != c.Mounts[to.M].Root {
		return refuse(RulePivotNewNotMount, int32(to.M), int32(to.D))
	}
	if c.Mounts[to.M].Parent == 0 {
		return refuse(RulePivotNewNoParent, int32(to.M))
	}
	if !c.reachable(old, to) {
		return refuse(RulePivotPutOldOutside, int32(old.M), int32(old.D))
	}
	if !c.reachable(to, root) {
		return refuse(RulePivotNewOutside, int32(to.M), int32(to.D))
	}
	return Refusal{}
}

// mayPivotHere: both mounts are in the caller's namespace.
func (c *call) mayPivotHere(mounts ...MountIx) Refusal {
	for _, m := range mounts {
		if !c.inNS(m) {
			return refuse(RulePivotForeign, int32(m))
		}
	}
	return Refusal{}
}

// parentOrSelf is the kernel's mnt_parent: a mount without one is its own.
func (s *State) parentOrSelf(m MountIx) MountIx {
	if p := s.Mounts[m].Parent; p != 0 {
		return p
	}
	return m
}

// chrootAll moves every task that stands exactly at from, in any namespace.
// Spec 04 §9.
func (s *State) chrootAll(from, to Loc) {
	for i := range s.FSs {
		f := &s.FSs[i]
		if f.Users == 0 {
			continue
		}
		if f.Root == from {
			s.setRoot(FSIx(i), to)
		}
		if f.Cwd == from {
			s.setCwd(FSIx(i), to)
		}
	}
}
