package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"mntcheck/props/live/internal/qemu"
	"mntcheck/props/system"
)

// MachineOptions say what kernel to boot, and how. Only Kernel has to be set.
type MachineOptions struct {
	Options
	Kernel     string   // path of a bzImage, or of a vmlinux with CONFIG_PVH
	Parameters []string // more of the kernel's parameters, such as "panic_on_warn=1"
	// Init is the path of a statically linked executable that calls Main first
	// thing; "" is this program's own.
	Init     string
	Memory   int    // of a machine, in MiB; 0: 512
	Accel    string // "kvm" or "tcg"; "" is KVM where that works, else TCG
	Machines int    // how many may run at a time; 0: 1
}

// Dead is the error of a machine that ended: its kernel panicked, it hung, or
// QEMU ended. It has the last of what was on the console.
type Dead = qemu.Dead

// The causes of a Dead.
const (
	Panicked = qemu.Panicked // the kernel panicked, or oopsed
	Hung     = qemu.Hung     // there was no answer in time
	Failed   = qemu.Failed   // the server in the machine failed
	Stopped  = qemu.Stopped  // QEMU ended, and nothing says why
)

// Machine is a kernel that runs in a virtual machine, or in several: as many as
// are used at once, at most MachineOptions.Machines. One that has died is
// replaced by the next Run or Start.
type Machine struct {
	options MachineOptions
	release string
	idle    chan *guest   // machines that wait for work
	free    chan struct{} // a token for each that may be booted
	closed  context.Context
	close   context.CancelFunc
}

var _ system.Runner = (*Machine)(nil)

// guest is one booted machine and the client of its server.
type guest struct {
	*Client
	machine *qemu.Machine
}

// Boot boots a first machine, and waits until its server answers. The error is
// an *UnreachableError where that was not possible: QEMU is missing, the
// executable cannot be an init, or the kernel lacks something.
func Boot(ctx context.Context, o MachineOptions) (*Machine, error) {
	m := newPool(o)
	g, err := m.boot(ctx)
	if err != nil {
		m.close()
		return nil, err
	}
	m.release = g.machine.Release()
	// What works here is known now, and need not be tried again.
	m.options.Accel = string(g.machine.Accel())
	m.idle <- g
	return m, nil
}

// newPool is a Machine with one machine taken out, for the caller to put into it.
func newPool(o MachineOptions) *Machine {
	o.Machines = max(o.Machines, 1)
	m := &Machine{options: o, idle: make(chan *guest, o.Machines), free: make(chan struct{}, o.Machines)}
	m.closed, m.close = context.WithCancel(context.Background())
	for range o.Machines - 1 {
		m.free <- struct{}{}
	}
	return m
}

// boot boots a machine and greets its server.
func (m *Machine) boot(ctx context.Context) (*guest, error) {
	o := m.options
	machine, err := qemu.Boot(ctx, qemu.Options{
		Kernel: o.Kernel, Parameters: o.Parameters, Init: o.Init, Memory: o.Memory, Accel: qemu.Accel(o.Accel),
	})
	if err == nil {
		var g *guest
		if g, err = m.greet(ctx, machine, machine); err == nil {
			return g, nil
		}
	}
	var unreachable *UnreachableError
	if ctx.Err() != nil || errors.As(err, &unreachable) {
		return nil, err
	}
	return nil, &UnreachableError{Reason: fmt.Sprintf("no machine could be booted with %s", o.Kernel), Err: err}
}

// emulatedDeadline is how long a call may take by default where instructions
// are translated: everything takes some ten times as long.
const emulatedDeadline = 2 * DefaultDeadline

// greet speaks to the server of a machine over its channel.
func (m *Machine) greet(ctx context.Context, machine *qemu.Machine, stream channel) (*guest, error) {
	o := m.options.Options
	if o.Deadline <= 0 && machine.Accel() == qemu.TCG {
		o.Deadline = emulatedDeadline
	}
	// That is more than a server takes to give up a call that hangs.
	client, err := NewClient(ctx, &impatient{stream, 3 * o.deadline()}, o)
	if err != nil {
		return nil, err
	}
	return &guest{client, machine}, nil
}

// channel is that of a machine.
type channel interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

// impatient is a channel on which something has to come or go within a limit.
type impatient struct {
	channel
	limit time.Duration
}

var _ io.ReadWriteCloser = (*impatient)(nil)

func (s *impatient) Read(p []byte) (int, error) {
	if err := s.SetDeadline(time.Now().Add(s.limit)); err != nil {
		return 0, err
	}
	return s.channel.Read(p)
}

func (s *impatient) Write(p []byte) (int, error) {
	if err := s.SetDeadline(time.Now().Add(s.limit)); err != nil {
		return 0, err
	}
	return s.channel.Write(p)
}

// acquire takes a machine that is idle, or boots one, or waits for either.
func (m *Machine) acquire(ctx context.Context) (*guest, error) {
	for {
		if m.closed.Err() != nil {
			return nil, qemu.ErrClosed
		}
		g, err := m.next(ctx)
		if err != nil || g.machine.Err() == nil {
			return g, err
		}
		m.drop(g) // it died while nobody used it
	}
}

// next is an idle machine, whatever state it is in, or a new one.
func (m *Machine) next(ctx context.Context) (*guest, error) {
	select {
	case g := <-m.idle:
		return g, nil
	default:
	}
	select {
	case g := <-m.idle:
		return g, nil
	case <-m.free:
		g, err := m.boot(ctx)
		if err != nil {
			m.free <- struct{}{}
		}
		return g, err
	case <-m.closed.Done():
		return nil, qemu.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// drop ends a machine, and lets another one be booted.
func (m *Machine) drop(g *guest) {
	_ = g.machine.Close()
	m.free <- struct{}{}
}

// giveBack gives a machine back. One that is of no more use is replaced when
// there is a need.
func (m *Machine) giveBack(g *guest) {
	if g.Broken() != nil || m.closed.Err() != nil {
		m.drop(g)
		return
	}
	m.idle <- g
}

// Profile says that this is a kernel, and of which release.
func (m *Machine) Profile() system.Profile {
	return system.Profile{Name: "kernel", Release: m.release}
}

// Accel is what machines run with: "kvm" or "tcg".
func (m *Machine) Accel() string { return m.options.Accel }

// Factory makes systems of this kernel; it is Start.
func (m *Machine) Factory() system.Factory { return m.Start }

// Start starts a world that is used call by call; it is a system.Factory. Until
// it is closed it has a machine of its own.
func (m *Machine) Start(ctx context.Context, w system.World) (system.System, error) {
	g, err := m.acquire(ctx)
	if err != nil {
		return nil, err
	}
	sys, err := g.Start(ctx, w)
	if err != nil {
		m.giveBack(g)
		return nil, err
	}
	return &machineWorld{System: sys, machine: m, guest: g}, nil
}

// machineWorld gives its machine back when it is closed.
type machineWorld struct {
	system.System
	machine *Machine
	guest   *guest
}

var _ system.Profiler = (*machineWorld)(nil)

func (w *machineWorld) Profile() system.Profile { return w.machine.Profile() }

func (w *machineWorld) Close() error {
	if w.guest == nil {
		return nil
	}
	err := w.System.Close()
	w.machine.giveBack(w.guest)
	w.guest = nil
	return err
}

// Close ends the machines that are idle; one that is being used ends when it is
// given back.
func (m *Machine) Close() error {
	m.close()
	for {
		select {
		case g := <-m.idle:
			m.drop(g)
		default:
			return nil
		}
	}
}
