package model

// attrChange is what a mount_setattr is to do, checked and translated.
type attrChange struct {
	set, clr    MountFlags
	propagation uint64
	idmap       UserIx // none: the mapping stays
	clearIDMap  bool
	replace     bool // a mapping that is there may be replaced or cleared
	recursive   bool
}

const maxAttrSize = 4096

// mountSetattr is mount_setattr(2). EINVAL, E2BIG, EPERM, EBADF, the errors of
// path resolution, EBUSY. On failure nothing changes. Spec 04 §14.
func (c *call) mountSetattr(dfd int64, path Arg, flags uint64, attr Arg, size uint64) Refusal {
	if flags&^(AT_EMPTY_PATH|AT_RECURSIVE|AT_SYMLINK_NOFOLLOW|AT_NO_AUTOMOUNT) != 0 {
		return refuse(RuleSetattrFlags)
	}
	k, nothing, r := c.attrChange(attr, size, flags&AT_RECURSIVE != 0, false)
	if r.Refused() || nothing {
		return r
	}
	at, r := c.walk(dfd, path, atWalk(flags))
	if r.Refused() {
		return r
	}
	defer c.used(at.M)
	return c.setAttributes(at, k)
}

// attrChange reads struct mount_attr. nothing is true where it asks for no
// change: the call then succeeds without looking at the path. Spec 04 §14
// steps 2-10.
func (c *call) attrChange(attr Arg, size uint64, recursive, replace bool) (k attrChange, nothing bool, r Refusal) {
	if size > maxAttrSize {
		return k, false, refuse(RuleSetattrTooBig)
	}
	if size < MOUNT_ATTR_SIZE_VER0 {
		return k, false, refuse(RuleSetattrTooSmall)
	}
	if r := c.mayMount(); r.Refused() {
		return k, false, r
	}
	if attr.Kind == Null {
		return k, false, refuse(RuleAttrNull)
	}
	a := &c.c.Attr
	if a.Set == 0 && a.Clr == 0 && a.Propagation == 0 {
		return k, true, Refusal{}
	}
	if a.Propagation&^msPropagation != 0 || a.Propagation&(a.Propagation-1) != 0 {
		return k, false, refuse(RuleAttrPropagation)
	}
	if (a.Set|a.Clr)&^mountAttrAll != 0 {
		return k, false, refuse(RuleAttrUnknown)
	}
	k = attrChange{propagation: a.Propagation, recursive: recursive, replace: replace}
	k.set, k.clr = attrFlags(a.Set), attrFlags(a.Clr)
	// The access time is one field: all of it is cleared, then one value set.
	atime := a.Set & MOUNT_ATTR__ATIME
	switch cleared := a.Clr & MOUNT_ATTR__ATIME; {
	case cleared == 0 && atime != 0, cleared != 0 && cleared != MOUNT_ATTR__ATIME:
		return k, false, refuse(RuleAttrAtime)
	case cleared != 0:
		f, ok := atimeOf(atime)
		if !ok {
			return k, false, refuse(RuleAttrAtime)
		}
		k.clr |= RelAtime | NoAtime
		k.set |= f
	}
	r = c.idmapChange(a, &k)
	return k, false, r
}

// attrFlags are the flags of the mount in MOUNT_ATTR_ bits, but for the access
// time.
func attrFlags(attrs uint64) (f MountFlags) {
	for _, x := range [...]struct {
		attr uint64
		f    MountFlags
	}{
		{MOUNT_ATTR_RDONLY, ReadOnly}, {MOUNT_ATTR_NOSUID, NoSuid}, {MOUNT_ATTR_NODEV, NoDev},
		{MOUNT_ATTR_NOEXEC, NoExec}, {MOUNT_ATTR_NODIRATIME, NoDirAtime}, {MOUNT_ATTR_NOSYMFOLLOW, NoSymFollow},
	} {
		if attrs&x.attr != 0 {
			f |= x.f
		}
	}
	return f
}

// atimeOf translates the access time field.
func atimeOf(field uint64) (f MountFlags, ok bool) {
	switch field {
	case MOUNT_ATTR_RELATIME:
		return RelAtime, true
	case MOUNT_ATTR_NOATIME:
		return NoAtime, true
	case MOUNT_ATTR_STRICTATIME:
		return 0, true
	}
	return 0, false
}

