package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"mntcheck/model/trace"
	"mntcheck/props/check"
	"mntcheck/props/cmd/mntcheck/internal/columns"
	"mntcheck/props/cmd/mntcheck/internal/explain"
)

// statementWidth is the width of an invariant's statement, in characters.
const statementWidth = 90

// checkText prints the report of a search for people.
type checkText struct {
	Checked
	w         io.Writer
	unreached bool
	verbose   bool
	err       error
}

func (t *checkText) write() error {
	t.head()
	t.invariants()
	if t.Kernel != nil {
		t.kernel()
	} else {
		t.generated()
	}
	if f := t.Failure; f != nil { // last, where it is seen first
		t.line("")
		t.failure(f)
	}
	return t.err
}

func (t *checkText) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *checkText) table(c *columns.Table) {
	if t.err == nil {
		t.err = c.Write(t.w)
	}
}

func (t *checkText) head() {
	words := "checked"
	if t.Interrupted {
		words = "interrupted: checked"
	}
	of := t.System + " of Linux " + t.Release
	if t.Kernel != nil {
		of = "Linux " + t.Release
	}
	t.line("%s %s cases, %s calls, in %v (%s calls/s, %d at once); %s, seed %d", words,
		columns.Number(t.Cases), columns.Number(t.Calls), t.Elapsed.Round(100*time.Millisecond),
		columns.Number(uint64(t.CallsPerSecond())), t.Workers, of, t.Seed)
}

func (t *checkText) invariants() {
	t.line("")
	c := columns.Table{Right: []bool{false, true}, Wrap: statementWidth}
	c.Row("INVARIANT", "PREMISE HELD", "VERDICT", "")
	counts := map[check.Verdict]int{}
	for _, v := range t.Invariants {
		counts[v.Verdict]++
		if v.Verdict == check.NotObservable && t.Kernel != nil {
			continue // they have a list of their own
		}
		statement := ""
		switch {
		case v.Verdict == check.KnownBroken:
			calls := "1 call"
			if v.Breaches > 1 {
				calls = columns.Number(v.Breaches) + " calls"
			}
			statement = fmt.Sprintf("%s: on this release, %s (%s).", calls, v.Known, v.KnownSource)
		case t.verbose || v.Verdict != check.Held:
			statement = v.Statement
		}
		c.Row(v.Name, v.Premises, v.Verdict, statement)
	}
	t.table(&c)
	var words []string
	for _, v := range []check.Verdict{check.Held, check.Violated, check.KnownBroken, check.NeverApplied, check.NotObservable} {
		if counts[v] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	t.line("%s: %s", count(len(t.Invariants), "invariant"), strings.Join(words, ", "))
	if t.EveryK > 1 {
		t.line("In worlds of more than %d mounts, those that read a whole table were checked on every %dth call.", t.LargeMounts, t.EveryK)
	}
}

// generated says what the search looked at.
func (t *checkText) generated() {
	v := &t.Coverage
	t.line("")
	t.line("generated %s tables, %s of the calls to build them", columns.Number(v.Tables), percent(v.Building, t.Calls))
	c := columns.Table{Indent: "  ", Wrap: statementWidth}
	c.Row("mounts", histogram(v.Sizes, v.Tables))
	c.Row("depth", histogram(v.Depths, v.Tables))
	classes := make([]string, 0, len(v.Classes))
	for _, x := range v.Classes {
		classes = append(classes, x.Name+"\u00a0"+percent(x.N, v.Tables))
	}
	c.Row("with", strings.Join(classes, ", "))
	t.table(&c)
	t.calls()
	t.rules()
}

// calls counts calls by errno, the most frequent ones first.
func (t *checkText) calls() {
	t.line("")
	t.table(callTable(t.Coverage.Ops, t.Coverage.Outcomes))
}

// rules says how many rules were reached, and on demand which were not.
func (t *checkText) rules() {
	t.line("%s", rulesReached(t.Coverage.Outcomes, t.Coverage.Missing, t.unreached))
	if t.unreached && len(t.Coverage.Missing) > 0 {
		t.line("")
		t.table(missingTable(t.Coverage.Missing))
	}
}

// failure shows a broken invariant: the claim, the smallest program, what its
// last call did, and how to see it again.
func (t *checkText) failure(f *check.Failure) {
	t.line("VIOLATED %s: %s", f.Invariant, f.Statement)
	t.line("  %s", f.Message)
	t.line("  promised by %s", f.Source)
	if t.Kernel != nil {
		t.line("  broken by Linux %s", t.Release)
	}
	if len(f.Also) > 0 {
		t.line("  the same call also broke %s", strings.Join(f.Also, ", "))
	}
	if f.Flaky {
		t.line("  It did not happen again when the program was run once more: the system does not repeat itself.")
	}
	t.line("")
	t.line("The smallest program found, %d of %d calls:", len(f.Program), len(f.Original))
	t.program(f)
	if f.Before != nil && f.After != nil {
		if t.err == nil {
			t.err = explain.DrawCall(t.w, f.Before, f.After, f.Marked)
		}
	} else if t.err == nil {
		t.line("")
		t.line("Before the last call:")
		t.err = drawView(t.w, f.BeforeView)
		t.line("")
		t.line("After it:")
		if t.err == nil {
			t.err = drawView(t.w, f.AfterView)
		}
	}
	t.line("")
	t.line("seed %d, case %d. To see it again:", f.Seed, f.Case)
	t.line("  %s", t.Repeat)
	switch {
	case f.File != "" && t.Kernel != nil:
		t.line("  mntcheck reproduce %s", f.File)
	case f.File != "":
		t.line("  mntcheck run %s", f.File)
	}
}

// program prints the calls and their answers, in strace's syntax.
func (t *checkText) program(f *check.Failure) {
	if f.Trace != nil {
		for _, s := range f.Trace.Steps {
			t.line("  %s", s.Line)
		}
		return
	}
	for i, s := range f.Program {
		l := trace.Line{Actor: s.Actor, Call: s.Call}
		if i < len(f.Answers) {
			l.Result, l.Answered = trace.Recorded(s.Call.Op, f.Answers[i]), true
		}
		t.line("  %s", l)
	}
}

// histogram writes the share of each bucket, and where the last one ends. Buckets
// in which there is less than a hundredth are left out.
func histogram(buckets []check.Bucket, all uint64) string {
	var words []string
	for _, b := range buckets {
		switch {
		case b.N*100 < all || b.N == 0:
		case b.Max <= 1 || b.Min >= b.Max:
			words = append(words, fmt.Sprintf("%d:\u00a0%s", b.Max, percent(b.N, all)))
		default:
			words = append(words, fmt.Sprintf("%d-%d:\u00a0%s", b.Min, b.Max, percent(b.N, all)))
		}
	}
	if n := len(buckets); n > 0 {
		words = append(words, "up\u00a0to\u00a0"+columns.Number(uint64(buckets[n-1].Max)))
	}
	return strings.Join(words, ", ")
}

// percent writes a share so that little is not taken for nothing.
func percent(n, all uint64) string {
	switch {
	case all == 0 || n == 0:
		return "0%"
	case n*100 < all:
		return "<1%"
	}
	return fmt.Sprintf("%d%%", n*100/all)
}
