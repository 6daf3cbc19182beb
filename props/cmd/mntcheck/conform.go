package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"mntcheck/model"
	"mntcheck/props/conform"
)

// conformCommand compares a kernel with the model.
type conformCommand struct {
	kernelFlags
	Release        string        `help:"Kernel release with whose rules the kernel is compared; its own where not given." placeholder:"R"`
	Duration       time.Duration `help:"How long to compare; 10s where neither this nor --checks is given." placeholder:"10s"`
	Checks         int           `help:"How many programs to compare." placeholder:"N"`
	Seed           *uint64       `help:"Seed of the programs." placeholder:"S"`
	Family         []string      `help:"Only programs of this family (${families}). May be given again." placeholder:"F"`
	Workers        int           `short:"j" name:"workers" help:"Programs that are run at once, each in a world or machine of its own; one for each core where not given." placeholder:"N"`
	MaxDifferences int           `default:"${max_differences}" help:"How many kinds of difference end the run; 0: none do." placeholder:"N"`
	Save           string        `default:"mntcheck-differences" help:"Folder in which differences are written as traces." placeholder:"DIR"`
	Tap            bool          `help:"Print KTAP, as kselftest does: a test for each family."`
	Unreached      bool          `help:"List the rules that refused no call."`
}

// Conformance is what conform --json prints.
type Conformance struct {
	*conform.Report
	// Repeat is the command that makes the same programs again, up to the last one
	// that is told of.
	Repeat string `json:"repeat,omitempty"`
}

// Run compares, and prints what came of it.
func (c *conformCommand) Run(s *session) error {
	o, err := c.options()
	if err != nil {
		return err
	}
	if c.Tap && s.json {
		return errors.New("--tap and --json: want one of them")
	}
	tap := tapText{w: s.stdout}
	if c.Tap {
		tap.begin(o.Families)
		_ = s.stdout.Flush() // an error is met again at the end
	}
	o.Runner = c.starter(s)
	progress := &progressLine{to: s.stderr, command: "conform"}
	if isTerminal(s.stderr) && !c.Tap {
		o.Progress = progress.show
	}
	report, failed := conform.Run(s.ctx, o)
	progress.clear()
	if report == nil {
		if c.Tap {
			tap.bailOut(failed)
		}
		return unavailable(failed)
	}
	result := Conformance{Report: report}
	if len(report.Differences) > 0 {
		result.Repeat = c.repeat(report)
	}
	switch {
	case c.Tap:
		err = tap.report(report)
	case s.json:
		err = printJSON(s.stdout, result)
	default:
		err = (&conformText{w: s.stdout, Conformance: result, unreached: c.Unreached, kernel: c.words()}).write()
	}
	switch {
	case err != nil:
		return err
	case len(report.Differences) > 0:
		s.also(failed)
		return errFound
	}
	return failed
}

// options are those of the comparison, but for the kernel.
func (c *conformCommand) options() (conform.Options, error) {
	o := conform.Options{
		Checks: c.Checks, Duration: c.Duration, Workers: c.Workers, MaxDifferences: c.MaxDifferences, Dir: c.Save,
	}
	switch {
	case c.Checks < 0:
		return o, fmt.Errorf("--checks %d: want a number of programs", c.Checks)
	case c.Duration < 0:
		return o, fmt.Errorf("--duration %v: want a time such as 10s", c.Duration)
	case c.Workers < 0:
		return o, fmt.Errorf("-j %d: want a number of programs", c.Workers)
	case c.MaxDifferences < 0:
		return o, fmt.Errorf("--max-differences %d: want a number of differences", c.MaxDifferences)
	case c.MaxDifferences == 0:
		o.MaxDifferences = -1
	}
	if c.Checks == 0 && c.Duration == 0 {
		o.Duration = defaultDuration
	}
	if c.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	var err error
	if c.Release != "" {
		if o.Semantics, err = (releaseFlag{c.Release}).semantics(); err != nil {
			return o, err
		}
	}
	if o.Families, err = familiesOf(c.Family); err != nil {
		return o, err
	}
	o.Seed = seedOr(c.Seed)
	return o, nil
}

// seedOr is the seed that was asked for, or one that nobody has used.
func seedOr(asked *uint64) uint64 {
	if asked != nil {
		return *asked
	}
	return uint64(time.Now().UnixNano())
}

// familiesOf are the families of these names, each once; none for no name.
func familiesOf(names []string) (list []*conform.Family, err error) {
	seen := map[string]bool{}
	for _, name := range names {
		f, err := conform.FamilyByName(name)
		if err != nil {
			return nil, fmt.Errorf("--family: %w", err)
		}
		if !seen[name] {
			seen[name] = true
			list = append(list, f)
		}
	}
	return list, nil
}

// familyNames lists the families for the usage.
func familyNames() string {
	var names []string
	for _, f := range conform.Families() {
		names = append(names, f.Name)
	}
	return strings.Join(names, ", ")
}

// repeat is the command that finds the differences again. Which family a program
// is of depends on the families that are drawn from.
func (c *conformCommand) repeat(r *conform.Report) string {
	last := uint64(0)
	for _, d := range r.Differences {
		last = max(last, d.Case)
	}
	words := []string{"mntcheck conform", fmt.Sprintf("--seed %d --checks %d", r.Seed, last+1)}
	for _, name := range c.Family {
		words = append(words, "--family "+name)
	}
	if c.Release != "" {
		words = append(words, "--release "+c.Release)
	}
	words = append(words, c.words()...)
	if n := c.MaxDifferences; n != conform.DefaultMaxDifferences {
		words = append(words, fmt.Sprintf("--max-differences %d", n))
	}
	return strings.Join(words, " ")
}

// errUnavailable ends a command with exitUnavailable.
type errUnavailable struct{ error }

// Unwrap is the reason.
func (e errUnavailable) Unwrap() error { return e.error }

// unavailable marks an error that is a kernel's: it cannot be reached, or lacks
// what is asked.
func unavailable(err error) error {
	var kernel *conform.KernelError
	if errors.As(err, &kernel) {
		return errUnavailable{advised(err)}
	}
	return err
}

// advised adds what can be done about a kernel whose rules are not known.
func advised(err error) error {
	if errors.Is(err, conform.ErrUnknownRelease) {
		return fmt.Errorf("%w.\nTo compare it with the rules of another, say --release, such as --release %s", err, model.DefaultRelease)
	}
	return err
}
