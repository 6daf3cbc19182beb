package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/conform"
)

// recordCommand records what a kernel answers, as traces.
type recordCommand struct {
	kernelFlags
	Checks   int      `help:"How many random programs to record, where no program is given." default:"1" placeholder:"N"`
	Seed     *uint64  `help:"Seed of the random programs. They are those of conform with the same seed and families." placeholder:"S"`
	Family   []string `help:"Only random programs of this family (${families}). May be given again." placeholder:"F"`
	Output   string   `short:"o" name:"output" help:"Where to write: a folder, or for a single program a file that ends in .txtar; standard output where not given." placeholder:"DIR|FILE"`
	Programs []string `arg:"" optional:"" name:"program" help:"Programs and traces to record, in place of random ones: as run takes them, and folders and archives as replay does."`
}

// Recordings is what record --json prints.
type Recordings struct {
	conform.Recorded
	Kernel string   `json:"kernel"` // the release that was recorded
	Seed   *uint64  `json:"seed,omitempty"`
	Files  []string `json:"files"`
}

// Run records, and says what came of it.
func (c *recordCommand) Run(s *session) error {
	families, err := familiesOf(c.Family)
	if err != nil {
		return err
	}
	if err := c.wellFormed(s); err != nil {
		return err
	}
	programs, err := c.programs(s)
	if err != nil {
		return err
	}
	if programs == nil && c.Checks > 1 && c.singleFile() {
		return fmt.Errorf("-o %s: %d traces do not fit in one file; want a folder", c.Output, c.Checks)
	}
	runner, err := c.starter(s)(s.ctx)
	if err != nil {
		return errUnavailable{err}
	}
	defer runner.Close()
	recorder, err := conform.NewRecorder(s.ctx, runner)
	if err != nil {
		return errUnavailable{err}
	}
	out := &traceOutput{s: s, path: c.Output, single: c.singleFile()}
	result := Recordings{Kernel: runner.Profile().Release, Files: []string{}}
	if programs != nil {
		err = c.given(s, recorder, programs, out, &result)
	} else {
		seed := seedOr(c.Seed)
		result.Seed = &seed
		result.Recorded, err = recorder.Random(s.ctx, conform.Random{Families: families, Checks: c.Checks, Seed: seed}, out.write)
	}
	result.Files = append(result.Files, out.files...)
	if s.ctx.Err() == nil && err != nil {
		return unavailable(err)
	}
	return c.say(s, &result)
}

// wellFormed looks at what can be said of the command line before anything runs.
func (c *recordCommand) wellFormed(s *session) error {
	switch {
	case c.Checks < 1:
		return fmt.Errorf("--checks %d: want a number of programs", c.Checks)
	case len(c.Programs) > 0 && (c.Seed != nil || len(c.Family) > 0):
		return errors.New("programs are given: --seed and --family are for random ones")
	case c.Output == "" && s.json:
		return errors.New("--json: want -o, since traces and JSON do not go together on standard output")
	case c.Output == "" && (c.Checks > 1 || len(c.Programs) > 1):
		return errors.New("several traces are written into a folder: want -o DIR")
	}
	return nil
}

// singleFile tells whether the output is one file, and not a folder.
func (c *recordCommand) singleFile() bool {
	if c.Output == "" {
		return true
	}
	info, err := os.Stat(c.Output)
	return strings.HasSuffix(c.Output, ".txtar") && (err != nil || !info.IsDir())
}

// programs reads those that were given; nil where none was.
func (c *recordCommand) programs(s *session) (all []*trace.Trace, err error) {
	add := func(name string, data []byte) error {
		p, err := trace.ParseProgram(name, data)
		if err != nil {
			return err
		}
		if err := sameWorld(p, model.NewState(model.World{})); err != nil {
			return err
		}
		if p.Meta.Get("start") != "" {
			return &trace.Error{File: name, Msg: "the trace starts in a state that was drawn, not made by calls"}
		}
		all = append(all, p)
		return nil
	}
	for _, path := range c.Programs {
		if path == "-" {
			name, data, err := readInput(s, path, trace.MaxFileBytes)
			if err == nil {
				err = add(name, data)
			}
			if err != nil {
				return nil, err
			}
			continue
		}
		if err := trace.Each([]string{path}, add); err != nil {
			return nil, err
		}
	}
	if len(all) > 1 && c.singleFile() {
		return nil, fmt.Errorf("%d programs do not fit in one file: want -o with a folder", len(all))
	}
	return all, nil
}

// given records the programs that were given.
func (c *recordCommand) given(s *session, r *conform.Recorder, programs []*trace.Trace, out *traceOutput, result *Recordings) error {
	for _, p := range programs {
		if s.ctx.Err() != nil {
			return s.ctx.Err()
		}
		t, err := r.Program(s.ctx, p)
		if err != nil {
			return err
		}
		if err := out.write(t); err != nil {
			return err
		}
		result.Traces++
	}
	return nil
}

// say tells on standard error what was recorded: traces may go to standard
// output.
func (c *recordCommand) say(s *session, r *Recordings) error {
	if s.json {
		return printJSON(s.stdout, r)
	}
	words := "recorded"
	if s.ctx.Err() != nil {
		words = "interrupted: recorded"
	}
	if r.Seed != nil {
		fmt.Fprintf(s.stderr, "%s %s on Linux %s, seed %d\n", words, count(r.Traces, "trace"), r.Kernel, *r.Seed)
	} else {
		fmt.Fprintf(s.stderr, "%s %s on Linux %s\n", words, count(r.Traces, "trace"), r.Kernel)
	}
	if r.Dropped > 0 {
		fmt.Fprintf(s.stderr, "dropped %s: in the end it has a mount of a process's file, or a mountpoint outside of the mount that it is on\n", count(r.Dropped, "program"))
	}
	if r.Unanswered > 0 {
		fmt.Fprintf(s.stderr, "%s got no answer to a call, the first: %s\n", count(r.Unanswered, "program"), r.Why)
	}
	return nil
}

// traceOutput writes traces where the command line says.
type traceOutput struct {
	s      *session
	path   string // "" is standard output
	single bool
	files  []string
}

// write writes a trace: to a file, or in a folder below its kernel and its
// family, where a corpus has it.
func (o *traceOutput) write(t *trace.Trace) error {
	text := t.Format()
	if o.path == "" {
		_, err := o.s.stdout.Write(text)
		return err
	}
	file := o.path
	if !o.single {
		dir := filepath.Join(o.path, t.Meta.Kernel(), t.Meta.Family())
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		file = o.name(dir, t)
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		return err
	}
	o.files = append(o.files, file)
	return nil
}

// name is the file of a trace in its folder. Two of a run do not overwrite each
// other.
func (o *traceOutput) name(dir string, t *trace.Trace) string {
	name := filepath.Base(t.Name)
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".txtar"), ".txt")
	if strings.Trim(name, "./-") == "" {
		name = "program"
	}
	file := filepath.Join(dir, name+".txtar")
	for n := 2; slices.Contains(o.files, file); n++ {
		file = filepath.Join(dir, fmt.Sprintf("%s-%d.txtar", name, n))
	}
	return file
}
