package reproduce

import "mntcheck/model"

// form says how the kernel's own call is made, where that is not the call of the
// same name with the same arguments: newer architectures have no mkdir(2), say,
// but mkdirat(2) alone.
type form struct {
	number string // a Go expression
	args   string // words: $N is the call's argument N, counted from 1; the rest are Go expressions
}

// forms are the calls that need more than their name. A call that is not listed is
// made as it is.
var forms = map[model.Op]form{
	model.OpMkdir:   {"unix.SYS_MKDIRAT", "unix.AT_FDCWD $1 $2"},
	model.OpMknod:   {"unix.SYS_MKNODAT", "unix.AT_FDCWD $1 $2 $3"},
	model.OpRmdir:   {"unix.SYS_UNLINKAT", "unix.AT_FDCWD $1 unix.AT_REMOVEDIR"},
	model.OpUnlink:  {"unix.SYS_UNLINKAT", "unix.AT_FDCWD $1 0"},
	model.OpRename:  {"unix.SYS_RENAMEAT2", "unix.AT_FDCWD $1 unix.AT_FDCWD $2 0"},
	model.OpSymlink: {"unix.SYS_SYMLINKAT", "$1 unix.AT_FDCWD $2"},
	model.OpOpen:    {"unix.SYS_OPENAT", "unix.AT_FDCWD $1 $2 0"},
	model.OpFchroot: {"SYS_FCHROOT", "$1 $2"},

	// CLONE_PARENT makes each actor a child of main, which can then wait for it
	// whoever forked it. The last argument of clone3 is the size of its structure.
	model.OpFork:   {"unix.SYS_CLONE", "unix.CLONE_PARENT|int(unix.SIGCHLD)"},
	model.OpClone:  {"unix.SYS_CLONE", "unix.CLONE_PARENT|$1"},
	model.OpClone3: {"unix.SYS_CLONE3", "&[8]uint64{unix.CLONE_PARENT|$1} 64"},
}

// inSys are the names of model's flag sets that golang.org/x/sys/unix spells
// otherwise.
var inSys = map[string]string{
	"SIGCHLD": "int(unix.SIGCHLD)", // there a typed constant
}

// notInSys are names that golang.org/x/sys/unix does not have; a program that uses
// one defines it. They are from the kernel's user space headers.
var notInSys = map[string]uint64{
	"CLONE_EMPTY_MNTNS":        model.CLONE_EMPTY_MNTNS,
	"FSCONFIG_CMD_CREATE_EXCL": model.FSCONFIG_CMD_CREATE_EXCL,
	"FSMOUNT_NAMESPACE":        model.FSMOUNT_NAMESPACE,
	"MOVE_MOUNT_BENEATH":       model.MOVE_MOUNT_BENEATH,
	"OPEN_TREE_NAMESPACE":      model.OPEN_TREE_NAMESPACE,
	"PIDFD_GET_MNT_NAMESPACE":  model.PIDFD_GET_MNT_NAMESPACE,
	"PIDFD_GET_USER_NAMESPACE": model.PIDFD_GET_USER_NAMESPACE,
	"SYS_FCHROOT":              472, // asm-generic/unistd.h of 7.3
	"UNSHARE_EMPTY_MNTNS":      model.UNSHARE_EMPTY_MNTNS,
}
