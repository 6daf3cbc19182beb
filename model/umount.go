package model

// umount2 takes out the topmost mount of a place. EINVAL, the errors of path
// resolution, EPERM, EBUSY, EAGAIN. Spec 04 §8.
func (c *call) umount2(target Arg, flags uint64) Refusal {
	if flags&^(MNT_FORCE|MNT_DETACH|MNT_EXPIRE|UMOUNT_NOFOLLOW) != 0 {
		return refuse(RuleUmountFlags)
	}
	walk := walkFollow | walkMountpoint
	if flags&UMOUNT_NOFOLLOW != 0 {
		walk = walkMountpoint
	}
	at, r := c.walk(AT_FDCWD, target, walk)
	if r.Refused() {
		return r
	}
	if r := c.mayMount(); r.Refused() {
		return r
	}
	m := at.M
	if at.D != c.Mounts[m].Root {
		return refuse(RuleNotMountRoot, int32(m), int32(at.D))
	}
	if !c.inNS(m) {
		return refuse(RuleUmountForeign, int32(m))
	}
	if c.Mounts[m].Flags&Locked != 0 || c.Mounts[m].Parent == 0 && !c.Sem.RootUnlocked {
		return refuse(RuleUmountLocked, int32(m))
	}
	if owner := c.SBs[c.SBOf(m)].Owner; flags&MNT_FORCE != 0 && !c.capable(owner, CapSysAdmin) {
		return refuse(RuleUmountForce, int32(owner))
	}
	if flags&MNT_EXPIRE != 0 {
		if r := c.expire(m, flags); r.Refused() {
			return r
		}
	}
	if m == c.fs().Root.M && flags&MNT_DETACH == 0 {
		return c.umountRoot(m)
	}
	if c.Mounts[m].Parent == 0 {
		return refuse(RuleUmountNoParent, int32(m))
	}
	if flags&MNT_DETACH != 0 {
		c.umountTree(m, umountPropagate)
		return Refusal{}
	}
	if user := c.busy(m); user != 0 {
		return refuse(RuleUmountBusy, int32(user))
	}
	c.umountTree(m, umountPropagate|umountSync)
	return Refusal{}
}

// expire marks m at the first call, and lets the second one go on if nobody
// has used m between them. Spec 04 §8.8.
func (c *call) expire(m MountIx, flags uint64) Refusal {
	if m == c.fs().Root.M {
		return refuse(RuleExpireRoot, int32(m))
	}
	if flags&(MNT_FORCE|MNT_DETACH) != 0 {
		return refuse(RuleExpireFlags)
	}
	if c.Mounts[m].FirstChild != 0 || c.Mounts[m].Refs > 0 {
		return refuse(RuleExpireBusy, int32(m))
	}
	if c.Mounts[m].Flags&ExpiryMark == 0 {
		c.touch(m).Flags |= ExpiryMark
		return refuse(RuleExpireMarked, int32(m))
	}
	return Refusal{}
}

// umountRoot is what a plain umount of one's own root means: the filesystem
// becomes read-only, and stays. Spec 04 §8.10.
func (c *call) umountRoot(m MountIx) Refusal {
	sb := c.SBOf(m)
	if owner := c.SBs[sb].Owner; !c.capable(owner, CapSysAdmin) {
		return refuse(RuleSBCapability, int32(owner))
	}
	if c.SBs[sb].Flags&SBNoUser != 0 && c.Sem.InternalFixed {
		return refuse(RuleUmountRootInternal)
	}
	if c.SBs[sb].Flags&SBReadOnly != 0 {
		return Refusal{}
	}
	return c.setSBReadOnly(sb, c.asksReadOnly(sb, true))
}
