package conform

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// Recorder records what a kernel answers to programs, as traces. It is for one
// goroutine.
type Recorder struct {
	runner  system.Runner
	profile system.Profile
	sem     *model.Semantics // by which programs are drawn
	initial model.View
}

// ErrNotKept is in the error for a program whose tables at the end a trace
// cannot hold.
var ErrNotKept = errors.New("a trace cannot hold its mount tables")

// NewRecorder returns a recorder of what runs on r. Random programs are drawn by
// looking at a model of its kernel, or where that is not known, of the newest
// known; what is recorded is what the kernel answers, whatever the model says.
func NewRecorder(ctx context.Context, r system.Runner) (*Recorder, error) {
	p := r.Profile()
	sem, err := SemanticsOf(p.Release)
	if err != nil {
		if sem, err = model.ForRelease(model.DefaultRelease); err != nil {
			return nil, err
		}
	}
	recs, err := r.Run(ctx, []system.Job{{World: system.World{Semantics: sem, Unprivileged: p.Unprivileged}, EachView: true}})
	switch {
	case err != nil:
		return nil, err
	case len(recs) != 1:
		return nil, errIncomplete
	case recs[0].Err != nil:
		return nil, recs[0].Err
	case len(recs[0].Views) == 0:
		return nil, errIncomplete
	}
	return &Recorder{r, p, sem, recs[0].Views[0]}, nil
}

