package live

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// observe is the canonical view of the world.
func (w *world) observe(crossCheck bool) (model.View, error) {
	s, err := w.checkedLook(crossCheck)
	if err != nil {
		return model.View{}, err
	}
	return s.view()
}

// checkedLook takes a snapshot of a world that can be used, and compares it with
// what mountinfo shows.
func (w *world) checkedLook(crossCheck bool) (*snapshot, error) {
	if w.dead != nil {
		return nil, w.dead
	}
	s, err := w.look()
	if err == nil && crossCheck {
		err = w.crossCheck(s)
	}
	return s, err
}

// look takes a snapshot. Nothing that it does is a use of a mount which nobody
// uses: paths that are walked end where an actor stands, or has a file open.
func (w *world) look() (*snapshot, error) {
	s := &snapshot{initial: w.initial}
	files := map[uint64][]holder{} // descriptors of namespaces, by inode
	for _, a := range w.actors {
		if !a.alive {
			continue
		}
		p, err := w.placeOf(a)
		if err == nil {
			s.places = append(s.places, p)
			err = w.refreshFiles(a)
		}
		if err != nil {
			return nil, fmt.Errorf("looking at actor %d: %w", a.number, err)
		}
		for _, f := range a.files.known {
			files[f.ino] = append(files[f.ino], holder{a.number, f.fd})
		}
	}
	if err := w.addTables(s, files); err != nil {
		return nil, err
	}
	return s, nil
}

// placeOf finds out where an actor stands.
func (w *world) placeOf(a *actor) (place, error) {
	p := place{actor: a.number}
	text, err := w.readlink(a, "ns/mnt")
	if err != nil {
		return p, err
	}
	p.ino, _ = bracketed(text, "mnt:[")
	if !slices.ContainsFunc(w.spaces, func(s space) bool { return !s.gone && s.ino == p.ino }) {
		if err := w.discover(a); err != nil {
			return p, err
		}
	}
	if p.root, err = w.locate(a, "root"); err != nil {
		return p, err
	}
	p.cwd, err = w.locate(a, "cwd")
	return p, err
}

// locate reads one of the links in /proc that are a process's root and working
// directory.
func (w *world) locate(a *actor, link string) (location, error) {
	st, err := w.statx(a, link)
	if err != nil {
		return location{}, err
	}
	path, err := w.readlink(a, link)
	l := location{mount: st.Mnt_id, path: path, deleted: st.Nlink == 0}
	if l.deleted {
		l.path = strings.TrimSuffix(path, " (deleted)")
	}
	return l, err
}

// statx looks at a file in an actor's directory of /proc.
func (w *world) statx(a *actor, name string) (unix.Statx_t, error) {
	var st unix.Statx_t
	if err := unix.Statx(w.proc, a.file(name), unix.AT_NO_AUTOMOUNT, statxMask, &st); err != nil {
		return st, fmt.Errorf("statx of %s: %w", name, err)
	}
	if st.Mask&unix.STATX_MNT_ID_UNIQUE == 0 {
		return st, fmt.Errorf("statx tells no id of a mount: %w", errors.ErrUnsupported)
	}
	return st, nil
}

func (w *world) readlink(a *actor, name string) (string, error) {
	var buf [4096]byte
	n, err := unix.Readlinkat(w.proc, a.file(name), buf[:])
	if err != nil {
		return "", fmt.Errorf("readlink of %s: %w", name, err)
	}
	return string(buf[:n]), nil
}
