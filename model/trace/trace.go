package trace

import (
	"fmt"

	"mntcheck/model"
)

// Limits of what is read. They are far above what any recorded trace needs, and
// keep a wrong file from taking the machine's memory.
const (
	MaxFileBytes    = 64 << 20 // of a trace; a table of 100,000 mounts takes about 10 MiB
	MaxArchiveBytes = 1 << 30  // of an archive of traces, unpacked
	MaxSteps        = 1 << 20  // of a trace
)

// Trace is a txtar archive of calls and what came of them, or a program: calls
// alone.
type Trace struct {
	Name    string  // of the file, for errors
	Comment string  // what precedes the first section, for people
	Meta    Meta    // nil where there is none
	Initial Section // initial.mountinfo: the only namespace before the first call
	Steps   []Step  // trace: the calls in the order of their completion
	Tail    string  // comments and blank lines behind the last step
	Final   Section // final.mountinfo: every live namespace after the last call
	Actors  Section // actors: where each live actor stands after the last call
}

// Section is a part of the archive that is kept as text.
type Section struct {
	Text    string // lines, each with its newline
	Line    int    // of the file, of the text's first line, from 1; 0 in a trace that was not read
	Present bool   // an empty section is not the same as none
}

// Step is one call of a trace, from its line in the section "trace".
type Step struct {
	Line           // the actor, the call, and its answer
	Number  int    // of the line in the file, from 1; 0 in a trace that was not read
	Text    string // the line as it was read, without its newline
	Comment string // comments and blank lines above it, each with its newline
}

// Program is what the actors asked, without the answers.
func (t *Trace) Program() []model.Step {
	program := make([]model.Step, len(t.Steps))
	for i, step := range t.Steps {
		program[i] = model.Step{Actor: step.Actor, Call: step.Call}
	}
	return program
}

// Results are the answers up to the first call that has none.
func (t *Trace) Results() []Result {
	results := make([]Result, 0, len(t.Steps))
	for i := range t.Steps {
		if !t.Steps[i].Answered {
			break
		}
		results = append(results, t.Steps[i].Result)
	}
	return results
}

// Recording is what New makes a trace of.
type Recording struct {
	Name    string // of the file, for errors
	Comment string // for people; any number of lines
	Meta    Meta
	Program []model.Step
	// Results are the answers, for the first steps or for all. Nil makes a program.
	Results []Result
	// Initial, Final and Actors are the texts of these sections. Final and
	// Actors say what came of the whole program, so they are left out
	// where a result is missing; Initial where that is so and it is empty.
	Initial, Final, Actors string
}

// New makes a trace of what was recorded, or of a counterexample. What it
// returns has been printed and read back, so that no trace can be written that
// could not be read: it answers an error for a comment or a table that holds
// a section's header, an actor below 1, a key with a space, a call whose
// arguments do not have the kinds of its signature.
//
// A reference to a step that comes later, or to none, is written as -1, which is
// what [model.Call.Resolve] makes of it.
func New(r Recording) (*Trace, error) {
	if len(r.Results) > len(r.Program) {
		return nil, fmt.Errorf("trace: %d results for %d calls: want at most one for each", len(r.Results), len(r.Program))
	}
	t := &Trace{Comment: r.Comment, Meta: r.Meta, Steps: make([]Step, len(r.Program))}
	for i, step := range r.Program {
		t.Steps[i].Actor, t.Steps[i].Call = step.Actor, withoutDangling(step.Call, i)
		if i < len(r.Results) {
			t.Steps[i].Result, t.Steps[i].Answered = r.Results[i], true
		}
	}
	complete := r.Results != nil && len(r.Results) == len(r.Program)
	t.Initial = Section{Text: r.Initial, Present: complete || r.Initial != ""}
	t.Final = Section{Text: r.Final, Present: complete}
	t.Actors = Section{Text: r.Actors, Present: complete}

	read := ParseProgram
	if complete {
		read = Parse
	}
	back, err := read(r.Name, t.Format())
	if err != nil {
		return nil, fmt.Errorf("trace: what was recorded cannot be written: %w", err)
	}
	if len(back.Meta) != len(r.Meta) || len(back.Steps) != len(r.Program) {
		return nil, fmt.Errorf("trace: what was recorded cannot be written: want one line for each meta entry and each call")
	}
	return back, nil
}

// withoutDangling replaces each reference of step to a step that is not before it.
func withoutDangling(call model.Call, step int) model.Call {
	fix := func(a *model.Arg) {
		if a.Kind == model.ResultOf && (a.N < 0 || a.N >= int64(step)) {
			*a = model.Num(-1)
		}
	}
	for i := range call.Args {
		fix(&call.Args[i])
	}
	fix(&call.Attr.UserNSFD)
	return call
}
