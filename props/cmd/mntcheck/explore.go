package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"mntcheck/model"
	"mntcheck/props/explore"
)

// exploreCommand checks invariants on every state of a bounded world.
type exploreCommand struct {
	World     string   `help:"World to explore: a name that --worlds lists, or a file; ${default_world} where not given." default:"${default_world}" placeholder:"NAME|FILE"`
	Release   string   `help:"Kernel release whose rules hold; the world's where not given." placeholder:"R"`
	Depth     int      `help:"Calls in a row at most; the world's bound where not given." placeholder:"N"`
	Mounts    int      `help:"Mounts at most; the world's limit where not given." placeholder:"N"`
	Invariant []string `help:"Check only the invariants whose names match, such as 'NS-*'. May be given again." placeholder:"GLOB" sep:"none"`
	Workers   int      `short:"j" name:"workers" help:"States that are expanded at once; one for each core where not given." placeholder:"N"`
	Memory    string   `help:"Memory that states may take, such as 8GiB; what waits to be expanded then goes to disk." placeholder:"SIZE"`
	Resume    string   `help:"Folder in which the search is kept, to be gone on with after its end, however that came." placeholder:"DIR"`
	Strict    bool     `help:"Let what the release is known to break be a violation too."`
	KeepGoing bool     `help:"Go on behind a violation; report the first of each invariant."`
	Unreduced bool     `help:"Tell apart names that the world declares interchangeable."`
	KeepKeys  bool     `name:"keep-keys" help:"Keep every state in memory, so that no two are taken for one."`
	Worlds    bool     `help:"List the worlds that have names."`
	Verbose   bool     `short:"v" help:"Say of each invariant what it states, and list all layers."`
}

// Explored is what explore --json prints.
type Explored struct {
	*explore.Report
	Repeat string `json:"repeat,omitempty"` // of a violation: the command that finds it again
}

// garbageAtGrowth: the states lie in a few large blocks, and little else lives,
// so that memory may grow by this many per cent before garbage is collected.
const garbageAtGrowth = 400

// Run explores, and prints what came of it.
func (c *exploreCommand) Run(s *session) error {
	if c.Worlds {
		return c.list(s)
	}
	w, err := c.world()
	if err != nil {
		return err
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	if o.Memory == 0 {
		defer debug.SetGCPercent(debug.SetGCPercent(garbageAtGrowth))
	}
	progress := &exploreProgress{to: s.stderr}
	if isTerminal(s.stderr) {
		o.Progress = progress.show
	}
	report, err := explore.Run(s.ctx, w, o)
	progress.clear()
	if err != nil {
		return err
	}
	result := Explored{Report: report}
	if len(report.Violations) > 0 {
		result.Repeat = c.repeat()
	}
	if s.json {
		err = printJSON(s.stdout, result)
	} else {
		err = (&exploreText{w: s.stdout, Explored: result, world: w, verbose: c.Verbose}).write()
	}
	if err == nil && report.Violated() {
		err = errFound
	}
	return err
}

// world finds the world: a name has neither a slash nor a dot.
func (c *exploreCommand) world() (*explore.World, error) {
	if !strings.ContainsAny(c.World, "./") {
		return explore.Named(c.World)
	}
	data, err := os.ReadFile(c.World)
	if err != nil {
		return nil, err
	}
	return explore.ParseWorld(c.World, data)
}

// options are those of the search.
func (c *exploreCommand) options() (o explore.Options, err error) {
	switch {
	case c.Depth < 0:
		return o, fmt.Errorf("--depth %d: want a number of calls", c.Depth)
	case c.Mounts < 0:
		return o, fmt.Errorf("--mounts %d: want a number of mounts", c.Mounts)
	case c.Workers < 0:
		return o, fmt.Errorf("-j %d: want a number of workers", c.Workers)
	}
	o = explore.Options{
		Workers: c.Workers, Depth: c.Depth, Limits: explore.Limits{Mounts: c.Mounts}, Strict: c.Strict,
		KeepGoing: c.KeepGoing, Unreduced: c.Unreduced, KeepKeys: c.KeepKeys, Checkpoint: c.Resume,
	}
	if c.Release != "" {
		if o.Semantics, err = (releaseFlag{c.Release}).semantics(); err != nil {
			return o, err
		}
	}
	if c.Memory != "" {
		if o.Memory, err = parseSize(c.Memory); err != nil {
			return o, fmt.Errorf("--memory %s: %w", c.Memory, err)
		}
	}
	o.Invariants, err = chosen(c.Invariant)
	return o, err
}

// parseSize reads a number of bytes such as 8GiB.
func parseSize(text string) (int64, error) {
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 32)
			if err != nil || n <= 0 {
				break
			}
			return n << (10 * (i + 1)), nil
		}
	}
	return 0, fmt.Errorf("want a size such as 512MiB or 8GiB")
}

// list prints the worlds that have names.
func (c *exploreCommand) list(s *session) error {
	var all []*explore.World
	for _, name := range explore.Names() {
		w, err := explore.Named(name)
		if err != nil {
			return err
		}
		all = append(all, w)
	}
	if s.json {
		return printJSON(s.stdout, worldList(all))
	}
	return writeWorlds(s.stdout, all)
}

// ListedWorld is one element of what explore --worlds --json prints.
type ListedWorld struct {
	Name   string `json:"name"`
	Doc    string `json:"doc"`
	Calls  int    `json:"calls"`
	Bounds string `json:"bounds"`
	States uint64 `json:"states"`
}

func worldList(all []*explore.World) (list []ListedWorld) {
	for _, w := range all {
		list = append(list, ListedWorld{w.Name, w.Doc, len(w.Calls), w.String(), w.States})
	}
	return list
}

// repeat is the command that finds the violation again.
func (c *exploreCommand) repeat() string {
	words := []string{"mntcheck explore --world " + c.World}
	if c.Release != "" && c.Release != model.DefaultRelease {
		words = append(words, "--release "+c.Release)
	}
	for _, f := range []struct {
		name string
		n    int
	}{{"depth", c.Depth}, {"mounts", c.Mounts}} {
		if f.n > 0 {
			words = append(words, fmt.Sprintf("--%s %d", f.name, f.n))
		}
	}
	for _, glob := range slices.Compact(slices.Clone(c.Invariant)) {
		words = append(words, fmt.Sprintf("--invariant '%s'", glob))
	}
	if c.Strict {
		words = append(words, "--strict")
	}
	if c.Unreduced {
		words = append(words, "--unreduced")
	}
	return strings.Join(words, " ")
}
