package onkernel

import (
	"context"
	"errors"
	"fmt"

	"mntcheck/props/conform"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// worker draws programs, has a runner make them, and judges.
type worker struct {
	e      *engine
	runner system.Runner
	drawer *conform.Drawer
	judge  *judge
}

func (w *worker) close() {
	if w.runner != nil {
		w.e.runners.GiveBack(w.runner)
	}
}

// drawn is a program that waits to be made.
type drawn struct {
	number  uint64
	world   system.World
	program draw.Program
}

// run runs n cases, up to the first that breaks something.
func (w *worker) run(ctx context.Context, first uint64, n int) *part {
	p := &part{tally: newTally(len(w.e.o.Invariants))}
	var cases []drawn
	for i := range uint64(n) {
		world, program, err := w.drawer.Draw(ctx, first+i)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			p.err = err
			return p
		}
		cases = append(cases, drawn{first + i, world, program})
	}
	err := w.record(ctx, jobsOf(cases), func(i int, rec *system.Recording) bool {
		if ctx.Err() != nil && rec.Err != nil {
			p.err = ctx.Err()
			return false
		}
		p.broke = w.one(&cases[i], rec, p.tally)
		p.cases++
		return p.broke == nil
	})
	if p.err == nil {
		p.err = err
	}
	return p
}

func jobsOf(cases []drawn) []system.Job {
	jobs := make([]system.Job, len(cases))
	for i, c := range cases {
		jobs[i] = system.Job{World: c.world, Program: c.program, EachView: true, Identify: true}
	}
	return jobs
}

// one judges a recording.
func (w *worker) one(c *drawn, rec *system.Recording, t *tally) *broken {
	f, seen := w.judge.recording(c.world, c.program, rec, t)
	if f == nil {
		f = unanswered(c.program, rec, seen, t)
	}
	if f == nil {
		return nil
	}
	return &broken{c.number, c.world, c.program[:f.step+1], rec, f}
}

// unanswered is what was found where a call had no answer, nil where that is the
// runner's own doing.
func unanswered(program draw.Program, rec *system.Recording, seen int, t *tally) *found {
	err := rec.Err
	if err == nil && len(rec.Answers) < len(program) {
		err = errIncomplete
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errors.ErrUnsupported):
		t.unsupported++
		return nil
	}
	if len(rec.Views) == 0 {
		seen = len(program) - 1 // it was the kernel's last: any call may be the one
	}
	return &found{invariant: answered, message: err.Error(), step: max(0, min(seen, len(program)-1))}
}

var errIncomplete = errors.New("the recording of the program is incomplete")

// record has jobs made, and gives each recording to done, until that says stop.
// Where the runner can go on no more, a new one does; where that one makes no
// headway either, it ends with an error.
func (w *worker) record(ctx context.Context, jobs []system.Job, done func(int, *system.Recording) bool) error {
	for fresh, next := false, 0; next < len(jobs); fresh = true {
		if w.runner == nil {
			r, err := w.e.runners.Borrow(ctx)
			if err != nil {
				return err
			}
			w.runner = r
		}
		recs, err := w.runner.Run(ctx, jobs[next:])
		for i := range recs {
			if !done(next+i, &recs[i]) {
				if err != nil {
					w.drop()
				}
				return nil
			}
		}
		if next += len(recs); next == len(jobs) && err == nil {
			return nil
		}
		if err == nil {
			err = fmt.Errorf("the runner made %d programs of %d", next, len(jobs))
		}
		w.drop()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case fresh && len(recs) == 0:
			return &conform.KernelError{Err: err}
		}
	}
	return nil
}

// drop gives up a runner that can go on no more.
func (w *worker) drop() {
	_ = w.runner.Close()
	w.runner = nil
}

// try makes one program, and returns what it is found to break of one invariant.
func (w *worker) try(ctx context.Context, world system.World, program draw.Program, v *invariant.Invariant) (f *found, rec *system.Recording, err error) {
	list := []*invariant.Invariant{v}
	if v == answered {
		list = nil
	}
	j, t := newJudge(list, nil, true), newTally(len(list))
	job := system.Job{World: world, Program: program, EachView: true, Identify: true}
	err = w.record(ctx, []system.Job{job}, func(_ int, r *system.Recording) bool {
		rec = r
		var seen int
		if f, seen = j.recording(world, program, r, t); f == nil && v == answered {
			f = unanswered(program, r, seen, t)
		}
		return true
	})
	return f, rec, err
}
