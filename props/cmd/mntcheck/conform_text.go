package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"mntcheck/props/cmd/mntcheck/internal/columns"
	"mntcheck/props/conform"
)

// conformText prints the report of a comparison for people.
type conformText struct {
	Conformance
	w         io.Writer
	unreached bool
	kernel    []string // the flags that choose it
	err       error
}

func (t *conformText) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *conformText) table(c *columns.Table) {
	if t.err == nil {
		t.err = c.Write(t.w)
	}
}

func (t *conformText) write() error {
	words := "compared"
	if t.Interrupted {
		words = "interrupted: compared"
	}
	t.line("%s %s programs, %s calls, in %v (%s calls/s, %d at once); %s, Linux %s, and the model of Linux %s, seed %d", words,
		columns.Number(t.Programs), columns.Number(t.Calls), t.Elapsed.Round(100*time.Millisecond),
		columns.Number(uint64(t.CallsPerSecond())), t.Workers, t.System, t.Report.Release, t.Rules, t.Seed)
	t.families()
	t.apart()
	t.line("")
	t.table(callTable(t.Coverage.Ops, t.Coverage.Outcomes))
	t.line("%s", rulesReached(t.Coverage.Outcomes, t.Coverage.Missing, t.unreached))
	if t.unreached && len(t.Coverage.Missing) > 0 {
		t.line("")
		t.table(missingTable(t.Coverage.Missing))
	}
	t.differences() // last, where they are seen first
	return t.err
}

func (t *conformText) families() {
	t.line("")
	c := columns.Table{Right: []bool{false, true, true, true}}
	c.Row("FAMILY", "PROGRAMS", "CALLS", "AGREE", "")
	for _, f := range t.Families {
		agree := "-"
		if f.Programs > 0 {
			agree = agreement(f.Programs-f.Differences, f.Programs)
		}
		note := ""
		if f.Skipped != "" {
			note = "left out: " + f.Skipped
		}
		c.Row(f.Name, f.Programs, f.Calls, agree, note)
	}
	c.Row("all", t.Programs, t.Calls, agreement(t.ProgramsAgreed+t.Unsupported, t.Programs), "")
	t.table(&c)
}

// agreement is a share that is all only where it is.
func agreement(n, all uint64) string {
	switch {
	case all == 0:
		return "-"
	case n == all:
		return "100%"
	}
	return fmt.Sprintf("%.2f%%", min(99.99, 100*float64(n)/float64(all)))
}

// apart tells what was not compared as the rest was.
func (t *conformText) apart() {
	if t.Batched > 0 {
		t.line("%s fit a kernel that numbers namespaces in batches, as on several CPUs, and no other.", some(t.Batched, "program"))
	}
	if t.ViewsHidden > 0 {
		t.line("%s without a canonical form were not compared, or not in full.", some(t.ViewsHidden, "view"))
	}
	if t.SourcesUntold > 0 {
		t.line("%s of mounts that nobody can see were not compared: this kernel does not tell them.", some(t.SourcesUntold, "source"))
	}
	if t.Unsupported > 0 {
		t.line("%s ended early: at a call that cannot be made here, or at tables that cannot be looked at.", some(t.Unsupported, "program"))
	}
}

// some is a number with what it counts.
func some(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return columns.Number(n) + " " + noun + "s"
}

func (t *conformText) differences() {
	t.line("")
	if len(t.Differences) == 0 {
		if t.Programs > 0 {
			t.line("No difference.")
		}
		return
	}
	for i, d := range t.Differences {
		t.line("DIFFERENCE %d: %s", i+1, strings.TrimRight(d.String(), "\n"))
		t.line("")
		t.line("seed %d, case %d, family %s", d.Seed, d.Case, d.Family)
		if d.File != "" {
			t.line("  %s", t.again(d))
		}
		t.line("")
	}
	t.line("%s. To see them again:", some(uint64(len(t.Differences)), "kind")+" of difference")
	t.line("  %s", t.Repeat)
}

// again is the command that shows a difference by its trace alone. replay compares
// under the kernel's own rules, what a whole trace has: where others were asked for, run
// shows their answers, and a kernel that gave none is asked once more.
func (t *conformText) again(d *conform.Difference) string {
	switch own, err := conform.SemanticsOf(t.Report.Release); {
	case d.Kind == conform.NoAnswer:
		return strings.Join(append([]string{"mntcheck record"}, append(t.kernel, d.File)...), " ")
	case err != nil || own.Release != t.Rules:
		return fmt.Sprintf("mntcheck run --release %s %s", t.Rules, d.File)
	}
	return "mntcheck replay " + d.File
}

// tapText prints KTAP, the protocol of kselftest: a test for each family.
type tapText struct {
	w   io.Writer
	err error
}

func (t *tapText) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

// begin prints what is known before the first program is made.
func (t *tapText) begin(families []*conform.Family) {
	if len(families) == 0 {
		families = conform.Families()
	}
	t.line("TAP version 13")
	t.line("1..%d", len(families))
}

// bailOut ends a run in which nothing was compared.
func (t *tapText) bailOut(err error) {
	first, rest, _ := strings.Cut(err.Error(), "\n")
	if rest != "" {
		t.comment(rest)
	}
	t.line("Bail out! %s", first)
}

func (t *tapText) comment(text string) {
	for line := range strings.Lines(text) {
		t.line("%s", strings.TrimRight("# "+strings.TrimRight(line, "\n"), " "))
	}
}

func (t *tapText) report(r *conform.Report) error {
	t.line("# mntcheck conform: %s, Linux %s, and the model of Linux %s, seed %d", r.System, r.Release, r.Rules, r.Seed)
	passed, failed, skipped := 0, 0, 0
	for i, f := range r.Families {
		for _, d := range r.Differences {
			if d.Family == f.Name {
				t.comment(d.String())
				if d.File != "" {
					t.line("# trace: %s", d.File)
				}
			}
		}
		switch {
		case f.Skipped != "":
			skipped++
			t.line("ok %d - %s # SKIP %s", i+1, f.Name, f.Skipped)
		case f.Differences > 0:
			failed++
			t.line("# %d of %d programs differ", f.Differences, f.Programs)
			t.line("not ok %d - %s", i+1, f.Name)
		case f.Programs == 0:
			skipped++
			t.line("ok %d - %s # SKIP the run ended before its first program", i+1, f.Name)
		default:
			passed++
			t.line("# %d programs, %d calls, no difference", f.Programs, f.Calls)
			t.line("ok %d - %s", i+1, f.Name)
		}
	}
	t.line("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:%d error:0", passed, failed, skipped)
	return t.err
}
