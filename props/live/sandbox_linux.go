package live

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// sandbox is the ground on which a server builds worlds. It belongs to one
// thread, that of the goroutine that made it.
//
// The thread makes two mount namespaces. In the bare one there is nothing but
// the kernel's own root: worlds begin as copies of it. Home is what the thread
// itself and the builder stand in; it has a proc to look at processes with. In a
// user namespace of its own the bare one has a tmpfs too, locked to that root.
type sandbox struct {
	slots   *slots
	self    *process // this thread
	builder *process // makes worlds, and enters namespaces where one has to be inside
	bare    int      // descriptors of the namespaces, in this thread and in the builder
	home    int
	proc    int // the directory /proc of home
	root    *ownRoot
	shared  *superblocks
	release string
	// tellsSource: statmount(2) tells the source of a mount; since Linux 6.13.
	tellsSource bool
	alone       bool // no other process on the machine
	// outside are the filesystems on which the machine's processes have their roots.
	outside []device
	// unprivileged: the server is in a user namespace that is not the initial one.
	unprivileged bool
	deadline     time.Duration
}

// newSandbox checks that nothing outside can be reached, and builds the ground.
// outer is the text of the client's /proc/self/ns/mnt, empty where this process
// is init of a machine of its own. Once gone is set, no call is waited for. The calling goroutine is locked to its thread
// for good.
func newSandbox(outer string, deadline time.Duration, gone *atomic.Bool) (*sandbox, error) {
	runtime.LockOSThread()
	b := &sandbox{alone: outer == "", deadline: deadline}
	if err := b.checkKernel(); err != nil {
		return nil, err
	}
	if err := b.leave(outer); err != nil {
		return nil, err
	}
	var err error
	if b.slots, err = newSlots(gone); err != nil {
		return nil, err
	}
	if b.self, err = b.newProcess(); err != nil {
		return nil, err
	}
	if b.unprivileged {
		err = b.reduce()
	} else {
		err = b.settle()
	}
	if err == nil {
		err = b.furnish()
	}
	if err == nil {
		err = b.startBuilder()
	}
	if err != nil {
		b.root.close()
		return nil, err
	}
	return b, nil
}

// close puts back what the sandbox has changed in superblocks that others use.
func (b *sandbox) close() {
	b.shared.restore()
	b.root.close()
}

// checkKernel finds out whether the kernel has what is needed.
func (b *sandbox) checkKernel() error {
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		return err
	}
	b.release = unix.ByteSliceToString(name.Release[:])
	_, _, errno := unix.Syscall6(unix.SYS_LISTMOUNT, 0, 0, 0, 0, 0, 0)
	if errno == unix.ENOSYS {
		return &UnreachableError{Reason: "Linux " + b.release + " has no listmount(2), which is new in 6.8", Err: errno}
	}
	return nil
}

// leave gives the thread a mount namespace of its own, and makes sure of it:
// all that mounts comes after.
func (b *sandbox) leave(outer string) error {
	if b.alone {
		if err := checkAlone(); err != nil {
			return err
		}
	} else {
		initial, err := inInitialUser()
		if err != nil {
			return err
		}
		b.unprivileged = !initial
	}
	if !b.alone {
		b.outside = rootsOf("/", "/proc/1/root")
	}
	before, err := os.Readlink("/proc/self/ns/mnt")
	switch {
	case err != nil && !b.alone:
		return &UnreachableError{Reason: "there is no /proc", Err: err}
	case !b.alone && before == outer:
		return errors.New("a server found itself in the mount namespace of its client, and stopped before it did anything there")
	}
	if err := unix.Unshare(unix.CLONE_NEWNS | unix.CLONE_FS); err != nil {
		return notIsolated(err, b.unprivileged)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("making all mounts private: %w", err)
	}
	if before == "" {
		return mountProc()
	}
	after, err := os.Readlink("/proc/thread-self/ns/mnt")
	if err != nil {
		return &UnreachableError{Reason: "/proc does not show threads", Err: err}
	}
	if after == before || after == outer {
		return errors.New("unshare(CLONE_NEWNS) succeeded and yet made no mount namespace")
	}
	return nil
}

