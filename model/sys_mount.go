package model

// mount dispatches mount(2). The target is resolved before any permission is
// looked at; which of the many calls behind this one is meant is decided by
// the first flag that matches, and most other flags are then ignored.
// EFAULT, EINVAL, the errors of path resolution, EPERM. Spec 04 §1.
func (c *call) mount() Refusal {
	source, target, fstype := c.arg(0), c.arg(1), c.arg(2)
	for _, s := range []Arg{fstype, source} { // of the data, what does not fit is cut off
		if s.Kind == String && len(s.S) > maxPathBytes {
			return refuse(RuleMountString)
		}
	}
	flags := uint64(c.num(3))
	at, r := c.walk(AT_FDCWD, target, walkFollow)
	if r.Refused() {
		return r
	}
	defer c.used(at.M)
	if flags&MS_MGC_MSK == MS_MGC_VAL {
		flags &^= MS_MGC_MSK
	}
	if flags>>31 != 0 { // the flag is the sign of a number that is made longer
		return refuse(RuleMountNoUser)
	}
	if r := c.mayMount(); r.Refused() {
		return r
	}
	f := perMountFlags(flags)
	const atime = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME
	if flags&MS_REMOUNT != 0 && flags&atime == 0 {
		f = f&^atimeFlags | c.Mounts[at.M].Flags&atimeFlags
	}
	switch {
	case flags&MS_REMOUNT != 0 && flags&MS_BIND != 0:
		return c.remountBind(at, f)
	case flags&MS_REMOUNT != 0:
		return c.remount(at, flags, f)
	case flags&MS_BIND != 0:
		return c.bind(source, at, flags&MS_REC != 0)
	case flags&msPropagation != 0:
		return c.changeType(at, flags)
	case flags&MS_MOVE != 0:
		return c.moveOld(source, at)
	}
	return c.newMountCall(at, fstype, source, flags, f)
}

// used notes that a path walk ended on m: that clears its expiry mark.
// Spec 08 §5.
func (s *State) used(m MountIx) {
	if s.Mounts[m].Flags&ExpiryMark != 0 {
		s.touch(m).Flags &^= ExpiryMark
	}
}

// perMount pairs flags of mount(2) with those of the mount.
var perMount = [...]struct {
	ms uint64
	f  MountFlags
}{
	{MS_RDONLY, ReadOnly}, {MS_NOSUID, NoSuid}, {MS_NODEV, NoDev}, {MS_NOEXEC, NoExec},
	{MS_NOATIME, NoAtime}, {MS_NODIRATIME, NoDirAtime}, {MS_NOSYMFOLLOW, NoSymFollow},
}

// perMountFlags are the flags of the mount in those of mount(2): relatime
// unless said otherwise. Spec 04 §1.6.
func perMountFlags(flags uint64) MountFlags {
	f := MountFlags(0)
	if flags&MS_NOATIME == 0 {
		f |= RelAtime
	}
	for i := range perMount {
		if x := &perMount[i]; flags&x.ms != 0 {
			f |= x.f
		}
	}
	if flags&MS_STRICTATIME != 0 {
		f &^= RelAtime | NoAtime
	}
	return f
}

// lockTarget chooses where a mount on at really goes: on top of whatever is
// stacked there. ENOENT. Spec 04 §1.1.
func (c *call) lockTarget(at Loc) (Loc, Refusal) {
	to := at
	if over := c.childAt(at.M, at.D); over != 0 {
		to.M = c.Top(over)
		to.D = c.Mounts[to.M].Root
		defer c.used(to.M) // it is held meanwhile
	}
	return to, c.mayLock(at.M, to)
}

func (c *call) mayLock(m MountIx, to Loc) Refusal {
	if c.Dentries[to.D].Flags&CantMount != 0 {
		return refuse(RuleTargetRemoved, int32(to.M), int32(to.D))
	}
	if !c.isMounted(m) {
		return refuse(RuleTargetNotMounted, int32(m))
	}
	if c.gone(to.D) {
		return refuse(RuleTargetRemoved, int32(to.M), int32(to.D))
	}
	return Refusal{}
}

// newMountCall mounts a filesystem of a type. EINVAL, ENODEV, EPERM, ENOENT,
// EBUSY, ENOTDIR, ENOSPC. Spec 04 §2.
func (c *call) newMountCall(at Loc, fstype, source Arg, flags uint64, f MountFlags) Refusal {
	if fstype.Kind != String {
		return refuse(RuleNoFSType)
	}
	t, ok := fsTypeByName(fstype.S)
	if !ok {
		return refuse(RuleUnknownFSType)
	}
	owner := c.ownerOfNew(t)
	if r := c.mayHaveContext(t, owner); r.Refused() {
		return r
	}
	p := Parameters{ReadOnly: flags&MS_RDONLY != 0}
	if source.Kind == String {
		p.Source = c.names.intern(source.S)
	}
	if r := c.mountData(&p, t, c.arg(4)); r.Refused() {
		return r
	}
	if r := c.mayCreateSB(t, owner); r.Refused() {
		return r
	}
	f, r := c.tooRevealing(t, f)
	if r.Refused() {
		return r
	}
	to, r := c.lockTarget(at)
	if r.Refused() {
		return r
	}
	if !c.inNS(to.M) {
		return refuse(RuleTargetForeign, int32(to.M))
	}
	if t == Sysfs && c.SBOf(to.M) == c.proc().Sysfs && c.Mounts[to.M].Root == to.D {
		return refuse(RuleSameSBOnItself, int32(to.M))
	}
	if !c.IsDir(to.D) {
		return refuse(RuleDirOnFile, int32(to.M), int32(to.D))
	}
	sb := c.createSB(t, owner, p.ReadOnly)
	fresh := c.freshSysfs(sb)
	m := c.newMount(c.SBs[sb].Root, c.sourceOf(&p), f)
	if r := c.attachTree(m, to.M, to.D, c.spaceIx()); r.Refused() {
		c.dropTree(m)
		return r
	}
	if fresh {
		c.firstSysfs(sb, p.ReadOnly)
	}
	return Refusal{}
}

