package model

// bind mounts what a path names at another place too. The copy is made before
// it is attached, so source and target may contain each other. EINVAL, the
// errors of path resolution, ENOENT, EPERM, ENOTDIR, ENOSPC. Spec 04 §3.
func (c *call) bind(source Arg, at Loc, recursive bool) Refusal {
	if source.Kind != String || source.S == "" {
		return refuse(RuleNoSource)
	}
	from, r := c.walk(AT_FDCWD, source, walkFollow)
	if r.Refused() {
		return r
	}
	defer c.used(from.M)
	if c.namespaceLoop(from.D) {
		return refuse(RuleNamespaceLoop, c.Dentries[from.D].Obj)
	}
	to, r := c.lockTarget(at)
	if r.Refused() {
		return r
	}
	if !c.inNS(to.M) {
		return refuse(RuleTargetForeign, int32(to.M))
	}
	if r := c.mayClone(from, recursive); r.Refused() {
		return r
	}
	t, r := c.cloneSource(from, recursive)
	if r.Refused() {
		return r
	}
	if r := c.graft(t, to, recursive); r.Refused() {
		c.dropTree(t)
		return r
	}
	return Refusal{}
}

// namespaceLoop tells whether d is the file of a mount namespace that must not
// be mounted in the caller's: one that is not newer, going by the ids.
// Spec 04 §3.3, §23.
func (c *call) namespaceLoop(d DentryIx) bool {
	r := &c.Dentries[d]
	return r.Kind == MntNSFile && c.Spaces[r.Obj].ID <= c.space().ID
}

// mayClone holds the tests that bind and open_tree share on a source.
// Spec 04 §3 steps 6-10.
func (c *call) mayClone(from Loc, recursive bool) Refusal {
	m := int32(from.M)
	if c.Mounts[from.M].Flags&Unbindable != 0 {
		return refuse(RuleSourceUnbindable, m)
	}
	if !c.mayCopy(from) {
		return refuse(RuleSourceForeign, m)
	}
	if c.Dentries[from.D].Kind == AnonFile {
		return refuse(RuleSourcePseudo, m, int32(from.D))
	}
	if recursive && c.Mounts[from.M].NS == 0 && c.Sem.CopyNeedsMounted {
		return refuse(RuleSourceUnmounted, m)
	}
	if !recursive {
		if child := c.childUnder(from.M, from.D, true); child != 0 {
			return refuse(RuleLockedChildren, int32(child))
		}
	}
	return Refusal{}
}

// cloneSource copies the mount, or the tree, that a bind or an
// open_tree(OPEN_TREE_CLONE) names. Spec 04 §3.11.
func (c *call) cloneSource(from Loc, recursive bool) (MountIx, Refusal) {
	if !recursive {
		return c.clone(from.M, from.D, 0), Refusal{}
	}
	return c.copyTree(from.M, from.D, copyMntNSFile)
}

// graft attaches a copy that bind made. Spec 04 §3 steps 12-15.
func (c *call) graft(t MountIx, to Loc, recursive bool) Refusal {
	if recursive && c.Sem.BindChecksBelow {
		if pin := c.loopBelow(t); pin != 0 {
			return refuse(RuleNamespaceLoopBelow, int32(pin))
		}
	}
	if c.SBs[c.SBOf(t)].Flags&SBNoUser != 0 {
		return refuse(RuleNoUserFS, int32(t))
	}
	if c.IsDir(to.D) != c.IsDir(c.Mounts[t].Root) {
		return refuse(RuleDirOnFile, int32(to.M), int32(to.D))
	}
	return c.attachTree(t, to.M, to.D, c.spaceIx())
}

// loopBelow is a mount in the tree under t that would make a loop, or none.
func (c *call) loopBelow(t MountIx) MountIx {
	for m := t; m != 0; m = c.next(m, t) {
		if c.namespaceLoop(c.Mounts[m].Root) {
			return m
		}
	}
	return 0
}
