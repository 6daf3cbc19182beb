package live

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// pidState says how an actor's pid and those of its children are found. All are
// in the server's pid namespace, except for actors that make another.
type pidState struct {
	foreign  bool // it is in another pid namespace
	init     bool // it is process 1 there, and cannot have siblings
	orphan   bool // it is no child of the server: it is reaped without being waited for
	children childPids
}

// childPids says where the children of an actor go.
type childPids uint8

const (
	ownPids    childPids = iota // to the pid namespace that the actor is in
	newPids                     // to a new one, as its process 1
	joinedPids                  // to another one
)

// child is the state of a child that an actor makes.
func (p *pidState) child(flags uint64) pidState {
	c := pidState{foreign: p.foreign, orphan: p.orphan || p.init}
	switch {
	case flags&unix.CLONE_NEWPID != 0:
		c.foreign, c.init = true, true
	case p.children == newPids:
		c.foreign, c.init = true, true
		p.children = joinedPids
	case p.children == joinedPids:
		c.foreign = true
	}
	return c
}

// Flags of clone that would have two actors share memory or a thread group, or
// write to memory: an actor cannot do these.
const unsafeClone = unix.CLONE_VM | unix.CLONE_VFORK | unix.CLONE_THREAD | unix.CLONE_SIGHAND | unix.CLONE_SETTLS |
	unix.CLONE_PARENT_SETTID | unix.CLONE_CHILD_SETTID | unix.CLONE_CHILD_CLEARTID | unix.CLONE_PIDFD |
	unix.CLONE_PTRACE | unix.CLONE_INTO_CGROUP

// clone makes fork, clone and clone3. All actors are children of the server,
// whoever made them: an actor waits for nobody.
func (w *world) clone(a *actor, c *model.Call) (answer, error) {
	flags := uint64(0)
	if c.Op != model.OpFork {
		flags = uint64(c.Args[0].N)
	}
	if flags&unsafeClone != 0 {
		return answer{}, fmt.Errorf("%s with flags that have processes share their memory: %w", c, errors.ErrUnsupported)
	}
	p, err := w.newProcess()
	if err != nil {
		return answer{}, err
	}
	a.begin()
	sibling := uint64(unix.CLONE_PARENT)
	if a.pids.init {
		sibling = 0
	}
	switch c.Op {
	case model.OpClone3:
		const cloneArgsBytes = 88
		at, data := a.room(cloneArgsBytes)
		putUint64(data, flags|sibling)
		a.add(unix.SYS_CLONE3, at, cloneArgsBytes).Child = p.index
	case model.OpClone:
		a.add(unix.SYS_CLONE, uintptr(flags|sibling)).Child = p.index
	default:
		a.add(unix.SYS_CLONE, uintptr(sibling)|uintptr(unix.SIGCHLD)).Child = p.index
	}
	if err := a.run(w.deadline); err != nil {
		return answer{}, err
	}
	pid, errno := a.result(0)
	if errno != 0 {
		w.slots.give(p.index)
		return answer{Value: -1, Errno: uint16(errno)}, nil
	}
	p.pid = int(pid)
	child := &actor{process: p, number: len(w.actors) + 1, alive: true, pids: a.pids.child(flags), files: a.files.copied()}
	w.sharedFiles = w.sharedFiles || flags&unix.CLONE_FILES != 0
	if a.pids.foreign {
		if p.pid, err = w.findPid(); err != nil {
			return answer{}, err
		}
	}
	w.actors = append(w.actors, child)
	return answer{Value: int64(child.number)}, w.afterClone(child, flags)
}

func putUint64(data []byte, v uint64) {
	for i := range 8 {
		data[i] = byte(v >> (8 * i))
	}
}

func (w *world) afterClone(child *actor, flags uint64) error {
	if flags&unix.CLONE_NEWUSER != 0 {
		if err := w.mapIDs(child.pid); err != nil {
			return err
		}
	}
	if flags&(unix.CLONE_NEWNS|model.CLONE_EMPTY_MNTNS) != 0 {
		return w.discover(child)
	}
	return nil
}

// exit ends an actor and waits until it is gone.
func (w *world) exit(a *actor, c *model.Call) (answer, error) {
	pidfd, err := unix.PidfdOpen(a.pid, 0)
	if err != nil {
		return answer{}, fmt.Errorf("pidfd_open: %w", err)
	}
	defer unix.Close(pidfd)
	a.begin()
	a.add(unix.SYS_EXIT_GROUP, uintptr(c.Args[0].N))
	a.post()
	for began, pause := time.Now(), 1; ; pause = min(2*pause, 100) {
		if time.Since(began) > w.deadline {
			return answer{}, ErrHang
		}
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}, pause); err != nil && err != unix.EINTR {
			return answer{}, err
		}
		// Process 1 of a pid namespace takes the others in it along, and is not
		// gone before these have been waited for.
		if err := w.reap(); err != nil {
			return answer{}, err
		}
		if !a.alive {
			return answer{}, nil
		}
	}
}

