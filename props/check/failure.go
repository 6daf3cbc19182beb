package check

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/shrink"
	"mntcheck/props/system"
)

// Failure is a broken invariant, and the smallest program found that breaks it.
type Failure struct {
	Case      uint64   `json:"case"` // number of the case; it and the seed make it again
	Seed      uint64   `json:"seed"`
	Invariant string   `json:"invariant"`
	Statement string   `json:"statement"`
	Source    string   `json:"source"`
	Message   string   `json:"message"` // what is wrong after the last call
	Also      []string `json:"also,omitempty"`

	Program  draw.Program   `json:"-"` // the smallest; its last call breaks the invariant
	Original draw.Program   `json:"-"` // before shrinking
	Answers  []model.Result `json:"-"` // to the calls of Program
	World    system.World   `json:"-"`
	Shrink   shrink.Stats   `json:"shrink"`
	// Start is the state that the program begins in, where that was drawn
	// directly: then the failure is not known to be reachable, and is no
	// violation. Nil: the program begins in World.
	Start *model.State `json:"-"`
	// Reachable: a program of calls alone leads there.
	Reachable bool `json:"reachable"`
	// Flaky: the program did not break the invariant when it was run again.
	Flaky bool `json:"flaky,omitempty"`

	// Before and After are what the last call changed: the states where the
	// system shows them, and the views. Marked lists mounts that matter.
	Before, After         *model.State    `json:"-"`
	BeforeView, AfterView model.View      `json:"-"`
	Marked                []model.MountIx `json:"-"`

	Trace *trace.Trace `json:"-"`              // of Program, in strace's syntax
	Text  string       `json:"trace"`          // Trace as a file has it
	File  string       `json:"file,omitempty"` // where it was written
}

// failure shrinks the case that failed, and describes it.
func (e *engine) failure(ctx context.Context) (*Failure, error) {
	o, c := e.o, e.broke
	f := &Failure{Case: c.number, Seed: o.Seed, Original: c.program, World: c.world, Also: c.found.Also, Start: c.start}
	return f, f.describe(ctx, o, c.found)
}

// NewFailure shrinks a program that breaks an invariant on a system of
// o.Factory, and describes it.
func NewFailure(ctx context.Context, o Options, w system.World, program draw.Program, found *Found) (*Failure, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	f := &Failure{Seed: o.Seed, Original: program, World: w, Also: found.Also}
	return f, f.describe(ctx, &o, found)
}

func (f *Failure) describe(ctx context.Context, o *Options, found *Found) error {
	v := found.Invariant
	f.Invariant, f.Statement, f.Source, f.Message = v.Name, v.Statement, v.Source, found.Violation.Message
	again := o.checker([]*invariant.Invariant{v})
	if v == noPanic {
		again = o.checker(o.Invariants)
	}
	breaks := func(p []model.Step) bool {
		found, err := again.Program(ctx, f.factory(o), f.World, p)
		return err == nil && found != nil && found.Invariant == v
	}
	f.Reachable = f.Start == nil
	f.Program = f.Original
	if !breaks(f.Original) {
		f.Flaky = true
	} else if o.ShrinkTries >= 0 {
		f.Program, f.Shrink = shrink.Program(f.Original, breaks, shrink.Options{Tries: o.ShrinkTries})
	}
	if err := f.replay(ctx, o, v); err != nil {
		return err
	}
	return f.Save(o.FailureDir)
}

// SaveError says why a failure could not be written down. It comes beside the
// failure, of which it takes nothing else.
type SaveError struct{ err error }

func (e *SaveError) Error() string { return "the failure could not be written down: " + e.err.Error() }

func (e *SaveError) Unwrap() error { return e.err }

// Save writes the trace, where there is one, to a file in a folder; "" is none. The
// error is a *SaveError.
func (f *Failure) Save(dir string) error {
	if dir == "" || f.Trace == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return &SaveError{err}
	}
	file := filepath.Join(dir, fileName(f))
	if err := os.WriteFile(file, []byte(f.Text), 0o644); err != nil {
		return &SaveError{err}
	}
	f.File = file
	return nil
}

// factory starts the systems that the program is run on.
func (f *Failure) factory(o *Options) system.Factory {
	if f.Start == nil {
		return o.factory()
	}
	return func(context.Context, system.World) (system.System, error) {
		return system.FromState(f.Start.Clone()), nil
	}
}

