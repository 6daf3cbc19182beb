package live

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// identityMap maps every id to itself, as recorded traces have it. A user namespace
// of a user has no id but root's.
const (
	identityMap = "0 0 4294967295"
	rootMap     = "0 0 1"
)

// mapIDs gives the user namespace that a process has just made the identity map.
// The kernel lets a process of the parent namespace write it; where that is not
// the server's own, a child of the builder goes there.
func (w *world) mapIDs(pid int) error {
	space, err := unix.Openat(w.proc, strconv.Itoa(pid)+"/ns/user", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("a new user namespace: %w", err)
	}
	defer unix.Close(space)
	parent, err := unix.IoctlRetInt(space, nsGetParent)
	if err != nil {
		return fmt.Errorf("the parent of a new user namespace: %w", err)
	}
	defer unix.Close(parent)
	var theirs, ours unix.Stat_t
	if err := unix.Fstat(parent, &theirs); err != nil {
		return err
	}
	if err := unix.Fstatat(w.proc, "thread-self/ns/user", &ours, 0); err != nil {
		return err
	}
	if theirs.Ino == ours.Ino {
		return w.writeMaps(w.self, pid)
	}
	return w.mapFromParent(pid)
}

// mapFromParent has a process enter the parent of a user namespace, and write
// the map there.
func (w *world) mapFromParent(pid int) error {
	p, err := w.newProcess()
	if err != nil {
		return err
	}
	defer w.slots.give(p.index)
	z := w.builder
	z.begin()
	z.must(unix.SYS_CLONE, unix.CLONE_PARENT|uintptr(unix.SIGCHLD)).Child = p.index
	if err := z.run(w.deadline); err != nil {
		return err
	}
	if err := z.failed("clone"); err != nil {
		return err
	}
	child, _ := z.result(0)
	p.pid = int(child)
	err = w.enterParent(p, pid)
	if err == nil {
		err = w.writeMaps(p, pid)
	}
	_ = unix.Kill(p.pid, unix.SIGKILL)
	for {
		if _, problem := unix.Wait4(p.pid, nil, unix.WALL, nil); problem != unix.EINTR {
			return err
		}
	}
}

// enterParent moves a process to the parent of a user namespace.
func (w *world) enterParent(p *process, pid int) error {
	steps := []func(last uintptr){
		func(uintptr) {
			p.must(unix.SYS_OPENAT, uintptr(w.proc), p.constant(strconv.Itoa(pid)+"/ns/user"), unix.O_RDONLY|unix.O_CLOEXEC)
		},
		func(space uintptr) { p.must(unix.SYS_IOCTL, space, nsGetParent) },
		func(parent uintptr) { p.must(unix.SYS_SETNS, parent, unix.CLONE_NEWUSER) },
	}
	last := uintptr(0)
	for _, step := range steps {
		p.begin()
		step(last)
		if err := p.run(w.deadline); err != nil {
			return err
		}
		if err := p.failed(); err != nil {
			return fmt.Errorf("entering the parent of a new user namespace: %w", err)
		}
		last, _ = p.result(0)
	}
	return nil
}

// writeMaps has a process write the maps of another one's user namespace.
func (w *world) writeMaps(p *process, pid int) error {
	ids := identityMap
	if w.unprivileged {
		ids = rootMap
	}
	for _, file := range []string{"/uid_map", "/gid_map"} {
		p.begin()
		p.must(unix.SYS_OPENAT, uintptr(w.proc), p.constant(strconv.Itoa(pid)+file), unix.O_WRONLY|unix.O_CLOEXEC)
		if err := p.run(w.deadline); err != nil {
			return err
		}
		fd, errno := p.result(0)
		if errno != 0 {
			return fmt.Errorf("opening %s: %w", file[1:], errno)
		}
		p.begin()
		p.must(unix.SYS_WRITE, fd, p.constant(ids), uintptr(len(ids)))
		p.add(unix.SYS_CLOSE, fd)
		if err := p.run(w.deadline); err != nil {
			return err
		}
		if _, errno := p.result(0); errno != 0 {
			return fmt.Errorf("writing %s: %w", file[1:], errno)
		}
	}
	return nil
}
