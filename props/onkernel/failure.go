package onkernel

import (
	"context"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/conform"
	"mntcheck/props/draw"
	"mntcheck/props/shrink"
	"mntcheck/props/system"
)

// failure shrinks the case that broke something on the kernel, and describes it.
func (e *engine) failure(ctx context.Context) (*check.Failure, error) {
	b := e.broke
	f := &check.Failure{
		Case: b.number, Seed: e.o.Seed, Invariant: b.invariant.Name, Statement: b.invariant.Statement, Source: b.invariant.Source,
		Message: b.message, Also: b.also, Program: b.program, Original: b.program, World: b.world, Reachable: true,
	}
	w := &worker{e: e}
	defer w.close()
	rec := e.shrink(ctx, w, f)
	if rec == nil {
		f.Flaky, f.Program, rec = true, f.Original, b.rec
	}
	f.Answers = rec.Answers[:min(len(rec.Answers), len(f.Program))]
	if len(f.Answers) < len(f.Program) { // its descriptors are those that the kernel gave, or would have
		f.Program = conform.InNumbers(ctx, b.world, f.Program, f.Answers)
	}
	if n := len(f.Answers); len(rec.Views) > n {
		f.BeforeView, f.AfterView = rec.Views[max(0, n-1)], rec.Views[n]
	} else if n := len(rec.Views); n > 0 {
		f.BeforeView, f.AfterView = rec.Views[n-1], rec.Views[n-1]
	}
	initial := model.NewState(b.world.Model()).View() // where nothing is known but that the kernel did not answer
	if len(rec.Views) > 0 {
		initial = rec.Views[0]
	}
	if err := f.Record(e.profile.Release, initial); err != nil {
		return f, err
	}
	return f, f.Save(e.o.FailureDir)
}

// shrink finds the fewest calls that break the same invariant, and returns the
// recording of those; nil if it is not broken again.
func (e *engine) shrink(ctx context.Context, w *worker, f *check.Failure) (last *system.Recording) {
	v := e.broke.invariant
	left, until := e.o.ShrinkTries, time.Now().Add(e.o.ShrinkTime)
	if v == answered { // each takes a kernel, or the time after which it hangs
		left, until = min(left, dyingTries), until.Add(dyingTimes*e.o.ShrinkTime)
	}
	breaks := func(p []model.Step) bool {
		if !conform.WithinScope(ctx, f.World, p) {
			return false
		}
		found, rec, err := w.try(ctx, f.World, p, v)
		if err != nil || found == nil {
			return false
		}
		last, f.Message = rec, found.message
		f.Program = append(draw.Program(nil), p[:found.step+1]...)
		return true
	}
	if v == answered && left <= 0 || !breaks(f.Original) {
		return nil
	}
	_, f.Shrink = shrink.Program(f.Program, func(p []model.Step) bool {
		if left <= 0 || time.Now().After(until) {
			return false
		}
		left--
		return breaks(p)
	}, shrink.Options{Tries: 100 * max(1, e.o.ShrinkTries)})
	return last // of the last program that broke it, which is the smallest
}

// A program that ends the kernel is made as often as that, and for so many times
// the time, to make it smaller.
const (
	dyingTries = 40
	dyingTimes = 2
)
