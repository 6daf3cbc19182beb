package live

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An actor is a process in which there is no Go runtime: no other threads, no
// garbage collector, no signals. It was made by a bare clone(2), which gives a
// child one thread and a copy of the memory, as fork does, and it never returns
// from serveSlot.
//
// What runs in it has to get by without the runtime. So serveSlot and what it
// calls have no stack check, no race detector, no allocation, no write barrier
// and no bounds check; they call nothing but RawSyscall6, as package syscall does
// between fork and exec.

// Operations of futex(2). They are not private: the memory is shared.
const (
	futexWait = 0
	futexWake = 1
)

// serveSlot makes the system calls that are asked for in the slot with index i.
// A call with a child returns in two processes, and the child goes on with a
// slot of its own.
//
//go:nosplit
//go:norace
//go:nocheckptr
//go:noinline
func serveSlot(base unsafe.Pointer, i uint32) {
	s := slotAt(base, i)
	for {
		for s.Posted == s.Done {
			syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.Posted)), futexWait, uintptr(s.Done), 0, 0, 0)
		}
		op := &s.Ops[0]
		left, child := s.Count, uint32(0)
		for left > 0 {
			child = op.Child // the child must not look there: its parent may be asked for more by then
			if op.Of != 0 {
				of := (*sysop)(unsafe.Add(unsafe.Pointer(&s.Ops), uintptr(op.Of-1)*unsafe.Sizeof(*op)))
				op.Args[0] = of.Value
			}
			v, _, errno := syscall.RawSyscall6(op.Number, op.Args[0], op.Args[1], op.Args[2], op.Args[3], op.Args[4], op.Args[5])
			if errno == 0 && v == 0 && child != 0 {
				break
			}
			op.Value, op.Errno = v, uintptr(errno)
			if errno != 0 && op.Must != 0 {
				left = 1
			}
			left--
			op = (*sysop)(unsafe.Add(unsafe.Pointer(op), unsafe.Sizeof(*op)))
		}
		if left > 0 { // this is the child
			s = slotAt(base, child)
			continue
		}
		s.Done = s.Posted
		syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.Done)), futexWake, 1, 0, 0, 0)
	}
}

// startActor makes a process that serves a slot, and returns its pid and an
// address within the part of the stack that it goes on using. The
// calling goroutine has to be locked to its thread. All signals are blocked in
// the process, so that no handler of the Go runtime ever runs there.
//
//go:norace
//go:nocheckptr
//go:noinline
func startActor(base unsafe.Pointer, i uint32) (pid int, stack uintptr, errno syscall.Errno) {
	all, old := ^uint64(0), uint64(0)
	if _, _, errno = syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&all)), uintptr(unsafe.Pointer(&old)), 8, 0, 0); errno != 0 {
		return 0, 0, errno
	}
	stack = uintptr(unsafe.Pointer(&old))
	pid, errno = cloneActor(base, i)
	syscall.RawSyscall6(unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, uintptr(unsafe.Pointer(&old)), 0, 8, 0, 0)
	return pid, stack, errno
}

//go:nosplit
//go:norace
//go:nocheckptr
//go:noinline
func cloneActor(base unsafe.Pointer, i uint32) (int, syscall.Errno) {
	v, _, errno := syscall.RawSyscall6(unix.SYS_CLONE, uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno == 0 && v == 0 {
		serveSlot(base, i) // does not return
	}
	return int(v), errno
}
