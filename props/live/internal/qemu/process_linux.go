package qemu

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ownExecutable is this program's, even where its file was since replaced.
const ownExecutable = "/proc/self/exe"

// portName is the name of the port of virtio-serial that is the channel.
const portName = "mntcheck"

// process is QEMU: its process, and the host's ends of what the guest sees.
type process struct {
	cmd      *exec.Cmd
	channels []*os.File // what the guest may choose its channel of
	line     *os.File   // the serial line that is the console
	monitor  *os.File   // QEMU's own command line
	console  tail       // what came out of line
	messages tail       // what QEMU itself printed
	drained  sync.WaitGroup
	ended    chan error // gets what QEMU's end was; nobody waits for it twice
}

// start starts QEMU.
func start(o Options, accel Accel) (_ *process, err error) {
	line, err := o.commandLine(accel)
	if err != nil {
		return nil, err
	}
	p := &process{ended: make(chan error, 1)}
	var theirs []*os.File // QEMU's ends: descriptors 3, 4, … there
	defer func() {
		for _, f := range theirs {
			f.Close()
		}
		if err != nil {
			p.closeOurs()
		}
	}()
	args := []string{
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot",
		"-machine", "pc", "-accel", string(accel), "-cpu", cpuOf(accel),
		"-smp", strconv.Itoa(o.CPUs), "-m", strconv.Itoa(o.Memory),
		"-append", line,
		"-device", "virtio-serial-pci",
	}
	sockets := []struct {
		keep **os.File
		name string
		use  []string
	}{
		{&p.line, "console", []string{"-serial", "chardev:console"}},
		{nil, "ttyS1", []string{"-serial", "chardev:ttyS1"}},
		{nil, "port", []string{"-device", "virtserialport,chardev=port,name=" + portName}},
		{&p.monitor, "monitor", []string{"-mon", "chardev=monitor,mode=readline"}},
	}
	for _, s := range sockets {
		ours, their, err := socketPair()
		if err != nil {
			return nil, err
		}
		args = append(args, "-chardev", fmt.Sprintf("socket,id=%s,fd=%d", s.name, 3+len(theirs)))
		args = append(args, s.use...)
		theirs = append(theirs, their)
		if s.keep != nil {
			*s.keep = ours
		} else {
			p.channels = append(p.channels, ours)
		}
	}
	initramfs, err := memoryFile("initramfs", func(w io.Writer) error { return packInitramfs(w, o.Init) })
	if err != nil {
		return nil, fmt.Errorf("packing the initramfs: %w", err)
	}
	args = append(args, "-initrd", fmt.Sprintf("/proc/self/fd/%d", 3+len(theirs)))
	theirs = append(theirs, initramfs)
	kernel, err := memoryFile("vmlinux", func(w io.Writer) error { return unpackKernel(w, o.Kernel) })
	if err == nil {
		args = append(args, "-kernel", fmt.Sprintf("/proc/self/fd/%d", 3+len(theirs)))
		theirs = append(theirs, kernel)
	} else {
		args = append(args, "-kernel", o.Kernel)
	}

	p.cmd = exec.Command(o.Emulator, args...)
	p.cmd.ExtraFiles = theirs
	p.cmd.Stderr = &p.messages
	p.cmd.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL,
		// Ctrl-C is for us alone.
		Setpgid: true,
	}
	if err := p.launch(); err != nil {
		return nil, fmt.Errorf("starting QEMU: %w", err)
	}
	p.drained.Go(func() { io.Copy(&p.console, p.line) })
	go io.Copy(io.Discard, p.monitor)
	return p, nil
}

// cpuOf is the model of processor: all that there is.
func cpuOf(accel Accel) string {
	if accel == KVM {
		return "host"
	}
	return "max"
}

// launch starts the command and waits for its end, on one thread: the kernel
// sends the signal for the death of a parent when the thread ends that started
// the child, and Go ends threads as it likes unless a goroutine holds one.
func (p *process) launch() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			p.ended <- p.cmd.Wait()
		}
	}()
	return <-started
}

// memoryFile makes a file that has no name, and fills it.
func memoryFile(name string, fill func(io.Writer) error) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if err := fill(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// socketPair makes a stream: an end for us, and one for QEMU. They are files, and
// not connections of package net, since a program with that package is linked
// dynamically where there is a C compiler, and could not be init.
func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	theirs = os.NewFile(uintptr(fds[1]), "channel")
	// Reads of a file that does not block can have deadlines.
	if err := unix.SetNonblock(fds[0], true); err != nil {
		theirs.Close()
		unix.Close(fds[0])
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "channel"), theirs, nil
}

// wait waits for QEMU's end, and until all that it wrote was read.
func (p *process) wait() error {
	err := <-p.ended
	// The other end is closed: what is left can be read without waiting. A child
	// of QEMU that held it open would be waited for in vain.
	p.line.SetReadDeadline(time.Now().Add(time.Second))
	p.drained.Wait()
	p.line.Close()
	p.monitor.Close()
	return err
}

func (p *process) closeOurs() {
	for _, f := range append(p.channels, p.line, p.monitor) {
		if f != nil {
			f.Close()
		}
	}
}

// kill ends QEMU; nothing can keep it from ending.
func (p *process) kill() { p.cmd.Process.Kill() }

// expectEnd gives QEMU, whose end of the channel is closed, a second to end by
// itself and say why, and then ends it.
func (p *process) expectEnd() { time.AfterFunc(time.Second, p.kill) }

// verdict is what QEMU ended of, when nobody ended it; err is that of its
// process.
func (p *process) verdict(err error) error {
	console := p.console.String()
	cause, reason, ended := diagnose(console)
	if ended {
		return io.EOF
	}
	if reason == "" {
		reason = "QEMU ended"
		if err != nil {
			reason += ": " + err.Error()
		}
		reason += p.said()
	}
	return &Dead{cause, reason, console}
}

// said is what QEMU itself has printed, to be appended to a reason.
func (p *process) said() string {
	if text := strings.TrimSpace(p.messages.String()); text != "" {
		return "; QEMU said: " + text
	}
	return ""
}

// interrogate makes a kernel that hangs show its blocked tasks and what its
// processors are at, on the console: a break on the serial line and a letter is
// a command to it, as Alt-SysRq and a letter is.
func (p *process) interrogate() {
	for _, letter := range "wl" {
		before := p.console.size()
		fmt.Fprintln(p.monitor, "chardev-send-break console")
		time.Sleep(100 * time.Millisecond) // there is no answer to wait for
		fmt.Fprintf(p.line, "%c", letter)
		// Until the console has been silent for a while: a kernel that hangs with
		// interrupts disabled says nothing at all.
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		for size := before; ctx.Err() == nil; {
			time.Sleep(300 * time.Millisecond)
			now := p.console.size()
			if now == size {
				break
			}
			size = now
		}
		cancel()
	}
}