func fileName(f *Failure) string {
	clean := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return '_'
	}, f.Invariant)
	return fmt.Sprintf("%s-%d-%d.txtar", clean, f.Seed, f.Case)
}

// replay runs the program once more, for what the failure shows, and cuts it
// off behind the call that breaks the invariant.
func (f *Failure) replay(ctx context.Context, o *Options, v *invariant.Invariant) error {
	sys, err := f.factory(o)(ctx, f.World)
	if err != nil {
		return err
	}
	defer sys.Close()
	c := o.checker([]*invariant.Invariant{v})
	if v == noPanic {
		c = o.checker(o.Invariants)
	}
	if err := c.Start(ctx, sys); err != nil {
		return err
	}
	initial, err := sys.Observe(ctx)
	if err != nil {
		return err
	}
	f.AfterView = initial
	for i, step := range f.Program {
		if i == len(f.Program)-1 {
			f.BeforeView, _ = sys.Observe(ctx)
		}
		r, found, err := c.doSafely(ctx, step)
		if err != nil {
			return err
		}
		f.Answers = append(f.Answers, r)
		if found != nil {
			f.Program = f.Program[:i+1]
			f.Message, f.Marked = found.Violation.Message, found.Violation.Mounts
			if found.Invariant == noPanic {
				f.Answers = f.Answers[:i]
			}
			break
		}
	}
	if v != noPanic {
		f.AfterView, _ = sys.Observe(ctx)
	}
	if c.stateful != nil {
		f.Before = c.before.Clone()
		f.After = c.stateful.State() // the system makes no more calls
	}
	release := f.World.Semantics.Release
	if p := system.ProfileOf(sys); p.Release != "" {
		release = p.Release
	}
	return f.Record(release, initial)
}

// doSafely is Do, with a panic as what was found.
func (c *Checker) doSafely(ctx context.Context, step model.Step) (r model.Result, found *Found, err error) {
	defer func() {
		if p := recover(); p != nil {
			found, err = panicked(p, c.calls), nil
		}
	}()
	return c.Do(ctx, step)
}

// Record makes the trace, of a system of some release, in a world that showed
// initial before the first call.
func (f *Failure) Record(release string, initial model.View) error {
	var meta trace.Meta
	meta.Set("kernel", release)
	meta.Set("family", "check")
	meta.Set("seed", fmt.Sprint(f.Seed))
	meta.Set("case", fmt.Sprint(f.Case))
	meta.Set("invariant", f.Invariant)
	if f.World.Semantics.NSIDs == model.BatchedIDs {
		meta.Set("nsids", "batched")
	}
	if f.World.Unprivileged {
		meta.SetUnprivileged()
	}
	if f.World.MountMax != 0 {
		meta.Set("mount-max", fmt.Sprint(f.World.MountMax))
	}
	steps, results := recorded(f.Program, f.Answers)
	_, table, _ := strings.Cut(initial.Mounts, "\n")
	if f.Start != nil {
		table = initial.Mounts
		meta.Set("start", "drawn")
	}
	t, err := trace.New(trace.Recording{
		Name:    fileName(f),
		Comment: comment(f.Invariant+": "+f.Statement) + comment(f.Message),
		Meta:    meta, Program: steps, Results: results,
		Initial: table, Final: f.AfterView.Mounts, Actors: f.AfterView.Actors,
	})
	if err != nil {
		return err
	}
	f.Trace, f.Text = t, string(t.Format())
	return nil
}

// comment is a line that is no section's header.
func comment(text string) string {
	text = strings.ReplaceAll(text, "\n", " ")
	if strings.HasPrefix(text, "-- ") {
		text = "." + text
	}
	return text + "\n"
}

// recorded is a program with its answers as a kernel's trace has them: with
// numbers for what steps returned.
func recorded(program []model.Step, answers []model.Result) ([]model.Step, []trace.Result) {
	var (
		steps   = make([]model.Step, 0, len(program))
		results = make([]trace.Result, 0, len(answers))
		values  = make([]int64, 0, len(answers))
	)
	for i, step := range program {
		step.Call = step.Call.Resolve(values)
		steps = append(steps, step)
		if i >= len(answers) {
			continue
		}
		r := answers[i]
		values = append(values, r.Value)
		switch {
		case step.Call.Op.Signature().Result == model.NoResult:
			results = append(results, trace.NoReturn())
		case r.Errno != 0:
			results = append(results, trace.Failure(r.Errno))
		default:
			results = append(results, trace.Success(r.Value))
		}
	}
	return steps, results
}
