package conform

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// Run compares random programs until there are enough of them, the time is over,
// enough kinds of difference were found, or ctx ends. A difference is no error:
// the report has it, as it has a kernel that dies of a program. An error is that
// of a kernel that is not compared, a *KernelError, or of a mistake in the model; one
// beside a report is that of a difference that could not be written to Options.Dir.
func Run(ctx context.Context, o Options) (*Report, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	first, err := o.Runner(ctx)
	if err != nil {
		return nil, &KernelError{err}
	}
	e := &engine{o: &o, pending: map[uint64]*part{}, kinds: map[signature]*found{}, portions: check.NewPortions(o.Checks)}
	e.runners = system.NewPool(e.start, first)
	defer e.runners.Close()
	if err := e.prepare(ctx, first); err != nil {
		return nil, err
	}
	e.begun = time.Now()
	check.Work(o.Workers, o.Duration, func(until context.Context) { e.work(ctx, until) }, e.progress, o.Progress)
	if e.err != nil {
		return nil, e.err
	}
	r := e.result(time.Since(e.begun), ctx.Err() != nil)
	return r, e.describe(context.WithoutCancel(ctx), r)
}

// engine is one run.
type engine struct {
	o        *Options
	begun    time.Time
	profile  system.Profile
	families []*Family
	lacking  map[*Family]string // why a family is left out
	mountMax bool               // the kernel can be given a fs.mount-max

	runners  *system.Pool
	portions *check.Portions

	cases, calls atomic.Uint64 // for the progress

	mu        sync.Mutex
	pending   map[uint64]*part
	committed uint64 // cases that are counted
	total     totals
	kinds     map[signature]*found
	order     []*found // as they were found
	err       error
}

// part is a run of consecutive cases that one worker did.
type part struct {
	cases []compared
	err   error
}

// compared is a case that was run, and what came of it.
type compared struct {
	number      uint64
	family      *Family
	program     draw.Program
	answers     []model.Result // the model's
	agreed      int            // calls, from the first on
	hidden      int            // views that were not compared
	untold      int            // sources in the others that the kernel did not tell
	batched     bool           // fits namespaces that are numbered in batches, and those only
	unsupported bool           // it ended at what the runner cannot do
	found       *found
}

// found is a difference as it was found, before it is made smaller.
type found struct {
	number  uint64
	family  *Family
	world   system.World
	program draw.Program // up to the call that differs
	rec     *system.Recording
	signature
	cases uint64 // in which it was found
}

// prepare finds the rules and the families for the kernel.
func (e *engine) prepare(ctx context.Context, r system.Runner) error {
	e.profile = r.Profile()
	if e.o.Semantics == nil {
		sem, err := SemanticsOf(e.profile.Release)
		if err != nil {
			return &KernelError{err}
		}
		e.o.Semantics = sem
	}
	e.total = newTotals()
	e.lacking = map[*Family]string{}
	asked := e.o.Families
	if len(asked) == 0 {
		asked = families
	}
	for _, f := range asked {
		if why := f.Lacks(e.o.Semantics); why != "" {
			e.lacking[f] = why
			continue
		}
		e.families = append(e.families, f)
	}
	if len(e.families) == 0 {
		return &KernelError{fmt.Errorf("nothing to compare: %s", e.lacking[asked[0]])}
	}
	probe := system.Job{World: system.World{Semantics: e.o.Semantics, MountMax: 1000, Unprivileged: e.profile.Unprivileged}}
	recs, err := r.Run(ctx, []system.Job{probe})
	e.mountMax = err == nil && len(recs) == 1 && recs[0].Err == nil
	return nil
}

// work runs parts until there are no more.
func (e *engine) work(ctx, until context.Context) {
	w, err := e.newWorker(ctx)
	if err != nil {
		e.fail(err)
		return
	}
	defer w.close()
	over := func() bool { return ctx.Err() != nil || until.Err() != nil }
	e.portions.Each(over, func(first uint64, n int) { e.commit(first, w.run(ctx, first, n)) })
}

func (e *engine) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.portions.End()
	if e.err == nil && !interrupted(err) {
		e.err = err
	}
}

func interrupted(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// commit counts the cases in their order, so that the report does not depend on
// who ran them, up to the one that ends the run.
func (e *engine) commit(first uint64, p *part) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range p.cases {
		e.cases.Add(1)
		e.calls.Add(uint64(p.cases[i].agreed))
	}
	e.pending[first] = p
	for e.err == nil && !e.full() {
		next := e.pending[e.committed]
		if next == nil {
			return
		}
		delete(e.pending, e.committed)
		for i := range next.cases {
			e.count(&next.cases[i])
			e.committed++
			if e.full() {
				break
			}
		}
		if next.err != nil {
			e.portions.End()
			if !interrupted(next.err) {
				e.err = next.err
			}
			return
		}
	}
	e.portions.End()
}

// full tells whether enough kinds of difference were found.
func (e *engine) full() bool {
	return e.o.MaxDifferences > 0 && len(e.order) >= e.o.MaxDifferences
}

// count adds a case to the totals.
func (e *engine) count(c *compared) {
	e.total.add(c)
	if c.found == nil {
		return
	}
	if known := e.kinds[c.found.signature]; known != nil {
		known.cases++
		return
	}
	c.found.cases = 1
	e.kinds[c.found.signature] = c.found
	e.order = append(e.order, c.found)
}

// start starts a runner.
func (e *engine) start(ctx context.Context) (system.Runner, error) {
	r, err := e.o.Runner(ctx)
	if err != nil {
		return nil, &KernelError{err}
	}
	return r, nil
}

func (e *engine) progress() check.Progress {
	return check.Progress{
		Cases: e.cases.Load(), Calls: e.calls.Load(), Elapsed: time.Since(e.begun),
		Checks: e.o.Checks, Duration: e.o.Duration,
	}
}
