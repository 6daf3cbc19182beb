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
// in the model that programs are drawn by; one beside a report with a failure is that of
// a trace that could not be written to Options.FailureDir.
func Run(ctx context.Context, o Options) (*check.Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	first, err := o.Runner(ctx)
	if err != nil {
		return nil, &conform.KernelError{Err: err}
	}
	e := &engine{o: &o, profile: first.Profile(), portions: check.NewPortions(o.Checks), pending: map[uint64]*part{}, total: newTally(len(o.Invariants))}
	e.runners = system.NewPool(e.start, first)
	defer e.runners.Close()
	if e.known, e.drawn, err = rules(e.profile.Release); err != nil {
		return nil, err
	}
	if err := e.probe(ctx, first); err != nil {
		return nil, err
	}
	e.begun = time.Now()
	check.Work(o.Workers, o.Duration, func(until context.Context) { e.work(ctx, until) }, e.progress, o.Progress)
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

	runners  *system.Pool
	portions *check.Portions

	cases, calls atomic.Uint64 // for the progress

	mu        sync.Mutex
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

// work runs parts until there are no more.
func (e *engine) work(ctx, until context.Context) {
	w := &worker{e: e, drawer: conform.NewDrawer(e.o.Seed, e.drawn, e.o.Families, e.profile), judge: newJudge(e.o.Invariants, e.known, e.o.Strict)}
	defer w.close()
	over := func() bool { return ctx.Err() != nil || until.Err() != nil }
	e.portions.Each(over, func(first uint64, n int) { e.commit(first, w.run(ctx, first, n)) })
}

// commit adds up the parts in their order, so that the report does not depend on
// who ran them, up to the one that failed.
func (e *engine) commit(first uint64, p *part) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.cases.Add(p.cases)
	e.calls.Add(p.tally.answers.Calls())
	if p.broke != nil || p.err != nil {
		e.portions.End()
	}
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

// start starts a runner.
func (e *engine) start(ctx context.Context) (system.Runner, error) {
	r, err := e.o.Runner(ctx)
	if err != nil {
		return nil, &conform.KernelError{Err: err}
	}
	return r, nil
}
