package model

// remountBind is mount(MS_REMOUNT|MS_BIND): the flags of one mount are
// replaced. EINVAL, EPERM, EBUSY. Spec 04 §5.
func (c *call) remountBind(at Loc, f MountFlags) Refusal {
	if r := c.mayRemount(at, f); r.Refused() {
		return r
	}
	r := &c.Mounts[at.M]
	readOnlySB := c.SBs[c.SBOf(at.M)].Flags&SBReadOnly != 0
	if f&ReadOnly != 0 && r.Flags&ReadOnly == 0 && !readOnlySB && c.hasWriters(at.M) {
		return refuse(RuleRemountWriters, int32(at.M))
	}
	c.setFlags(at.M, f)
	return Refusal{}
}

// mayRemount: the mount itself must be named, in the caller's own namespace,
// and no locked attribute may change. Spec 04 §5 steps 1-3.
func (c *call) mayRemount(at Loc, f MountFlags) Refusal {
	if !c.inNS(at.M) {
		return refuse(RuleRemountForeign, int32(at.M))
	}
	if at.D != c.Mounts[at.M].Root {
		return refuse(RuleNotMountRoot, int32(at.M), int32(at.D))
	}
	return c.mayChangeLocked(at.M, f)
}

// mayChangeLocked tells whether m's flags may become f: what is locked may
// neither be cleared nor, for the access time, changed at all. Spec 04 §5.3.
func (c *call) mayChangeLocked(m MountIx, f MountFlags) Refusal {
	has := c.Mounts[m].Flags
	for _, l := range attributeLocks {
		if has&l.lock != 0 && f&l.flag == 0 {
			return refuse(RuleAttributeLocked, int32(m), int32(l.lock))
		}
	}
	if has&LockAtime != 0 && (has^f)&atimeFlags != 0 {
		return refuse(RuleAttributeLocked, int32(m), int32(LockAtime))
	}
	return Refusal{}
}

func (s *State) setFlags(m MountIx, f MountFlags) {
	r := s.touch(m)
	r.Flags = r.Flags&^SettableFlags | f&SettableFlags
}

// hasWriters tells whether a file is open for writing through m.
func (s *State) hasWriters(m MountIx) bool {
	for i := range s.Files {
		if f := &s.Files[i]; f.Refs > 0 && f.Mode&WriteMode != 0 && f.Loc.M == m {
			return true
		}
	}
	return false
}

// remount is mount(MS_REMOUNT) without MS_BIND: it changes the filesystem, and
// the flags of this one mount. EINVAL, EPERM, EBUSY. Spec 04 §6.
func (c *call) remount(at Loc, flags uint64, f MountFlags) Refusal {
	if r := c.mayRemount(at, f); r.Refused() {
		return r
	}
	sb := c.SBOf(at.M)
	if c.SBs[sb].Flags&SBNoUser != 0 && c.Sem.InternalFixed {
		return refuse(RuleRemountNoUser, int32(at.M))
	}
	if r := c.mayHaveContext(c.SBs[sb].Type, c.ownerOfNew(Sysfs)); r.Refused() {
		return r
	}
	p := Parameters{ReadOnly: c.asksReadOnly(sb, flags&MS_RDONLY != 0)}
	if r := c.mountData(&p, c.SBs[sb].Type, c.arg(4)); r.Refused() {
		return r
	}
	if owner := c.SBs[sb].Owner; !c.capable(owner, CapSysAdmin) {
		return refuse(RuleSBCapability, int32(owner))
	}
	if r := c.setSBReadOnly(sb, p.ReadOnly); r.Refused() {
		return r
	}
	c.setFlags(at.M, f)
	return Refusal{}
}

// asksReadOnly is what a call's flags ask of a filesystem. On the kernel's own,
// where that is not refused, the flags are lost, and a parameter is not: so a call
// that makes one read-only by its flags makes it writable. Spec 04 §6.3b.
func (c *call) asksReadOnly(sb SBIx, readOnly bool) bool {
	return readOnly && c.SBs[sb].Flags&SBNoUser == 0
}

// setSBReadOnly changes a filesystem: not while a file of it is open
// for writing, or a removed one is in use. Spec 04 §6.5, 08 §9.2.
func (c *call) setSBReadOnly(sb SBIx, readOnly bool) Refusal {
	if readOnly && c.SBs[sb].Flags&SBReadOnly == 0 && c.sbBusy(sb) {
		return refuse(RuleSBBusy)
	}
	c.SBs[sb].Flags &^= SBReadOnly
	if readOnly {
		c.SBs[sb].Flags |= SBReadOnly
	}
	return Refusal{}
}

// sbBusy tells whether a file of the filesystem is open for writing, through a
// mount that is not read-only by now, or a removed one is in use: by a descriptor,
// as a root or working directory, or as the root of a mount. Spec 08 §9.2, 03b §10.
func (s *State) sbBusy(sb SBIx) bool {
	removed := func(d DentryIx) bool { return s.Dentries[d].SB == sb && s.Dentries[d].Flags&Unlinked != 0 }
	for i := 0; s.SBs[sb].removed && i < len(s.Mounts); i++ {
		if r := &s.Mounts[i]; r.ID != 0 && removed(r.Root) {
			return true
		}
	}
	for i := range s.Files {
		f := &s.Files[i]
		writes := f.Mode&WriteMode != 0 && s.Dentries[f.Loc.D].SB == sb && s.Mounts[f.Loc.M].Flags&ReadOnly == 0
		if f.Refs > 0 && (removed(f.Loc.D) || removed(f.Picked) || writes) {
			return true
		}
	}
	for i := range s.FSs {
		if f := &s.FSs[i]; f.Users > 0 && (removed(f.Root.D) || removed(f.Cwd.D)) {
			return true
		}
	}
	return false
}

// changeType is mount(MS_SHARED and its like): it changes the propagation type
// of a mount, or with MS_REC of its tree, in any namespace that the caller has
// power over. EINVAL, EPERM. Spec 04 §7.
func (c *call) changeType(at Loc, flags uint64) Refusal {
	if at.D != c.Mounts[at.M].Root {
		return refuse(RuleNotMountRoot, int32(at.M), int32(at.D))
	}
	flags &= 0xffffffff
	t := flags &^ (MS_REC | MS_SILENT)
	if t&^msPropagation != 0 || t&(t-1) != 0 {
		return refuse(RuleTypeFlags)
	}
	if r := c.mayChangeProp(at.M); r.Refused() {
		return r
	}
	recursive := flags&MS_REC != 0
	if t == MS_SHARED {
		c.inventGroups(at.M, recursive)
	}
	for m := at.M; m != 0; m = c.next(m, at.M) {
		c.work.Visited++
		c.setType(m, t)
		if !recursive {
			break
		}
	}
	return Refusal{}
}
