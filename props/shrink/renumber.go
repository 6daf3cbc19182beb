package shrink

import "mntcheck/model"

// Without returns the program without the steps that gone tells, with the
// references and the actors of the others counted anew. The steps of an actor
// that nothing makes any more go too.
func Without(program []model.Step, gone func(i int) bool) []model.Step {
	var (
		steps  = make([]int64, len(program)) // by old step: its new number, or -1
		actors = map[int]int{1: 1}           // by old actor: its new number
		kept   = make([]model.Step, 0, len(program))
		oldN   = 1 // actors made so far, in the old program
		newN   = 1
	)
	for i, step := range program {
		makes := step.Call.Op.Signature().Result == model.ActorResult
		actor, known := actors[step.Actor]
		if !known && step.Actor > oldN {
			actor, known = step.Actor-oldN+newN, true // made by nothing here: leave it
		}
		if gone(i) || !known {
			steps[i] = -1
			if makes {
				oldN++
			}
			continue
		}
		if makes {
			oldN++
			newN++
			actors[oldN] = newN
		}
		steps[i] = int64(len(kept))
		step.Actor = actor
		eachArg(&step.Call, func(a *model.Arg) {
			if a.Kind != model.ResultOf || a.N < 0 || a.N >= int64(i) {
				return
			}
			if n := steps[a.N]; n >= 0 {
				a.N = n
			} else {
				*a = model.Num(-1)
			}
		})
		renumberActors(&step.Call, actors)
		kept = append(kept, step)
	}
	return kept
}

// renumberActors counts the actors in arguments anew. A call that makes one
// and fails is taken to have made it: the predicate sorts that out.
func renumberActors(c *model.Call, actors map[int]int) {
	for i, p := range c.Op.Signature().Params {
		if p.Kind == model.ActorParam && c.Args[i].Kind == model.Number {
			if n, ok := actors[int(c.Args[i].N)]; ok {
				c.Args[i].N = int64(n)
			}
		}
	}
}

// eachArg calls f for the arguments of a call, also the one within its struct.
func eachArg(c *model.Call, f func(*model.Arg)) {
	for i := range c.Op.Signature().Params {
		f(&c.Args[i])
	}
	f(&c.Attr.UserNSFD)
}

func clone(program []model.Step) []model.Step {
	return append(make([]model.Step, 0, len(program)), program...)
}