// checkAlone makes sure that this is process 1 of a machine. Its mounts are
// nobody else's.
func checkAlone() error {
	if os.Getpid() != 1 {
		return errors.New("Serve is for process 1 of a virtual machine, and this is an ordinary process: New is what starts a server beside others")
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	if errors.Is(err, os.ErrNotExist) {
		return nil // an init that has not mounted anything yet
	}
	const initial = "pid:[4026531836]" // PROC_PID_INIT_INO
	if err == nil && space != initial {
		err = fmt.Errorf("it is in %s, want %s", space, initial)
	}
	if err != nil {
		return fmt.Errorf("Serve is for process 1 of a virtual machine, and this is that of a container: %w", err)
	}
	return nil
}

// mountProc mounts proc for an init that has not.
func mountProc() error {
	if err := os.Mkdir("/proc", 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	if err := unix.Mount("proc", "/proc", "proc", 0, ""); err != nil {
		return fmt.Errorf("mounting proc: %w", err)
	}
	return nil
}

// strip takes everything out of the thread's mount namespace but the kernel's
// own root, and makes that the root of the thread.
func (b *sandbox) strip() error {
	var err error
	if b.bare, err = openNS("/proc/thread-self/ns/mnt"); err != nil {
		return err
	}
	if _, err := namespaceID(b.bare); err != nil {
		return b.tellsNoIDs(err)
	}
	// Entering a mount namespace puts root and working directory on its topmost
	// root. That one can be unmounted until it is the namespace's own.
	for range 1000 {
		if err := unix.Setns(b.bare, unix.CLONE_NEWNS); err != nil {
			return fmt.Errorf("setns: %w", err)
		}
		if err = unix.Unmount("/", unix.MNT_DETACH); err != nil {
			break
		}
	}
	if !errors.Is(err, unix.EINVAL) {
		return lockedRoot(err)
	}
	for range 1000 {
		rows, err := b.ownTable()
		if err != nil {
			return err
		}
		if len(rows) == 1 {
			return nil
		}
		for _, m := range rows {
			if m.parent == rows[0].id && m.id != rows[0].id {
				if err := unix.Unmount(m.point, unix.MNT_DETACH); err != nil {
					return lockedRoot(fmt.Errorf("umount2 %s: %w", m.point, err))
				}
			}
		}
	}
	return errors.New("there is always another mount")
}

// clearOptions takes away the options that a machine gave the mount of the
// kernel's own root; this is a copy of it.
func clearOptions() error {
	err := unix.MountSetattr(unix.AT_FDCWD, "/", 0, &unix.MountAttr{
		Attr_set: unix.MOUNT_ATTR_STRICTATIME,
		Attr_clr: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NOSUID | unix.MOUNT_ATTR_NODEV | unix.MOUNT_ATTR_NOEXEC |
			unix.MOUNT_ATTR__ATIME | unix.MOUNT_ATTR_NODIRATIME | unix.MOUNT_ATTR_NOSYMFOLLOW,
	})
	if err != nil {
		return fmt.Errorf("options of the kernel's own root: %w", err)
	}
	return nil
}

func lockedRoot(err error) error {
	return &UnreachableError{
		Reason: "the mounts of this container are locked to their places, so that no world can be made without them; root of the initial user namespace is needed, or a virtual machine",
		Err:    err,
	}
}

// tellsNoIDs explains why a mount namespace has no id.
func (b *sandbox) tellsNoIDs(err error) error {
	return &UnreachableError{Reason: "Linux " + b.release + " does not tell the ids of mount namespaces, which is new in 6.11", Err: err}
}

// settle makes the bare namespace and home, a tmpfs over the kernel's own root with
// proc, as root of the initial user namespace can.
func (b *sandbox) settle() error {
	if err := b.strip(); err != nil {
		return fmt.Errorf("a mount namespace with nothing but the kernel's own root: %w", err)
	}
	if err := clearOptions(); err != nil {
		return err
	}
	var err error
	if b.root, err = b.openOwnRoot(); err != nil {
		return err
	}
	return inSteps("making a place for the server", []step{
		{"unshare", func() error { return unix.Unshare(unix.CLONE_NEWNS) }},
		{"mounting a tmpfs", func() error { return unix.Mount("home", "/", "tmpfs", 0, "mode=755") }},
		{"chroot", func() error { return unix.Chroot("/..") }},
		{"chdir", func() error { return unix.Chdir("/") }},
		{"mounting proc", mountProc},
		{"the namespace's file", func() (err error) { b.home, err = openNS("/proc/thread-self/ns/mnt"); return err }},
	})
}

// step is one of several things to do, in order.
type step struct {
	what string
	do   func() error
}

func inSteps(what string, steps []step) error {
	for _, s := range steps {
		if err := s.do(); err != nil {
			return fmt.Errorf("%s: %s: %w", what, s.what, err)
		}
	}
	return nil
}

// furnish gives the server what it works with at home: a descriptor of /proc, and
// what keeps superblocks.
func (b *sandbox) furnish() error {
	err := inSteps("making a place for the server", []step{
		{"opening /proc", func() (err error) {
			b.proc, err = unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
			return err
		}},
		{"superblocks", func() (err error) { b.shared, err = b.openSuperblocks(); return err }},
	})
	unix.Umask(0)
	return err
}

func openNS(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("%s: %w", path, err)
	}
	return fd, nil
}

// newProcess gives a process that is about to be made a slot.
func (b *sandbox) newProcess() (*process, error) {
	i, ok := b.slots.take()
	if !ok {
		return nil, fmt.Errorf("more than %d processes at a time: %w", maxSlots-1, errors.ErrUnsupported)
	}
	return &process{slots: b.slots, index: i}, nil
}

// startBuilder makes the process that all actors descend from. It is made
// before the server has much memory, since every fork copies its page tables.
func (b *sandbox) startBuilder() error {
	p, err := b.newProcess()
	if err != nil {
		return err
	}
	runtime.GC()
	pid, stack, errno := startActor(b.slots.base, p.index)
	if errno != 0 {
		return fmt.Errorf("clone: %w", errno)
	}
	p.pid, b.builder = pid, p
	// Three files that are in nobody's way stand for the standard streams, which
	// must not be the client's: those tell the server when the client ends.
	// Children are never waited for by an actor.
	p.begin()
	const sigIgn = 1
	action, handler := p.room(32)
	handler[0] = sigIgn
	limit, limits := p.room(16)
	limits[1], limits[9] = maxDescriptors>>8, maxDescriptors>>8
	p.must(unix.SYS_CLOSE, 0)
	p.must(unix.SYS_CLOSE, 1)
	p.must(unix.SYS_CLOSE, 2)
	for range 3 {
		p.must(unix.SYS_EVENTFD2, 0, 0)
	}
	p.must(unix.SYS_RT_SIGACTION, uintptr(unix.SIGCHLD), action, 0, 8)
	p.must(unix.SYS_PRLIMIT64, 0, unix.RLIMIT_NOFILE, limit, 0)
	if err := p.run(b.deadline); err != nil {
		return err
	}
	if err := p.failed("close", "close", "close", "eventfd2", "eventfd2", "eventfd2", "rt_sigaction", "prlimit64"); err != nil {
		return err
	}
	return b.slim(p, stack)
}

// maxDescriptors is the limit of RLIMIT_NOFILE in a world, as the model has it.
const maxDescriptors = 1024
