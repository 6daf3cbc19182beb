package qemu

import (
	"fmt"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Requests of /dev/kvm, and where what they take has the fields used here
// (include/uapi/linux/kvm.h, asm/kvm.h of x86).
const (
	kvmCreateVM            = 0xae01
	kvmGetVCPUMmapSize     = 0xae04
	kvmCreateVCPU          = 0xae41
	kvmSetUserMemoryRegion = 0x4020ae46
	kvmRun                 = 0xae80
	kvmSetRegs             = 0x4090ae82
	kvmGetSregs            = 0x8138ae83
	kvmSetSregs            = 0x4138ae84

	sregsSize     = 312
	sregsCS       = 0 // segment: base, 8 bytes; limit, 4 bytes; selector, 2 bytes
	exitReason    = 8 // in the shared page
	exitReasonHLT = 5
)

// kvmRegs is struct kvm_regs.
type kvmRegs struct {
	RAX, RBX, RCX, RDX, RSI, RDI, RSP, RBP uint64
	R8, R9, R10, R11, R12, R13, R14, R15   uint64
	RIP, RFLAGS                            uint64
}

// kvmMemoryRegion is struct kvm_userspace_memory_region.
type kvmMemoryRegion struct {
	Slot, Flags                 uint32
	Physical, Size, UserAddress uint64
}

// checkKVM says why KVM is not worth a try: it runs a machine of a page of
// memory and two instructions. That /dev/kvm exists says little: inside of a
// virtual machine it may be a KVM that has no help from the processor, and takes
// microseconds for an instruction, or fails at some.
func checkKVM() error {
	fd, err := unix.Open("/dev/kvm", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("/dev/kvm: %w", err)
	}
	defer unix.Close(fd)
	var took time.Duration
	for range loopTries {
		vm, err := kvmCall(fd, kvmCreateVM, nil)
		if err != nil {
			return fmt.Errorf("making a virtual machine with KVM: %w", err)
		}
		took, err = runLoop(fd, vm)
		unix.Close(vm)
		if err != nil {
			return fmt.Errorf("running a virtual machine with KVM: %w", err)
		}
		if took <= loopLimit {
			return nil
		}
	}
	return fmt.Errorf("KVM takes %s for a loop that a processor is through with in a tenth of a millisecond", took)
}

// A processor takes some 0.1 ms for the loop, a KVM that emulates it 40 ms. A
// host that is busy can make one run slow, hardly all of them.
const (
	loopCount = 0xffff
	loopLimit = 5 * time.Millisecond
	loopTries = 3
)

// runLoop runs a loop that counts CX down, and returns how long it took.
func runLoop(fd, vm int) (time.Duration, error) {
	page, err := unix.Mmap(-1, 0, unix.Getpagesize(), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_ANONYMOUS)
	if err != nil {
		return 0, err
	}
	defer unix.Munmap(page)
	copy(page, []byte{
		0xe2, 0xfe, // loop .
		0xf4, //       hlt
	})
	region := kvmMemoryRegion{Size: uint64(len(page)), UserAddress: uint64(uintptr(unsafe.Pointer(&page[0])))}
	if _, err := kvmCall(vm, kvmSetUserMemoryRegion, unsafe.Pointer(&region)); err != nil {
		return 0, err
	}
	vcpu, err := kvmCall(vm, kvmCreateVCPU, nil)
	if err != nil {
		return 0, err
	}
	defer unix.Close(vcpu)
	size, err := kvmCall(fd, kvmGetVCPUMmapSize, nil)
	if err != nil {
		return 0, err
	}
	shared, err := unix.Mmap(vcpu, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return 0, err
	}
	defer unix.Munmap(shared)

	// It starts in real mode, in a segment that starts at 0.
	var sregs [sregsSize]byte
	if _, err := kvmCall(vcpu, kvmGetSregs, unsafe.Pointer(&sregs)); err != nil {
		return 0, err
	}
	clear(sregs[sregsCS : sregsCS+8])
	clear(sregs[sregsCS+12 : sregsCS+14])
	if _, err := kvmCall(vcpu, kvmSetSregs, unsafe.Pointer(&sregs)); err != nil {
		return 0, err
	}
	regs := kvmRegs{RCX: loopCount, RFLAGS: 2}
	if _, err := kvmCall(vcpu, kvmSetRegs, unsafe.Pointer(&regs)); err != nil {
		return 0, err
	}
	start := time.Now()
	for {
		if _, err := kvmCall(vcpu, kvmRun, nil); err != unix.EINTR {
			if err != nil {
				return 0, err
			}
			break
		}
	}
	if reason := *(*uint32)(unsafe.Pointer(&shared[exitReason])); reason != exitReasonHLT {
		return 0, fmt.Errorf("it ended with reason %d", reason)
	}
	return time.Since(start), nil
}

func kvmCall(fd int, request uintptr, argument unsafe.Pointer) (int, error) {
	value, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(argument))
	if errno != 0 {
		return 0, errno
	}
	return int(value), nil
}
