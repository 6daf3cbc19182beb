package draw

import "mntcheck/model"

// effect says what a call does to the size of a world, as far as the limits of
// a case are concerned.
type effect uint8

const (
	neutral   effect = iota
	grows            // makes a mount or a few
	copies           // may copy a namespace's table or a subtree
	newActor         // makes a process
	newFD            // makes a descriptor
	shrinks          // takes mounts away
	closes           // takes a descriptor away
	exits            // ends the actor
	namespace        // copies, and makes a descriptor or an actor
)

// pathKind is what a path argument usually names.
type pathKind uint8

const (
	dirPath    pathKind = iota // a directory that exists
	mountPath                  // where something is mounted
	newPath                    // a name that may be made
	filePath                   // a file
	sourcePath                 // what can be bound: a directory, a mount, the file of a namespace
	nonePath                   // a string that no path lookup sees, such as a source
)

// fdKind is what a descriptor argument usually is.
type fdKind uint8

const (
	anyFD fdKind = iota
	dirFD
	treeFD    // of open_tree(OPEN_TREE_CLONE) or fsmount
	nsFD      // of a mount namespace
	userFD    // of a user namespace
	pidFD     // of a process
	contextFD // of fsopen or fspick
)

// hint says what an argument usually is. Hints are data about single
// parameters; how an argument of a kind is drawn is decided by the signature
// table.
type hint struct {
	path  pathKind
	fd    fdKind
	byFD  bool     // a descriptor and an empty path are the usual form
	bits  []uint64 // usual flags and numbers; the first is the most ordinary
	texts []string // usual strings
	null  bool     // usually NULL
}

// variant is a way to make a call: mount(2) alone is eight calls in one.
type variant struct {
	op     model.Op
	weight int
	effect effect
	args   [model.MaxArgs]hint
	idiom  func(*Drawer, *model.State) // several calls; op is none
	name   string                      // of an idiom
}

func pathOf(k pathKind) hint     { return hint{path: k} }
func bits(v ...uint64) hint      { return hint{bits: v} }
func texts(s ...string) hint     { return hint{texts: s} }
func fdOf(k fdKind) hint         { return hint{fd: k} }
func viaFD(k fdKind) hint        { return hint{fd: k, byFD: true} }
func args(h ...hint) (a [5]hint) { copy(a[:], h); return a }

var null = hint{null: true}

// Shorthand for the table below.
const (
	msAttrs1 = model.MS_RDONLY
	msAttrs2 = model.MS_NOSUID | model.MS_NODEV
	msAttrs3 = model.MS_NOATIME | model.MS_NOEXEC
	rec      = model.AT_RECURSIVE
	empty    = model.AT_EMPTY_PATH
)

var (
	treeFlags   = bits(model.OPEN_TREE_CLONE|rec, model.OPEN_TREE_CLONE, 0, model.OPEN_TREE_CLONE|model.OPEN_TREE_CLOEXEC, model.OPEN_TREE_CLONE|model.AT_SYMLINK_NOFOLLOW, model.AT_NO_AUTOMOUNT)
	nsTreeFlags = bits(model.OPEN_TREE_NAMESPACE|rec, model.OPEN_TREE_NAMESPACE, model.OPEN_TREE_NAMESPACE|rec|model.OPEN_TREE_CLOEXEC, model.OPEN_TREE_NAMESPACE|model.AT_SYMLINK_NOFOLLOW)
	fsTypes     = texts("tmpfs", "tmpfs", "tmpfs", "proc", "sysfs", "ramfs", "nofs")
	mountData   = texts("ro", "rw", "size=1m", "ro,,sync", "nope", "source=x", "")
	sources     = texts("none", "tmpfs", "src", "#a b")
	attrFlags   = bits(0, model.MOUNT_ATTR_RDONLY, model.MOUNT_ATTR_NOSUID|model.MOUNT_ATTR_NODEV, model.MOUNT_ATTR_NOATIME, model.MOUNT_ATTR_STRICTATIME|model.MOUNT_ATTR_NODIRATIME, model.MOUNT_ATTR_NOSYMFOLLOW, model.MOUNT_ATTR_IDMAP, 0x40)
	sizes       = bits(32, 32, 32, 31, 0, 40, 4097)
	zero        = bits(0)
)

