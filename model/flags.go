package model

import (
	"fmt"
	"strconv"
	"strings"
)

// FlagName is one named value of a FlagSet.
type FlagName struct {
	Name string
	Bits uint64
}

// FlagSet names the bits, or for an Enum the values, of one argument of a
// system call, in the order in which strace prints them: that of their values.
type FlagSet struct {
	Names []FlagName
	Also  []FlagName // names that are read but never printed, of zero bits or several
	Enum  bool       // one of the values, not a union of bits
	Octal bool       // bits without a name are a file mode: printed in octal
	Zero  string     // printed for zero; "0" where empty
}

// Flags of mount(2). Spec 04 §0.
const (
	MS_RDONLY      = 1
	MS_NOSUID      = 2
	MS_NODEV       = 4
	MS_NOEXEC      = 8
	MS_SYNCHRONOUS = 0x10
	MS_REMOUNT     = 0x20
	MS_MANDLOCK    = 0x40
	MS_DIRSYNC     = 0x80
	MS_NOSYMFOLLOW = 0x100
	MS_NOATIME     = 0x400
	MS_NODIRATIME  = 0x800
	MS_BIND        = 0x1000
	MS_MOVE        = 0x2000
	MS_REC         = 0x4000
	MS_SILENT      = 0x8000
	MS_POSIXACL    = 1 << 16
	MS_UNBINDABLE  = 1 << 17
	MS_PRIVATE     = 1 << 18
	MS_SLAVE       = 1 << 19
	MS_SHARED      = 1 << 20
	MS_RELATIME    = 1 << 21
	MS_I_VERSION   = 1 << 23
	MS_STRICTATIME = 1 << 24
	MS_LAZYTIME    = 1 << 25
	MS_NOUSER      = 1 << 31
	MS_MGC_VAL     = 0xC0ED0000
	MS_MGC_MSK     = 0xFFFF0000

	msPropagation = MS_UNBINDABLE | MS_PRIVATE | MS_SLAVE | MS_SHARED
)

// Flags of umount2(2). Spec 04 §0.
const (
	MNT_FORCE       = 1
	MNT_DETACH      = 2
	MNT_EXPIRE      = 4
	UMOUNT_NOFOLLOW = 8
)

// Flags of the *at calls, open_tree(2) and open_tree_attr(2). Spec 05 §1.
const (
	AT_FDCWD            = -100
	AT_SYMLINK_NOFOLLOW = 0x100
	AT_NO_AUTOMOUNT     = 0x800
	AT_EMPTY_PATH       = 0x1000
	AT_RECURSIVE        = 0x8000
	OPEN_TREE_CLONE     = 1
	OPEN_TREE_NAMESPACE = 2
	OPEN_TREE_CLOEXEC   = O_CLOEXEC
)

// Flags of move_mount(2). Spec 04 §0.
const (
	MOVE_MOUNT_F_SYMLINKS   = 1
	MOVE_MOUNT_F_AUTOMOUNTS = 2
	MOVE_MOUNT_F_EMPTY_PATH = 4
	MOVE_MOUNT_T_SYMLINKS   = 0x10
	MOVE_MOUNT_T_AUTOMOUNTS = 0x20
	MOVE_MOUNT_T_EMPTY_PATH = 0x40
	MOVE_MOUNT_SET_GROUP    = 0x100
	MOVE_MOUNT_BENEATH      = 0x200
	moveMountMask           = 0x377
)

// Attributes of mount_setattr(2), open_tree_attr(2) and fsmount(2). Spec 04 §0.
const (
	MOUNT_ATTR_RDONLY      = 1
	MOUNT_ATTR_NOSUID      = 2
	MOUNT_ATTR_NODEV       = 4
	MOUNT_ATTR_NOEXEC      = 8
	MOUNT_ATTR__ATIME      = 0x70
	MOUNT_ATTR_RELATIME    = 0
	MOUNT_ATTR_NOATIME     = 0x10
	MOUNT_ATTR_STRICTATIME = 0x20
	MOUNT_ATTR_NODIRATIME  = 0x80
	MOUNT_ATTR_IDMAP       = 0x100000
	MOUNT_ATTR_NOSYMFOLLOW = 0x200000
	MOUNT_ATTR_SIZE_VER0   = 32

	mountAttrFsmount = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC |
		MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_NOSYMFOLLOW
	mountAttrAll = mountAttrFsmount | MOUNT_ATTR_IDMAP
)