// idmapChange finds the user namespace whose mapping is asked for. Only a
// fresh copy may lose its mapping, or change it for another. Spec 04 §14.10, §15.
func (c *call) idmapChange(a *MountAttr, k *attrChange) Refusal {
	if (a.Set|a.Clr)&MOUNT_ATTR_IDMAP == 0 {
		return Refusal{}
	}
	if a.Clr&MOUNT_ATTR_IDMAP != 0 {
		if !k.replace {
			return refuse(RuleAttrClearIDMap)
		}
		if a.Set&MOUNT_ATTR_IDMAP == 0 {
			k.clearIDMap = true
			return Refusal{}
		}
	}
	fd := a.UserNSFD.N
	if uint64(fd) > 1<<31-1 {
		return refuse(RuleAttrUserNSRange)
	}
	f, r := c.openFile(fd)
	if r.Refused() {
		return r
	}
	d := &c.Dentries[c.Files[f].Loc.D]
	switch {
	case c.Files[f].Kind != PlainFile || d.Kind != MntNSFile && d.Kind != UserNSFile:
		return refuse(RuleAttrNotNamespace, int32(fd))
	case d.Kind != UserNSFile:
		return refuse(RuleAttrNotUserNS, int32(fd))
	case UserIx(d.Obj) == c.fixed.InitUser:
		return refuse(RuleAttrInitUserNS)
	case !c.capable(UserIx(d.Obj), CapSysAdmin):
		return refuse(RuleAttrUserNSCapability, d.Obj)
	}
	k.idmap = UserIx(d.Obj)
	return Refusal{}
}

// setAttributes applies a change to a mount or its tree, or to nothing.
// Spec 04 §14 steps 12-16.
func (c *call) setAttributes(at Loc, k attrChange) Refusal {
	m := at.M
	if at.D != c.Mounts[m].Root {
		return refuse(RuleNotMountRoot, int32(m), int32(at.D))
	}
	if !c.anonRoot(m) && !c.inNS(m) {
		return refuse(RuleSetattrForeign, int32(m))
	}
	for x := m; x != 0; x = c.next(x, m) {
		c.work.Visited++
		if r := c.mayChangeAttributes(x, &k); r.Refused() {
			return r
		}
		if !k.recursive {
			break
		}
	}
	if k.propagation == MS_SHARED {
		c.inventGroups(m, k.recursive)
	}
	for x := m; x != 0; x = c.next(x, m) {
		r := c.touch(x)
		if k.idmap != 0 || k.clearIDMap {
			r.IDMap = k.idmap
		}
		r.Flags = r.Flags&^k.clr | k.set
		if k.propagation != 0 {
			c.setType(x, k.propagation)
		}
		if !k.recursive {
			break
		}
	}
	return Refusal{}
}

// mayChangeAttributes holds the tests on each mount. Spec 04 §14.15.
func (c *call) mayChangeAttributes(m MountIx, k *attrChange) Refusal {
	r := &c.Mounts[m]
	f := r.Flags&^k.clr | k.set
	if r := c.mayChangeLocked(m, f); r.Refused() {
		return r
	}
	if k.idmap != 0 || k.clearIDMap {
		if r := c.mayIDMap(m, k); r.Refused() {
			return r
		}
	}
	if (f&ReadOnly != 0 && r.Flags&ReadOnly == 0 || k.idmap != 0) && c.hasWriters(m) {
		return refuse(RuleRemountWriters, int32(m))
	}
	return Refusal{}
}

func (c *call) mayIDMap(m MountIx, k *attrChange) Refusal {
	sb := &c.SBs[c.SBOf(m)]
	switch ns := c.Mounts[m].NS; {
	case k.idmap == sb.Owner:
		return refuse(RuleIDMapOwner, int32(m))
	case c.Mounts[m].IDMap != 0 && !k.replace:
		return refuse(RuleIDMapTwice, int32(m))
	case sb.Flags&AllowIDMap == 0:
		return refuse(RuleIDMapType, int32(m))
	case !c.capable(sb.Owner, CapSysAdmin):
		return refuse(RuleIDMapCapability, int32(m))
	case ns <= 0 || !c.Spaces[ns].Anon:
		return refuse(RuleIDMapAttached, int32(m))
	}
	return Refusal{}
}
