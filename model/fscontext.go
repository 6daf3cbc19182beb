package model

// fsopen makes a filesystem context. EPERM, EFAULT, EINVAL, ENODEV, EMFILE. Spec 04 §11.
func (c *call) fsopen(name Arg, flags uint64) (int64, Refusal) {
	if r := c.mayMount(); r.Refused() {
		return 0, r
	}
	if flags&^FSOPEN_CLOEXEC != 0 {
		return 0, refuse(RuleFsopenFlags)
	}
	if name.Kind != String {
		return 0, refuse(RulePathFault)
	}
	if len(name.S) > maxPathBytes {
		return 0, refuse(RuleMountString)
	}
	t, ok := fsTypeByName(name.S)
	if !ok {
		return 0, refuse(RuleUnknownFSType)
	}
	owner := c.ownerOfNew(t)
	if r := c.mayHaveContext(t, owner); r.Refused() {
		return 0, r
	}
	return c.install(c.contextFile(File{Type: t, User: owner}))
}

// mayHaveContext: sysfs asks at once for power over the network namespace that it
// shows, which user owns; other types when something is made, or changed.
func (c *call) mayHaveContext(t FSType, user UserIx) Refusal {
	if t == Sysfs && !c.capable(user, CapSysAdmin) {
		return refuse(RuleNewMountCapability, int32(user))
	}
	return Refusal{}
}

// contextFile places a context's file on the kernel's own mount.
func (c *call) contextFile(f File) File {
	f.Kind = ContextFile
	f.Loc = Loc{c.fixed.AnonMount, c.fixed.AnonDentry}
	return f
}

// fspick makes a context for reconfiguring the filesystem of a mount. It holds the
// mount's root: where that is the file of a namespace, the namespace.
// EPERM, EINVAL, the errors of path resolution, EMFILE. Spec 04 §11, §6.3b.
func (c *call) fspick(dfd int64, path Arg, flags uint64) (int64, Refusal) {
	if r := c.mayMount(); r.Refused() {
		return 0, r
	}
	if flags&^(FSPICK_CLOEXEC|FSPICK_SYMLINK_NOFOLLOW|FSPICK_NO_AUTOMOUNT|FSPICK_EMPTY_PATH) != 0 {
		return 0, refuse(RuleFspickFlags)
	}
	walk := walkFollow
	if flags&FSPICK_SYMLINK_NOFOLLOW != 0 {
		walk = 0
	}
	if flags&FSPICK_EMPTY_PATH != 0 {
		walk |= walkEmpty
	}
	at, r := c.walk(dfd, path, walk)
	if r.Refused() {
		return 0, r
	}
	defer c.used(at.M)
	if at.D != c.Mounts[at.M].Root {
		return 0, refuse(RuleNotMountRoot, int32(at.M), int32(at.D))
	}
	sb := c.SBOf(at.M)
	if c.SBs[sb].Flags&SBNoUser != 0 && c.Sem.InternalFixed {
		return 0, refuse(RuleRemountNoUser, int32(at.M))
	}
	if r := c.mayHaveContext(c.SBs[sb].Type, c.ownerOfNew(Sysfs)); r.Refused() {
		return 0, r
	}
	return c.install(c.contextFile(File{Type: c.SBs[sb].Type, SB: sb, Picked: at.D, Phase: Reconfigure, User: c.proc().User}))
}

// fsconfig configures a context. EINVAL, EOPNOTSUPP, EBADF, EBUSY, EPERM, and what
// is wrong with a parameter. Spec 08 §2.2.
func (c *call) fsconfig(fd int64, cmd uint64) Refusal {
	if fd < 0 {
		return refuse(RuleFsconfigArguments)
	}
	if cmd > FSCONFIG_CMD_CREATE_EXCL {
		return refuse(RuleFsconfigCommand)
	}
	if !fsconfigArguments(cmd, c.arg(2).Kind != Null, c.arg(3).Kind != Null, c.fd(4)) {
		return refuse(RuleFsconfigArguments)
	}
	i, r := c.openFile(fd)
	if r.Refused() {
		return r
	}
	f := &c.Files[i]
	if f.Kind != ContextFile {
		return refuse(RuleNotContext, int32(fd))
	}
	switch cmd {
	case FSCONFIG_CMD_CREATE, FSCONFIG_CMD_CREATE_EXCL:
		return c.createContext(i, cmd == FSCONFIG_CMD_CREATE_EXCL)
	case FSCONFIG_CMD_RECONFIGURE:
		return c.reconfigureContext(i)
	}
	return c.setParameter(i, cmd, c.arg(2), c.arg(3))
}

// maxParameterBlob is how long a binary parameter may be, in bytes.
const maxParameterBlob = 1 << 20

