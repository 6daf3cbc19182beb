package live

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Sizes of the memory that the server and its actors share.
const (
	maxSlots   = 512 // processes at a time
	slotBytes  = 96 << 10
	maxOps     = 64 // system calls in one request
	slotsBytes = maxSlots * slotBytes
)

// slot is the mailbox of one process, in memory that all of a server's processes
// have at the same address. The server writes a request and counts Posted up;
// the process makes the calls and lets Done follow. Both are futexes.
type slot struct {
	Posted, Done uint32
	Count        uint32 // of Ops in the request
	_            uint32
	Ops          [maxOps]sysop
	Data         [dataBytes]byte // strings and structures that the calls point to
}

const dataBytes = slotBytes - 16 - maxOps*int(unsafe.Sizeof(sysop{}))

// sysop is one system call of a request, and its answer.
type sysop struct {
	Number uintptr
	Args   [6]uintptr
	Value  uintptr
	Errno  uintptr
	Must   uint32 // where it fails, those behind it are not made
	Child  uint32 // index of the slot that a child of this call goes on with; 0: there is no child
	Of     uint32 // number, from 1, of a call of the request whose value is the first argument; 0: that is given
	_      uint32
}

// slots is the shared memory.
type slots struct {
	base unsafe.Pointer
	free []uint32     // indexes of slots that no process uses
	gone *atomic.Bool // nobody waits for answers any more
}

// newSlots maps the memory. Index 0 stands for none and is never given out.
func newSlots(gone *atomic.Bool) (*slots, error) {
	base, err := unix.MmapPtr(-1, 0, nil, slotsBytes, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil, fmt.Errorf("memory to share with actors: %w", err)
	}
	s := &slots{base: base, gone: gone}
	for i := uint32(maxSlots - 1); i > 0; i-- {
		s.free = append(s.free, i)
	}
	return s, nil
}

func (s *slots) at(i uint32) *slot { return slotAt(s.base, i) }

//go:nosplit
func slotAt(base unsafe.Pointer, i uint32) *slot {
	return (*slot)(unsafe.Add(base, uintptr(i)*slotBytes))
}

// take gives out a slot for a process that is about to be made.
func (s *slots) take() (uint32, bool) {
	if len(s.free) == 0 {
		return 0, false
	}
	i := s.free[len(s.free)-1]
	s.free = s.free[:len(s.free)-1]
	at := s.at(i)
	at.Posted, at.Done, at.Count = 0, 0, 0
	return i, true
}

// give takes a slot back whose process is gone.
func (s *slots) give(i uint32) { s.free = append(s.free, i) }
