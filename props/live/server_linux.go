package live

import (
	"bufio"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// Variables in the environment of a server that New has started.
const (
	serverVariable = "MNTCHECK_LIVE_SERVER" // the client's /proc/self/ns/mnt
	cpuVariable    = "MNTCHECK_LIVE_CPU"    // which of the processors to run on first, counted from 0
)

// Main has to be called first thing in a program's main, and in TestMain of
// tests that use Native: it is the server in a process that is one, and does not
// return there. In any other process it does nothing.
func Main() {
	serveInMachine()
	outer, ok := os.LookupEnv(serverVariable)
	if !ok {
		return
	}
	_ = os.Unsetenv(serverVariable)
	// What ends other programs must not end the server before it has put things
	// back; that its input ends is what tells it. Nor may a terminal stop it that it
	// writes a message to.
	signal.Ignore(unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGPIPE, unix.SIGTTOU)
	if err := serve(context.Background(), outer, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mntcheck server:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Serve makes the calls that a client at the other end of a stream asks for,
// until the stream or the context ends. It is for process 1 of a virtual machine,
// which is alone there, and refuses any other; what runs beside the host's other
// processes is started by New.
func Serve(ctx context.Context, r io.Reader, w io.Writer) error { return serve(ctx, "", r, w) }

// server is what one end of a stream speaks to.
type server struct {
	sandbox   *sandbox
	processor *processor
	calls     [model.NumOps]kernelCall
	settings  settings
	world     *world // that of verbStart
	encoder   *gob.Encoder
	flush     *bufio.Writer
	gone      atomic.Bool  // the client has ended
	told      time.Time    // when the client was last told something
	since     atomic.Int64 // when the last step began, in nanoseconds since the epoch; 0: idle; or loopEnded
}

// gcPercent is how far a server's memory grows before garbage is collected, in
// percent of what it holds: some tens of megabytes.
const gcPercent = 1000

// serve speaks first: the first request has the settings, and with the sandbox
// comes its reply.
func serve(ctx context.Context, outer string, r io.Reader, w io.Writer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// A server holds little, and makes much that is gone with the next view.
	debug.SetGCPercent(gcPercent)
	// With a single processor the runtime takes it away from a thread in each system
	// call of more than 20 microseconds, and its monitor never sleeps for longer.
	runtime.GOMAXPROCS(max(2, runtime.GOMAXPROCS(0)))
	s := &server{calls: kernelCalls(), flush: bufio.NewWriterSize(w, 1<<16)}
	s.encoder = gob.NewEncoder(s.flush)
	requests := make(chan *request)
	go s.read(ctx, r, requests)
	ended := make(chan error, 1)
	go func() { // its thread is left behind, and so is of no use to other goroutines
		runtime.LockOSThread()
		ended <- s.loop(outer, requests)
	}()
	return <-ended
}

// read decodes requests until the client ends.
func (s *server) read(ctx context.Context, r io.Reader, requests chan<- *request) {
	defer close(requests)
	decoder := gob.NewDecoder(bufio.NewReaderSize(r, 1<<16))
	stop := context.AfterFunc(ctx, func() { s.gone.Store(true) })
	defer stop()
	defer s.gone.Store(true)
	for {
		next := &request{}
		if decoder.Decode(next) != nil {
			return
		}
		select {
		case requests <- next:
		case <-ctx.Done():
			return
		}
	}
}

// loop answers requests, in the thread to which the sandbox belongs.
func (s *server) loop(outer string, requests <-chan *request) error {
	hello, ok := <-requests
	if !ok {
		return nil
	}
	if hello.Verb != verbHello {
		return errors.New("the first request has to be a greeting")
	}
	s.settings = hello.Settings
	go s.watch()
	defer s.since.Store(loopEnded)
	s.step()
	nth, _ := strconv.Atoi(os.Getenv(cpuVariable))
	place, err := newProcessor(nth, outer == "")
	if err != nil {
		return err
	}
	box, err := newSandbox(outer, s.settings.Deadline, &s.gone)
	if err != nil {
		_ = s.send(&reply{Failure: failureOf(err)})
		return nil
	}
	s.sandbox, s.processor = box, place
	box.tellsSource = box.tellsSource && !s.settings.BySight
	defer box.close()
	err = s.send(&reply{Release: box.release})
	for err == nil {
		s.since.Store(0)
		next, ok := <-requests
		if !ok {
			break
		}
		s.step()
		err = s.answer(next)
	}
	if s.world != nil {
		s.step()
		return errors.Join(ignoreEnd(err), s.world.close())
	}
	return ignoreEnd(err)
}

// ignoreEnd: a client that ends is no error of the server.
func ignoreEnd(err error) error {
	if errors.Is(err, unix.EPIPE) {
		return nil
	}
	return err
}

// loopEnded is the value of server.since when the loop has ended.
const loopEnded = -1

// step notes that the thread has got somewhere.
func (s *server) step() { s.since.Store(time.Now().UnixNano()) }

// watch ends the server where it does not get anywhere: it waits for a process
// that cannot be killed, or for other servers. The kernel then ends what it can.
func (s *server) watch() {
	limit := 4*s.settings.Deadline + 10*time.Second
	for range time.Tick(time.Second) {
		since := s.since.Load()
		if since == loopEnded {
			return
		}
		if since != 0 && time.Since(time.Unix(0, since)) > limit {
			fmt.Fprintf(os.Stderr, "mntcheck server: nothing has happened for %v: a process cannot be ended, or another server holds a superblock that exists only once\n", limit)
			_ = pprof.Lookup("goroutine").WriteTo(os.Stderr, 2)
			os.Exit(3)
		}
	}
}

func (s *server) send(r *reply) error {
	if err := s.encoder.Encode(r); err != nil {
		return err
	}
	s.told = time.Now()
	return s.flush.Flush()
}

// reassure tells a client that waits for a long job that it goes on: one that
// hears nothing takes the machine for hung. Each of the job's calls has a deadline of
// its own.
func (s *server) reassure() error {
	if time.Since(s.told) < s.settings.Deadline/2 {
		return nil
	}
	return s.send(&reply{Working: true})
}

// answer answers one request.
func (s *server) answer(q *request) error {
	switch q.Verb {
	case verbRun:
		for i := range q.Jobs {
			if s.gone.Load() {
				return nil
			}
			r := s.record(&q.Jobs[i])
			if err := s.send(r); err != nil {
				return err
			}
			if r.Failure.Fatal {
				return errors.New(r.Failure.Text)
			}
		}
		return nil
	case verbStart:
		return s.send(s.start(&q.World))
	case verbDo, verbObserve:
		if s.world == nil {
			return s.send(&reply{Failure: failure{Text: "no world has been started"}})
		}
		return s.send(s.oneStep(q))
	case verbClose:
		r := &reply{}
		if s.world != nil {
			r.Failure = s.end(s.world)
			s.world = nil
		}
		return s.send(r)
	}
	return s.send(&reply{Failure: failure{Text: fmt.Sprintf("unknown request %d", q.Verb)}})
}

func (s *server) start(spec *worldSpec) *reply {
	if s.world != nil {
		return &reply{Failure: failure{Text: "a world is open already"}}
	}
	w, err := s.newWorld(spec)
	if err == nil {
		s.world = w
		err = s.sandbox.shared.pause()
	}
	return &reply{Failure: failureOf(err)}
}

func (s *server) newWorld(spec *worldSpec) (*world, error) {
	if err := s.processor.review(s.sandbox.builder.pid); err != nil {
		return nil, err
	}
	return s.sandbox.newWorld(&s.calls, spec)
}

// oneStep makes a call, or looks, in the world that was started.
func (s *server) oneStep(q *request) *reply {
	err := s.sandbox.shared.enter()
	r := &reply{Failure: failureOf(err)}
	if err == nil {
		r = s.enteredStep(q)
		if err := s.sandbox.shared.pause(); err != nil {
			r.Failure = failureOf(err)
		}
	}
	return r
}

func (s *server) enteredStep(q *request) *reply {
	if q.Verb == verbObserve {
		v, err := s.world.observe(true)
		if err != nil {
			return &reply{Failure: failureOf(err)}
		}
		return &reply{Views: deltasOf([]model.View{v})}
	}
	steps, err := q.Call.steps()
	if err == nil && len(steps) != 1 {
		err = errors.New("want one call")
	}
	if err != nil {
		return &reply{Failure: failureOf(err)}
	}
	a, err := s.world.do(steps[0].Actor, &steps[0].Call)
	if err != nil {
		return &reply{Failure: failureOf(err)}
	}
	return &reply{Answers: []answer{a}}
}

// end closes a world. A server that cannot do that is of no more use.
func (s *server) end(w *world) failure {
	f := failureOf(w.close())
	f.Fatal = f.Text != ""
	return f
}

// record runs one job.
func (s *server) record(j *job) *reply {
	s.step()
	program, err := j.Program.steps()
	if err != nil {
		return &reply{Failure: failureOf(err)}
	}
	w, err := s.newWorld(&j.World)
	if err != nil {
		return &reply{Failure: failureOf(err)}
	}
	r := &reply{}
	var views []model.View
	err = s.recordIn(w, j, program, r, &views)
	r.Views, r.Failure = deltasOf(views), failureOf(err)
	if f := s.end(w); f.Fatal {
		r.Failure = f
	}
	return r
}

// recordIn makes the program's calls, and takes the views that were asked for.
func (s *server) recordIn(w *world, j *job, program []model.Step, r *reply, views *[]model.View) error {
	observe := func(last bool) error {
		look := w.observe
		if j.Identify {
			look = w.identified(r)
		}
		v, err := look(last || s.settings.CrossCheck)
		if err == nil {
			*views = append(*views, v)
		}
		return err
	}
	if j.EachView {
		if err := observe(len(program) == 0); err != nil {
			return err
		}
	}
	values := make([]int64, 0, len(program))
	for i := range program {
		s.step()
		if err := s.reassure(); err != nil {
			return err
		}
		step := &program[i]
		call := step.Call.Resolve(values)
		a, err := w.do(step.Actor, &call)
		if err == nil {
			r.Answers = append(r.Answers, a)
			values = append(values, a.Value)
			if j.EachView {
				err = observe(i == len(program)-1)
			}
		}
		if err == nil && s.gone.Load() {
			err = errGone
		}
		if err != nil {
			return fmt.Errorf("step %d, %d %s: %w", i+1, step.Actor, step.Call, err)
		}
	}
	if j.EachView {
		return nil
	}
	return observe(true)
}
