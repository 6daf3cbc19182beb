package model

// doMoveBefore is doMove as it was before it looked at its source first: the
// place where the mount is to go is found before anything else.
// EINVAL, ENOENT, ELOOP, ENOSPC. Spec 03b §9.3, 07 §3.20.
func (c *call) doMoveBefore(from, at Loc, beneath bool) Refusal {
	m := from.M
	var to Loc // the target itself, below the place where beneath
	var r Refusal
	if beneath {
		to, r = c.lockStack(at)
	} else {
		to, r = c.lockTarget(at)
	}
	if r.Refused() {
		return r
	}
	if r := c.mayMoveBefore(from, to); r.Refused() {
		return r
	}
	if beneath {
		if r := c.mayGoBeneathBefore(m, to); r.Refused() {
			return r
		}
		to = Loc{c.Mounts[to.M].Parent, c.Mounts[to.M].MP}
	}
	return c.moveTree(m, to)
}

// mayMoveBefore holds the tests on the source and the target of a move. Where
// detached trees cannot be used, one may only be attached to the namespace.
func (c *call) mayMoveBefore(from, to Loc) Refusal {
	m := from.M
	parent := c.Mounts[m].Parent
	if c.Sem.DetachedTrees {
		if r := c.mayMove(m, to.M); r.Refused() {
			return r
		}
		parent = 0 // it was looked at
	} else {
		switch {
		case !c.inNS(to.M):
			return refuse(RuleMoveTargetForeign, int32(to.M))
		case !c.isMounted(m), parent != 0 && !c.inNS(m), parent == 0 && !c.anonRoot(m):
			return refuse(RuleFromNotDetachedRoot, int32(m))
		case c.Mounts[m].Flags&Locked != 0:
			return refuse(RuleFromLocked, int32(m))
		}
	}
	switch {
	case from.D != c.Mounts[m].Root:
		return refuse(RuleFromNotMountRoot, int32(m), int32(from.D))
	case c.IsDir(to.D) != c.IsDir(from.D):
		return refuse(RuleMoveDirMismatch, int32(to.M), int32(to.D))
	case parent != 0 && c.Mounts[parent].Flags&Shared != 0:
		return refuse(RuleFromParentShared, int32(parent))
	}
	return Refusal{}
}

// lockStack chooses the topmost mount at a target, to go beneath it.
func (c *call) lockStack(at Loc) (Loc, Refusal) {
	switch {
	case !c.Sem.BeneathMountFirst:
	case at.D != c.Mounts[at.M].Root:
		return Loc{}, refuse(RuleBeneathNotMountRoot, int32(at.M), int32(at.D))
	case c.Mounts[at.M].Parent == 0:
		return Loc{}, refuse(RuleBeneathNoParent, int32(at.M))
	}
	for {
		place := c.Mounts[at.M].MP
		if c.Mounts[at.M].Parent == 0 {
			place = c.Mounts[at.M].Root
		}
		if c.Dentries[place].Flags&CantMount != 0 {
			return Loc{}, refuse(RuleTargetRemoved, int32(at.M), int32(place))
		}
		if !c.isMounted(at.M) {
			return Loc{}, refuse(RuleTargetNotMounted, int32(at.M))
		}
		over := c.childAt(at.M, at.D)
		if over == 0 {
			if c.gone(place) {
				return Loc{}, refuse(RuleTargetRemoved, int32(at.M), int32(place))
			}
			return at, Refusal{}
		}
		at = Loc{over, c.Mounts[over].Root}
	}
}

// mayGoBeneathBefore holds the tests on going beneath the mount of to.
func (c *call) mayGoBeneathBefore(m MountIx, to Loc) Refusal {
	over := to.M
	p := c.Mounts[over].Parent
	switch {
	case p == 0:
		return refuse(RuleBeneathNoParent, int32(over))
	case to.D != c.Mounts[over].Root:
		return refuse(RuleBeneathNotMountRoot, int32(over), int32(to.D))
	case c.Mounts[over].Flags&Locked != 0:
		return refuse(RuleBeneathLocked, int32(over))
	case c.Overmount(m) != 0:
		return refuse(RuleBeneathOvermounted, int32(m))
	}
	if r := c.mayGoBeneathOf(over); r.Refused() {
		return r
	}
	switch d := c.Mounts[over].MP; {
	case c.isAncestor(over, m):
		return refuse(RuleBeneathAncestor, int32(over))
	case c.wouldOvermount(p, over, d):
		return refuse(RuleBeneathOvermountTarget, int32(over))
	case c.inNS(m) && c.wouldOvermount(p, m, d):
		return refuse(RuleBeneathOvermountSource, int32(m))
	}
	return Refusal{}
}
