package live

import (
	"errors"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"
)

// errNoTable is that of a namespace that does not exist, or that has no mount
// but its root, which listmount(2) does not tell apart from outside.
var errNoTable = errors.New("no table")

// ownTable reads the mount namespace of the calling thread, as far as it can
// be reached from its root: that one comes first.
func (b *sandbox) ownTable() ([]mount, error) { return b.tableBy(b.self, 0) }

// tableBy reads a mount namespace, in order of the mounts' ids. It is done by process
// p: in its own namespace, where nsid is 0, or in another one. The root of a
// namespace is in its table also where it cannot be reached.
func (b *sandbox) tableBy(p *process, nsid uint64) ([]mount, error) {
	ids, err := b.list(p, nsid, listmountRoot)
	if err != nil {
		return nil, err
	}
	rows, err := b.stat(p, nsid, ids)
	if err != nil {
		return nil, err
	}
	return b.withRoot(p, nsid, rows)
}

// withRoot adds the root of a namespace to its other mounts.
func (b *sandbox) withRoot(p *process, nsid uint64, rows []mount) ([]mount, error) {
	listed := make(map[uint64]bool, len(rows))
	for i := range rows {
		listed[rows[i].id] = true
	}
	for i := range rows {
		if listed[rows[i].parent] {
			continue
		}
		root, err := b.stat(p, nsid, []uint64{rows[i].parent})
		if err != nil {
			return nil, err
		}
		if root[0].parent != root[0].id {
			return nil, fmt.Errorf("mount %d is neither listed nor the root of its namespace", root[0].id)
		}
		root[0].point, root[0].hasPoint = "/", true
		return append(root, rows...), nil
	}
	return rows, nil
}

// listChunk is how many ids are asked for at a time.
const listChunk = 2048

// list lists the mounts below one, or with listmountRoot those that can be
// reached.
func (b *sandbox) list(p *process, nsid, below uint64) ([]uint64, error) {
	var all []uint64
	for last := uint64(0); ; last = all[len(all)-1] {
		p.begin()
		req, _ := p.room(mntIDReqBytes)
		out, data := p.unclear(listChunk * 8)
		*request32(p, req) = mntIDReq{Size: mntIDReqBytes, ID: below, Param: last, NSID: nsid}
		p.must(unix.SYS_LISTMOUNT, req, out, listChunk, 0)
		if err := p.run(b.deadline); err != nil {
			return nil, err
		}
		n, errno := p.result(0)
		if errno == unix.ENOENT {
			return nil, errNoTable
		}
		if errno != 0 {
			return nil, fmt.Errorf("listmount: %w", errno)
		}
		all = append(all, unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(data))), listChunk)[:n]...)
		if n < listChunk {
			return all, nil
		}
	}
}

// request32 is the mnt_id_req that was given room at an address in p's slot.
func request32(p *process, at uintptr) *mntIDReq {
	base := unsafe.Pointer(p.slot())
	return (*mntIDReq)(unsafe.Add(base, at-uintptr(base)))
}

// Sizes of the memory for one answer of statmount(2): usual ones, and that of
// one whose paths are as long as paths get.
const (
	statBytes     = 1 << 10
	longStatBytes = 32 << 10
	statsAtOnce   = 48
)

// stat asks for mounts.
func (b *sandbox) stat(p *process, nsid uint64, ids []uint64) ([]mount, error) {
	rows := make([]mount, 0, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), statsAtOnce)
		done, err := b.statChunk(p, nsid, ids[:n], statBytes, &rows)
		if err != nil {
			return nil, err
		}
		if ids = ids[done:]; done < n { // the next one is large
			if _, err := b.statChunk(p, nsid, ids[:1], longStatBytes, &rows); err != nil {
				return nil, err
			}
			ids = ids[1:]
		}
	}
	return rows, nil
}

// statChunk appends mounts to rows, and tells how many fitted.
func (b *sandbox) statChunk(p *process, nsid uint64, ids []uint64, size int, rows *[]mount) (int, error) {
	p.begin()
	first := uintptr(0)
	for i, id := range ids {
		req, _ := p.room(mntIDReqBytes)
		out, _ := p.room(size)
		if i == 0 {
			first = out
		}
		const mask = statmountSBBasic | statmountMntBasic | statmountMntRoot | statmountMntPoint | statmountFSType | statmountSBSource
		*request32(p, req) = mntIDReq{Size: mntIDReqBytes, ID: id, Param: mask, NSID: nsid}
		p.must(unix.SYS_STATMOUNT, req, out, uintptr(size), 0)
	}
	if err := p.run(b.deadline); err != nil {
		return 0, err
	}
	at := unsafe.Add(unsafe.Pointer(p.slot()), first-uintptr(unsafe.Pointer(p.slot())))
	for i, id := range ids {
		_, errno := p.result(i)
		if errno == unix.EOVERFLOW && size < longStatBytes {
			return i, nil
		}
		if errno != 0 {
			return 0, fmt.Errorf("statmount of mount %d: %w", id, errno)
		}
		m, err := parseStatmount(unsafe.Slice((*byte)(unsafe.Add(at, i*(size+mntIDReqBytes))), size))
		if err != nil {
			return 0, err
		}
		*rows = append(*rows, m)
	}
	return len(ids), nil
}

// parseStatmount reads an answer of statmount(2).
func parseStatmount(data []byte) (mount, error) {
	s := (*statmountReply)(unsafe.Pointer(unsafe.SliceData(data)))
	const want = statmountSBBasic | statmountMntBasic | statmountMntRoot | statmountFSType
	if s.Mask&want != want {
		return mount{}, fmt.Errorf("statmount of mount %d: the kernel told 0x%x of 0x%x", s.ID, s.Mask, uint64(want))
	}
	text := func(bit uint64, at uint32) (string, bool) {
		from := statmountBytes + int(at)
		if s.Mask&bit == 0 || from >= len(data) {
			return "", false
		}
		return unix.ByteSliceToString(data[from:]), true
	}
	m := mount{
		id: s.ID, parent: s.ParentID, idOld: s.IDOld, parentOld: s.ParentIDOld,
		device: device{s.SBDevMajor, s.SBDevMinor}, readOnlySB: s.SBFlags&unix.MS_RDONLY != 0,
		attr: s.Attr, propagation: s.Propagation, group: s.PeerGroup, master: s.Master,
	}
	m.root, _ = text(statmountMntRoot, s.Root)
	m.point, _ = text(statmountMntPoint, s.Point)
	m.hasPoint = m.point != "" // 6.12 tells an empty one of what cannot be reached
	m.fstype, _ = text(statmountFSType, s.FSType)
	m.source, m.hasSource = text(statmountSBSource, s.Source)
	return m, nil
}
