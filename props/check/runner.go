package check

import (
	"context"

	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// Runner runs single cases, from bytes that somebody else chose: a fuzzer, or
// a library for property-based testing. It is for one goroutine.
type Runner struct {
	o Options
	w *worker
}

// NewRunner returns a runner. Of the options, those that say how many cases to
// run and on how many cores have no meaning for it.
func NewRunner(o Options) (*Runner, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Runner{o: o}
	r.w = newWorker(&r.o)
	r.w.tally = newTally(len(o.Invariants))
	return r, nil
}

// Broken is a case that broke an invariant.
type Broken struct {
	Found   *Found
	World   system.World
	Program draw.Program // up to the call that broke it
}

// Run runs the case that src stands for. It returns nil if nothing was broken.
// The error is that of a system that did not answer.
func (r *Runner) Run(ctx context.Context, src draw.Source) (*Broken, error) {
	c, err := r.w.draw(ctx, 0, src)
	if c == nil || err != nil {
		return nil, err
	}
	return &Broken{c.found, c.world, c.program}, nil
}

// Failure shrinks what was broken, and describes it.
func (r *Runner) Failure(ctx context.Context, b *Broken) (*Failure, error) {
	return NewFailure(ctx, r.o, b.World, b.Program, b.Found)
}

// Calls is the number of calls made so far.
func (r *Runner) Calls() uint64 { return r.w.tally.calls }

// Premises tells how often the premise of an invariant held so far.
func (r *Runner) Premises(invariant string) uint64 {
	for i, v := range r.o.Invariants {
		if v.Name == invariant {
			return r.w.tally.premises[i]
		}
	}
	return 0
}
