package live

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// fileTable is what is known of an actor's descriptors: those of files of nsfs.
// A descriptor is looked at once, since what it refers to does not change; only
// a table that actors share is read anew each time.
type fileTable struct {
	known  []spaceFile // by descriptor
	unseen []int       // descriptors that are new
}

// spaceFile is a descriptor of a namespace's file.
type spaceFile struct {
	fd  int
	ino uint64
}

// copied is the table of a child.
func (t *fileTable) copied() fileTable {
	return fileTable{known: slices.Clone(t.known), unseen: slices.Clone(t.unseen)}
}

// note follows a call that succeeded.
func (t *fileTable) note(c *model.Call, v int64) {
	switch {
	case c.Op == model.OpClose:
		t.remove(int(int32(c.Args[0].N)))
	case c.Op.Signature().Result == model.FDResult:
		t.remove(int(v))
		t.unseen = append(t.unseen, int(v))
	}
}

func (t *fileTable) remove(fd int) {
	t.known = slices.DeleteFunc(t.known, func(f spaceFile) bool { return f.fd == fd })
	t.unseen = slices.DeleteFunc(t.unseen, func(n int) bool { return n == fd })
}

// refreshFiles looks at the descriptors of an actor that nobody has looked at.
func (w *world) refreshFiles(a *actor) error {
	if w.sharedFiles {
		known, err := w.readFiles(a)
		a.files = fileTable{known: known}
		return err
	}
	if len(a.files.unseen) == 0 {
		return nil
	}
	for _, fd := range a.files.unseen {
		st, err := w.statx(a, "fd/"+strconv.Itoa(fd))
		if err != nil {
			return err
		}
		if (device{st.Dev_major, st.Dev_minor}) == w.shared.device {
			a.files.known = append(a.files.known, spaceFile{fd, st.Ino})
		}
	}
	a.files.unseen = a.files.unseen[:0]
	slices.SortFunc(a.files.known, func(x, y spaceFile) int { return cmp.Compare(x.fd, y.fd) })
	return nil
}

// readFiles reads the table of an actor.
func (w *world) readFiles(a *actor) ([]spaceFile, error) {
	var known []spaceFile
	err := w.eachFile(a, func(fd int, st *unix.Statx_t) {
		if (device{st.Dev_major, st.Dev_minor}) == w.shared.device {
			known = append(known, spaceFile{fd, st.Ino})
		}
	})
	return known, err
}

// eachFile looks at all descriptors of an actor but the standard streams.
func (w *world) eachFile(a *actor, f func(fd int, st *unix.Statx_t)) error {
	dir, err := unix.Openat(w.proc, a.file("fd"), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("descriptors: %w", err)
	}
	defer unix.Close(dir)
	fds, err := numbersIn(dir)
	if err != nil {
		return err
	}
	for _, fd := range fds {
		if fd < firstFD {
			continue
		}
		var st unix.Statx_t
		if err := unix.Statx(dir, strconv.Itoa(fd), unix.AT_NO_AUTOMOUNT, statxMask, &st); err != nil {
			return fmt.Errorf("descriptor %d: %w", fd, err)
		}
		f(fd, &st)
	}
	return nil
}

// numbersIn are the names in an open directory that are numbers, sorted.
func numbersIn(dir int) ([]int, error) {
	var all []int
	buf := make([]byte, 4096)
	for {
		n, err := unix.Getdents(dir, buf)
		if err != nil {
			return nil, fmt.Errorf("getdents64: %w", err)
		}
		if n == 0 {
			slices.Sort(all)
			return all, nil
		}
		for data := buf[:n]; len(data) > 0; {
			const nameAt = 19 // in struct linux_dirent64
			length := int(*(*uint16)(unsafe.Pointer(&data[16])))
			name := data[nameAt:length]
			if end := bytes.IndexByte(name, 0); end > 0 {
				if fd, err := strconv.Atoi(string(name[:end])); err == nil {
					all = append(all, fd)
				}
			}
			data = data[length:]
		}
	}
}
