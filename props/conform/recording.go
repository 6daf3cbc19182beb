package conform

import (
	"fmt"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// recorded is what a trace is made of.
type recorded struct {
	name, comment string
	meta          trace.Meta
	world         system.World
	program       draw.Program
	answers       []model.Result // the kernel's
	initial       model.View     // before the first call
	final         model.View     // after the last
}

// traceOf writes down what a kernel was asked and answered, with numbers for
// what steps returned, as traces recorded on kernels have them.
func traceOf(r recorded) (*trace.Trace, error) {
	if r.world.MountMax != 0 {
		r.meta.Set("mount-max", fmt.Sprint(r.world.MountMax))
	}
	if r.world.Unprivileged {
		r.meta.SetUnprivileged()
	}
	if r.world.Semantics != nil && r.world.Semantics.NSIDs == model.BatchedIDs {
		r.meta.Set("nsids", "batched")
	}
	var (
		steps   = make([]model.Step, 0, len(r.program))
		results = make([]trace.Result, 0, len(r.answers))
		values  = make([]int64, 0, len(r.answers))
	)
	for i, step := range r.program {
		step.Call = step.Call.Resolve(values)
		steps = append(steps, step)
		if i < len(r.answers) {
			values = append(values, r.answers[i].Value)
			results = append(results, trace.Recorded(step.Call.Op, r.answers[i]))
		}
	}
	_, initial, _ := strings.Cut(r.initial.Mounts, "\n") // without the header of the only namespace
	return trace.New(trace.Recording{
		Name: r.name, Comment: r.comment, Meta: r.meta, Program: steps, Results: results,
		Initial: initial, Final: r.final.Mounts, Actors: r.final.Actors,
	})
}

// oneLine is a line of a comment that is no section's header.
func oneLine(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))
	if strings.HasPrefix(text, "-- ") {
		text = "." + text
	}
	return text + "\n"
}