// Flags of fsopen(2), fspick(2), fsmount(2), and commands of fsconfig(2).
const (
	FSOPEN_CLOEXEC          = 1
	FSPICK_CLOEXEC          = 1
	FSPICK_SYMLINK_NOFOLLOW = 2
	FSPICK_NO_AUTOMOUNT     = 4
	FSPICK_EMPTY_PATH       = 8
	FSMOUNT_CLOEXEC         = 1
	FSMOUNT_NAMESPACE       = 2

	FSCONFIG_SET_FLAG        = 0
	FSCONFIG_SET_STRING      = 1
	FSCONFIG_SET_BINARY      = 2
	FSCONFIG_SET_PATH        = 3
	FSCONFIG_SET_PATH_EMPTY  = 4
	FSCONFIG_SET_FD          = 5
	FSCONFIG_CMD_CREATE      = 6
	FSCONFIG_CMD_RECONFIGURE = 7
	FSCONFIG_CMD_CREATE_EXCL = 8
)

// Flags of open(2).
const (
	O_RDONLY    = 0
	O_WRONLY    = 1
	O_RDWR      = 2
	O_ACCMODE   = 3
	O_DIRECTORY = 0x10000
	O_NOFOLLOW  = 0x20000
	O_CLOEXEC   = 0x80000
	O_PATH      = 0x200000
)

// Namespace flags of clone(2), clone3(2), unshare(2) and setns(2).
// UNSHARE_EMPTY_MNTNS is a flag of unshare only, CLONE_EMPTY_MNTNS of clone3
// only. Spec 05 §3.
const (
	CLONE_NEWTIME       = 0x80
	CLONE_VM            = 0x100
	CLONE_FS            = 0x200
	CLONE_FILES         = 0x400
	CLONE_SIGHAND       = 0x800
	CLONE_THREAD        = 0x10000
	CLONE_NEWNS         = 0x20000
	CLONE_SYSVSEM       = 0x40000
	UNSHARE_EMPTY_MNTNS = 0x100000
	CLONE_NEWCGROUP     = 0x2000000
	CLONE_NEWUTS        = 0x4000000
	CLONE_NEWIPC        = 0x8000000
	CLONE_NEWUSER       = 0x10000000
	CLONE_NEWPID        = 0x20000000
	CLONE_NEWNET        = 0x40000000
	CLONE_EMPTY_MNTNS   = 1 << 37
	SIGCHLD             = 17
)

// Requests of ioctl(2) on a pidfd. Spec 04 §24.
const (
	PIDFD_GET_MNT_NAMESPACE  = 0xff03
	PIDFD_GET_USER_NAMESPACE = 0xff09
)

// S_IFREG is the file type that mknod(2) takes here.
const S_IFREG = 0o100000

