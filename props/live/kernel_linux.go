package live

import "golang.org/x/sys/unix"

// What package unix does not have, of the kernel's uapi headers.

// sysFchroot is fchroot(2), new in Linux 7.3; the number is that of every
// architecture.
const sysFchroot = 472

// Requests of ioctl(2) on a namespace's file, linux/nsfs.h.
const (
	nsGetParent  = 0xb702
	nsGetMntNSID = 0x8008b705
	nsMntGetNext = 0x8010b70b
)

// mntNSInfo is struct mnt_ns_info.
type mntNSInfo struct {
	Size, Mounts uint32
	ID           uint64
}

// Bits of statmount(2) and listmount(2), linux/mount.h.
const (
	statmountSBBasic  = 0x1
	statmountMntBasic = 0x2
	statmountMntRoot  = 0x8
	statmountMntPoint = 0x10
	statmountFSType   = 0x20
	statmountSBSource = 0x200

	listmountRoot = ^uint64(0) // LSMT_ROOT
)

// mntIDReq is struct mnt_id_req.
type mntIDReq struct {
	Size  uint32
	FD    uint32
	ID    uint64
	Param uint64
	NSID  uint64
}

const mntIDReqBytes = 32

// statmountReply is the fixed part of struct statmount; strings follow.
type statmountReply struct {
	Size        uint32
	MntOpts     uint32
	Mask        uint64
	SBDevMajor  uint32
	SBDevMinor  uint32
	SBMagic     uint64
	SBFlags     uint32
	FSType      uint32
	ID          uint64
	ParentID    uint64
	IDOld       uint32
	ParentIDOld uint32
	Attr        uint64
	Propagation uint64
	PeerGroup   uint64
	Master      uint64
	From        uint64
	Root        uint32
	Point       uint32
	NSID        uint64
	FSSubtype   uint32
	Source      uint32
	_           [48]uint64
}

const statmountBytes = 512

// atFDCWD is AT_FDCWD as an argument.
const atFDCWD = ^uintptr(99)

// statxMask asks for what tells mounts and files apart. STATX_MNT_ID_UNIQUE is
// in Linux 6.8.
const statxMask = unix.STATX_BASIC_STATS | unix.STATX_MNT_ID_UNIQUE

// fdNsfsRoot is FD_NSFS_ROOT, the descriptor that stands for nsfs in
// open_by_handle_at(2).
const fdNsfsRoot = ^uintptr(10002)
