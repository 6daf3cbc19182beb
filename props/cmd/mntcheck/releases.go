package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mntcheck/model"
	"mntcheck/props/cmd/mntcheck/internal/columns"
)

// releasesCommand prints the rules in which releases differ.
type releasesCommand struct {
	Releases []string `arg:"" optional:"" name:"release" help:"Two releases: print only what differs between them."`
}

// ReleaseTable is what releases --json prints.
type ReleaseTable struct {
	// Releases are the first kernel release of each known set of rules, the
	// oldest first; of two that were asked for, those whose rules these have.
	Releases []string      `json:"releases"`
	Rules    []ReleaseRule `json:"rules"`
}

// ReleaseRule is a rule in which releases differ.
type ReleaseRule struct {
	Name      string       `json:"name"`                // of the field of mntcheck/model.Semantics
	Decides   string       `json:"decides"`             // what holds where the rule does
	Otherwise string       `json:"otherwise,omitempty"` // what holds elsewhere, where that does not go without saying
	Holds     []bool       `json:"holds"`               // one for each of Releases
	Spans     []model.Span `json:"spans"`               // the same of all releases, as runs
	Since     string       `json:"since"`               // Spans in words
	Source    string       `json:"source"`              // sections of the specification, commits and selftests of the kernel
}

// Run prints the table.
func (c *releasesCommand) Run(s *session) error {
	releases := model.Releases()
	switch len(c.Releases) {
	case 0:
	case 2:
		releases = nil
		for _, r := range c.Releases {
			sem, err := releaseFlag{r}.semantics()
			if err != nil {
				return err
			}
			releases = append(releases, sem.Release)
		}
	default:
		return fmt.Errorf("releases: want two releases to compare, or none; got %d", len(c.Releases))
	}
	table, err := releaseTable(releases, len(c.Releases) == 2)
	if err != nil {
		return err
	}
	if s.json {
		return printJSON(s.stdout, table)
	}
	if len(c.Releases) == 2 {
		return table.writePair(s.stdout, c.Releases)
	}
	return table.write(s.stdout)
}

// releaseTable is the table of the rules as they are in some releases; of those
// only that differ there, if that is asked.
func releaseTable(releases []string, differing bool) (*ReleaseTable, error) {
	table := &ReleaseTable{Releases: releases, Rules: []ReleaseRule{}}
	all := make([]*model.Semantics, len(releases))
	for i, r := range releases {
		var err error
		if all[i], err = model.ForRelease(r); err != nil {
			return nil, err
		}
	}
	for _, d := range model.Differences() {
		rule := ReleaseRule{Name: d.Name, Decides: d.Decides, Otherwise: d.Otherwise, Spans: d.Holds(), Since: d.Since(), Source: d.Source}
		for _, sem := range all {
			rule.Holds = append(rule.Holds, *d.Of(sem))
		}
		if !differing || slices.Contains(rule.Holds, true) && slices.Contains(rule.Holds, false) {
			table.Rules = append(table.Rules, rule)
		}
	}
	return table, nil
}

// write draws a mark for each rule and release, and says below what the rules
// decide. The releases stand in two lines, the patch level below the series.
func (t *ReleaseTable) write(w io.Writer) error {
	name := len("RULE")
	for i := range t.Rules {
		name = max(name, len(t.Rules[i].Name))
	}
	widths := make([]int, len(t.Releases))
	series, patches := make([]string, len(t.Releases)), make([]string, len(t.Releases))
	last := ""
	for i, r := range t.Releases {
		dot := strings.LastIndexByte(r, '.')
		if patches[i] = r[dot:]; r[:dot] != last {
			series[i] = r[:dot]
		}
		last = r[:dot]
		widths[i] = max(len(series[i]), len(patches[i]))
	}
	line := func(first string, cells []string) {
		var b strings.Builder
		fmt.Fprintf(&b, "%-*s", name, first)
		for i, cell := range cells {
			fmt.Fprintf(&b, " %-*s", widths[i], cell)
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
	line("RULE", series)
	line("", patches)
	for i := range t.Rules {
		cells := make([]string, len(t.Releases))
		for k, holds := range t.Rules[i].Holds {
			cells[k] = "-"
			if holds {
				cells[k] = "x"
			}
		}
		line(t.Rules[i].Name, cells)
	}
	fmt.Fprintln(w)
	return t.describe(w, func(*ReleaseRule) string { return "" })
}

// ruleWidth is the width of what is said of a rule, in characters.
const ruleWidth = 76

// describe says what each rule decides, since when, and who says so.
func (t *ReleaseTable) describe(w io.Writer, mark func(*ReleaseRule) string) error {
	c := columns.Table{Wrap: ruleWidth}
	for i := range t.Rules {
		r := &t.Rules[i]
		sign := mark(r)
		c.Row(sign+r.Name, r.Decides)
		c.Row(strings.Repeat(" ", len(sign)), fmt.Sprintf("%s; %s", r.Since, r.Source))
	}
	return c.Write(w)
}

// writePair lists what differs between two releases, which were asked for by
// these names: what the second has and the first has not, and the reverse.
func (t *ReleaseTable) writePair(w io.Writer, asked []string) error {
	names := make([]string, len(asked))
	for i, r := range asked {
		if names[i] = r; r != t.Releases[i] {
			names[i] = fmt.Sprintf("%s (rules of %s)", r, t.Releases[i])
		}
	}
	if len(t.Rules) == 0 {
		_, err := fmt.Fprintf(w, "No rule differs between Linux %s and %s.\n", names[0], names[1])
		return err
	}
	fmt.Fprintf(w, "From Linux %s to %s, %s.\n+ holds in the second only, - in the first only.\n\n",
		names[0], names[1], countWords(len(t.Rules), "rule differs", "rules differ"))
	return t.describe(w, func(r *ReleaseRule) string {
		if r.Holds[1] {
			return "+ "
		}
		return "- "
	})
}

func countWords(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
