package live

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"mntcheck/props/system"
)

// Native is the kernel that this program runs on.
//
// It may be used by several goroutines at once: each Run and each system has a
// server of its own, and so a processor of its own. Servers are kept for the
// next one; one that has ended is replaced.
type Native struct {
	options      Options
	release      string
	unprivileged bool // its servers are in user namespaces of their own

	mu      sync.Mutex
	idle    []*child
	started int  // servers ever
	crashed bool // a server ended otherwise than because its client wanted it to
	closed  bool
}

var _ system.Runner = (*Native)(nil)

// child is a server that runs as a child of this process.
type child struct {
	*Client
	command *exec.Cmd
	ended   chan struct{} // closed when it has
	err     error         // of the command, once ended
}

// New makes sure that the kernel can be used: it starts a first server. The
// error is an *UnreachableError where something is missing.
func New(ctx context.Context, o Options) (*Native, error) {
	root, err := isRoot()
	if err != nil {
		return nil, err
	}
	n := &Native{options: o, unprivileged: !root}
	c, err := n.acquire(ctx)
	if err != nil {
		return nil, err
	}
	n.release = c.release
	n.giveBack(c)
	return n, nil
}

// Profile says that this is a kernel, of which release, and what worlds it makes.
func (n *Native) Profile() system.Profile {
	name := "kernel"
	if n.unprivileged {
		name = "kernel as a user"
	}
	return system.Profile{Name: name, Release: n.release, Unprivileged: n.unprivileged}
}

// acquire takes an idle server, or starts one.
func (n *Native) acquire(ctx context.Context) (*child, error) {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil, errors.New("the kernel's servers have been closed")
	}
	for len(n.idle) > 0 {
		last := len(n.idle) - 1
		c := n.idle[last]
		n.idle = n.idle[:last]
		if !c.hasEnded() {
			n.mu.Unlock()
			return c, nil
		}
		n.crashed = true // it was idle, and so nobody asked it to end
		_ = c.stream.Close()
	}
	number := n.started
	n.started++
	n.mu.Unlock()
	return n.start(ctx, number)
}

// giveBack keeps a server for the next one; one that is of no more use is waited
// for and forgotten.
func (n *Native) giveBack(c *child) {
	if c.Broken() == nil {
		n.mu.Lock()
		if !n.closed {
			n.idle = append(n.idle, c)
			n.mu.Unlock()
			return
		}
		n.mu.Unlock()
	}
	if c.stop(n.options.patience()) != nil {
		n.mu.Lock()
		n.crashed = true
		n.mu.Unlock()
	}
}

func (c *child) hasEnded() bool {
	select {
	case <-c.ended:
		return true
	default:
		return false
	}
}

// start starts a server and greets it.
func (n *Native) start(ctx context.Context, number int) (*child, error) {
	space, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		return nil, &UnreachableError{Reason: "there is no /proc", Err: err}
	}
	requests, input, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer requests.Close()
	output, replies, err := os.Pipe()
	if err != nil {
		_ = input.Close()
		return nil, err
	}
	defer replies.Close()
	stream := &pipes{input, output}
	c := &child{command: exec.Command("/proc/self/exe"), ended: make(chan struct{})}
	c.command.Args[0] = "mntcheck-server"
	c.command.Stdin, c.command.Stdout, c.command.Stderr = requests, replies, n.options.log()
	c.command.Env = append(os.Environ(), serverVariable+"="+space, fmt.Sprintf("%s=%d", cpuVariable, os.Getpid()+number))
	isolate(c.command, n.unprivileged)
	if err := c.command.Start(); err != nil {
		_ = stream.Close()
		return nil, notIsolated(err, n.unprivileged)
	}
	go func() {
		c.err = c.command.Wait()
		close(c.ended)
	}()
	if c.Client, err = NewClient(ctx, &impatient{stream, n.options.patience()}, n.options); err != nil {
		c.Client = &Client{stream: stream}
		_ = c.stop(n.options.patience())
		return nil, err
	}
	return c, nil
}