// Program records the calls of a program, or of a trace, whose answers are not
// looked at. Of its meta entries those stay that say which trace it is; a world
// with a fs.mount-max of its own is the one that is asked for.
func (r *Recorder) Program(ctx context.Context, t *trace.Trace) (*trace.Trace, error) {
	world := system.World{Semantics: r.sem, Unprivileged: r.profile.Unprivileged || t.Meta.Unprivileged()}
	if text := t.Meta.Get("mount-max"); text != "" {
		if _, err := fmt.Sscan(text, &world.MountMax); err != nil || world.MountMax <= 0 {
			return nil, fmt.Errorf("%s: mount-max %q is no number of mounts", t.Name, text)
		}
	}
	program := draw.Program(t.Program())
	for i := range program {
		if op := program[i].Call.Op; !r.profile.Supports(op) {
			return nil, fmt.Errorf("%s: call %d: %s does not make the call %s", t.Name, i+1, r.profile.Name, op)
		}
	}
	recs, err := r.runner.Run(ctx, []system.Job{{World: world, Program: program}})
	if len(recs) == 0 {
		if err == nil {
			err = errIncomplete
		}
		return nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	var meta trace.Meta
	meta.Set("kernel", releaseNumber(r.profile.Release))
	family := t.Meta.Family()
	if family == "" {
		family = "program"
	}
	meta.Set("family", family)
	for _, key := range []string{"seed", "case", "name"} {
		if value := t.Meta.Get(key); value != "" {
			meta.Set(key, value)
		}
	}
	expected, _ := expect(ctx, world, program) // nil: the model cannot make it, so that it tells nothing
	return r.write(t.Name, meta, world, program, expected, &recs[0])
}

// Random are the random programs to record.
type Random struct {
	Families []*Family // none: all of which the kernel has the calls
	Checks   int       // programs
	Seed     uint64
}

// Recorded says what came of random programs.
type Recorded struct {
	Traces int `json:"traces"` // that were recorded
	// Dropped counts programs whose tables at the end a trace cannot hold.
	Dropped int `json:"dropped"`
	// Unanswered counts programs in which a call was not answered, Why is what
	// the first of these said.
	Unanswered int    `json:"unanswered"`
	Why        string `json:"why,omitempty"`
}

// recordPart is how many programs are recorded in one round trip.
const recordPart = 64

// Random records random programs, those that Run draws of the same seed and
// families, and hands each trace to fn. An error of fn ends it; a *KernelError says
// that the kernel lacks a family that was asked for.
func (r *Recorder) Random(ctx context.Context, o Random, fn func(*trace.Trace) error) (Recorded, error) {
	var done Recorded
	d := caseDrawer{seed: o.Seed, sem: r.sem, supports: r.profile.Calls, unprivileged: r.profile.Unprivileged, drawer: draw.NewDrawer()}
	for _, f := range o.Families {
		if why := f.Lacks(r.sem); why != "" {
			return done, &KernelError{fmt.Errorf("nothing to record of family %s: %s", f.Name, why)}
		}
	}
	if d.families = o.Families; len(d.families) == 0 {
		for _, f := range families {
			if f.Lacks(r.sem) == "" {
				d.families = append(d.families, f)
			}
		}
	}
	for first := 0; first < o.Checks; first += recordPart {
		if err := r.randomPart(ctx, &d, uint64(first), min(recordPart, o.Checks-first), fn, &done); err != nil {
			return done, err
		}
	}
	return done, nil
}

func (r *Recorder) randomPart(ctx context.Context, d *caseDrawer, first uint64, n int, fn func(*trace.Trace) error, done *Recorded) error {
	cases := make([]*testCase, n)
	jobs := make([]system.Job, n)
	for i := range n {
		c, err := d.draw(ctx, first+uint64(i))
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		cases[i], jobs[i] = c, system.Job{World: c.world, Program: c.program}
	}
	recs, err := r.runner.Run(ctx, jobs)
	for i := range recs {
		if recs[i].Err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		t, err := r.writeCase(d.seed, cases[i], &recs[i])
		switch {
		case errors.Is(err, ErrNotKept):
			done.Dropped++
			continue
		case err != nil:
			if done.Unanswered++; done.Why == "" {
				done.Why = err.Error()
			}
			continue
		}
		if err := fn(t); err != nil {
			return err
		}
		done.Traces++
	}
	if err == nil && len(recs) < n {
		err = errIncomplete
	}
	return err
}

func (r *Recorder) writeCase(seed uint64, c *testCase, rec *system.Recording) (*trace.Trace, error) {
	var meta trace.Meta
	meta.Set("kernel", releaseNumber(r.profile.Release))
	meta.Set("family", c.family.Name)
	meta.Set("seed", fmt.Sprint(seed))
	meta.Set("case", fmt.Sprint(c.number))
	name := fmt.Sprintf("%s-%d-%d.txtar", c.family.Name, seed, c.number)
	return r.write(name, meta, c.world, c.program, &c.expectation, rec)
}

// write makes a trace of a recording, if its tables can be written down.
func (r *Recorder) write(name string, meta trace.Meta, w system.World, program draw.Program, expected *expectation, rec *system.Recording) (*trace.Trace, error) {
	switch n := len(rec.Answers); {
	case rec.Err != nil && n < len(program):
		return nil, fmt.Errorf("%s: call %d, %d %s, was not answered: %w", name, n+1, program[n].Actor, program[n].Call, rec.Err)
	case errors.Is(rec.Err, errors.ErrUnsupported):
		return nil, fmt.Errorf("%s: %w: %w", name, ErrNotKept, rec.Err)
	case rec.Err != nil:
		return nil, fmt.Errorf("%s: %w", name, rec.Err)
	case n < len(program) || len(rec.Views) == 0:
		return nil, fmt.Errorf("%s: %w", name, errIncomplete)
	}
	final := rec.Views[len(rec.Views)-1]
	if why := r.unkept(expected, final); why != visible {
		return nil, fmt.Errorf("%s: %w: in the end there is %s", name, ErrNotKept, why)
	}
	if expected != nil && !expected.ends(program, rec, final) {
		other, err := expect(context.Background(), numbered(w, model.BatchedIDs), program)
		if err == nil && other.ends(program, rec, final) {
			w = numbered(w, model.BatchedIDs)
		}
	}
	return traceOf(recorded{
		name: name, comment: oneLine("Recorded on a Linux kernel."), meta: meta, world: w, program: program,
		answers: rec.Answers, initial: r.initial, final: final,
	})
}

// unkept tells why the tables at the end are none that a trace can hold.
func (r *Recorder) unkept(expected *expectation, final model.View) hiding {
	if strings.Contains(final.Mounts, " - pidfs ") {
		return byPidfs
	}
	if system.CountUntold(final) > 0 {
		return byUntold
	}
	if expected != nil {
		return expected.hidden[len(expected.hidden)-1]
	}
	return visible
}

// ends tells whether a program was answered as expected, and ended so.
func (x *expectation) ends(program draw.Program, rec *system.Recording, final model.View) bool {
	for i := range program {
		op := program[i].Call.Op
		if !trace.Recorded(op, rec.Answers[i]).Agrees(trace.Recorded(op, x.answers[i])) {
			return false
		}
	}
	return final == x.views[len(x.views)-1]
}
