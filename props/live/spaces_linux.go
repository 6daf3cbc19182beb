package live

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// addTables reads all namespaces that exist.
func (w *world) addTables(s *snapshot, files map[uint64][]holder) error {
	tables := make([][]mount, len(w.spaces))
	unknown := []int{} // namespaces of which nobody knows whether they exist
	for i := range w.spaces {
		x := &w.spaces[i]
		if x.gone {
			continue
		}
		rows, err := w.tableOf(s, x)
		if errors.Is(err, errNoTable) {
			rows, err = w.tableInside(s, x, files)
		}
		switch {
		case errors.Is(err, errUnknownSpace):
			unknown = append(unknown, i)
		case err != nil:
			return err
		case rows == nil:
			x.gone = true
		default:
			w.likeInWorlds(rows)
			tables[i] = rows
		}
	}
	for i := range w.spaces {
		if x := &w.spaces[i]; tables[i] != nil {
			s.spaces = append(s.spaces, table{ino: x.ino, mounts: tables[i], fds: files[x.ino]})
		}
	}
	for _, i := range unknown {
		if err := w.settle(s, &w.spaces[i]); err != nil {
			return err
		}
	}
	return w.nameSources(s, files)
}

// tableOf reads a namespace from outside, or where that would not go unseen,
// by an actor in it. From outside the kernel takes the oldest mount on the
// namespace's root for the one at "/". It may be at another place, where the kernel's
// own root is no longer read-only and somebody can have made a directory in it.
func (w *world) tableOf(s *snapshot, x *space) ([]mount, error) {
	for _, m := range w.marks {
		if m.space == x.id {
			return w.tableMarked(s, x, m)
		}
	}
	if w.root.rootfs && w.shared.exclusive && !w.marked {
		return nil, errNoTable
	}
	return w.tableBy(w.self, x.id)
}

// tableInside reads a namespace that has no table as seen from outside. It is
// gone, then there are no rows; or it has no mount but its root; or, before Linux
// 7.0, what is mounted there is older than the root, or in a directory of it. Then
// the builder goes there to look.
func (w *world) tableInside(s *snapshot, x *space, files map[uint64][]holder) ([]mount, error) {
	if entered, err := w.enterSpace(s, x, files); err != nil || !entered {
		return nil, err
	}
	rows, err := w.tableHere(w.builder)
	if err := errors.Join(err, w.goHome()); err != nil {
		return nil, err
	}
	return rows, w.findPoints(s, x, rows)
}

// tableHere reads the namespace that a process is in, whose root is that of the
// topmost mount.
func (b *sandbox) tableHere(p *process) ([]mount, error) {
	p.begin()
	st := p.addStatx(atFDCWD, p.constant("/"), unix.AT_NO_AUTOMOUNT)
	if err := p.run(b.deadline); err != nil {
		return nil, err
	}
	if err := p.failed("statx"); err != nil {
		return nil, err
	}
	for id, above := st.Mnt_id, uint64(0); ; {
		rows, err := b.stat(p, 0, []uint64{id})
		if err != nil {
			return nil, err
		}
		if rows[0].parent == id {
			return b.tableFromRoot(p, id, above)
		}
		id, above = rows[0].parent, id
	}
}

// tableFromRoot reads the namespace that a process is in, whose root has that id.
// The mount right on the directory "/" of that root is above; 0: there is none.
func (b *sandbox) tableFromRoot(p *process, root, above uint64) ([]mount, error) {
	ids, err := b.list(p, 0, root)
	if err != nil {
		return nil, err
	}
	rows, err := b.stat(p, 0, append([]uint64{root}, ids...))
	if err != nil {
		return nil, err
	}
	for i := range rows {
		if rows[i].id == root || rows[i].id == above {
			rows[i].point, rows[i].hasPoint = "/", true
		}
	}
	return rows, nil
}

// findPoints asks actors in a namespace for the mountpoints that could not be
// told.
func (w *world) findPoints(s *snapshot, x *space, rows []mount) error {
	for _, p := range s.places {
		if p.ino != x.ino {
			continue
		}
		for i := range rows {
			if rows[i].hasPoint {
				continue
			}
			seen, err := w.stat(w.actors[p.actor-1].process, 0, []uint64{rows[i].id})
			if errors.Is(err, unix.EPERM) {
				continue
			}
			if err != nil {
				return err
			}
			if seen[0].hasPoint {
				rows[i].point, rows[i].hasPoint = below(p.root.path, seen[0].point), true
			}
		}
	}
	return nil
}

// below is the path of what is at point in a directory.
func below(dir, point string) string {
	switch {
	case dir == "/":
		return point
	case point == "/":
		return dir
	}
	return strings.TrimSuffix(dir, "/") + point
}

// errUnknownSpace is that of a namespace that may or may not exist.
var errUnknownSpace = errors.New("nobody knows whether a namespace exists")

