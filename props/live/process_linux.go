package live

import (
	"errors"
	"fmt"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// process is a process of the server that makes system calls on request: an
// actor of a world, the one that builds worlds, or with slot 0 the server's
// own thread.
type process struct {
	slots *slots
	index uint32 // of its slot
	pid   int    // in the server's pid namespace
	used  int    // bytes of the slot's data that the request in preparation takes
	count int    // of its system calls
}

// errNoRoom is that of a request that does not fit in a slot.
var errNoRoom = fmt.Errorf("the arguments are larger than the %d bytes that a call may have here: %w", dataBytes, errors.ErrUnsupported)

func (p *process) slot() *slot { return p.slots.at(p.index) }

// begin starts a request.
func (p *process) begin() { p.used, p.count = 0, 0 }

// add adds a system call to the request, and returns it. There have to be fewer
// than maxOps.
func (p *process) add(number uintptr, args ...uintptr) *sysop {
	op := &p.slot().Ops[p.count]
	p.count++
	*op = sysop{Number: number}
	copy(op.Args[:], args)
	return op
}

// must adds a system call without which those behind it make no sense.
func (p *process) must(number uintptr, args ...uintptr) *sysop {
	op := p.add(number, args...)
	op.Must = 1
	return op
}

// mustWith adds one whose first argument is the value of a call before it, as
// descriptors are; that one is the n-th of the request, from 0.
func (p *process) mustWith(n int, number uintptr, args ...uintptr) {
	p.must(number, append([]uintptr{0}, args...)...).Of = uint32(n + 1)
}

// room is the address and the memory of so many bytes of the slot's data,
// which are zero. Without room it is nil.
func (p *process) room(n int) (uintptr, []byte) {
	at, data := p.unclear(n)
	clear(data)
	return at, data
}

// unclear is room that the kernel fills, and tells how far.
func (p *process) unclear(n int) (uintptr, []byte) {
	p.used = (p.used + 15) &^ 15
	if n > dataBytes-p.used {
		return 0, nil
	}
	data := p.slot().Data[p.used : p.used+n]
	p.used += n
	return uintptr(unsafe.Pointer(unsafe.SliceData(data))), data
}

// text is the address of a C string.
func (p *process) text(s string) (uintptr, error) {
	at, data := p.room(len(s) + 1)
	if data == nil {
		return 0, errNoRoom
	}
	copy(data, s)
	return at, nil
}

// constant is text for strings that fit.
func (p *process) constant(s string) uintptr {
	at, err := p.text(s)
	if err != nil {
		panic(err) // of a request that this package makes up
	}
	return at
}

// run has the request made and waits for it. The error is ErrHang or ErrDied.
func (p *process) run(deadline time.Duration) error {
	s := p.slot()
	s.Count = uint32(p.count)
	if p.pid == 0 {
		return p.runHere()
	}
	p.post()
	return p.wait(deadline)
}

// runHere makes the request in the calling thread.
func (p *process) runHere() error {
	ops := p.slot().Ops[:p.count]
	for i := range ops {
		op := &ops[i]
		if op.Of != 0 {
			op.Args[0] = ops[op.Of-1].Value
		}
		v, _, errno := syscall.RawSyscall6(op.Number, op.Args[0], op.Args[1], op.Args[2], op.Args[3], op.Args[4], op.Args[5])
		op.Value, op.Errno = v, uintptr(errno)
		if errno != 0 && op.Must != 0 {
			break
		}
	}
	return nil
}

// post hands the request over.
func (p *process) post() {
	s := p.slot()
	s.Count = uint32(p.count)
	atomic.StoreUint32(&s.Posted, atomic.LoadUint32(&s.Posted)+1)
	_, _, _ = syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.Posted)), futexWake, 1, 0, 0, 0)
}

// wait waits until the request that was handed over is done.
func (p *process) wait(deadline time.Duration) error {
	s := p.slot()
	want := atomic.LoadUint32(&s.Posted)
	// Most calls take microseconds. For these, the Go runtime need not know that
	// the thread sleeps. The timeout is longer than a tick of any kernel, so that its
	// clock is not set anew for each call: an emulated one is slow.
	brief := unix.NsecToTimespec(int64(20 * time.Millisecond))
	for range 2 {
		done := atomic.LoadUint32(&s.Done)
		if done == want {
			return nil
		}
		_, _, _ = syscall.RawSyscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.Done)), futexWait, uintptr(done), uintptr(unsafe.Pointer(&brief)), 0, 0)
	}
	for began := time.Now(); ; {
		done := atomic.LoadUint32(&s.Done)
		if done == want {
			return nil
		}
		left := deadline - time.Since(began)
		switch {
		case left <= 0:
			return ErrHang
		case p.slots.gone.Load():
			return errGone
		case p.ended():
			return ErrDied
		}
		timeout := unix.NsecToTimespec(int64(min(left, checkAgain)))
		_, _, _ = syscall.Syscall6(unix.SYS_FUTEX, uintptr(unsafe.Pointer(&s.Done)), futexWait, uintptr(done), uintptr(unsafe.Pointer(&timeout)), 0, 0)
	}
}

// errGone is that of a call whose answer nobody waits for.
var errGone = errors.New("the client has ended")

// checkAgain is how long a call may take before it is looked whether the
// process that makes it is still there, and the client.
const checkAgain = 100 * time.Millisecond

// ended tells whether the process is gone.
func (p *process) ended() bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, p.pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT|unix.WALL, nil)
	if err == unix.ECHILD { // not a child of this one
		return unix.Kill(p.pid, 0) == unix.ESRCH
	}
	return err == nil && info.Signo != 0
}

// result is what the i-th system call of the last request was answered.
func (p *process) result(i int) (uintptr, unix.Errno) {
	op := &p.slot().Ops[i]
	return op.Value, unix.Errno(op.Errno)
}

// failed names the first system call of the last request that failed.
func (p *process) failed(names ...string) error {
	for i := range p.count {
		if _, errno := p.result(i); errno != 0 {
			name := "a system call"
			if i < len(names) {
				name = names[i]
			}
			return fmt.Errorf("%s: %w", name, errno)
		}
	}
	return nil
}
