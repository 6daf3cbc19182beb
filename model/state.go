package model

// The parts of a State refer to each other by index. Index 0 is "none"
// everywhere: the first record of each slice is never used.
type (
	MountIx  int32 // a mount; not its id, which Mount.ID is
	DentryIx int32
	SBIx     int32
	NSIx     int32 // a mount namespace
	UserIx   int32 // a user namespace
	ProcIx   int32 // a process; the same number as its actor in traces
	FSIx     int32 // root and working directory, shared by tasks that were cloned with CLONE_FS
	FDIx     int32 // an entry of a descriptor table
	FileIx   int32 // an open file description
	NameIx   int32 // an interned string
)

// InternalNS is the namespace of the kernel's own mounts: they are mounted
// nowhere, belong to nobody, and are never unmounted. Spec 01 §2.1.
const InternalNS NSIx = -1

// Loc is a location, as path resolution yields it: a dentry seen through a
// mount. Spec 02.
type Loc struct {
	M MountIx
	D DentryIx
}

// MountFlags hold the settable flags, the locks and the state bits of a mount.
type MountFlags uint32

// The flags of a mount; the values are the kernel's where it has them. The
// lower eight are the settable ones. Spec 01 §2.1.
const (
	NoSuid      MountFlags = 0x1
	NoDev       MountFlags = 0x2
	NoExec      MountFlags = 0x4
	NoAtime     MountFlags = 0x8
	NoDirAtime  MountFlags = 0x10
	RelAtime    MountFlags = 0x20
	ReadOnly    MountFlags = 0x40
	NoSymFollow MountFlags = 0x80
	Shrinkable  MountFlags = 0x100

	Shared     MountFlags = 0x1000
	Unbindable MountFlags = 0x2000
	Umounted   MountFlags = 0x4000 // removed from its namespace, kept by references
	ExpiryMark MountFlags = 0x8000 // of umount2(MNT_EXPIRE)

	LockAtime    MountFlags = 0x40000
	LockNoExec   MountFlags = 0x80000
	LockNoSuid   MountFlags = 0x100000
	LockNoDev    MountFlags = 0x200000
	LockReadOnly MountFlags = 0x400000
	Locked       MountFlags = 0x800000 // may not be separated from its parent

	// SettableFlags are those that a caller chooses.
	SettableFlags = NoSuid | NoDev | NoExec | NoAtime | NoDirAtime | RelAtime | ReadOnly | NoSymFollow
	// AttributeLocks are the sticky locks: never cleared, inherited by every clone.
	AttributeLocks = LockAtime | LockNoExec | LockNoSuid | LockNoDev | LockReadOnly

	atimeFlags = NoAtime | NoDirAtime | RelAtime
)

// Mount is one mount. Spec 01 §2.
type Mount struct {
	ID  int32  // small, the lowest free number when it was made; 0: the record is free
	UID uint64 // unique, rising, never reused

	Root   DentryIx // what of the filesystem it shows
	Parent MountIx  // none: it has no parent (spec 01 writes parent = m)
	MP     DentryIx // the mountpoint, a dentry of the parent's filesystem

	// The children in the order in which they were attached.
	FirstChild, LastChild MountIx
	NextChild, PrevChild  MountIx

	// The mounts on one dentry, whatever their parents; the newest first.
	nextHere, prevHere MountIx
	nextHash           MountIx

	NS     NSIx // none: new or unmounted
	Flags  MountFlags
	Source NameIx
	IDMap  UserIx // whose mapping it has; none: not idmapped

	Group              int32   // peer group; 0: not in one
	NextPeer, PrevPeer MountIx // the ring of the group; itself where alone
	Master             MountIx
	FirstSlave         MountIx // the mounts whose Master this is, in the kernel's order
	NextSlave          MountIx
	PrevSlave          MountIx

	Refs int32 // open files, roots and working directories that hold it

	stamp uint32 // number of the call that touched it last
	mark  uint8  // scratch of one algorithm, zero between calls
}

// DentryKind is what a dentry names.
type DentryKind uint8

const (
	Dir DentryKind = iota + 1
	RegularFile
	Symlink
	MntNSFile  // the file of a mount namespace, in nsfs
	UserNSFile // the file of a user namespace, in nsfs
	PidFile    // the file of a process, in pidfs
	AnonFile   // the file behind a filesystem context; may not be bind-mounted
)

// DentryFlags are the state of a dentry.
type DentryFlags uint8

const (
	Unlinked  DentryFlags = 1 << iota // removed by rmdir, unlink or rename
	CantMount                         // sticky: nothing can be mounted on it
	Immutable                         // nothing can be made in it; permanently empty
)

