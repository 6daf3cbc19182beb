package conform

import (
	"context"
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
	expected      []model.Result // the model's, for where the kernel's are lost; may be nil
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
	steps := inNumbers(r.program, r.answers, r.expected)
	results := make([]trace.Result, 0, len(r.answers))
	for i := range min(len(steps), len(r.answers)) {
		results = append(results, trace.Recorded(steps[i].Call.Op, r.answers[i]))
	}
	_, initial, _ := strings.Cut(r.initial.Mounts, "\n") // without the header of the only namespace
	return trace.New(trace.Recording{
		Name: r.name, Comment: r.comment, Meta: r.meta, Program: steps, Results: results,
		Initial: initial, Final: r.final.Mounts, Actors: r.final.Actors,
	})
}

// inNumbers is a program with numbers for what its steps return: what the kernel
// answered, and behind that what was expected of it. A kernel that dies takes its
// answers along, and what it died of needs its descriptors all the same.
func inNumbers(program draw.Program, answers, expected []model.Result) draw.Program {
	steps := make(draw.Program, 0, len(program))
	values := make([]int64, 0, len(program))
	for i, step := range program {
		step.Call = step.Call.Resolve(values)
		steps = append(steps, step)
		switch {
		case len(values) < i: // nothing is known of an earlier step, and nothing of this
		case i < len(answers):
			values = append(values, answers[i].Value)
		case i < len(expected):
			values = append(values, expected[i].Value)
		}
	}
	return steps
}

// InNumbers is a program with numbers in place of what its steps return, as far as a
// kernel has answered as in answers, and behind that as the model would.
func InNumbers(ctx context.Context, w system.World, program draw.Program, answers []model.Result) draw.Program {
	x, err := expect(ctx, w, program)
	if err != nil {
		return inNumbers(program, answers, nil)
	}
	return inNumbers(program, answers, x.answers)
}

// oneLine is a line of a comment that is no section's header.
func oneLine(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(text, "\n", " "))
	if strings.HasPrefix(text, "-- ") {
		text = "." + text
	}
	return text + "\n"
}
