package live

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// guard is asked before a call is made. It keeps calls from reaching what is not
// the world's own.
func (w *world) guard(a *actor, c *model.Call) error {
	if err := w.guardNames(a, c); err != nil {
		return err
	}
	if w.unprivileged {
		return nil // whatever it asks of a superblock that others use, it may not
	}
	switch c.Op {
	case model.OpMount:
		if flags := uint64(c.Args[3].N); flags&(unix.MS_REMOUNT|unix.MS_BIND) == unix.MS_REMOUNT {
			return w.guardRemount(a, &c.Args[1])
		}
	case model.OpFsconfig:
		if c.Args[1].N == model.FSCONFIG_CMD_RECONFIGURE {
			return w.shared.takeAlone()
		}
	}
	return nil
}

// guardNames refuses a call with a path that names a file in the kernel's own
// root. There are some before Linux 7.0, where worlds have none.
func (w *world) guardNames(a *actor, c *model.Call) error {
	if len(w.root.names) == 0 {
		return nil
	}
	for i, p := range c.Op.Signature().Params {
		if c.Args[i].Kind != model.String {
			continue
		}
		if p.Kind != model.PathParam && c.Op != model.OpSymlink {
			continue
		}
		name, err := w.foreignName(a, c.Args[i].S, p.Kind == model.PathParam)
		if err != nil {
			return err
		}
		if name != "" {
			return fmt.Errorf("the kernel's own root is in reach here, and has a file %q in it, where worlds have none: %w", name, errUnsupported)
		}
	}
	return nil
}

// foreignName finds what a path names in the kernel's own root. For the target of a
// symlink, which may be followed at any time, the name alone counts.
func (w *world) foreignName(a *actor, path string, now bool) (string, error) {
	for at := 0; at < len(path); {
		end := at + strings.IndexByte(path[at:]+"/", '/')
		name := path[at:end]
		if slices.Contains(w.root.names, name) {
			if !now {
				return name, nil
			}
			exposed, err := w.ownRootExposed()
			if !exposed || err != nil {
				return "", err
			}
			if there, err := w.leadsToOwnRoot(a, path[:at]); there || err != nil {
				return name, err
			}
		}
		at = end + 1
	}
	return "", nil
}

// leadsToOwnRoot tells whether a path, empty for the working directory, leads to
// the kernel's own root.
func (w *world) leadsToOwnRoot(a *actor, path string) (bool, error) {
	if path == "" {
		path = "."
	}
	a.begin()
	at, err := a.text(path)
	if err != nil {
		return false, err
	}
	st := a.addStatx(atFDCWD, at, unix.AT_NO_AUTOMOUNT)
	if err := a.run(w.deadline); err != nil {
		w.dead = err
		return false, err
	}
	_, errno := a.result(0)
	return errno == 0 && device{st.Dev_major, st.Dev_minor} == w.root.device, nil
}

// ownRootExposed tells whether an actor can name files in the kernel's own root:
// it stands there, has it open, or a mount of it is where a path leads.
func (w *world) ownRootExposed() (bool, error) {
	s, err := w.look()
	if err != nil {
		return false, err
	}
	bottoms := map[uint64]bool{}
	for _, t := range s.spaces {
		bottoms[t.mounts[0].id] = true
		for _, m := range t.mounts[1:] {
			if m.device == w.root.device {
				return true, nil
			}
		}
		if len(t.mounts) == 1 {
			return true, nil
		}
	}
	for _, p := range s.places {
		if bottoms[p.root.mount] || bottoms[p.cwd.mount] {
			return true, nil
		}
		if open, err := w.hasOwnRootOpen(w.actors[p.actor-1]); open || err != nil {
			return open, err
		}
	}
	return false, nil
}

func (w *world) hasOwnRootOpen(a *actor) (open bool, err error) {
	err = w.eachFile(a, func(_ int, st *unix.Statx_t) {
		open = open || device{st.Dev_major, st.Dev_minor} == w.root.device
	})
	return open, err
}

// guardRemount is asked about a remount of a superblock: of one that is not the
// world's alone, it is made while no other server has a world. Looking at the path
// before is no more use of a mount than the call itself is.
func (w *world) guardRemount(a *actor, target *model.Arg) error {
	if target.Kind != model.String {
		return nil
	}
	a.begin()
	path, err := a.text(w.magicPath(target.S))
	if err != nil {
		return err
	}
	st := a.addStatx(atFDCWD, path, unix.AT_NO_AUTOMOUNT)
	if err := a.run(w.deadline); err != nil {
		w.dead = err
		return err
	}
	if _, errno := a.result(0); errno != 0 {
		return nil
	}
	switch (device{st.Dev_major, st.Dev_minor}) {
	case w.root.device, w.shared.device:
		return w.shared.takeAlone()
	}
	return nil
}

// addStatx adds a statx to a request.
func (p *process) addStatx(dir, path uintptr, flags uintptr) *unix.Statx_t {
	at, data := p.room(int(unsafe.Sizeof(unix.Statx_t{})))
	p.must(unix.SYS_STATX, dir, path, flags, statxMask, at)
	return (*unix.Statx_t)(unsafe.Pointer(unsafe.SliceData(data)))
}