// reap waits for actors that have ended: for those that already have.
func (w *world) reap() error {
	for {
		pid, err := unix.Wait4(-1, nil, unix.WALL|unix.WNOHANG, nil)
		switch {
		case err == unix.EINTR:
			continue
		case err == unix.ECHILD || err == nil && pid == 0:
			w.reapOrphans()
			return nil
		case err != nil:
			return fmt.Errorf("wait4: %w", err)
		case pid == w.builder.pid:
			return fmt.Errorf("the process that makes worlds has ended: %w", ErrDied)
		}
		for _, a := range w.actors {
			if a.alive && a.pid == pid {
				w.bury(a)
			}
		}
	}
}

// reapOrphans notices those who need nobody to wait for them.
func (w *world) reapOrphans() {
	for _, a := range w.actors {
		if a.alive && a.pids.orphan && unix.Kill(a.pid, 0) == unix.ESRCH {
			w.bury(a)
		}
	}
}

func (w *world) bury(a *actor) {
	a.alive = false
	w.slots.give(a.index)
}

// killAll ends all actors. One that is in a call which nothing ends cannot be killed:
// then the world cannot be closed, and the error is ErrHang.
func (w *world) killAll() error {
	for _, a := range w.actors {
		if a.alive {
			if err := unix.Kill(a.pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
				return fmt.Errorf("ending actor %d: %w", a.number, err)
			}
		}
	}
	for began := time.Now(); w.living(false); {
		if time.Since(began) > w.deadline {
			return fmt.Errorf("ending the actors: %w", ErrHang)
		}
		if err := w.awaitEnd(); err != nil {
			return err
		}
		if err := w.reap(); err != nil {
			return err
		}
	}
	for began := time.Now(); w.living(true); w.reapOrphans() {
		if time.Since(began) > w.deadline {
			return fmt.Errorf("ending the actors: %w", ErrHang)
		}
		time.Sleep(50 * time.Microsecond)
	}
	return nil
}

// awaitEnd waits until an actor has ended that the server has to wait for, or for a
// while.
func (w *world) awaitEnd() error {
	const while = 100 // milliseconds
	var fds []unix.PollFd
	defer func() {
		for _, f := range fds {
			_ = unix.Close(int(f.Fd))
		}
	}()
	for _, a := range w.actors {
		if !a.alive || a.pids.orphan {
			continue
		}
		fd, err := unix.PidfdOpen(a.pid, 0)
		if err != nil {
			return fmt.Errorf("pidfd_open: %w", err)
		}
		fds = append(fds, unix.PollFd{Fd: int32(fd), Events: unix.POLLIN})
	}
	if _, err := unix.Poll(fds, while); err != nil && err != unix.EINTR {
		return fmt.Errorf("poll: %w", err)
	}
	return nil
}

// living tells whether there are actors that are orphans, or that are not.
func (w *world) living(orphans bool) bool {
	return slices.ContainsFunc(w.actors, func(a *actor) bool { return a.alive && a.pids.orphan == orphans })
}

// findPid finds the process that was made last by looking for one that is not
// known: what its maker was told is a number in another pid namespace.
func (w *world) findPid() (int, error) {
	known := map[int]bool{os.Getpid(): true, w.builder.pid: true}
	for _, a := range w.actors {
		known[a.pid] = a.alive
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && !known[pid] && !isKernelThread(pid) {
			return pid, nil
		}
	}
	return 0, errors.New("a new process is not in /proc")
}

// isKernelThread: on a machine of its own, a server sees these.
func isKernelThread(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, fields, ok := strings.Cut(string(data), ") ") // behind the name, which may have spaces
	if err != nil || !ok {
		return true // it is gone
	}
	const flagsField, kernelThread = 6, 0x200000 // PF_KTHREAD
	var flags uint64
	if f := strings.Fields(fields); len(f) > flagsField {
		flags, _ = strconv.ParseUint(f[flagsField], 10, 64)
	}
	return flags&kernelThread != 0
}

// pidIn is the pid of an actor in the pid namespace of another one, or that of
// no process.
func (w *world) pidIn(by, a *actor) int64 {
	depth := len(pidsOf(by.pid))
	pids := pidsOf(a.pid)
	if depth == 0 || depth > len(pids) || depth > 1 && !samePids(by, a) {
		return noPid
	}
	return pids[depth-1]
}

// pidsOf are the pids of a process, from the server's pid namespace inwards.
func pidsOf(pid int) (all []int64) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		if fields, ok := strings.CutPrefix(line, "NSpid:"); ok {
			for _, f := range strings.Fields(fields) {
				n, _ := strconv.ParseInt(f, 10, 64)
				all = append(all, n)
			}
		}
	}
	return all
}

// samePids tells whether two actors are in one pid namespace.
func samePids(a, b *actor) bool {
	x, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", a.pid))
	y, other := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", b.pid))
	return err == nil && other == nil && x == y
}