var (
	mountFlags = FlagSet{Also: []FlagName{{"MS_MGC_VAL", MS_MGC_VAL}}, Names: []FlagName{
		{"MS_RDONLY", MS_RDONLY}, {"MS_NOSUID", MS_NOSUID}, {"MS_NODEV", MS_NODEV}, {"MS_NOEXEC", MS_NOEXEC},
		{"MS_SYNCHRONOUS", MS_SYNCHRONOUS}, {"MS_REMOUNT", MS_REMOUNT}, {"MS_MANDLOCK", MS_MANDLOCK},
		{"MS_DIRSYNC", MS_DIRSYNC}, {"MS_NOSYMFOLLOW", MS_NOSYMFOLLOW}, {"MS_NOATIME", MS_NOATIME},
		{"MS_NODIRATIME", MS_NODIRATIME}, {"MS_BIND", MS_BIND}, {"MS_MOVE", MS_MOVE}, {"MS_REC", MS_REC},
		{"MS_SILENT", MS_SILENT}, {"MS_POSIXACL", MS_POSIXACL}, {"MS_UNBINDABLE", MS_UNBINDABLE},
		{"MS_PRIVATE", MS_PRIVATE}, {"MS_SLAVE", MS_SLAVE}, {"MS_SHARED", MS_SHARED}, {"MS_RELATIME", MS_RELATIME},
		{"MS_I_VERSION", MS_I_VERSION}, {"MS_STRICTATIME", MS_STRICTATIME}, {"MS_LAZYTIME", MS_LAZYTIME},
		{"MS_NOUSER", MS_NOUSER},
	}}
	propagationFlags = FlagSet{Names: []FlagName{
		{"MS_UNBINDABLE", MS_UNBINDABLE}, {"MS_PRIVATE", MS_PRIVATE}, {"MS_SLAVE", MS_SLAVE}, {"MS_SHARED", MS_SHARED},
	}}
	umountFlags = FlagSet{Names: []FlagName{
		{"MNT_FORCE", MNT_FORCE}, {"MNT_DETACH", MNT_DETACH}, {"MNT_EXPIRE", MNT_EXPIRE},
		{"UMOUNT_NOFOLLOW", UMOUNT_NOFOLLOW},
	}}
	openTreeFlags = FlagSet{Names: []FlagName{
		{"OPEN_TREE_CLONE", OPEN_TREE_CLONE}, {"OPEN_TREE_NAMESPACE", OPEN_TREE_NAMESPACE},
		{"AT_SYMLINK_NOFOLLOW", AT_SYMLINK_NOFOLLOW}, {"AT_NO_AUTOMOUNT", AT_NO_AUTOMOUNT},
		{"AT_EMPTY_PATH", AT_EMPTY_PATH}, {"AT_RECURSIVE", AT_RECURSIVE}, {"OPEN_TREE_CLOEXEC", OPEN_TREE_CLOEXEC},
	}}
	setattrFlags = FlagSet{Names: []FlagName{
		{"AT_SYMLINK_NOFOLLOW", AT_SYMLINK_NOFOLLOW}, {"AT_NO_AUTOMOUNT", AT_NO_AUTOMOUNT},
		{"AT_EMPTY_PATH", AT_EMPTY_PATH}, {"AT_RECURSIVE", AT_RECURSIVE},
	}}
	moveMountFlags = FlagSet{Names: []FlagName{
		{"MOVE_MOUNT_F_SYMLINKS", MOVE_MOUNT_F_SYMLINKS}, {"MOVE_MOUNT_F_AUTOMOUNTS", MOVE_MOUNT_F_AUTOMOUNTS},
		{"MOVE_MOUNT_F_EMPTY_PATH", MOVE_MOUNT_F_EMPTY_PATH}, {"MOVE_MOUNT_T_SYMLINKS", MOVE_MOUNT_T_SYMLINKS},
		{"MOVE_MOUNT_T_AUTOMOUNTS", MOVE_MOUNT_T_AUTOMOUNTS}, {"MOVE_MOUNT_T_EMPTY_PATH", MOVE_MOUNT_T_EMPTY_PATH},
		{"MOVE_MOUNT_SET_GROUP", MOVE_MOUNT_SET_GROUP}, {"MOVE_MOUNT_BENEATH", MOVE_MOUNT_BENEATH},
	}}
	// The access time is a field of three bits, not three flags; all three
	// at once is its mask. A lone 0x40 is no value, and has no name.
	mountAttrs = FlagSet{Also: []FlagName{{"MOUNT_ATTR_RELATIME", MOUNT_ATTR_RELATIME}}, Names: []FlagName{
		{"MOUNT_ATTR_RDONLY", MOUNT_ATTR_RDONLY}, {"MOUNT_ATTR_NOSUID", MOUNT_ATTR_NOSUID},
		{"MOUNT_ATTR_NODEV", MOUNT_ATTR_NODEV}, {"MOUNT_ATTR_NOEXEC", MOUNT_ATTR_NOEXEC},
		{"MOUNT_ATTR__ATIME", MOUNT_ATTR__ATIME}, {"MOUNT_ATTR_NOATIME", MOUNT_ATTR_NOATIME},
		{"MOUNT_ATTR_STRICTATIME", MOUNT_ATTR_STRICTATIME}, {"MOUNT_ATTR_NODIRATIME", MOUNT_ATTR_NODIRATIME},
		{"MOUNT_ATTR_IDMAP", MOUNT_ATTR_IDMAP}, {"MOUNT_ATTR_NOSYMFOLLOW", MOUNT_ATTR_NOSYMFOLLOW},
	}}
	fsopenFlags = FlagSet{Names: []FlagName{{"FSOPEN_CLOEXEC", FSOPEN_CLOEXEC}}}
	fspickFlags = FlagSet{Names: []FlagName{
		{"FSPICK_CLOEXEC", FSPICK_CLOEXEC}, {"FSPICK_SYMLINK_NOFOLLOW", FSPICK_SYMLINK_NOFOLLOW},
		{"FSPICK_NO_AUTOMOUNT", FSPICK_NO_AUTOMOUNT}, {"FSPICK_EMPTY_PATH", FSPICK_EMPTY_PATH},
	}}
	fsmountFlags = FlagSet{Names: []FlagName{{"FSMOUNT_CLOEXEC", FSMOUNT_CLOEXEC}, {"FSMOUNT_NAMESPACE", FSMOUNT_NAMESPACE}}}
	fsconfigCmds = FlagSet{Enum: true, Names: []FlagName{
		{"FSCONFIG_SET_FLAG", FSCONFIG_SET_FLAG}, {"FSCONFIG_SET_STRING", FSCONFIG_SET_STRING},
		{"FSCONFIG_SET_BINARY", FSCONFIG_SET_BINARY}, {"FSCONFIG_SET_PATH", FSCONFIG_SET_PATH},
		{"FSCONFIG_SET_PATH_EMPTY", FSCONFIG_SET_PATH_EMPTY}, {"FSCONFIG_SET_FD", FSCONFIG_SET_FD},
		{"FSCONFIG_CMD_CREATE", FSCONFIG_CMD_CREATE}, {"FSCONFIG_CMD_RECONFIGURE", FSCONFIG_CMD_RECONFIGURE},
		{"FSCONFIG_CMD_CREATE_EXCL", FSCONFIG_CMD_CREATE_EXCL},
	}}
	openFlags = FlagSet{Zero: "O_RDONLY", Names: []FlagName{
		{"O_WRONLY", O_WRONLY}, {"O_RDWR", O_RDWR}, {"O_DIRECTORY", O_DIRECTORY}, {"O_NOFOLLOW", O_NOFOLLOW},
		{"O_CLOEXEC", O_CLOEXEC}, {"O_PATH", O_PATH},
	}}
	unshareFlags = FlagSet{Names: []FlagName{
		{"CLONE_NEWTIME", CLONE_NEWTIME}, {"CLONE_VM", CLONE_VM}, {"CLONE_FS", CLONE_FS}, {"CLONE_FILES", CLONE_FILES},
		{"CLONE_SIGHAND", CLONE_SIGHAND}, {"CLONE_THREAD", CLONE_THREAD},
		{"CLONE_NEWNS", CLONE_NEWNS}, {"CLONE_SYSVSEM", CLONE_SYSVSEM}, {"UNSHARE_EMPTY_MNTNS", UNSHARE_EMPTY_MNTNS},
		{"CLONE_NEWCGROUP", CLONE_NEWCGROUP}, {"CLONE_NEWUTS", CLONE_NEWUTS}, {"CLONE_NEWIPC", CLONE_NEWIPC},
		{"CLONE_NEWUSER", CLONE_NEWUSER}, {"CLONE_NEWPID", CLONE_NEWPID}, {"CLONE_NEWNET", CLONE_NEWNET},
	}}
	// The lowest byte of clone's flags is a signal number, not bits.
	cloneFlags = FlagSet{Names: []FlagName{
		{"SIGCHLD", SIGCHLD}, {"CLONE_FS", CLONE_FS}, {"CLONE_FILES", CLONE_FILES}, {"CLONE_NEWNS", CLONE_NEWNS},
		{"CLONE_SYSVSEM", CLONE_SYSVSEM}, {"CLONE_NEWCGROUP", CLONE_NEWCGROUP}, {"CLONE_NEWUTS", CLONE_NEWUTS},
		{"CLONE_NEWIPC", CLONE_NEWIPC}, {"CLONE_NEWUSER", CLONE_NEWUSER}, {"CLONE_NEWPID", CLONE_NEWPID},
		{"CLONE_NEWNET", CLONE_NEWNET},
	}}
	clone3Flags = FlagSet{Names: append(append([]FlagName{}, cloneFlags.Names[1:]...),
		FlagName{"CLONE_EMPTY_MNTNS", CLONE_EMPTY_MNTNS})}
	setnsTypes = FlagSet{Names: []FlagName{
		{"CLONE_NEWTIME", CLONE_NEWTIME}, {"CLONE_NEWNS", CLONE_NEWNS}, {"CLONE_NEWCGROUP", CLONE_NEWCGROUP},
		{"CLONE_NEWUTS", CLONE_NEWUTS}, {"CLONE_NEWIPC", CLONE_NEWIPC}, {"CLONE_NEWUSER", CLONE_NEWUSER},
		{"CLONE_NEWPID", CLONE_NEWPID}, {"CLONE_NEWNET", CLONE_NEWNET},
	}}
	pidfdRequests = FlagSet{Enum: true, Names: []FlagName{
		{"PIDFD_GET_MNT_NAMESPACE", PIDFD_GET_MNT_NAMESPACE}, {"PIDFD_GET_USER_NAMESPACE", PIDFD_GET_USER_NAMESPACE},
	}}
	modeFlags  = FlagSet{Octal: true}
	mknodModes = FlagSet{Octal: true, Names: []FlagName{{"S_IFREG", S_IFREG}}}
)