// variants lists the ways to make each call of the signature table, and the
// idioms. The first is what an exhausted source makes.
var variants = []variant{
	{op: model.OpMkdir, weight: 8, args: args(pathOf(newPath), bits(0o755))},
	{op: model.OpMknod, weight: 3, args: args(pathOf(newPath), bits(model.S_IFREG|0o644, 0o644, 0o010644), zero)},
	{op: model.OpRmdir, weight: 3, effect: shrinks, args: args(pathOf(dirPath))},
	{op: model.OpUnlink, weight: 2, effect: shrinks, args: args(pathOf(filePath))},
	{op: model.OpRename, weight: 3, args: args(pathOf(dirPath), pathOf(newPath))},
	{op: model.OpSymlink, weight: 2, args: args(texts("/a", "b", "..", "../a", "/", "a", "/c/a", ""), pathOf(newPath))},

	{op: model.OpMount, weight: 8, effect: grows, args: args(sources, pathOf(dirPath), fsTypes, bits(0, msAttrs1, msAttrs2, msAttrs3, model.MS_NODIRATIME, model.MS_STRICTATIME), null)},
	{op: model.OpMount, weight: 3, effect: grows, args: args(sources, pathOf(mountPath), fsTypes, bits(0, msAttrs1), null)},
	{op: model.OpMount, weight: 1, effect: grows, args: args(sources, pathOf(dirPath), fsTypes, bits(0, msAttrs1), mountData)},
	{op: model.OpMount, weight: 1, args: args(null, pathOf(mountPath), null, bits(model.MS_REMOUNT, model.MS_REMOUNT|model.MS_RDONLY), mountData)},
	{op: model.OpMount, weight: 8, effect: grows, args: args(pathOf(sourcePath), pathOf(dirPath), null, bits(model.MS_BIND), null)},
	{op: model.OpMount, weight: 6, effect: copies, args: args(pathOf(sourcePath), pathOf(dirPath), null, bits(model.MS_BIND|model.MS_REC), null)},
	{op: model.OpMount, weight: 2, effect: grows, args: args(pathOf(filePath), pathOf(filePath), null, bits(model.MS_BIND), null)},
	{op: model.OpMount, weight: 5, args: args(pathOf(mountPath), pathOf(dirPath), null, bits(model.MS_MOVE), null)},
	{op: model.OpMount, weight: 2, args: args(null, pathOf(mountPath), null, bits(model.MS_REMOUNT, model.MS_REMOUNT|msAttrs1, model.MS_REMOUNT|msAttrs2), null)},
	{op: model.OpMount, weight: 3, args: args(null, pathOf(mountPath), null, bits(model.MS_REMOUNT|model.MS_BIND|msAttrs1, model.MS_REMOUNT|model.MS_BIND, model.MS_REMOUNT|model.MS_BIND|msAttrs2, model.MS_REMOUNT|model.MS_BIND|msAttrs3), null)},
	{op: model.OpMount, weight: 7, args: args(null, pathOf(mountPath), null, bits(model.MS_SHARED, model.MS_SHARED|model.MS_REC), null)},
	{op: model.OpMount, weight: 4, args: args(null, pathOf(mountPath), null, bits(model.MS_SLAVE, model.MS_SLAVE|model.MS_REC), null)},
	{op: model.OpMount, weight: 3, args: args(null, pathOf(mountPath), null, bits(model.MS_PRIVATE, model.MS_PRIVATE|model.MS_REC), null)},
	{op: model.OpMount, weight: 2, args: args(null, pathOf(mountPath), null, bits(model.MS_UNBINDABLE, model.MS_UNBINDABLE|model.MS_REC), null)},

	{op: model.OpUmount2, weight: 6, effect: shrinks, args: args(pathOf(mountPath), bits(model.MNT_DETACH, 0, model.MNT_DETACH|model.UMOUNT_NOFOLLOW))},
	{op: model.OpUmount2, weight: 3, effect: shrinks, args: args(pathOf(mountPath), bits(0, model.MNT_FORCE, model.UMOUNT_NOFOLLOW))},
	{op: model.OpUmount2, weight: 2, effect: shrinks, args: args(pathOf(mountPath), bits(model.MNT_EXPIRE, model.MNT_EXPIRE|model.MNT_DETACH))},

	{op: model.OpPivotRoot, weight: 4, args: args(pathOf(mountPath), pathOf(dirPath))},
	{op: model.OpChroot, weight: 3, args: args(pathOf(dirPath))},
	{op: model.OpChdir, weight: 3, args: args(pathOf(dirPath))},
	{op: model.OpFchdir, weight: 2, args: args(fdOf(dirFD))},
	{op: model.OpFchroot, weight: 1, args: args(fdOf(dirFD), bits(0, 0, 0, 1))},
	{op: model.OpOpen, weight: 4, effect: newFD, args: args(pathOf(dirPath), bits(model.O_PATH, model.O_RDONLY, model.O_RDONLY|model.O_DIRECTORY, model.O_PATH|model.O_NOFOLLOW, model.O_RDWR))},
	{op: model.OpOpen, weight: 2, effect: newFD, args: args(pathOf(filePath), bits(model.O_RDONLY, model.O_PATH, model.O_RDWR, model.O_WRONLY, model.O_NOFOLLOW))},
	{op: model.OpOpen, weight: 2, effect: newFD, args: args(pathOf(sourcePath), bits(model.O_RDONLY, model.O_PATH))},
	{op: model.OpClose, weight: 4, effect: closes, args: args(fdOf(anyFD))},
	{op: model.OpDup, weight: 2, effect: newFD, args: args(fdOf(anyFD))},

	{op: model.OpOpenTree, weight: 6, effect: copies, args: args(viaFD(dirFD), pathOf(dirPath), treeFlags)},
	{op: model.OpOpenTree, weight: 4, effect: copies, args: args(hint{}, pathOf(mountPath), treeFlags)},
	{op: model.OpOpenTree, weight: 2, effect: grows, args: args(viaFD(nsFD), pathOf(sourcePath), bits(model.OPEN_TREE_CLONE, model.OPEN_TREE_CLONE|rec))},
	{op: model.OpOpenTree, weight: 6, effect: namespace, args: args(hint{}, pathOf(dirPath), nsTreeFlags)},
	{op: model.OpOpenTree, weight: 4, effect: namespace, args: args(viaFD(treeFD), pathOf(mountPath), nsTreeFlags)},
	{op: model.OpOpenTreeAttr, weight: 3, effect: copies, args: args(hint{}, pathOf(mountPath), treeFlags, hint{}, sizes)},
	{op: model.OpOpenTreeAttr, weight: 1, effect: namespace, args: args(hint{}, pathOf(dirPath), nsTreeFlags, hint{}, sizes)},
	{op: model.OpMoveMount, weight: 7, effect: grows, args: args(viaFD(treeFD), pathOf(mountPath), hint{}, pathOf(dirPath), zero)},
	{op: model.OpMoveMount, weight: 3, effect: grows, args: args(viaFD(treeFD), pathOf(mountPath), hint{}, pathOf(mountPath), bits(model.MOVE_MOUNT_BENEATH))},
	{op: model.OpMoveMount, weight: 2, args: args(hint{}, pathOf(mountPath), hint{}, pathOf(mountPath), bits(model.MOVE_MOUNT_SET_GROUP))},
	{op: model.OpMoveMount, weight: 3, args: args(hint{}, pathOf(mountPath), viaFD(dirFD), pathOf(dirPath), bits(0, model.MOVE_MOUNT_BENEATH, model.MOVE_MOUNT_F_SYMLINKS|model.MOVE_MOUNT_T_SYMLINKS))},

	{op: model.OpFsopen, weight: 2, effect: newFD, args: args(fsTypes, bits(0, model.FSOPEN_CLOEXEC))},
	{op: model.OpFsconfig, weight: 3, args: args(fdOf(contextFD), bits(model.FSCONFIG_CMD_CREATE, model.FSCONFIG_CMD_RECONFIGURE, model.FSCONFIG_CMD_CREATE_EXCL), null, null, zero)},
	{op: model.OpFsconfig, weight: 1, args: args(fdOf(contextFD), bits(model.FSCONFIG_SET_FLAG, model.FSCONFIG_SET_STRING), texts("ro", "rw", "source", "sync", "nope"), texts("1", ""), zero)},
	{op: model.OpFsconfig, weight: 1, args: args(fdOf(contextFD), bits(model.FSCONFIG_SET_FLAG), texts("ro", "rw", "source", "nope"), null, zero)},
	{op: model.OpFsmount, weight: 3, effect: grows, args: args(fdOf(contextFD), bits(0, model.FSMOUNT_CLOEXEC), attrFlags)},
	{op: model.OpFsmount, weight: 2, effect: grows, args: args(fdOf(contextFD), bits(model.FSMOUNT_NAMESPACE, model.FSMOUNT_NAMESPACE|model.FSMOUNT_CLOEXEC), attrFlags)},
	{op: model.OpFspick, weight: 1, effect: newFD, args: args(hint{}, pathOf(mountPath), bits(0, model.FSPICK_CLOEXEC, model.FSPICK_SYMLINK_NOFOLLOW))},
	{op: model.OpMountSetattr, weight: 4, args: args(hint{}, pathOf(mountPath), bits(0, rec), hint{}, sizes)},
	{op: model.OpMountSetattr, weight: 3, args: args(viaFD(treeFD), pathOf(mountPath), bits(rec, 0), hint{}, sizes)},

	{op: model.OpIoctl, weight: 2, effect: newFD, args: args(fdOf(pidFD), bits(model.PIDFD_GET_MNT_NAMESPACE, model.PIDFD_GET_USER_NAMESPACE), zero)},
	{op: model.OpUnshare, weight: 4, effect: copies, args: args(bits(model.CLONE_NEWNS, model.CLONE_NEWNS|model.CLONE_FS))},
	{op: model.OpUnshare, weight: 2, effect: copies, args: args(bits(model.CLONE_NEWUSER|model.CLONE_NEWNS, model.CLONE_NEWUSER))},
	{op: model.OpUnshare, weight: 1, effect: grows, args: args(bits(model.UNSHARE_EMPTY_MNTNS, model.UNSHARE_EMPTY_MNTNS|model.CLONE_NEWUSER, model.CLONE_FS, model.CLONE_NEWNET))},
	{op: model.OpSetns, weight: 4, args: args(fdOf(nsFD), bits(model.CLONE_NEWNS, 0, model.CLONE_NEWUSER))},
	{op: model.OpSetns, weight: 1, args: args(fdOf(pidFD), bits(model.CLONE_NEWNS, model.CLONE_NEWNS|model.CLONE_NEWUSER, model.CLONE_NEWUSER))},
	{op: model.OpSetns, weight: 1, args: args(fdOf(userFD), bits(model.CLONE_NEWUSER, 0))},
	{op: model.OpPidfdOpen, weight: 2, effect: newFD, args: args(hint{}, bits(0, 0, 0, 1))},
	{op: model.OpFork, weight: 4, effect: newActor},
	{op: model.OpClone, weight: 1, effect: newActor, args: args(bits(model.SIGCHLD, model.SIGCHLD|model.CLONE_NEWNS, model.SIGCHLD|model.CLONE_FS, model.SIGCHLD|model.CLONE_NEWNS|model.CLONE_NEWUSER, model.SIGCHLD|model.CLONE_NEWNS|model.CLONE_FS))},
	{op: model.OpClone3, weight: 1, effect: newActor, args: args(bits(model.CLONE_NEWNS, model.CLONE_EMPTY_MNTNS, model.CLONE_FS, model.CLONE_NEWUSER|model.CLONE_NEWNS))},
	{op: model.OpExitGroup, weight: 2, effect: exits, args: args(zero)},

	{name: "new filesystem by descriptor", weight: 3, effect: grows, idiom: (*Drawer).newFilesystem},
	{name: "move a detached copy", weight: 4, effect: copies, idiom: (*Drawer).moveCopy},
	{name: "container", weight: 3, effect: copies, idiom: (*Drawer).container},
	{name: "user namespace", weight: 3, effect: copies, idiom: (*Drawer).userNamespace},
	{name: "pin a namespace", weight: 3, effect: namespace, idiom: (*Drawer).pin},
	{name: "namespace of a subtree, entered", weight: 3, effect: namespace, idiom: (*Drawer).enterSubtree},
	{name: "expire", weight: 2, effect: shrinks, idiom: (*Drawer).expire},
	{name: "peers and a slave", weight: 3, effect: grows, idiom: (*Drawer).peers},
	{name: "stack", weight: 2, effect: grows, idiom: (*Drawer).stack},
	{name: "pivot", weight: 3, effect: grows, idiom: (*Drawer).pivot},
	{name: "idmapped copy", weight: 2, effect: copies, idiom: (*Drawer).idmapped},
	{name: "empty namespace", weight: 1, effect: grows, idiom: (*Drawer).emptyNamespace},
	{name: "group of another mount", weight: 2, effect: grows, idiom: (*Drawer).setGroup},
	{name: "cover", weight: 2, effect: grows, idiom: (*Drawer).coverHeld},

	{name: "foreign namespace of a subtree", weight: 4, effect: namespace, idiom: (*Drawer).foreignSubtree},
	{name: "escape from a bind", weight: 1, effect: grows, idiom: (*Drawer).escape},
	{name: "mount of a context", weight: 1, effect: newFD, idiom: (*Drawer).pseudo},
	{name: "locked pin", weight: 1, effect: copies, idiom: (*Drawer).lockedPin},
	{name: "pin of an elder", weight: 1, effect: namespace, idiom: (*Drawer).pinLoop},
	{name: "copies on each other", weight: 1, effect: grows, idiom: (*Drawer).busyChain},
	{name: "beneath a peer's place", weight: 1, effect: grows, idiom: (*Drawer).beneathPeer},
	{name: "root removed", weight: 1, effect: grows, idiom: (*Drawer).removedRoot},
	{name: "pivot on the bottom", weight: 1, effect: grows, idiom: (*Drawer).pivotOnBottom},
	{name: "open for writing", weight: 1, effect: grows, idiom: (*Drawer).writer},
	{name: "out of descriptors", weight: 1, effect: neutral, idiom: (*Drawer).exhaust},
}