// Dentry is a name in a filesystem. Spec 01 §1.2.
type Dentry struct {
	SB     SBIx
	Parent DentryIx // of a filesystem's root: itself
	Name   NameIx
	Kind   DentryKind
	Flags  DentryFlags
	// Symlink: NameIx of the target; MntNSFile: NSIx; UserNSFile: UserIx; PidFile:
	// ProcIx; Dir, RegularFile: NameIx of options that only State.SuperOptions reads
	Obj int32

	FirstChild           DentryIx
	nextChild, prevChild DentryIx
	nextHash             DentryIx
	FirstMount           MountIx // a mount that is mounted on this dentry, the newest
}

// FSType is a type of filesystem, as far as mounts can tell types apart.
type FSType uint8

const (
	Tmpfs FSType = iota + 1
	Ramfs
	Proc
	Sysfs
	Nullfs // the kernel's own root from 7.0 on: always empty
	Rootfs // the kernel's own root before 7.0
	Nsfs
	Pidfs
	AnonInode
	Opaque // of a real host: the model does not know what is in it
)

// SBFlags are the properties of a superblock.
type SBFlags uint8

const (
	SBReadOnly        SBFlags = 1 << iota
	SBNoUser                  // may never be grafted by mount(2)
	AllowIDMap                // FS_ALLOW_IDMAP
	UserNSMount               // mountable with capabilities in another than the initial user namespace
	UserNSRestricted          // subject to the 'too revealing' rule: proc and sysfs
	RestrictedVariant         // a proc with subset=pid, say: reveals nothing by itself
	UnknownContent            // of a real host: the model does not know what is in it
)

// Superblock is a filesystem. Spec 01 §1.1.
type Superblock struct {
	Type         FSType
	Flags        SBFlags
	Root         DentryIx
	Owner        UserIx
	Name         NameIx // as mountinfo shows the type, with the subtype
	Major, Minor int32
	removed      bool   // something was removed from it, and may be in use still
	Opts         NameIx // super options behind rw or ro, of a table that was loaded
}

// MountNS is a mount namespace, or the anonymous one behind a detached tree.
// Spec 01 §3.
type MountNS struct {
	ID     uint64 // opaque, unique, never reused; 0: the record is free
	Age    uint64 // order of creation
	Owner  UserIx
	Root   MountIx
	File   DentryIx // its file in nsfs; an anonymous one has none
	Nr     int32    // mounts in it
	Refs   int32    // processes, open files on its file, mounts of its file
	Anon   bool
	Origin uint64 // anonymous: ID of the namespace that it was copied from, 0: of none

	pending int32 // mounts that a running attach is about to add
}

// UserNS is a user namespace. Spec 01 §4. All of them carry the identity map.
type UserNS struct {
	Level  int32 // 0: the initial one
	Parent UserIx
	File   DentryIx // its file in nsfs, made when first asked for
	live   bool
}

// Caps is a set of capabilities, those that mounts ask for.
type Caps uint8

const (
	CapSysAdmin Caps = 1 << iota
	CapSysChroot
	CapSysPtrace

	AllCaps = CapSysAdmin | CapSysChroot | CapSysPtrace
)

// Process is a task. Spec 01 §5.
type Process struct {
	Alive   bool
	Caps    Caps // effective, in its own user namespace
	User    UserIx
	NS      NSIx
	FS      FSIx
	FirstFD FDIx     // its descriptors, by rising number
	Pid     DentryIx // its file in pidfs, made when first asked for

	// Of its other namespaces, what matters to mounts: who owns them decides who
	// may mount proc and sysfs. A network namespace has one sysfs.
	Sysfs     SBIx
	PidUser   UserIx // owner of its pid namespace
	ChildUser UserIx // owner of that of its children
}

// FSStruct is what CLONE_FS shares.
type FSStruct struct {
	Root, Cwd Loc
	Users     int32 // 0: the record is free
}

// FD is an entry in the descriptor table of a process.
type FD struct {
	Num  int32
	File FileIx
	Next FDIx
}

// FileKind is what an open file is.
type FileKind uint8

const (
	PlainFile   FileKind = iota + 1
	ContextFile          // of fsopen or fspick
)

// FileMode tells how a file was opened.
type FileMode uint8

const (
	PathOnly    FileMode = 1 << iota // O_PATH
	WriteMode                        // opened for writing
	NeedUnmount                      // the last close dissolves the detached tree
)

// ContextPhase is how far a filesystem context has come.
type ContextPhase uint8

const (
	CreateParams  ContextPhase = iota // fsopen: waits for FSCONFIG_CMD_CREATE
	AwaitingMount                     // has a superblock: waits for fsmount
	Reconfigure                       // fspick, or after fsmount
	ContextFailed
)

