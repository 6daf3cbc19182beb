package onkernel

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/conform"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// Run checks random programs until there are enough of them, the time is over, one
// of them fails, or ctx ends. A violation is no error: the report has it. An error
// is that of a kernel that is not checked, a *conform.KernelError, or of a mistake
// in the model that programs are drawn by.
func Run(ctx context.Context, o Options) (*check.Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	first, err := o.Runner(ctx)
	if err != nil {
		return nil, &conform.KernelError{Err: err}
	}
	e := &engine{o: &o, profile: first.Profile(), idle: []system.Runner{first}, pending: map[uint64]*part{}, total: newTally(len(o.Invariants))}
	defer e.close()
	if e.known, e.drawn, err = rules(e.profile.Release); err != nil {
		return nil, err
	}
	if err := e.probe(ctx, first); err != nil {
		return nil, err
	}
	e.begun = time.Now()
	until := context.Background()
	if o.Duration > 0 {
		var cancel context.CancelFunc
		until, cancel = context.WithDeadline(until, e.begun.Add(o.Duration))
		defer cancel()
	}
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() { e.work(ctx, until) })
	}
	check.Watch(&workers, e.progress, o.Progress)
	if e.err != nil {
		return nil, e.err
	}
	r := e.result(time.Since(e.begun), ctx.Err() != nil)
	if e.broke != nil {
		r.Failure, err = e.failure(context.WithoutCancel(ctx))
	}
	return r, err
}

// engine is one run.
type engine struct {
	o       *Options
	profile system.Profile
	known   *model.Semantics // what is known of the kernel; nil: nothing
	drawn   *model.Semantics // by which programs are drawn
	begun   time.Time

	cases, calls atomic.Uint64 // for the progress

	mu        sync.Mutex
	idle      []system.Runner // that nobody uses
	next      uint64          // the first case that no worker has taken
	ended     bool            // no more cases are taken
	pending   map[uint64]*part
	committed uint64 // cases that are counted
	total     *tally
	broke     *broken
	err       error
}

// part is a run of consecutive cases that one worker did.
type part struct {
	cases uint64
	tally *tally
	broke *broken
	err   error
}

// broken is the case that broke something.
type broken struct {
	number  uint64
	world   system.World
	program draw.Program
	rec     *system.Recording
	*found
}

// AnsweredInvariant is the name under which a call is reported that hangs, or ends
// the kernel.
const AnsweredInvariant = "answered"

var answered = &invariant.Invariant{
	Name:      AnsweredInvariant,
	Statement: "Every call is answered: none hangs, and none ends the kernel.",
	Source:    "design, decision 11",
}

// probe asks for what the run takes: views with their numbers.
func (e *engine) probe(ctx context.Context, r system.Runner) error {
	world := system.World{Semantics: e.drawn, Unprivileged: e.profile.Unprivileged}
	recs, err := r.Run(ctx, []system.Job{{World: world, EachView: true, Identify: true}})
	switch {
	case err == nil && len(recs) == 1 && recs[0].Err != nil:
		err = recs[0].Err
	case err == nil && (len(recs) != 1 || len(recs[0].Views) != 1 || len(recs[0].Identities) != 1):
		err = errors.New("the runner does not tell what the things of its views are")
	}
	if err != nil {
		return &conform.KernelError{Err: err}
	}
	return nil
}

// The size of parts follows from how long they take on the kernel: long enough
// to make a round trip worth it, short enough that a run ends in time.
const (
	firstPart = 4
	mostPart  = 256
	partTime  = 300 * time.Millisecond
)

// work runs parts until there are no more.
func (e *engine) work(ctx, until context.Context) {
	w := &worker{e: e, drawer: conform.NewDrawer(e.o.Seed, e.drawn, e.o.Families, e.profile), judge: newJudge(e.o.Invariants, e.known, e.o.Strict)}
	defer w.close()
	for size := firstPart; ; {
		first, n := e.take(size, ctx.Err() != nil || until.Err() != nil)
		if n == 0 {
			return
		}
		begun := time.Now()
		p := w.run(ctx, first, n)
		e.commit(first, p)
		switch took := time.Since(begun); {
		case took < partTime/2 && n == size:
			size = min(2*size, mostPart)
		case took > 2*partTime:
			size = max(size/2, 1)
		}
	}
}

// take gives a worker the next cases, none where the run is over.
func (e *engine) take(size int, over bool) (first uint64, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if over || e.ended {
		return 0, 0
	}
	first, n = e.next, size
	if e.o.Checks > 0 {
		n = int(min(uint64(n), uint64(e.o.Checks)-min(first, uint64(e.o.Checks))))
	}
	e.next += uint64(n)
	return first, n
}

// commit adds up the parts in their order, so that the report does not depend on
// who ran them, up to the one that failed.
func (e *engine) commit(first uint64, p *part) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cases.Add(p.cases)
	e.calls.Add(p.tally.answers.Calls())
	e.ended = e.ended || p.broke != nil || p.err != nil
	e.pending[first] = p
	for e.broke == nil && e.err == nil {
		next := e.pending[e.committed]
		if next == nil {
			return
		}
		delete(e.pending, e.committed)
		e.committed += next.cases
		e.total.add(next.tally)
		e.broke = next.broke
		if !errors.Is(next.err, context.Canceled) && !errors.Is(next.err, context.DeadlineExceeded) {
			e.err = next.err
		}
		if next.cases == 0 {
			return
		}
	}
}

func (e *engine) progress() check.Progress {
	return check.Progress{
		Cases: e.cases.Load(), Calls: e.calls.Load(), Elapsed: time.Since(e.begun),
		Checks: e.o.Checks, Duration: e.o.Duration,
	}
}

// borrow returns a runner: an idle one, or a new one.
func (e *engine) borrow(ctx context.Context) (system.Runner, error) {
	e.mu.Lock()
	if n := len(e.idle); n > 0 {
		r := e.idle[n-1]
		e.idle = e.idle[:n-1]
		e.mu.Unlock()
		return r, nil
	}
	e.mu.Unlock()
	r, err := e.o.Runner(ctx)
	if err != nil {
		return nil, &conform.KernelError{Err: err}
	}
	return r, nil
}

func (e *engine) giveBack(r system.Runner) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.idle = append(e.idle, r)
}

func (e *engine) close() {
	for _, r := range e.idle {
		_ = r.Close() // its work is done
	}
}
