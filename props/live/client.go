package live

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"

	"mntcheck/model"
	"mntcheck/props/system"
)

// Client runs programs on a server at the other end of a stream. It is a
// system.Runner, and starts systems: one world at a time, so a world that is
// started waits until the one before it is closed.
type Client struct {
	stream  io.Closer
	encoder *gob.Encoder
	flush   *bufio.Writer
	decoder *gob.Decoder
	turn    chan struct{} // holds a token while nobody uses the stream
	release string
	broken  error // why the stream can be used no more; guarded by turn
}

var _ system.Runner = (*Client)(nil)

// NewClient greets the server at the other end of stream, and owns the stream
// from then on. The error is an *UnreachableError where the server says that
// its kernel cannot be used.
//
// A context that ends in the middle of a request closes the stream: there is no
// other way to stop a call that is being made.
func NewClient(ctx context.Context, stream io.ReadWriteCloser, o Options) (*Client, error) {
	w := bufio.NewWriterSize(stream, 1<<16)
	c := &Client{
		stream: stream, flush: w, encoder: gob.NewEncoder(w),
		decoder: gob.NewDecoder(bufio.NewReaderSize(stream, 1<<16)),
		turn:    make(chan struct{}, 1),
	}
	hello := request{Verb: verbHello, Settings: settings{Deadline: o.deadline(), CrossCheck: o.CrossCheck, BySight: o.sourcesBySight}}
	answer, err := c.ask(ctx, &hello)
	if err == nil {
		err = answer.Failure.err()
	}
	if err != nil {
		_ = stream.Close()
		return nil, err
	}
	c.release = answer.Release
	c.turn <- struct{}{}
	return c, nil
}

// Profile says that this is a kernel, and of which release.
func (c *Client) Profile() system.Profile {
	return system.Profile{Name: "kernel", Release: c.release}
}

// Close ends the server.
func (c *Client) Close() error { return c.stream.Close() }

// Broken tells why the server can be used no more; nil if it can, as far as is
// known.
func (c *Client) Broken() error {
	select {
	case <-c.turn:
		defer c.giveTurn()
		return c.broken
	default:
		return nil // it is being used
	}
}

// Run runs jobs and returns their recordings. Where the stream breaks there are
// fewer of these than jobs, and an error: the first job without one is the one
// that was being run.
func (c *Client) Run(ctx context.Context, jobs []system.Job) ([]system.Recording, error) {
	if err := c.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer c.giveTurn()
	recordings := make([]system.Recording, 0, len(jobs))
	if len(jobs) == 0 {
		return recordings, nil
	}
	stop := c.closeWith(ctx)
	defer stop()
	if err := c.send(&request{Verb: verbRun, Jobs: jobsOf(jobs)}); err != nil {
		return recordings, c.fail(ctx, err)
	}
	for range jobs {
		answer, err := c.receive()
		if err != nil {
			return recordings, c.fail(ctx, err)
		}
		rec, err := answer.recording()
		if err != nil {
			return recordings, c.fail(ctx, err)
		}
		recordings = append(recordings, rec)
		if answer.Failure.Fatal {
			return recordings, c.fail(ctx, fmt.Errorf("%w: %w", errEnded, rec.Err))
		}
	}
	return recordings, nil
}

// Start starts a world that is used call by call; it is a system.Factory.
func (c *Client) Start(ctx context.Context, w system.World) (system.System, error) {
	if err := c.takeTurn(ctx); err != nil {
		return nil, err
	}
	answer, err := c.ask(ctx, &request{Verb: verbStart, World: specOf(w)})
	if err == nil {
		err = answer.Failure.err()
	}
	if err != nil {
		c.giveTurn()
		return nil, err
	}
	return &remoteWorld{client: c}, nil
}

// takeTurn waits until nobody uses the stream.
func (c *Client) takeTurn(ctx context.Context) error {
	select {
	case <-c.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	if c.broken != nil {
		defer c.giveTurn()
		return c.broken
	}
	return nil
}

func (c *Client) giveTurn() { c.turn <- struct{}{} }

// ask sends a request that has one reply.
func (c *Client) ask(ctx context.Context, r *request) (*reply, error) {
	stop := c.closeWith(ctx)
	defer stop()
	if err := c.send(r); err != nil {
		return nil, c.fail(ctx, err)
	}
	answer, err := c.receive()
	if err != nil {
		return nil, c.fail(ctx, err)
	}
	if answer.Failure.Fatal {
		_ = c.fail(ctx, fmt.Errorf("%w: %s", errEnded, answer.Failure.Text))
	}
	return answer, nil
}

// closeWith closes the stream when ctx ends before stop is called.
func (c *Client) closeWith(ctx context.Context) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = c.stream.Close() })
}

func (c *Client) send(r *request) error {
	if err := c.encoder.Encode(r); err != nil {
		return err
	}
	return c.flush.Flush()
}

func (c *Client) receive() (*reply, error) {
	for {
		answer := &reply{}
		if err := c.decoder.Decode(answer); err != nil || !answer.Working {
			return answer, err
		}
	}
}

// errEnded is that of a server that has said that it ends.
var errEnded = errors.New("the server has ended")

// fail notes that the stream can be used no more.
func (c *Client) fail(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		err = ctx.Err()
	case errors.Is(err, errEnded):
	case errors.Is(err, os.ErrDeadlineExceeded):
		err = fmt.Errorf("the server says nothing any more: %w", ErrHang)
	case errors.Is(err, io.EOF):
		err = errors.New("the server ended without a word")
	default:
		err = fmt.Errorf("speaking to the server: %w", err)
	}
	c.broken = err
	_ = c.stream.Close()
	return err
}

// remoteWorld is the world that a Client has started last.
type remoteWorld struct {
	client *Client
	closed bool
}

var (
	_ system.System   = (*remoteWorld)(nil)
	_ system.Profiler = (*remoteWorld)(nil)
)

func (w *remoteWorld) Profile() system.Profile { return w.client.Profile() }

func (w *remoteWorld) Do(ctx context.Context, actor int, call *model.Call) (model.Result, error) {
	answer, err := w.ask(ctx, &request{Verb: verbDo, Call: linesOf([]model.Step{{Actor: actor, Call: *call}})})
	if err != nil {
		return model.Result{}, err
	}
	if len(answer.Answers) != 1 {
		return model.Result{}, errors.New("the server did not answer a call")
	}
	return answer.Answers[0].result(), nil
}

func (w *remoteWorld) Observe(ctx context.Context) (model.View, error) {
	answer, err := w.ask(ctx, &request{Verb: verbObserve})
	if err != nil {
		return model.View{}, err
	}
	views, err := viewsOf(answer.Views)
	if err == nil && len(views) != 1 {
		err = errors.New("the server did not answer with a view")
	}
	if err != nil {
		return model.View{}, err
	}
	return views[0], nil
}

func (w *remoteWorld) ask(ctx context.Context, r *request) (*reply, error) {
	if w.closed {
		return nil, errors.New("this world has been closed")
	}
	if w.client.broken != nil {
		return nil, w.client.broken
	}
	answer, err := w.client.ask(ctx, r)
	if err != nil {
		return nil, err
	}
	return answer, answer.Failure.err()
}

// Close ends the world, and lets the client start another.
func (w *remoteWorld) Close() error {
	if w.closed {
		return nil
	}
	var err error
	if w.client.broken == nil {
		_, err = w.ask(context.Background(), &request{Verb: verbClose})
	}
	w.closed = true
	w.client.giveTurn()
	return err
}
