package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"mntcheck/props/check"
	"mntcheck/props/cmd/mntcheck/internal/columns"
	"mntcheck/props/cmd/mntcheck/internal/explain"
	"mntcheck/props/explore"
)

// exploreText prints the report of a search through a world for people.
type exploreText struct {
	Explored
	w       io.Writer
	world   *explore.World
	verbose bool
	err     error
}

func (t *exploreText) write() error {
	t.head()
	t.layers()
	t.invariants()
	t.sometimes()
	for _, v := range t.Violations { // last, where they are seen first
		t.violation(v)
	}
	return t.err
}

func (t *exploreText) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *exploreText) table(c *columns.Table) {
	if t.err == nil {
		t.err = c.Write(t.w)
	}
}

func (t *exploreText) head() {
	t.line("explored %s: %s states, %s transitions, in %v (%s transitions/s, %d at once); model of Linux %s",
		t.World, columns.Number(t.States), columns.Number(t.Transitions), t.Elapsed.Round(100*time.Millisecond),
		columns.Number(uint64(t.TransitionsPerSecond())), t.Workers, t.Release)
	switch {
	case t.Stopped != "":
		t.line("%s: programs of up to %s were checked", t.Stopped, count(t.Depth, "call"))
	case t.Complete:
		t.line("complete: every state within the limits was reached, after %s at most", count(len(t.Layers)-1, "call"))
	case len(t.Violations) > 0:
		t.line("ended by a violation: programs of up to %s were checked", count(t.Depth, "call"))
	default:
		t.line("programs of up to %s were checked", count(t.Depth, "call"))
	}
	for _, b := range t.Beyond {
		if b.N > 0 {
			t.line("%s calls that lead beyond the limit of %s were not taken", columns.Number(b.N), b.Name)
		}
	}
	if t.Reduction > 1 {
		t.line("states that differ in interchangeable names count as one: %d ways to exchange them", t.Reduction)
	}
	if t.IgnoreOrder {
		t.line("states that differ in the orders of rings, slave lists and children count as one")
	}
	if t.Collision > 0 {
		t.line("a state was passed over, its fingerprint being another's, with a probability below %.0e", t.Collision)
	}
	t.line("states took %s at most%s", size(t.Memory), spilledWords(t.Spilled))
	if t.Resume != "" {
		t.line("resume with: %s", t.Resume)
	}
}

func spilledWords(n int64) string {
	if n == 0 {
		return ""
	}
	return ", and " + size(n) + " on disk"
}

// size writes bytes with a unit.
func size(n int64) string {
	switch {
	case n >= 10<<30:
		return fmt.Sprintf("%d GiB", n>>30)
	case n >= 10<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}

// shownLayers is how many layers are listed where not all are.
const shownLayers = 16

func (t *exploreText) layers() {
	t.line("")
	c := columns.Table{Right: []bool{true, true, true}}
	c.Row("CALLS", "STATES", "TRANSITIONS")
	for i, l := range t.Layers {
		if i == shownLayers && !t.verbose {
			c.Row("…", "", "")
			break
		}
		c.Row(uint64(i), l.States, l.Transitions)
	}
	t.table(&c)
}

func (t *exploreText) invariants() {
	t.line("")
	c := columns.Table{Right: []bool{false, true}, Wrap: statementWidth}
	c.Row("INVARIANT", "PREMISE HELD", "VERDICT", "")
	counts := map[check.Verdict]int{}
	var never []string
	for _, v := range t.Invariants {
		counts[v.Verdict]++
		if v.Verdict == check.NeverApplied && !t.verbose {
			never = append(never, v.Name)
			continue
		}
		statement := ""
		switch {
		case v.Verdict == check.KnownBroken:
			statement = fmt.Sprintf("%s times, first by %s: on this release, %s (%s).",
				columns.Number(v.Breaches), count(len(v.Shortest), "call"), v.Known, v.KnownSource)
		case t.verbose || v.Verdict != check.Held:
			statement = v.Statement
		}
		c.Row(v.Name, v.Premises, v.Verdict, statement)
	}
	t.table(&c)
	var words []string
	for _, v := range []check.Verdict{check.Held, check.Violated, check.KnownBroken, check.NeverApplied} {
		if counts[v] > 0 {
			words = append(words, fmt.Sprintf("%d %s", counts[v], v))
		}
	}
	t.line("%s: %s", count(len(t.Invariants), "invariant"), strings.Join(words, ", "))
	if len(never) > 0 {
		t.line("never applied: %s", strings.Join(never, ", "))
	}
	if len(t.Skipped) > 0 {
		t.line("not checked, since orders were ignored: %s", strings.Join(t.Skipped, ", "))
	}
}

func (t *exploreText) sometimes() {
	if len(t.Sometimes) > 0 {
		t.line("")
		c := columns.Table{Right: []bool{false, true}, Wrap: statementWidth}
		c.Row("SOMETIMES", "STATES", "")
		for _, s := range t.Sometimes {
			how := fmt.Sprintf("reached by %s", count(len(s.Shortest), "call"))
			if !s.Reached {
				how = "not reached"
			}
			c.Row(s.Name, s.States, s.Statement+" "+strings.ToUpper(how[:1])+how[1:]+".")
		}
		t.table(&c)
		for _, name := range t.Unreached() {
			t.line("NOT REACHED: %s. The world is emptier than was meant.", name)
		}
	}
	if n := len(t.NeverSucceeded); n > 0 {
		t.line("")
		t.line("%s of the world's %d never succeeded, such as %s", count(n, "call"), t.Calls, t.NeverSucceeded[0])
	}
}

// violation shows a broken invariant: the claim, the shortest program, what its
// last call did, and how to see it again.
func (t *exploreText) violation(v *explore.Violation) {
	f := v.Failure
	t.line("")
	t.line("VIOLATED %s: %s", v.Invariant, f.Statement)
	t.line("  %s", f.Message)
	t.line("  promised by %s", f.Source)
	if len(f.Also) > 0 {
		t.line("  the same call also broke %s", strings.Join(f.Also, ", "))
	}
	t.line("")
	t.line("In this world %s behind the setup, and no fewer:", count(len(v.Calls), "call"))
	for _, call := range v.Calls {
		t.line("  %s", call)
	}
	t.line("")
	t.line("The smallest program that was made of these and the setup:")
	for i := range f.Trace.Steps {
		t.line("  %s", f.Trace.Steps[i].Line)
	}
	if f.Before != nil && f.After != nil && t.err == nil {
		t.err = explain.DrawCall(t.w, f.Before, f.After, f.Marked)
	}
	t.line("")
	t.line("To see it again:")
	t.line("  %s", t.Repeat)
}

// writeWorlds prints the worlds that have names.
func writeWorlds(w io.Writer, all []*explore.World) error {
	c := columns.Table{Right: []bool{false, true, true}, Wrap: statementWidth}
	c.Row("WORLD", "STATES", "CALLS", "")
	for _, x := range all {
		var states any = "?" // nobody has counted them
		if x.States > 0 {
			states = x.States
		}
		c.Row(x.Name, states, uint64(len(x.Calls)), strings.ReplaceAll(x.Doc, "\n", " "))
	}
	return c.Write(w)
}
