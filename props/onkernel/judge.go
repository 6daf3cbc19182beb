package onkernel

import (
	"slices"

	"mntcheck/model"
	"mntcheck/props/invariant"
	"mntcheck/props/observed"
	"mntcheck/props/system"
)

// judge checks invariants on recordings. It is for one goroutine.
type judge struct {
	invariants []*invariant.Invariant
	byOp       [model.NumOps][]int // positions of the invariants that a call can matter to
	byRefused  [model.NumOps][]int // … that a call can matter to which changed nothing
	known      []*invariant.Known  // by invariant, on this kernel; nil: it should hold
	follower   observed.Follower
	step       invariant.Transition
}

// newJudge is a judge of a kernel with these rules, nil where nothing is known of
// them.
func newJudge(list []*invariant.Invariant, sem *model.Semantics, strict bool) *judge {
	j := &judge{invariants: list, known: make([]*invariant.Known, len(list))}
	for i, v := range list {
		if sem != nil && !strict {
			j.known[i] = invariant.KnownOn(v.Name, sem)
		}
		for op := range j.byOp {
			if v.Calls != nil && !slices.Contains(v.Calls, model.Op(op)) {
				continue
			}
			j.byOp[op] = append(j.byOp[op], i)
			if !v.OfState && !v.OfChanges {
				j.byRefused[op] = append(j.byRefused[op], i)
			}
		}
	}
	return j
}

// found is a broken invariant, and the step of the program that broke it.
type found struct {
	invariant *invariant.Invariant
	message   string
	also      []string
	step      int
}

// recording judges the calls of a program up to the first that breaks something
// that is not known to break. seen is how many calls were judged.
func (j *judge) recording(world system.World, program []model.Step, rec *system.Recording, t *tally) (f *found, seen int) {
	if len(rec.Views) == 0 {
		return nil, 0
	}
	follows := len(rec.Identities) == len(rec.Views) &&
		j.follower.Start(world.Model(), rec.Views[0], rec.Identities[0]) == nil
	values := make([]int64, 0, len(program))
	for i := range min(len(program), len(rec.Answers), len(rec.Views)-1) {
		call := program[i].Call.Resolve(values)
		r := rec.Answers[i]
		values = append(values, r.Value)
		before, after := &rec.Views[i], &rec.Views[i+1]
		which := j.byOp[call.Op]
		j.step.ResetTables(before, after, program[i].Actor, &call, r)
		if r.Errno != 0 && *before == *after && (!follows || same(&rec.Identities[i], &rec.Identities[i+1])) {
			which = j.byRefused[call.Op]
		} else if follows {
			if err := j.follower.Follow(program[i].Actor, &call, r, *after, rec.Identities[i+1]); err == nil {
				j.follower.Describe(&j.step)
				j.step.ShowViews(func() (b, a *model.View) { return before, after })
			} else {
				follows = false
				t.lost++
			}
		}
		t.answers.Answer(call.Op, &r)
		if system.CountUntold(*before)+system.CountUntold(*after) > 0 {
			for _, i := range which { // sources come and go with who can see them
				t.untold[i]++
			}
		} else if f = j.call(which, t); f != nil {
			f.step = i
			return f, i + 1
		}
		seen = i + 1
	}
	return nil, seen
}

// call checks the invariants on one call.
func (j *judge) call(which []int, t *tally) (f *found) {
	for _, i := range which {
		v := j.invariants[i]
		switch j.step.Sees(v) {
		case invariant.Unseen:
			continue
		case invariant.Untold:
			t.untold[i]++
			continue
		}
		t.checks[i]++
		premise, broken := v.Check(&j.step)
		if premise {
			t.premises[i]++
		}
		switch {
		case broken == nil:
		case j.known[i] != nil:
			t.breaches[i]++
		case f == nil:
			f = &found{invariant: v, message: broken.Message}
		default:
			f.also = append(f.also, v.Name)
		}
	}
	return f
}

func same(a, b *model.Identity) bool {
	return slices.Equal(a.Mounts, b.Mounts) && slices.Equal(a.Spaces, b.Spaces) && slices.Equal(a.Users, b.Users)
}
