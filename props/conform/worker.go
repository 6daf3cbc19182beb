package conform

import (
	"context"
	"errors"
	"fmt"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// worker draws cases, has a runner make them, and compares.
type worker struct {
	e      *engine
	runner system.Runner
	drawer caseDrawer
}

func (e *engine) newWorker(ctx context.Context) (*worker, error) {
	runner, err := e.runners.Borrow(ctx)
	if err != nil {
		return nil, err
	}
	return &worker{e: e, runner: runner, drawer: caseDrawer{
		seed: e.o.Seed, sem: e.o.Semantics, families: e.families, supports: e.profile.Calls,
		mountMax: e.mountMax, unprivileged: e.profile.Unprivileged, drawer: draw.NewDrawer(),
	}}, nil
}

func (w *worker) close() {
	if w.runner != nil {
		w.e.runners.GiveBack(w.runner)
	}
}

// run runs n cases. Where the runner can go on no more, a new one does; where
// that one makes no headway either, the part ends with an error.
func (w *worker) run(ctx context.Context, first uint64, n int) *part {
	p := &part{}
	cases, jobs, err := w.draw(ctx, first, n)
	for fresh := false; len(jobs) > 0; fresh = true {
		recs, runErr := w.runner.Run(ctx, jobs)
		for i := range recs {
			done := w.compare(ctx, cases[i], &recs[i])
			if done == nil {
				p.err = ctx.Err()
				return p
			}
			p.cases = append(p.cases, *done)
		}
		cases, jobs = cases[len(recs):], jobs[len(recs):]
		if len(jobs) == 0 {
			break
		}
		if runErr == nil {
			runErr = fmt.Errorf("the runner made %d programs of %d", len(recs), len(recs)+len(jobs))
		}
		switch {
		case ctx.Err() != nil:
			p.err = ctx.Err()
		case fresh && len(recs) == 0:
			p.err = &KernelError{runErr}
		default:
			p.err = w.restart(ctx)
		}
		if p.err != nil {
			return p
		}
	}
	p.err = err
	return p
}

// draw draws n cases. Where it fails there are fewer.
func (w *worker) draw(ctx context.Context, first uint64, n int) (cases []*testCase, jobs []system.Job, err error) {
	for i := range uint64(n) {
		c, err := w.drawer.draw(ctx, first+i)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return cases, jobs, err
		}
		cases, jobs = append(cases, c), append(jobs, c.job())
	}
	return cases, jobs, nil
}

func (w *worker) restart(ctx context.Context) (err error) {
	_ = w.runner.Close() // it has said already that it can go on no more
	w.runner, err = w.e.start(ctx)
	return err
}

// compare compares a case with its recording; nil where the run was ended while
// it was made.
func (w *worker) compare(ctx context.Context, c *testCase, rec *system.Recording) *compared {
	if ctx.Err() != nil && rec.Err != nil {
		return nil
	}
	untold := make([]int, len(rec.Views))
	for i := range rec.Views {
		untold[i] = system.CountUntold(rec.Views[i])
	}
	m, agreed := c.compare(c.program, rec)
	done := &compared{number: c.number, family: c.family, program: c.program, answers: c.answers}
	if m != nil && m.kind != NoAnswer {
		// The kernel's numbering of namespaces is not known: try the other.
		if other, err := expect(ctx, numbered(c.world, model.BatchedIDs), c.program); err == nil {
			if om, oagreed := other.compare(c.program, rec); om == nil || om.kind == NoAnswer {
				c.expectation, m, agreed, done.batched = *other, om, oagreed, true
				done.answers = other.answers
				c.world = numbered(c.world, model.BatchedIDs)
			}
		}
	}
	done.agreed = agreed
	for _, h := range c.hidden[:min(agreed+1, len(c.hidden))] {
		if h != visible {
			done.hidden++
		}
	}
	for _, n := range untold[:min(agreed+1, len(untold))] {
		done.untold += n
	}
	switch {
	case m == nil:
	case m.kind == NoAnswer && errors.Is(m.err, errors.ErrUnsupported):
		done.unsupported = true
	default:
		done.found = &found{
			number: c.number, family: c.family, world: c.world, program: c.program[:m.step+1],
			rec: rec, signature: c.signature(c.program, rec, m),
		}
	}
	return done
}
