package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/cmd/mntcheck/internal/columns"
	"mntcheck/props/explore"
)

// ComparedWorld is what explore --compare --json prints.
type ComparedWorld struct {
	World      string               `json:"world"`
	Releases   []ComparedRelease    `json:"releases"`
	Invariants []*ComparedInvariant `json:"invariants"` // those that some release breaks
}

// ComparedRelease says how far the search went on one release.
type ComparedRelease struct {
	Release     string        `json:"release"` // of the semantics
	States      uint64        `json:"states"`
	Transitions uint64        `json:"transitions"`
	Depth       int           `json:"depth"`
	Complete    bool          `json:"complete"`
	Stopped     string        `json:"stopped,omitempty"`
	Elapsed     time.Duration `json:"elapsed_ns"`
}

// ComparedInvariant is an invariant that some release breaks.
type ComparedInvariant struct {
	Name      string        `json:"name"`
	Statement string        `json:"statement"`
	Breaches  []WhereBroken `json:"breaches"`
}

// WhereBroken is a release that breaks an invariant, and the shortest program.
type WhereBroken struct {
	Release string   `json:"release"`
	Calls   []string `json:"calls"` // behind the setup
	Known   bool     `json:"known"` // that kernels of this release do it
	Why     string   `json:"why,omitempty"`
}

// compare explores the world on several releases, each to the end, and lists
// which invariants they break.
func (c *exploreCommand) compare(s *session, w *explore.World, o explore.Options) error {
	if c.Release != "" || o.Checkpoint != "" {
		return fmt.Errorf("--compare: takes neither --release nor a checkpoint: it explores on each of the releases, from the beginning")
	}
	var releases []*model.Semantics
	for _, name := range c.Compare { // all, before hours go into the first
		sem, err := releaseFlag{strings.TrimSpace(name)}.semantics()
		if err != nil {
			return fmt.Errorf("--compare: %w", err)
		}
		if slices.ContainsFunc(releases, func(has *model.Semantics) bool { return has.Release == sem.Release }) {
			return fmt.Errorf("--compare: %s has the rules of %s, which is there already", name, sem.Release)
		}
		releases = append(releases, sem)
	}
	if len(releases) == 0 {
		return fmt.Errorf("--compare: want releases, such as 7.2,7.3")
	}
	o.KeepGoing, o.Strict = true, false // what is known of a release is told apart
	result := ComparedWorld{World: w.Name}
	byName := map[string]*ComparedInvariant{}
	news := false
	for _, sem := range releases {
		o.Semantics = sem
		r, err := c.explore(s, w, o)
		if err != nil {
			return err
		}
		result.Releases = append(result.Releases, ComparedRelease{r.Release, r.States, r.Transitions, r.Depth, r.Complete, r.Stopped, r.Elapsed})
		broken := func(name, statement string, b WhereBroken) {
			if byName[name] == nil {
				byName[name] = &ComparedInvariant{Name: name, Statement: statement}
				result.Invariants = append(result.Invariants, byName[name])
			}
			news = news || !b.Known
			byName[name].Breaches = append(byName[name].Breaches, b)
		}
		for _, v := range r.Invariants {
			if v.Breaches > 0 {
				broken(v.Name, v.Statement, WhereBroken{r.Release, v.Shortest, v.Verdict == check.KnownBroken, v.Known})
			}
		}
		for _, v := range r.Violations { // a panic is a violation of none of these
			if v.Invariant == check.PanicInvariant {
				broken(v.Invariant, v.Failure.Statement, WhereBroken{Release: r.Release, Calls: v.Calls})
			}
		}
		if r.Stopped != "" {
			break
		}
	}
	var err error
	if s.json {
		err = printJSON(s.stdout, result)
	} else {
		err = writeCompared(s, &result)
	}
	if err == nil && news {
		err = errFound
	}
	return err
}

// writeCompared prints a table of invariants and releases, and the shortest
// program for each invariant.
func writeCompared(s *session, result *ComparedWorld) error {
	head := columns.Table{Right: []bool{false, true, true, true}}
	head.Row("LINUX", "STATES", "TRANSITIONS", "CALLS", "")
	table := columns.Table{Right: []bool{false}}
	names := []any{"INVARIANT"}
	for _, r := range result.Releases {
		how := "at most"
		switch {
		case r.Stopped != "":
			how = r.Stopped
		case r.Complete:
			how = "complete"
		}
		head.Row(r.Release, r.States, r.Transitions, uint64(r.Depth), how)
		names = append(names, r.Release)
		table.Right = append(table.Right, true)
	}
	table.Row(names...)
	for _, v := range result.Invariants {
		row := []any{v.Name}
		for _, r := range result.Releases {
			cell := "-"
			if i := slices.IndexFunc(v.Breaches, func(b WhereBroken) bool { return b.Release == r.Release }); i >= 0 {
				cell = columns.Number(uint64(len(v.Breaches[i].Calls)))
			}
			row = append(row, cell)
		}
		table.Row(row...)
	}
	fmt.Fprintf(s.stdout, "explored %s on each of these releases\n\n", result.World)
	if err := head.Write(s.stdout); err != nil {
		return err
	}
	if len(result.Invariants) == 0 {
		_, err := fmt.Fprintf(s.stdout, "\nevery invariant held on each\n")
		return err
	}
	fmt.Fprintf(s.stdout, "\ninvariants that are broken, by so many calls behind the setup and no fewer; - : kept\n\n")
	if err := table.Write(s.stdout); err != nil {
		return err
	}
	for _, v := range result.Invariants {
		var before []string
		for _, b := range v.Breaches {
			if slices.Equal(b.Calls, before) {
				continue
			}
			before = b.Calls
			why := "NOT KNOWN TO BE BROKEN"
			if b.Known {
				why = b.Why
			}
			fmt.Fprintf(s.stdout, "\n%s on %s: %s\n", v.Name, b.Release, why)
			for _, call := range b.Calls {
				fmt.Fprintf(s.stdout, "  %s\n", call)
			}
		}
	}
	return nil
}