// patience is how long a server may be silent. One that gets nowhere gives up by
// itself before.
func (o Options) patience() time.Duration { return 6*o.deadline() + 15*time.Second }

// killedTime is how long a server may take to end that was killed.
const killedTime = 5 * time.Second

// stop closes a server's input, which ends it, and waits until it has. The error is
// what it ended of; or that it has not: it waits for a process of its world then, in a
// call that nothing ends, and is gone when that is.
func (c *child) stop(patience time.Duration) error {
	_ = c.stream.Close()
	if c.endsWithin(patience) {
		return c.err
	}
	_ = c.command.Process.Kill()
	if c.endsWithin(killedTime) {
		return c.err
	}
	return fmt.Errorf("process %d is still there, though it was killed: %w", c.command.Process.Pid, ErrHang)
}

func (c *child) endsWithin(limit time.Duration) bool {
	select {
	case <-c.ended:
		return true
	case <-time.After(limit):
		return false
	}
}

// pipes are the two ends of a server's streams.
type pipes struct{ input, output *os.File }

func (p *pipes) Read(b []byte) (int, error)  { return p.output.Read(b) }
func (p *pipes) Write(b []byte) (int, error) { return p.input.Write(b) }
func (p *pipes) Close() error                { return errors.Join(p.input.Close(), p.output.Close()) }

func (p *pipes) SetDeadline(t time.Time) error {
	return errors.Join(p.input.SetWriteDeadline(t), p.output.SetReadDeadline(t))
}

var _ channel = (*pipes)(nil)

// Run runs jobs and returns a recording of each. A job that ended its server has
// that for an error, and the jobs behind it are run by another one.
func (n *Native) Run(ctx context.Context, jobs []system.Job) ([]system.Recording, error) {
	all := make([]system.Recording, 0, len(jobs))
	for len(all) < len(jobs) {
		c, err := n.acquire(ctx)
		if err != nil {
			return all, err
		}
		recordings, err := c.Run(ctx, jobs[len(all):])
		all = append(all, recordings...)
		n.giveBack(c)
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
		if err != nil && !errors.Is(err, errEnded) && len(all) < len(jobs) {
			all = append(all, system.Recording{Err: fmt.Errorf("the program ended its server: %w", err)})
		}
	}
	return all, nil
}

// Start starts a world that is used call by call; it is a system.Factory.
func (n *Native) Start(ctx context.Context, w system.World) (system.System, error) {
	c, err := n.acquire(ctx)
	if err != nil {
		return nil, err
	}
	sys, err := c.Start(ctx, w)
	if err != nil {
		n.giveBack(c)
		return nil, err
	}
	return &nativeWorld{System: sys, native: n, child: c}, nil
}

// Factory makes systems of this kernel; it is Start.
func (n *Native) Factory() system.Factory { return n.Start }

// nativeWorld gives its server back when it is closed.
type nativeWorld struct {
	system.System
	native *Native
	child  *child
	once   sync.Once
}

var _ system.Profiler = (*nativeWorld)(nil)

func (w *nativeWorld) Profile() system.Profile { return w.native.Profile() }

func (w *nativeWorld) Close() (err error) {
	w.once.Do(func() {
		err = w.System.Close()
		w.native.giveBack(w.child)
	})
	return err
}

// Close ends the servers, and waits until they have. One that crashed may have
// left the kernel's own root as worlds want it; a last server puts that back.
func (n *Native) Close() error {
	n.mu.Lock()
	idle, crashed := n.idle, n.crashed
	n.idle, n.closed = nil, true
	n.mu.Unlock()
	var err error
	if crashed && len(idle) == 0 {
		var c *child
		if c, err = n.start(context.Background(), 0); err == nil {
			idle = append(idle, c)
		}
	}
	for _, c := range idle {
		if ended := c.stop(n.options.patience()); ended != nil {
			err = errors.Join(err, fmt.Errorf("a server ended with %w", ended))
		}
	}
	return err
}