// fsconfigArguments tells whether a command is given what it takes, and nothing else.
func fsconfigArguments(cmd uint64, key, value bool, aux int64) bool {
	switch cmd {
	case FSCONFIG_SET_FLAG:
		return key && !value && aux == 0
	case FSCONFIG_SET_STRING:
		return key && value && aux == 0
	case FSCONFIG_SET_BINARY:
		return key && value && aux > 0 && aux <= maxParameterBlob
	case FSCONFIG_SET_PATH, FSCONFIG_SET_PATH_EMPTY:
		return key && value && (aux == AT_FDCWD || aux >= 0)
	case FSCONFIG_SET_FD:
		return key && !value && aux >= 0
	}
	return !key && !value && aux == 0
}

// createContext makes the filesystem that a context describes; where it is to be
// new, one that is there already is refused.
func (c *call) createContext(i FileIx, exclusive bool) Refusal {
	f := c.Files[i]
	if f.Phase != CreateParams {
		return refuse(RuleContextBusy)
	}
	if r := c.mayCreateSB(f.Type, f.User); r.Refused() {
		return r
	}
	fresh := f.Type == Sysfs && c.freshSysfs(c.proc().Sysfs)
	if exclusive && f.Type == Sysfs && !fresh {
		c.Files[i].Phase = ContextFailed
		return refuse(RuleFilesystemExists)
	}
	sb := c.createSB(f.Type, f.User, f.Params.ReadOnly)
	if fresh {
		c.firstSysfs(sb, f.Params.ReadOnly)
	}
	c.Files[i].SB, c.Files[i].Phase = sb, AwaitingMount
	return Refusal{}
}

func (c *call) reconfigureContext(i FileIx) Refusal {
	f := &c.Files[i]
	if f.Phase != Reconfigure {
		return refuse(RuleContextBusy)
	}
	if owner := c.SBs[f.SB].Owner; !c.capable(owner, CapSysAdmin) {
		f.Phase = ContextFailed
		return refuse(RuleSBCapability, int32(owner))
	}
	if f.Params.SaysReadOnly {
		if r := c.setSBReadOnly(f.SB, f.Params.ReadOnly); r.Refused() {
			f.Phase = ContextFailed
			return r
		}
	}
	f.clearParameters()
	return Refusal{}
}

// fsmount makes a mount of a context's filesystem: in a detached tree, or as
// the root of a new mount namespace. EINVAL, EPERM, EBADF, EBUSY, EMFILE.
// Spec 05 §2.
func (c *call) fsmount(fd int64, flags, attrs uint64) (int64, Refusal) {
	namespace := flags&FSMOUNT_NAMESPACE != 0
	known := uint64(FSMOUNT_CLOEXEC)
	if c.Sem.FsmountNamespace {
		known |= FSMOUNT_NAMESPACE
	}
	if !c.Sem.FsmountFlagsFirst {
		if r := c.mayMount(); r.Refused() {
			return 0, r
		}
	}
	if flags&^known != 0 {
		return 0, refuse(RuleFsmountFlags)
	}
	if namespace {
		if r := c.ownCapability(); r.Refused() {
			return 0, r
		}
	} else if r := c.mayMount(); r.Refused() {
		return 0, r
	}
	if attrs&^mountAttrFsmount != 0 {
		return 0, refuse(RuleFsmountAttrs)
	}
	f, ok := atimeOf(attrs & MOUNT_ATTR__ATIME)
	if !ok {
		return 0, refuse(RuleFsmountAtime)
	}
	i, r := c.context(fd)
	if r.Refused() {
		return 0, r
	}
	f, r = c.tooRevealing(c.Files[i].Type, f|attrFlags(attrs))
	if r.Refused() {
		return 0, r
	}
	if c.Files[i].Phase != AwaitingMount {
		return 0, refuse(RuleContextUsed)
	}
	c.Files[i].Phase = Reconfigure // used up, whatever comes
	if _, r := c.freeFDNum(); r.Refused() {
		return 0, r
	}
	sb, source := c.Files[i].SB, c.sourceOf(&c.Files[i].Params)
	c.Files[i].clearParameters()
	fresh := c.newMount(c.SBs[sb].Root, source, f)
	if !namespace {
		return c.install(c.detachedFile(fresh, 0))
	}
	mode := c.namespaceMode()
	root := c.namespaceRoot(mode)
	graft := c.clone(fresh, c.SBs[sb].Root, mode)
	c.dropTree(fresh)
	return c.install(c.namespaceFile(root, graft))
}

// context is the filesystem context behind a descriptor, which has a
// filesystem.
func (c *call) context(fd int64) (FileIx, Refusal) {
	i, r := c.openFile(fd)
	if r.Refused() {
		return 0, r
	}
	if c.Files[i].Kind != ContextFile {
		return 0, refuse(RuleNotContext, int32(fd))
	}
	if c.Files[i].SB == 0 {
		return 0, refuse(RuleContextEmpty)
	}
	return i, Refusal{}
}
