package replay

import (
	"maps"
	"slices"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/shrink"
)

// carried makes the steps that are kept, with descriptors and actors numbered
// anew, and the recorded answers, numbered likewise. It is nil where the calls
// cannot be made without those left out.
func (s *shrinker) carried(program []model.Step, keep []bool) []trace.Step {
	keep = withoutOrphans(s.steps, keep)
	if s.want.Call > 0 && !keep[len(keep)-1] {
		return nil
	}
	short := shrink.Without(program, func(i int) bool { return !keep[i] })
	steps := make([]trace.Step, 0, len(short))
	values := make([]int64, 0, len(short))
	open := openFiles{1: {}}
	for i := range keep {
		if !keep[i] {
			continue
		}
		k := len(steps)
		if k == len(short) {
			return nil // an actor that nothing makes
		}
		step := trace.Step{Line: trace.Line{Actor: short[k].Actor, Call: short[k].Call.Resolve(values), Answered: s.steps[i].Answered}}
		step.Result = s.steps[i].Result
		if step.Result.Errno == 0 && step.Answered {
			step.Result.Value = open.next(step.Actor, &step.Call, step.Result.Value)
		}
		if open[step.Actor] == nil {
			return nil
		}
		open.after(&step, k)
		values = append(values, step.Result.Value)
		steps = append(steps, step)
	}
	return steps
}

// withoutOrphans takes out the steps of the actors whose fork is taken out.
func withoutOrphans(steps []trace.Step, keep []bool) []bool {
	keep = slices.Clone(keep)
	gone := map[int]bool{}
	for i := range steps {
		if gone[steps[i].Actor] {
			keep[i] = false
		}
		if !keep[i] && steps[i].Call.Op.Signature().Result == model.ActorResult {
			gone[int(steps[i].Result.Value)] = true
		}
	}
	return keep
}

// openFiles are the descriptors of each actor, with the step that made them.
type openFiles map[int]map[int64]int

// next is the value with which a successful call answers: the lowest free
// descriptor, the number of the next actor, or what it answered before.
func (o openFiles) next(actor int, c *model.Call, value int64) int64 {
	switch c.Op.Signature().Result {
	case model.FDResult:
		for n := int64(firstFD); ; n++ {
			if _, used := o[actor][n]; !used {
				return n
			}
		}
	case model.ActorResult:
		last := 0
		for a := range o {
			last = max(last, a)
		}
		return int64(last + 1)
	}
	return value
}

// firstFD is the lowest descriptor that a trace's actors do not hold.
const firstFD = 3

// after takes the call of step i into account, as it was answered.
func (o openFiles) after(s *trace.Step, i int) {
	if !s.Answered || s.Result.Errno != 0 {
		return
	}
	own := o[s.Actor]
	switch s.Call.Op.Signature().Result {
	case model.FDResult:
		own[s.Result.Value] = i
	case model.ActorResult:
		o[int(s.Result.Value)] = maps.Clone(own)
	}
	if s.Call.Op == model.OpClose {
		delete(own, s.Call.Args[0].N)
	}
}

// references is the program of a trace in which a descriptor is the result of
// the step that opened it, as the recording has it.
func references(t *trace.Trace) []model.Step {
	program := t.Program()
	open := openFiles{1: {}}
	for i := range program {
		own := open[program[i].Actor]
		refer := func(a *model.Arg) {
			if made, ok := own[a.N]; ok && a.Kind == model.Number {
				*a = model.Ref(made)
			}
		}
		c := &program[i].Call
		for k, p := range c.Op.Signature().Params {
			switch p.Kind {
			case model.FDParam, model.DirFDParam:
				refer(&c.Args[k])
			case model.AttrParam:
				refer(&c.Attr.UserNSFD)
			}
		}
		if own != nil {
			open.after(&t.Steps[i], i)
		}
	}
	return program
}