// growth lists what a table is built with before the calls proper.
var growth = []variant{
	variants[0],
	{op: model.OpMkdir, weight: 10, args: args(pathOf(newPath), bits(0o755))},
	{op: model.OpMount, weight: 14, effect: grows, args: args(texts("none"), pathOf(dirPath), texts("tmpfs"), bits(0, 0, msAttrs1, msAttrs2, msAttrs3), null)},
	{op: model.OpMount, weight: 8, effect: grows, args: args(pathOf(sourcePath), pathOf(dirPath), null, bits(model.MS_BIND), null)},
	{op: model.OpMount, weight: 8, effect: copies, args: args(pathOf(sourcePath), pathOf(dirPath), null, bits(model.MS_BIND|model.MS_REC), null)},
	{op: model.OpMount, weight: 8, args: args(null, pathOf(mountPath), null, bits(model.MS_SHARED, model.MS_SHARED|model.MS_REC, model.MS_SLAVE, model.MS_PRIVATE, model.MS_UNBINDABLE, model.MS_SLAVE|model.MS_REC), null)},
	{op: model.OpOpen, weight: 2, effect: newFD, args: args(pathOf(dirPath), bits(model.O_PATH))},
	{op: model.OpOpenTree, weight: 2, effect: copies, args: args(hint{}, pathOf(mountPath), treeFlags)},
	{op: model.OpChroot, weight: 1, args: args(pathOf(dirPath))},
	{op: model.OpChdir, weight: 1, args: args(pathOf(dirPath))},
	{op: model.OpFork, weight: 2, effect: newActor},
	{op: model.OpUnshare, weight: 2, effect: copies, args: args(bits(model.CLONE_NEWNS))},
	{idiom: (*Drawer).userNamespace, weight: 1, effect: copies},
	{idiom: (*Drawer).pin, weight: 1, effect: namespace},
	{idiom: (*Drawer).peers, weight: 4, effect: grows},
	{idiom: (*Drawer).stack, weight: 2, effect: grows},
	{idiom: (*Drawer).newFilesystem, weight: 1, effect: grows},
	{idiom: (*Drawer).moveCopy, weight: 1, effect: copies},
}

// bulk lists what takes a table to a thousand mounts within some hundred calls.
var bulk = []variant{
	{idiom: (*Drawer).fan, weight: 4, effect: copies},
	{idiom: (*Drawer).double, weight: 6, effect: copies},
	{idiom: (*Drawer).deepStack, weight: 1, effect: copies},
}