// enterSpace has the builder enter a namespace, and tells whether that was there to
// be entered. It gets a descriptor through an actor who is there, or who has one;
// else by its handle, which Linux has since 6.18, or by going through all namespaces.
func (w *world) enterSpace(s *snapshot, x *space, files map[uint64][]holder) (bool, error) {
	z := w.builder
	z.begin()
	i := slices.IndexFunc(s.places, func(p place) bool { return p.ino == x.ino })
	held := i >= 0
	switch holders := files[x.ino]; {
	case i >= 0:
		a := w.actors[s.places[i].actor-1]
		z.must(unix.SYS_OPENAT, uintptr(w.proc), z.constant(a.file("ns/mnt")), unix.O_RDONLY|unix.O_CLOEXEC)
	case len(holders) > 0:
		h := holders[0]
		name := w.actors[h.actor-1].file("fd/" + strconv.Itoa(h.fd))
		z.must(unix.SYS_OPENAT, uintptr(w.proc), z.constant(name), unix.O_RDONLY|unix.O_CLOEXEC)
		held = true
	default:
		z.must(unix.SYS_OPEN_BY_HANDLE_AT, fdNsfsRoot, z.spaceHandle(x), unix.O_RDONLY|unix.O_CLOEXEC)
	}
	at, data := z.room(8)
	z.mustWith(0, unix.SYS_IOCTL, nsGetMntNSID, at)
	z.mustWith(0, unix.SYS_SETNS, unix.CLONE_NEWNS)
	z.mustWith(0, unix.SYS_CLOSE)
	if err := z.run(w.deadline); err != nil {
		return false, err
	}
	fd, errno := z.result(0)
	switch {
	case errno == 0:
		// The number of its file may by now be that of another one, of any kind.
		if _, errno := z.result(1); errno != 0 {
			z.begin()
			z.add(unix.SYS_CLOSE, fd)
			return false, z.run(w.deadline)
		}
		if err := z.failed("open", "ioctl", "setns", "close"); err != nil {
			return false, err
		}
		if *(*uint64)(unsafe.Pointer(unsafe.SliceData(data))) == x.id {
			return true, nil
		}
		return false, w.goHome()
	case held:
		return false, fmt.Errorf("opening a mount namespace: %w", errno)
	case errno == unix.ESTALE:
		return false, nil
	}
	found, err := w.findSpace(x)
	if err != nil || found < 0 {
		return false, err
	}
	z.begin()
	z.must(unix.SYS_SETNS, uintptr(found), unix.CLONE_NEWNS)
	z.must(unix.SYS_CLOSE, uintptr(found))
	if err := z.run(w.deadline); err != nil {
		return false, err
	}
	return true, z.failed("setns", "close")
}

// goHome has the builder come back from a namespace.
func (w *world) goHome() error {
	z := w.builder
	z.begin()
	z.must(unix.SYS_SETNS, uintptr(w.home), unix.CLONE_NEWNS)
	if err := z.run(w.deadline); err != nil {
		return err
	}
	return z.failed("setns")
}

// findSpace goes through the mount namespaces that were made after home, by age.
// Newer kernels let only processes of the initial pid namespace do that.
func (w *world) findSpace(x *space) (int, error) {
	z := w.builder
	for fd := uintptr(w.home); ; {
		z.begin()
		at, data := z.room(int(unsafe.Sizeof(mntNSInfo{})))
		info := (*mntNSInfo)(unsafe.Pointer(unsafe.SliceData(data)))
		info.Size = uint32(unsafe.Sizeof(*info))
		z.add(unix.SYS_IOCTL, fd, nsMntGetNext, at)
		if fd != uintptr(w.home) {
			z.add(unix.SYS_CLOSE, fd)
		}
		if err := z.run(w.deadline); err != nil {
			return -1, err
		}
		next, errno := z.result(0)
		switch {
		case errno == unix.ENOENT:
			return -1, nil
		case errno != 0:
			return -1, errUnknownSpace
		case info.ID == x.id:
			return int(next), nil
		case info.ID > x.id:
			z.begin()
			z.add(unix.SYS_CLOSE, next)
			return -1, z.run(w.deadline)
		}
		fd = next
	}
}

// spaceHandle is struct file_handle of a namespace's file.
func (p *process) spaceHandle(x *space) uintptr {
	const payload, fileIDNsfs = 16, 0xf1
	at, data := p.room(8 + payload)
	*(*[2]uint32)(unsafe.Pointer(unsafe.SliceData(data))) = [2]uint32{payload, fileIDNsfs}
	*(*uint64)(unsafe.Pointer(&data[8])) = x.id
	*(*[2]uint32)(unsafe.Pointer(&data[16])) = [2]uint32{unix.CLONE_NEWNS, uint32(x.ino)}
	return at
}

// settle decides about a namespace of which nobody knows whether it exists: if
// it does, it has no mount but its root, and a mount keeps it that is in a
// table, or in a detached tree.
func (w *world) settle(s *snapshot, x *space) error {
	kept, err := w.mayBePinned(s, x)
	if err != nil {
		return err
	}
	if kept {
		return fmt.Errorf("a mount namespace has no mount but its root, and nothing but a mount may keep it: it cannot be looked at: %w", errUnsupported)
	}
	x.gone = true
	return nil
}

// mayBePinned tells whether a mount of the namespace's file is in a table, or may
// be where no table shows it: below a directory that an actor has in use.
func (w *world) mayBePinned(s *snapshot, x *space) (bool, error) {
	listed := map[uint64]bool{}
	file := (&table{ino: x.ino}).file()
	for _, t := range s.spaces {
		for _, m := range t.mounts {
			if m.fstype == "nsfs" && m.root == file {
				return true, nil
			}
			listed[m.id] = true
		}
	}
	for _, p := range s.places {
		if !listed[p.root.mount] || !listed[p.cwd.mount] {
			return true, nil
		}
		hidden := false
		err := w.eachFile(w.actors[p.actor-1], func(_ int, st *unix.Statx_t) {
			hidden = hidden || st.Mode&unix.S_IFMT == unix.S_IFDIR && !listed[st.Mnt_id]
		})
		if hidden || err != nil {
			return hidden, err
		}
	}
	return false, nil
}
