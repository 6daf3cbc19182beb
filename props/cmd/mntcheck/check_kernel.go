package main

import (
	"fmt"
	"runtime"
	"strings"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/cmd/mntcheck/internal/columns"
	"mntcheck/props/onkernel"
)

// onKernel checks a kernel by what its tables show.
func (c *checkCommand) onKernel(s *session, o check.Options) error {
	switch {
	case c.Release != model.DefaultRelease:
		return fmt.Errorf("--release %s: a kernel has the rules of its own release", c.Release)
	case c.Unreached:
		return fmt.Errorf("--unreached: a kernel does not tell which of its rules refused a call")
	}
	families, err := familiesOf(c.Family)
	if err != nil {
		return err
	}
	k := onkernel.Options{
		Runner: kernelFlags{c.Kernel}.starter(s), Invariants: o.Invariants, Families: families,
		Checks: o.Checks, Duration: o.Duration, Seed: o.Seed, Workers: o.Workers, Strict: o.Strict, FailureDir: o.FailureDir,
	}
	if k.Workers == 0 {
		k.Workers = runtime.GOMAXPROCS(0)
	}
	progress := &progressLine{to: s.stderr, command: "check"}
	if isTerminal(s.stderr) {
		k.Progress = progress.show
	}
	report, err := onkernel.Run(s.ctx, k)
	progress.clear()
	if report == nil || err != nil && report.Failure == nil {
		return unavailable(err)
	}
	s.also(err) // the failure could not be written down
	return c.print(s, report, o.Semantics)
}

// kernel says what could not be seen, and what was called.
func (t *checkText) kernel() {
	var names []string
	for _, v := range t.Invariants {
		if v.Verdict == check.NotObservable {
			names = append(names, v.Name)
		}
	}
	if len(names) > 0 {
		t.line("")
		t.line("not observable, as mount tables show neither locks nor what is unmounted or detached:")
		c := columns.Table{Indent: "  ", Wrap: statementWidth}
		c.Row(strings.Join(names, ", "))
		t.table(&c)
	}
	var untold []string
	for _, v := range t.Invariants {
		if v.Untold > 0 && v.Checks > 0 && v.Untold*10 > v.Checks+v.Untold {
			untold = append(untold, v.Name+"\u00a0"+percent(v.Untold, v.Checks+v.Untold))
		}
	}
	if len(untold) > 0 {
		t.line("")
		t.line("could not be checked on so many of its calls, as who called stood in what was unmounted, or the like:")
		c := columns.Table{Indent: "  ", Wrap: statementWidth}
		c.Row(strings.Join(untold, ", "))
		t.table(&c)
	}
	if n := t.Kernel.Lost; n > 0 {
		t.line("In %s what was seen no longer fitted together: from there on, single tables were looked at.", count(int(n), "case"))
	}
	if n := t.Kernel.Ended; n > 0 {
		t.line("%s ended early, at what cannot be made or read here.", count(int(n), "case"))
	}
	t.calls()
}
