package reproduce

import (
	"fmt"
	"path/filepath"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// maxText is how long all strings of one call may be together, in bytes: the
// program hands them to the kernel in memory of a fixed size.
const maxText = 32 << 10

// story is a trace that was found to be one that can be told.
type story struct {
	*trace.Trace
	children []int  // by step: the actor that it starts, 0 if none
	referred []bool // by step: a later call has its result for an argument
	actors   int    // the highest number of an actor
}

// read follows the actors of a trace, and its references to results. Its errors
// are *trace.Error.
func read(t *trace.Trace) (*story, error) {
	s := &story{Trace: t, children: make([]int, len(t.Steps)), referred: make([]bool, len(t.Steps)), actors: 1}
	alive := map[int]bool{1: true}
	for i := range t.Steps {
		step := &t.Steps[i]
		if !alive[step.Actor] {
			return nil, fail(t, step, "actor %d does not exist or has exited", step.Actor)
		}
		if err := checkText(t, step); err != nil {
			return nil, err
		}
		for _, a := range append(step.Call.Args[:], step.Call.Attr.UserNSFD) {
			if a.Kind != model.ResultOf {
				continue
			}
			if a.N < 0 || a.N >= int64(i) {
				return nil, fail(t, step, "%s refers to the result of call %d, which does not come before it", step.Call.Op, a.N+1)
			}
			s.referred[a.N] = true
		}
		switch step.Call.Op.Signature().Result {
		case model.ActorResult:
			if step.Answered && step.Result.Errno != 0 {
				break
			}
			s.actors++
			if want := int64(s.actors); step.Answered && step.Result.Value != want {
				return nil, fail(t, step, "%s answers %d: actors are numbered in the order of their start, this one is %d",
					step.Call.Op, step.Result.Value, want)
			}
			s.children[i] = s.actors
			alive[s.actors] = true
		case model.NoResult:
			alive[step.Actor] = false
		}
	}
	return s, nil
}

// checkText refuses strings that do not fit.
func checkText(t *trace.Trace, step *trace.Step) error {
	total := 0
	for _, a := range step.Call.Args {
		total += len(a.S) + 1
	}
	if total > maxText {
		return fail(t, step, "%s has strings of %d bytes: want %d at most", step.Call.Op, total, maxText)
	}
	return nil
}

// fail is an error about a call, at its place in the file.
func fail(t *trace.Trace, step *trace.Step, format string, args ...any) error {
	column := strings.Index(step.Text, step.Call.Op.String()+"(") + 1
	return &trace.Error{File: t.Name, Line: step.Number, Column: column, Msg: fmt.Sprintf(format, args...)}
}

// answered tells whether all answers are recorded.
func (s *story) answered() bool {
	for i := range s.Steps {
		if !s.Steps[i].Answered {
			return false
		}
	}
	return true
}

// compares tells whether any answer is recorded.
func (s *story) compares() bool {
	for i := range s.Steps {
		if s.Steps[i].Answered {
			return true
		}
	}
	return false
}

// origin says in a few words where the calls are from, such as "the trace
// 4711.txtar (Linux 7.3.4, family namespace, seed 4711)".
func (s *story) origin() string {
	var known []string
	for _, e := range s.Meta {
		switch e.Key {
		case "kernel":
			known = append(known, "Linux "+e.Value)
		default:
			known = append(known, e.Key+" "+e.Value)
		}
	}
	kind := "program"
	if s.answered() {
		kind = "trace"
	}
	text := "the " + kind + " " + filepath.Base(s.Name)
	if len(known) > 0 {
		text += " (" + strings.Join(known, ", ") + ")"
	}
	return text
}

// whose says who has to make the calls, where that is not root.
func (s *story) whose() string {
	if !s.Meta.Unprivileged() {
		return ""
	}
	return " A user who is not root made them; root is answered otherwise, unless the program is run by unshare -Urm."
}

// comment puts a mark such as "// " before each line of a text.
func comment(mark, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\r\n")
		b.WriteString(strings.TrimRight(mark+line, " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// remarks are the comments above a step, with their marks taken off.
func remarks(step *trace.Step) string {
	var b strings.Builder
	for line := range strings.Lines(step.Comment) {
		if line = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "#")); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// ending is what the trace ended with: its tables, and where its actors stand.
func (s *story) ending() string {
	if !s.Final.Present {
		return ""
	}
	return s.Final.Text + "# actors\n" + s.Actors.Text
}

// wrap breaks a text into lines of a width.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}
