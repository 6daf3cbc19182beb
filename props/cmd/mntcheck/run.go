package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
	"mntcheck/model/trace"
	"mntcheck/props/system"
)

// runCommand makes the calls of a program on the model.
type runCommand struct {
	releaseFlag
	File string `arg:"" help:"A program: a trace, whose answers are not looked at, or a list of calls, one a line. '-' is standard input."`
}

// Execution is what run --json prints.
type Execution struct {
	Release string   `json:"release"` // whose rules hold
	Calls   []Answer `json:"calls"`   // in the order of the program
	// Mounts and Actors are the canonical view after the last call, as the
	// sections final.mountinfo and actors of a trace have it.
	Mounts string `json:"mounts"`
	Actors string `json:"actors"`
}

// Answer is one call and what it was answered.
type Answer struct {
	Step  int    `json:"step"` // counted from 1
	Actor int    `json:"actor"`
	Call  string `json:"call"` // in strace's syntax
	// Result is the answer in strace's syntax: "3", "?", "-1 EINVAL (Invalid argument)".
	Result  string   `json:"result"`
	Refusal *Refusal `json:"refusal,omitempty"` // of a call that failed
}

// Refusal says why a call failed.
type Refusal struct {
	Errno    string `json:"errno"`    // such as "EINVAL"
	Rule     string `json:"rule"`     // the name of the rule that decided
	Spec     string `json:"spec"`     // the section of the specification that states it
	Sentence string `json:"sentence"` // the rule, with the names that things have here
}

// refusalOf describes a refusal; nil where the call succeeded. Its mounts are
// named as they are in state s.
func refusalOf(s *model.State, r model.Refusal) *Refusal {
	if !r.Refused() {
		return nil
	}
	return &Refusal{Errno: r.Rule.Errno().String(), Rule: r.Rule.String(), Spec: r.Rule.Spec(), Sentence: s.Sentence(r)}
}

// Run makes the calls and prints the answers.
func (c *runCommand) Run(s *session) error {
	sem, err := c.semantics()
	if err != nil {
		return err
	}
	name, data, err := readInput(s, c.File, trace.MaxFileBytes)
	if err != nil {
		return err
	}
	program, err := trace.ParseProgram(name, data)
	if err != nil {
		return err
	}
	state := model.NewState(model.World{Semantics: sem, Unprivileged: program.Meta.Unprivileged()})
	if err := sameWorld(program, state); err != nil {
		return err
	}
	report := &Execution{Release: sem.Release, Calls: []Answer{}}
	if err := execute(s, program, state, report); err != nil {
		return err
	}
	view := state.View()
	report.Mounts, report.Actors = view.Mounts, view.Actors
	if s.json {
		return printJSON(s.stdout, report)
	}
	return drawView(s.stdout, view)
}

// execute makes the calls one by one, and prints each answer before the next
// call is made, unless JSON was asked for.
func execute(s *session, program *trace.Trace, state *model.State, report *Execution) error {
	values := make([]int64, 0, len(program.Steps))
	sys := system.FromState(state)
	for i, step := range program.Steps {
		if s.ctx.Err() != nil {
			return fmt.Errorf("interrupted before call %d of %d", i+1, len(program.Steps))
		}
		call := step.Call.Resolve(values)
		r, err := sys.Do(context.Background(), step.Actor, &call)
		if err != nil {
			return &trace.Error{File: program.Name, Line: step.Number, Msg: err.Error()}
		}
		values = append(values, r.Value)
		line := trace.Line{Actor: step.Actor, Call: call, Result: trace.Recorded(call.Op, r), Answered: true}
		why := refusalOf(state, r.Refusal)
		report.Calls = append(report.Calls, Answer{i + 1, step.Actor, call.String(), line.Result.String(), why})
		if s.json {
			continue
		}
		fmt.Fprint(s.stdout, line)
		if why != nil {
			fmt.Fprintf(s.stdout, "  /* %s: %s */", why.Rule, strings.ReplaceAll(why.Sentence, "*/", "* /"))
		}
		fmt.Fprintln(s.stdout)
	}
	return nil
}

// sameWorld holds a trace's initial table against the world in which programs
// run here. Calls that were made in another world would mean something else.
func sameWorld(program *trace.Trace, state *model.State) error {
	if !program.Initial.Present {
		return nil
	}
	_, table, _ := strings.Cut(state.View().Mounts, "\n")
	sameRoot := strings.NewReplacer("rootfs rootfs ro", "nullfs nullfs rw") // the kernel's own root, before 7.0
	if sameRoot.Replace(program.Initial.Text) == sameRoot.Replace(table) {
		return nil
	}
	return &trace.Error{File: program.Name, Line: program.Initial.Line,
		Msg: "initial.mountinfo is not the world in which programs run: an empty tmpfs over the kernel's own root, both private"}
}

// drawView draws the tree of each namespace of a view, and says where the
// actors stand.
func drawView(w io.Writer, view model.View) error {
	sections, err := mountinfo.ParseSections("view", []byte(view.Mounts))
	if err != nil {
		return err
	}
	for i := range sections {
		fmt.Fprintf(w, "\n%s\n", sections[i].AppendHeader(nil))
		if err := mountinfo.Render(w, &sections[i].Table, mountinfo.RenderOptions{}); err != nil {
			return err
		}
	}
	fmt.Fprintf(w, "\n# actors\n%s", view.Actors)
	return nil
}

// readInput reads a file, or standard input for "-", up to a number of bytes.
func readInput(s *session, file string, limit int64) (name string, data []byte, err error) {
	var r io.Reader = s.stdin
	name = "stdin"
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return file, nil, err
		}
		defer f.Close()
		name, r = file, f
	}
	data, err = io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return name, nil, fmt.Errorf("%s: %w", name, err)
	}
	if int64(len(data)) > limit {
		return name, nil, fmt.Errorf("%s: longer than %d bytes", name, limit)
	}
	return name, data, nil
}
