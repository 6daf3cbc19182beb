package check

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// partCases is how many cases a worker takes at once.
const partCases = 8

// Run checks random cases until there are enough of them, the time is over, one
// of them fails, or ctx ends. A violation is no error: the report has it. An
// error is that of a system that did not answer, or beside a report a *SaveError.
func Run(ctx context.Context, o Options) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	e := &engine{o: &o, total: newTally(len(o.Invariants)), begun: time.Now()}
	e.limit.Store(noCase)
	e.pending = map[uint64]*part{}
	Work(o.Workers, o.Duration, func(until context.Context) { e.work(ctx, until) }, e.progress, o.Progress)
	if e.err != nil {
		return nil, e.err
	}
	r := e.result(time.Since(e.begun), ctx.Err() != nil)
	if e.broke != nil {
		if r.Failure, err = e.failure(context.WithoutCancel(ctx)); err != nil {
			return r, err
		}
	}
	return r, nil
}

const noCase = ^uint64(0)

// engine is one run.
type engine struct {
	o     *Options
	begun time.Time

	nextPart    atomic.Uint64
	limit       atomic.Uint64 // cases from here on are of no interest: an earlier one failed
	cases, done atomic.Uint64 // cases and calls, for the progress

	mu        sync.Mutex // taken once for each part
	pending   map[uint64]*part
	committed uint64 // parts that are in total
	total     *tally
	free      []*tally
	broke     *caseFound
	err       error
	system    system.Profile
	views     bool               // the system shows views only
	known     []*invariant.Known // by invariant, on that system
}

// part is a run of consecutive cases that one worker did.
type part struct {
	tally *tally
	broke *caseFound
	err   error
}

// work runs parts until there are no more.
func (e *engine) work(ctx, until context.Context) {
	w := newWorker(e.o)
	for {
		n := e.nextPart.Add(1) - 1
		first := n * partCases
		if e.o.Checks > 0 && first >= uint64(e.o.Checks) || first >= e.limit.Load() || ctx.Err() != nil || until.Err() != nil {
			return
		}
		p := &part{tally: e.takeTally()}
		w.tally = p.tally
		for i := first; i < first+partCases && p.broke == nil && p.err == nil; i++ {
			if e.o.Checks > 0 && i >= uint64(e.o.Checks) || i >= e.limit.Load() || i > first && (ctx.Err() != nil || until.Err() != nil) {
				break
			}
			before := p.tally.calls
			p.broke, p.err = w.run(ctx, i)
			if p.broke != nil || p.err != nil {
				lower(&e.limit, i)
			}
			e.cases.Add(1)
			e.done.Add(p.tally.calls - before)
		}
		e.commit(n, p, w)
	}
}

// lower sets v to n where that is less.
func lower(v *atomic.Uint64, n uint64) {
	for old := v.Load(); n < old; old = v.Load() {
		if v.CompareAndSwap(old, n) {
			return
		}
	}
}

func (e *engine) takeTally() *tally {
	e.mu.Lock()
	defer e.mu.Unlock()
	if n := len(e.free); n > 0 {
		t := e.free[n-1]
		e.free = e.free[:n-1]
		return t
	}
	return newTally(len(e.o.Invariants))
}

// commit adds up the parts in their order, up to the one that failed.
func (e *engine) commit(n uint64, p *part, w *worker) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if w.check.sys != nil {
		e.system, e.views = system.ProfileOf(w.check.sys), w.check.stateful == nil
		e.known = slices.Clone(w.check.known)
	}
	e.pending[n] = p
	for e.broke == nil && e.err == nil {
		next := e.pending[e.committed]
		if next == nil {
			return
		}
		delete(e.pending, e.committed)
		e.committed++
		e.total.add(next.tally)
		e.broke, e.err = next.broke, next.err
		if errors.Is(e.err, context.Canceled) || errors.Is(e.err, context.DeadlineExceeded) {
			e.err = nil
		}
		next.tally.reset()
		e.free = append(e.free, next.tally)
	}
}

func (e *engine) progress() Progress {
	return Progress{
		Cases: e.cases.Load(), Calls: e.done.Load(), Elapsed: time.Since(e.begun),
		Checks: e.o.Checks, Duration: e.o.Duration,
	}
}