// freshSysfs tells whether sb is the sysfs of a network namespace that is not
// mounted yet: its first mount decides whether it is read-only.
func (c *call) freshSysfs(sb SBIx) bool {
	return c.SBs[sb].Type == Sysfs && sb != c.fixed.Sysfs && !c.sbInUse(sb)
}

// ownerOfNew is the user namespace that would own a filesystem that the caller
// makes: what proc shows belongs to the pid namespace, what sysfs shows to the
// network namespace.
func (c *call) ownerOfNew(t FSType) UserIx {
	switch p := c.proc(); t {
	case Proc:
		return p.PidUser
	case Sysfs:
		return c.SBs[p.Sysfs].Owner
	default:
		return p.User
	}
}

// mayCreateSB tells whether the caller may make a filesystem of type t that
// user would own. Spec 04 §2.5.
func (c *call) mayCreateSB(t FSType, user UserIx) Refusal {
	if t.sbFlags()&UserNSMount == 0 {
		user = c.fixed.InitUser
	}
	if !c.capable(user, CapSysAdmin) {
		return refuse(RuleNewMountCapability, int32(user))
	}
	return Refusal{}
}

// createSB makes a filesystem. A network namespace has one sysfs. Spec 01 §1.1.
func (c *call) createSB(t FSType, user UserIx, readOnly bool) SBIx {
	if t == Sysfs {
		return c.proc().Sysfs
	}
	return c.newSB(t, t.newFlags(readOnly), user)
}

// firstSysfs makes what createSB found into what its first mount asks for.
func (c *call) firstSysfs(sb SBIx, readOnly bool) { c.SBs[sb].Flags = Sysfs.newFlags(readOnly) }

// newFlags are those of a new filesystem of type t.
func (t FSType) newFlags(readOnly bool) SBFlags {
	f := t.sbFlags()
	if readOnly {
		f |= SBReadOnly
	}
	return f
}

// sbInUse tells whether a filesystem is mounted, or a context holds it.
func (s *State) sbInUse(sb SBIx) bool {
	for i := range s.Mounts {
		if r := &s.Mounts[i]; r.ID != 0 && s.SBOf(MountIx(i)) == sb {
			return true
		}
	}
	for i := range s.Files {
		if s.Files[i].Refs > 0 && s.Files[i].SB == sb {
			return true
		}
	}
	return false
}

// tooRevealing keeps proc and sysfs from showing what an instance in the
// namespace hides: one must be fully visible there, and the new mount takes
// over its locks. f is what the new mount then has. Spec 04 §2.1.
func (c *call) tooRevealing(t FSType, f MountFlags) (MountFlags, Refusal) {
	ns := c.spaceIx()
	if t.sbFlags()&UserNSRestricted == 0 || c.Spaces[ns].Owner == c.fixed.InitUser {
		return f, Refusal{}
	}
	root := c.Spaces[ns].Root
	for m := root; m != 0; m = c.next(m, root) {
		if locks, ok := c.fullyVisible(m, t, f); ok {
			return f | locks, Refusal{}
		}
	}
	return f, refuse(RuleTooRevealing, int32(ns))
}

// fullyVisible tells whether mount m of type t hides nothing that a new mount
// with flags f would show, and which locks the new one inherits.
func (c *call) fullyVisible(m MountIx, t FSType, f MountFlags) (locks MountFlags, ok bool) {
	r := &c.Mounts[m]
	sb := &c.SBs[c.SBOf(m)]
	if sb.Type != t || r.Root != sb.Root || sb.Flags&RestrictedVariant != 0 {
		return 0, false
	}
	has := r.Flags
	if sb.Flags&SBReadOnly != 0 {
		has |= LockReadOnly
	}
	if has&LockReadOnly != 0 && f&ReadOnly == 0 {
		return 0, false
	}
	if has&LockAtime != 0 && (has^f)&atimeFlags != 0 {
		return 0, false
	}
	for k := r.FirstChild; k != 0; k = c.Mounts[k].NextChild {
		if c.Mounts[k].Flags&Locked != 0 && c.Dentries[c.Mounts[k].MP].Flags&Immutable == 0 {
			return 0, false
		}
	}
	return has & (LockReadOnly | LockAtime), true
}
