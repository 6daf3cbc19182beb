package live

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"mntcheck/model/mountinfo"
)

// Before Linux 6.13, statmount(2) does not tell the source of a mount. It is in
// /proc/PID/mountinfo, which shows the mounts that can be reached from the root of a
// process. The source of a mount does not change, and copies of a mount have it as
// well: so each is looked for until it has been seen once.

// nameSources gives the mounts of a snapshot their sources.
func (w *world) nameSources(s *snapshot, files map[uint64][]holder) error {
	if w.tellsSource {
		return nil
	}
	for _, look := range []func(*snapshot, map[uint64][]holder) error{w.askActors, w.askBuilder} {
		if w.fillSources(s) == 0 {
			break
		}
		if err := look(s, files); err != nil {
			return err
		}
	}
	w.fillSources(s)
	w.noteSuperblocks(s)
	return nil
}

// noteSuperblocks keeps what superblocks have for a source, until the call after the
// next one: no single call takes the last mount of one away and makes another, which
// could have its device number.
func (w *world) noteSuperblocks(s *snapshot) {
	w.lastSources, w.unseenCalls = map[device]string{}, 0
	s.eachMount(func(m *mount) {
		if !m.untold {
			w.lastSources[m.device] = m.source
		}
	})
}

// fillSources gives mounts the sources that are known, and counts the others.
func (w *world) fillSources(s *snapshot) (untold int) {
	bySuperblock := map[device]string{w.initial[1]: "none"}
	if w.unseenCalls <= 1 {
		maps.Copy(bySuperblock, w.lastSources)
	}
	s.eachMount(func(m *mount) {
		if source, ok := w.sources[m.id]; ok {
			bySuperblock[m.device] = source
		}
	})
	s.eachMount(func(m *mount) {
		source, ok := w.sources[m.id]
		if ok {
			m.source, m.untold = source, false
			return
		}
		source, ok = bySuperblock[m.device]
		switch m.fstype {
		case "nsfs", "rootfs", "nullfs":
			if !ok {
				source, ok = m.fstype, true // the kernel's own mount of it
			}
		case "proc", "sysfs":
			ok = false // each call to mount them makes one more mount of the same superblock
		}
		if m.source, m.untold = source, !ok; ok {
			w.sources[m.id] = source
		} else {
			untold++
		}
	})
	return untold
}

func (s *snapshot) eachMount(f func(*mount)) {
	for i := range s.spaces {
		for j := range s.spaces[i].mounts {
			f(&s.spaces[i].mounts[j])
		}
	}
}

// hasUntold tells whether a namespace has a mount whose source is looked for.
func (t *table) hasUntold() bool {
	return slices.ContainsFunc(t.mounts, func(m mount) bool { return m.untold })
}

// askActors reads the mountinfo of the actors in a namespace.
func (w *world) askActors(s *snapshot, _ map[uint64][]holder) error {
	for _, p := range s.places {
		for i := range s.spaces {
			t := &s.spaces[i]
			if t.ino != p.ino || !t.hasUntold() {
				continue
			}
			if err := w.readSources(t, w.actors[p.actor-1].process); err != nil {
				return err
			}
		}
	}
	return nil
}

// askBuilder has the builder enter namespaces, and reads its mountinfo there: from the
// topmost root, then from where actors stand or have a directory open. It does
// not go where that may clear the mark of MNT_EXPIRE on a mount that nobody uses.
func (w *world) askBuilder(s *snapshot, files map[uint64][]holder) error {
	if w.marked {
		return nil
	}
	for i := range s.spaces {
		t := &s.spaces[i]
		if !t.hasUntold() {
			continue
		}
		x := &w.spaces[slices.IndexFunc(w.spaces, func(x space) bool { return !x.gone && x.ino == t.ino })]
		entered, err := w.enterSpace(s, x, files)
		if err != nil {
			return err
		}
		if !entered {
			continue
		}
		err = w.readSources(t, w.builder)
		if err == nil {
			err = w.askFrom(s, t)
		}
		if problem := w.goHome(); err == nil {
			err = problem
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// askFrom has the builder, in a namespace, stand where the actors in it do.
func (w *world) askFrom(s *snapshot, t *table) error {
	for _, p := range s.places {
		if p.ino != t.ino {
			continue
		}
		a := w.actors[p.actor-1]
		names := []string{"cwd"}
		err := w.eachFile(a, func(fd int, st *unix.Statx_t) {
			if st.Mode&unix.S_IFMT == unix.S_IFDIR {
				names = append(names, "fd/"+strconv.Itoa(fd))
			}
		})
		if err != nil {
			return err
		}
		for _, name := range names {
			if w.noteSources(t); !t.hasUntold() {
				return nil
			}
			if err := w.readFrom(t, a, name); err != nil {
				return err
			}
		}
	}
	return nil
}

// noteSources strikes out what has been seen.
func (w *world) noteSources(t *table) {
	for i := range t.mounts {
		if _, ok := w.sources[t.mounts[i].id]; ok {
			t.mounts[i].untold = false
		}
	}
}

// readFrom reads the mountinfo of the builder with a directory of an actor's as its
// root.
func (w *world) readFrom(t *table, a *actor, name string) error {
	z := w.builder
	z.begin()
	here := z.constant(".")
	z.must(unix.SYS_OPENAT, uintptr(w.proc), z.constant(a.file(name)), unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC)
	z.mustWith(0, unix.SYS_FCHDIR)
	z.mustWith(0, unix.SYS_CLOSE)
	z.must(unix.SYS_CHROOT, here)
	if err := z.run(w.deadline); err != nil {
		return err
	}
	if err := z.failed("open", "fchdir", "close", "chroot"); err != nil {
		return err
	}
	return w.readSources(t, z)
}

// readSources reads the mountinfo of a process that is in a namespace.
func (w *world) readSources(t *table, p *process) error {
	data, err := w.mountinfo(p)
	if err != nil {
		return err
	}
	sources := map[uint32]string{}
	for line := range strings.Lines(string(data)) {
		id, _, _ := strings.Cut(line, " ")
		_, rest, ok := strings.Cut(line, " - ")
		fields := strings.SplitN(rest, " ", 3)
		n, err := strconv.ParseUint(id, 10, 32)
		if ok && err == nil && len(fields) == 3 {
			sources[uint32(n)] = mountinfo.Unescape(fields[1])
		}
	}
	for _, m := range t.mounts {
		if source, ok := sources[m.idOld]; ok {
			w.sources[m.id] = source
		}
	}
	return nil
}