// File is an open file description, shared by dup and fork.
type File struct {
	Kind   FileKind
	Mode   FileMode
	Phase  ContextPhase
	Type   FSType // ContextFile
	Refs   int32  // 0: the record is free
	Loc    Loc
	SB     SBIx     // ContextFile
	User   UserIx   // ContextFile: the user namespace of the opener
	Picked DentryIx // ContextFile: the root of the mount that fspick was given
	// Params are those that a ContextFile waits with for its next command.
	Params Parameters
}

// cover marks the place of a submount that was taken out together with its
// parent: a path walk ends in an empty stand-in there. Spec 01 §2.7.
type cover struct {
	M MountIx
	D DentryIx
}

// State is a machine, as far as mounts can tell: a set of flat slices.
// Copying those copies the state. The fields are there to be read; only the
// calls, and a Builder, may write them.
type State struct {
	Sem *Semantics

	Mounts   []Mount
	Dentries []Dentry
	SBs      []Superblock
	Spaces   []MountNS
	Users    []UserNS
	Procs    []Process
	FSs      []FSStruct
	FDs      []FD
	Files    []File
	MountMax int32 // fs.mount-max

	names      interner
	covers     []cover
	mountHash  []MountIx
	dentryHash []DentryIx
	mountIDs   idSet
	groupIDs   idSet

	counters
	callState
}

// counters are the rest of a State, in which nothing points anywhere.
type counters struct {
	live         int32 // mounts in use
	dentries     int32 // dentries in use
	freeMount    MountIx
	freeDentry   DentryIx
	freeSB       SBIx
	freeNS       NSIx
	freeUser     UserIx
	freeFS       FSIx
	freeFD       FDIx
	freeFile     FileIx
	nextUID      uint64
	nextAge      uint64
	lastMinor    int32
	initialSBs   [2]SBIx // those that a view numbers first
	sweepAt      int     // sweep when there are as many dentries
	fixed        fixtures
	unknownNames bool // the state came from a mount table: names that it does not tell are taken for directories
}

// fixtures are the kernel's own mounts.
type fixtures struct {
	NsfsMount, PidfsMount, AnonMount MountIx
	StandInDir, StandInFile          MountIx
	AnonDentry, LinkDentry           DentryIx
	InitUser                         UserIx
	Sysfs                            SBIx // the one sysfs
}

// callState is what lives for one call only.
type callState struct {
	callNo  uint32
	journal []Change
	work    Work
	settleQ settleQueue
	scratch scratch
	assumed []Assumption
}

// Work counts what a call cost, in mounts. Spec 08 §6.
type Work struct {
	Visited   int // examined by the kernel's algorithm
	Copied    int
	Attached  int
	Destroyed int
}

// Change is an entry of the journal: a mount that a call touched, and the
// record that it had before. Old.ID is 0 for a mount that the call made.
type Change struct {
	M   MountIx
	Old Mount
}

// Journal lists the mounts that the last call touched, each once, in the order
// in which they were first touched. It is valid until the next call.
func (s *State) Journal() []Change { return s.journal }

// Work returns what the last call cost.
func (s *State) Work() Work { return s.work }

// touch returns the record of m for writing, and keeps its old value in the
// journal.
func (s *State) touch(m MountIx) *Mount {
	r := &s.Mounts[m]
	if r.stamp != s.callNo {
		s.journal = append(s.journal, Change{m, *r})
		r.stamp = s.callNo
	}
	return r
}

// Copy makes dst a copy of s, and uses dst's memory again where it suffices.
// What lives for one call only, such as the journal, is not copied.
func (s *State) Copy(dst *State) {
	dst.Sem, dst.MountMax, dst.counters = s.Sem, s.MountMax, s.counters
	dst.Mounts = append(dst.Mounts[:0], s.Mounts...)
	dst.Dentries = append(dst.Dentries[:0], s.Dentries...)
	dst.SBs = append(dst.SBs[:0], s.SBs...)
	dst.Spaces = append(dst.Spaces[:0], s.Spaces...)
	dst.Users = append(dst.Users[:0], s.Users...)
	dst.Procs = append(dst.Procs[:0], s.Procs...)
	dst.FSs = append(dst.FSs[:0], s.FSs...)
	dst.FDs = append(dst.FDs[:0], s.FDs...)
	dst.Files = append(dst.Files[:0], s.Files...)
	dst.covers = append(dst.covers[:0], s.covers...)
	dst.mountHash = append(dst.mountHash[:0], s.mountHash...)
	dst.dentryHash = append(dst.dentryHash[:0], s.dentryHash...)
	s.names.copyTo(&dst.names)
	s.mountIDs.copyTo(&dst.mountIDs)
	s.groupIDs.copyTo(&dst.groupIDs)

	dst.callNo, dst.work = s.callNo, s.work
	dst.journal, dst.assumed = dst.journal[:0], nil
}

// Clone returns a new copy of s.
func (s *State) Clone() *State {
	d := new(State)
	s.Copy(d)
	return d
}