// Format writes v as strace does: names joined by "|" in the order of their
// values, then the bits without a name as one hexadecimal number.
func (f *FlagSet) Format(v uint64) string {
	if f.Enum {
		for _, n := range f.Names {
			if n.Bits == v {
				return n.Name
			}
		}
		return fmt.Sprintf("%#x", v)
	}
	if v == 0 && f.Zero != "" {
		return f.Zero
	}
	var parts []string
	if f.Zero != "" && v&O_ACCMODE == 0 && v&O_PATH == 0 {
		// The access mode O_RDONLY is the absence of bits, yet it is printed.
		parts = append(parts, f.Zero)
	}
	for _, n := range f.Names {
		if v&n.Bits == n.Bits {
			parts = append(parts, n.Name)
			v &^= n.Bits
		}
	}
	switch {
	case f.Octal && (v != 0 || len(parts) == 0):
		parts = append(parts, "0"+strconv.FormatUint(v, 8))
	case v != 0:
		parts = append(parts, fmt.Sprintf("%#x", v))
	case len(parts) == 0:
		return "0"
	}
	return strings.Join(parts, "|")
}

// Parse reads what Format writes, and numbers in C's notation in any place.
// The error says which word is unknown, and its offset in s.
func (f *FlagSet) Parse(s string) (uint64, error) {
	var v uint64
	for at := 0; at <= len(s); {
		end := at + strings.IndexByte(s[at:]+"|", '|')
		word := strings.TrimSpace(s[at:end])
		bits, ok := f.value(word)
		if !ok || f.Enum && at > 0 {
			return 0, &FlagError{Word: word, Offset: at, Set: f}
		}
		v |= bits
		at = end + 1
	}
	return v, nil
}

func (f *FlagSet) value(word string) (uint64, bool) {
	if word == "" {
		return 0, false
	}
	if word == f.Zero {
		return 0, true
	}
	for _, names := range [...][]FlagName{f.Names, f.Also} {
		for _, n := range names {
			if n.Name == word {
				return n.Bits, true
			}
		}
	}
	if p := strings.ToLower(word); strings.Contains(p, "_") || strings.HasPrefix(p, "0b") || strings.HasPrefix(p, "0o") {
		return 0, false // Go's notations of numbers, not C's
	}
	v, err := strconv.ParseUint(word, 0, 64)
	return v, err == nil
}

// FlagError says that a word is no flag of the set.
type FlagError struct {
	Word   string
	Offset int // bytes from the start of the text that was parsed
	Set    *FlagSet
}

func (e *FlagError) Error() string {
	names := make([]string, len(e.Set.Names))
	for i, n := range e.Set.Names {
		names[i] = n.Name
	}
	return fmt.Sprintf("unknown flag %q: want a number or names of %s joined by '|'", e.Word, strings.Join(names, ", "))
}
