package conform

import (
	"context"
	"errors"
	"fmt"
	"time"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/shrink"
	"mntcheck/props/system"
)

// again is how often a difference is looked for once more. One that does not
// come back every time is flaky.
const again = 3

// dyingTries bounds the programs that a dying kernel is made to die of once
// more: each takes it down, or takes its time.
const (
	dyingTries = 60
	dyingTimes = 5 // as long as others may take
)

// hurriedTime is how long a difference is made smaller when a run was ended before
// its time.
const hurriedTime = 10 * time.Second

// describe makes the differences smaller, and writes them down. The error of one
// that cannot be written is no reason to tell less of it.
func (e *engine) describe(ctx context.Context, r *Report) (unsaved error) {
	for _, f := range e.order {
		d := &describer{e: e, found: f, hurry: r.Interrupted}
		difference, err := d.describe(ctx)
		if d.runner != nil {
			e.runners.GiveBack(d.runner)
		}
		if err != nil {
			return err
		}
		if err := difference.save(e.o.Dir); err != nil && unsaved == nil {
			unsaved = fmt.Errorf("a difference could not be written down: %w", err)
		}
		r.Differences = append(r.Differences, difference)
	}
	return unsaved
}

// describer makes one difference smaller.
type describer struct {
	e      *engine
	found  *found
	runner system.Runner
	hurry  bool // somebody waits for the end
}

// attempt is a program made on both sides.
type attempt struct {
	program  draw.Program
	expected *expectation
	rec      *system.Recording
	m        *mismatch // nil: they agree
}

func (d *describer) describe(ctx context.Context) (*Difference, error) {
	f := d.found
	x := &Difference{
		Case: f.number, Seed: d.e.o.Seed, Family: f.family.Name, Cases: f.cases, Kind: f.kind,
		Release: d.e.profile.Release, World: f.world, Original: f.program,
	}
	first, err := expect(ctx, f.world, f.program)
	if err != nil {
		return nil, err
	}
	shown := &attempt{f.program, first, f.rec, &mismatch{kind: f.kind, step: len(f.program) - 1, err: f.rec.Err, lost: len(f.rec.Views) == 0}}
	if back, err := d.repeat(ctx, f.program); err != nil {
		x.Unshrunk = err.Error()
	} else if back == nil {
		x.Runs = again
	} else {
		smallest := f.program
		if d.e.o.ShrinkTries > 0 {
			smallest, x.Shrink = d.shrink(ctx)
		}
		x.Runs, x.Shown, shown = d.confirm(ctx, smallest, back)
	}
	x.Flaky = x.Shown < x.Runs
	return x, x.fill(shown)
}

// repeat looks for the difference once more; nil where it does not come back.
func (d *describer) repeat(ctx context.Context, program draw.Program) (*attempt, error) {
	for range again {
		a, err := d.try(ctx, program)
		if err != nil {
			return nil, err
		}
		if d.shows(a) {
			return a, nil
		}
	}
	return nil, nil
}

// confirm counts how often the difference comes back. The attempt is one that
// shows it; where none does, the last known.
func (d *describer) confirm(ctx context.Context, program draw.Program, known *attempt) (runs, shown int, a *attempt) {
	times := again
	if d.found.kind == NoAnswer {
		times = 1
	}
	for range times {
		next, err := d.try(ctx, program)
		if err != nil {
			break
		}
		runs++
		if d.shows(next) {
			shown++
			known = next
		}
	}
	return runs, shown, known
}

// shrink looks for the fewest calls that end in the same difference.
func (d *describer) shrink(ctx context.Context) (draw.Program, shrink.Stats) {
	left, limit := d.e.o.ShrinkTries, d.e.o.ShrinkTime
	if d.found.kind == NoAnswer {
		left, limit = min(left, dyingTries), dyingTimes*limit
	}
	if d.hurry {
		limit = min(limit, hurriedTime)
	}
	until := time.Now().Add(limit)
	fails := func(p []model.Step) bool {
		if left <= 0 || time.Now().After(until) {
			return false
		}
		expected, err := expect(ctx, d.found.world, p)
		if err != nil || expected.outside || !d.found.possible(p, expected) {
			return false // seen without asking the kernel
		}
		left--
		a, err := d.try(ctx, p)
		return err == nil && d.shows(a)
	}
	return shrink.Program(d.found.program, fails, shrink.Options{Tries: 100 * d.e.o.ShrinkTries})
}

// shows tells whether a program ends in the difference that was found, under
// either numbering of namespaces.
func (d *describer) shows(a *attempt) bool {
	if a.m == nil || a.m.step != len(a.program)-1 || a.expected.signature(a.program, a.rec, a.m) != d.found.signature {
		return false
	}
	if a.m.kind == NoAnswer {
		return !errors.Is(a.m.err, errors.ErrUnsupported)
	}
	other := model.BatchedIDs
	if d.found.world.Semantics.NSIDs == model.BatchedIDs {
		other = model.RisingIDs
	}
	x, err := expect(context.Background(), numbered(d.found.world, other), a.program)
	if err != nil {
		return true
	}
	m, _ := x.compare(a.program, a.rec)
	return m != nil
}

// try makes a program on both sides. A runner that can go on no more is
// replaced; an error is that of a kernel that cannot be reached any more.
func (d *describer) try(ctx context.Context, program draw.Program) (*attempt, error) {
	expected, err := expect(ctx, d.found.world, program)
	if err != nil {
		return nil, err
	}
	job := system.Job{World: d.found.world, Program: program, EachView: true}
	for fresh := false; ; fresh = true {
		if d.runner == nil {
			if d.runner, err = d.e.runners.Borrow(ctx); err != nil {
				return nil, err
			}
		}
		recs, err := d.runner.Run(ctx, []system.Job{job})
		if len(recs) == 1 {
			m, _ := expected.compare(program, &recs[0])
			return &attempt{program, expected, &recs[0], m}, nil
		}
		if err == nil {
			err = errIncomplete
		}
		_ = d.runner.Close() // it has said already that it can go on no more
		d.runner = nil
		if fresh || ctx.Err() != nil {
			return nil, err
		}
	}
}
