package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/invariant"
	"mntcheck/props/onkernel"
)

// checkCommand checks invariants on random tables and calls.
type checkCommand struct {
	releaseFlag
	Duration  time.Duration `help:"How long to search; 10s where neither this nor --checks is given." placeholder:"10s"`
	Checks    int           `help:"How many cases to check." placeholder:"N"`
	Seed      *uint64       `help:"Seed of the cases. The same seed and number of cases give the same report." placeholder:"S"`
	Invariant []string      `help:"Check only the invariants whose names match, such as 'NS-*'. May be given again." placeholder:"GLOB" sep:"none"`
	Workers   int           `short:"j" name:"workers" help:"Cases that are run at once; one for each core where not given." placeholder:"N"`
	Failures  string        `help:"Folder in which a failing case is written as a trace." placeholder:"DIR"`
	Strict    bool          `help:"Let what the release is known to break fail the search too."`
	Kernel    string        `help:"Check this kernel, a bzImage or vmlinux, booted in QEMU, and not the model." placeholder:"VMLINUZ" type:"existingfile" xor:"checked"`
	Native    bool          `help:"Check the running kernel, and not the model." xor:"checked"`
	Family    []string      `help:"Of a kernel: only programs of this family (${families}). May be given again." placeholder:"F"`
	Unreached bool          `help:"List the rules that refused no call."`
	Verbose   bool          `short:"v" help:"Say of each invariant what it states."`
}

// defaultDuration is how long check searches where nobody says.
const defaultDuration = 10 * time.Second

// Checked is what check --json prints.
type Checked struct {
	*check.Report
	Repeat string `json:"repeat,omitempty"` // of a violation: the command that finds it again
}

// Run searches, and prints what came of it.
func (c *checkCommand) Run(s *session) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if c.Kernel != "" || c.Native {
		return c.onKernel(s, o)
	}
	if len(c.Family) > 0 {
		return errors.New("--family: the model is checked on programs of all kinds; give it with --native or --kernel")
	}
	o.Factory = s.factory
	progress := &progressLine{to: s.stderr, command: "check"}
	if isTerminal(s.stderr) {
		o.Progress = progress.show
	}
	report, err := check.Run(s.ctx, o)
	progress.clear()
	if err != nil && !errors.As(err, new(*check.SaveError)) {
		return err
	}
	s.also(err)
	return c.print(s, report, o.Semantics)
}

// print prints what came of a search.
func (c *checkCommand) print(s *session, report *check.Report, sem *model.Semantics) (err error) {
	result := Checked{Report: report}
	if report.Failure != nil {
		result.Repeat = c.repeat(report.Failure, sem)
	}
	if s.json {
		err = printJSON(s.stdout, result)
	} else {
		err = (&checkText{w: s.stdout, Checked: result, unreached: c.Unreached, verbose: c.Verbose}).write()
	}
	if err == nil && report.Failure != nil {
		err = errFound
	}
	return err
}

// options are those of the search.
func (c *checkCommand) options() (check.Options, error) {
	o := check.Options{Checks: c.Checks, Duration: c.Duration, Workers: c.Workers, FailureDir: c.Failures, Strict: c.Strict}
	switch {
	case c.Checks < 0:
		return o, fmt.Errorf("--checks %d: want a number of cases", c.Checks)
	case c.Duration < 0:
		return o, fmt.Errorf("--duration %v: want a time such as 10s", c.Duration)
	case c.Workers < 0:
		return o, fmt.Errorf("-j %d: want a number of workers", c.Workers)
	case c.Checks == 0 && c.Duration == 0:
		o.Duration = defaultDuration
	}
	var err error
	if o.Semantics, err = c.semantics(); err != nil {
		return o, err
	}
	if o.Invariants, err = chosen(c.Invariant); err != nil {
		return o, err
	}
	o.Seed = uint64(time.Now().UnixNano())
	if c.Seed != nil {
		o.Seed = *c.Seed
	}
	return o, nil
}

// chosen are the invariants that a list of patterns names, each once; nil, which
// means all, for no pattern.
func chosen(globs []string) (list []*invariant.Invariant, err error) {
	seen := map[string]bool{}
	for _, glob := range globs {
		some, err := invariant.ByGlob(glob)
		if err != nil {
			return nil, err
		}
		for _, v := range some {
			if !seen[v.Name] {
				seen[v.Name] = true
				list = append(list, v)
			}
		}
	}
	return list, nil
}

// repeat is the command that finds a failure again: cases count from 0, and no
// earlier one failed.
func (c *checkCommand) repeat(f *check.Failure, sem *model.Semantics) string {
	words := []string{"mntcheck check", fmt.Sprintf("--seed %d --checks %d", f.Seed, f.Case+1)}
	if f.Invariant != check.PanicInvariant && f.Invariant != onkernel.AnsweredInvariant {
		words = append(words, "--invariant "+f.Invariant)
	}
	if c.Native {
		words = append(words, "--native")
	}
	words = append(words, kernelFlags{c.Kernel}.words()...)
	for _, name := range c.Family {
		words = append(words, "--family "+name)
	}
	if c.Release != model.DefaultRelease {
		words = append(words, "--release "+sem.Release)
	}
	if c.Strict {
		words = append(words, "--strict")
	}
	return strings.Join(words, " ")
}
