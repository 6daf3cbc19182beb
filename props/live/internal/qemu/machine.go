package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Machine is a virtual machine whose init has opened the channel. Its Read and
// Write are the channel's; one reader and one writer may use it at a time.
type Machine struct {
	accel   Accel
	hello   hello
	process *process
	channel *os.File

	end  sync.Once     // sets err
	dead chan struct{} // closed at the end, when err is set
	err  error
}

var _ io.ReadWriteCloser = (*Machine)(nil)

// hello is the first line on the channel, from the guest.
type hello struct {
	Release string `json:"release"` // as uname prints it
	Channel string `json:"channel"` // channelVirtio or channelSerial
}

// helloMark starts the line, so that nothing else is taken for it.
const helloMark = "mntcheck "

// What a channel can be.
const (
	channelVirtio = "virtio-serial"
	channelSerial = "ttyS1"
)

// ErrClosed is the error of a machine that was closed.
var ErrClosed = errors.New("the machine was closed")

// Boot starts a machine and waits until the function given to Guest has the
// channel there. Where Options.Accel is Auto, KVM is tried first, for real: that
// /dev/kvm can be opened says little. The context ends the waiting only; the
// machine lives until Close, or until this process ends. A machine that did not
// come up is a Dead.
func Boot(ctx context.Context, o Options) (*Machine, error) {
	if runtime.GOOS != "linux" {
		return nil, fmt.Errorf("booting a kernel on %s: %w", runtime.GOOS, errors.ErrUnsupported)
	}
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkKernel(o.Kernel); err != nil {
		return nil, err
	}
	if o.Init == "" {
		o.Init = ownExecutable
	}
	if err := CheckInit(o.Init); err != nil {
		return nil, err
	}
	if o.Accel == TCG || o.Accel == Auto && checkKVM() != nil {
		return boot(ctx, o, TCG)
	}
	m, err := boot(ctx, o, KVM)
	var died *Dead
	if err == nil || o.Accel == KVM || !errors.As(err, &died) || died.Cause == Panicked || died.Cause == Failed {
		return m, err
	}
	return boot(ctx, o, TCG)
}

// kvmBoot is how long a machine may take to boot with KVM before TCG is tried.
// It takes about a second where KVM works.
const kvmBoot = 15 * time.Second

func boot(ctx context.Context, o Options, accel Accel) (*Machine, error) {
	if accel == KVM && o.Accel == Auto {
		o.Boot = min(o.Boot, kvmBoot)
	}
	p, err := start(o, accel)
	if err != nil {
		return nil, err
	}
	m := &Machine{accel: accel, process: p, dead: make(chan struct{})}
	go m.watch()
	waiting, cancel := context.WithTimeout(ctx, o.Boot)
	defer cancel()
	stop := context.AfterFunc(waiting, func() {
		if ctx.Err() == nil {
			m.hang(fmt.Sprintf("its init did not start within %s", o.Boot))
			return
		}
		m.finish(context.Cause(ctx))
	})
	defer stop()
	channel, greeting, err := firstHello(p.channels)
	if err != nil || !stop() {
		m.process.kill()
		<-m.dead
		return nil, m.err
	}
	m.channel, m.hello = channel, greeting
	return m, nil
}

// firstHello waits for a hello on one of the channels, and closes the others.
func firstHello(channels []*os.File) (*os.File, hello, error) {
	type answer struct {
		channel *os.File
		hello   hello
		err     error
	}
	answers := make(chan answer, len(channels))
	for _, channel := range channels {
		go func() {
			h, err := readHello(channel)
			answers <- answer{channel, h, err}
		}()
	}
	var err error
	for range channels {
		a := <-answers
		if a.err != nil {
			err = a.err
			continue
		}
		for _, other := range channels {
			if other != a.channel {
				other.Close()
			}
		}
		return a.channel, a.hello, nil
	}
	return nil, hello{}, err
}

// readHello reads lines until one is a hello. It reads byte by byte, since what
// comes after the line is not its.
func readHello(r io.Reader) (h hello, err error) {
	var line strings.Builder
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(r, b); err != nil {
			return h, err
		}
		if b[0] != '\n' {
			if line.Len() < 1<<10 {
				line.WriteByte(b[0])
			}
			continue
		}
		// A serial line may start with noise.
		if _, text, ok := strings.Cut(line.String(), helloMark); ok && json.Unmarshal([]byte(text), &h) == nil {
			return h, nil
		}
		line.Reset()
	}
}

// Release is that of the guest's kernel, as uname prints it.
func (m *Machine) Release() string { return m.hello.Release }

// Accel is what the machine runs with: KVM or TCG.
func (m *Machine) Accel() Accel { return m.accel }

// Channel names what the channel is made of: virtio-serial, or ttyS1 where the
// kernel lacks that.
func (m *Machine) Channel() string { return m.hello.Channel }

// Console is the last of what was on the console until now, at most 64 KiB.
func (m *Machine) Console() string { return m.process.console.String() }

// SetDeadline sets the time by which reads and writes have to be done, those
// that wait included; the zero time is none. The machine that misses it counts
// as hung, and is ended.
func (m *Machine) SetDeadline(t time.Time) error { return m.explain(m.channel.SetDeadline(t)) }

// Read reads from the channel. At the end of the guest's function it fails with
// io.EOF, and after any other end with the machine's error.
func (m *Machine) Read(p []byte) (int, error) {
	n, err := m.channel.Read(p)
	return n, m.explain(err)
}

// Write writes to the channel.
func (m *Machine) Write(p []byte) (int, error) {
	n, err := m.channel.Write(p)
	return n, m.explain(err)
}

// explain is the machine's own error, for one of the channel's.
func (m *Machine) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		m.hang("there was no answer by the deadline")
	default:
		// QEMU is gone or about to go: the only other end of the channel is in it.
		m.process.expectEnd()
	}
	<-m.dead
	return m.err
}

// Err is nil as long as the machine runs; then io.EOF after the end of the
// guest's function, ErrClosed after Close, or a Dead.
func (m *Machine) Err() error {
	select {
	case <-m.dead:
		return m.err
	default:
		return nil
	}
}

// Close ends the machine, whatever it does. It can be called at any time and
// any number of times.
func (m *Machine) Close() error {
	m.finish(ErrClosed)
	return nil
}

// finish kills the machine, and gives it an error where it has none yet.
func (m *Machine) finish(err error) {
	m.settle(err)
	m.process.kill()
	<-m.dead
}

// settle makes err the machine's error if it is the first.
func (m *Machine) settle(err error) { m.end.Do(func() { m.err = err }) }

// hang ends a machine that does not answer.
func (m *Machine) hang(reason string) {
	m.process.interrogate()
	console := m.Console()
	// It may have died while it was asked, or be dead already.
	if cause, said, _ := diagnose(console); cause == Panicked {
		m.finish(&Dead{Panicked, said, console})
		return
	}
	m.finish(&Dead{Hung, reason + m.process.said(), console})
}

// watch waits for QEMU to end, and says what of.
func (m *Machine) watch() {
	err := m.process.wait()
	m.settle(m.process.verdict(err))
	for _, channel := range m.process.channels {
		channel.Close()
	}
	close(m.dead)
}
