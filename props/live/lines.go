package live

import (
	"fmt"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// lines are steps on their way to the server, a line of trace syntax each:
//
//	1 open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE)
//	2 move_mount($1, "", AT_FDCWD, "/b", MOVE_MOUNT_F_EMPTY_PATH)
//
// So a dump of the stream can be read, and replayed.
type lines string

func linesOf(steps []model.Step) lines {
	const usual = 64 // bytes of a line
	var b strings.Builder
	b.Grow(usual * len(steps))
	for i := range steps {
		b.WriteString(trace.Line{Actor: steps[i].Actor, Call: asGiven(steps[i].Call)}.String())
		b.WriteByte('\n')
	}
	return lines(b.String())
}

// asGiven is a call as a kernel is given it: a string ends at its first zero byte,
// and what is an int there has 32 bits. The syntax says no more than that.
func asGiven(c model.Call) model.Call {
	params := c.Op.Signature().Params
	for i := range params {
		a := &c.Args[i]
		switch params[i].Kind {
		case model.PathParam, model.StringParam:
			a.S, _, _ = strings.Cut(a.S, "\x00")
		case model.FDParam, model.DirFDParam, model.ActorParam:
			if a.Kind == model.Number {
				a.N = int64(int32(a.N))
			}
		}
	}
	return c
}

// steps reads them. The error names the step, counted from 1.
func (l lines) steps() ([]model.Step, error) {
	steps := make([]model.Step, 0, strings.Count(string(l), "\n"))
	for text := range strings.Lines(string(l)) {
		line, err := trace.ParseLine(strings.TrimSuffix(text, "\n"))
		if err == nil && line.Answered {
			err = fmt.Errorf("it has an answer")
		}
		if err != nil {
			return nil, fmt.Errorf("step %d, %q: %w", len(steps)+1, text, err)
		}
		steps = append(steps, model.Step{Actor: line.Actor, Call: line.Call})
	}
	return steps, nil
}
