package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"mntcheck/props/explore"
)

// exploreCommand checks invariants on every state of a bounded world.
type exploreCommand struct {
	World           string        `help:"World to explore: a name that --worlds lists, or a file; ${default_world} where not given." placeholder:"NAME|FILE"`
	Release         string        `help:"Kernel release whose rules hold; the world's where not given." placeholder:"R"`
	Depth           int           `help:"Calls in a row at most; the world's bound where not given." placeholder:"N"`
	Mounts          int           `help:"Mounts at most; the world's limit where not given." placeholder:"N"`
	Invariant       []string      `help:"Check only the invariants whose names match, such as 'NS-*'. May be given again." placeholder:"GLOB" sep:"none"`
	Workers         int           `short:"j" name:"workers" help:"States that are expanded at once; one for each core where not given." placeholder:"N"`
	Memory          string        `help:"Memory that states may take, such as 8GiB; what waits to be expanded then goes to disk." placeholder:"SIZE"`
	Checkpoint      string        `help:"Keep the search in this file, and others of its name, to be gone on with after its end, however that came." placeholder:"FILE"`
	CheckpointEvery time.Duration `help:"Time between checkpoints, which are made when all programs of some length were checked; 10s where not given." placeholder:"TIME"`
	Resume          string        `help:"Go on with the search of a checkpoint: with its world, release, bounds and invariants." placeholder:"FILE"`
	Compare         []string      `help:"Explore on each of these releases, to the end, and list which invariants they break, by which programs." placeholder:"R,R,..."`
	Strict          bool          `help:"Let what the release is known to break be a violation too."`
	KeepGoing       bool          `help:"Go on behind a violation; report the first of each invariant."`
	Unreduced       bool          `help:"Tell apart names that the world declares interchangeable."`
	IgnoreOrder     bool          `name:"ignore-order" help:"Take states for one that differ only in the orders of peer rings, slave lists and children; leaves out the invariants that these can matter to."`
	KeepKeys        bool          `name:"keep-keys" help:"Keep every state in memory, so that no two are taken for one."`
	Worlds          bool          `help:"List the worlds that have names."`
	Verbose         bool          `short:"v" help:"Say of each invariant what it states, and list all layers."`
}

// Explored is what explore --json prints.
type Explored struct {
	*explore.Report
	Repeat string `json:"repeat,omitempty"` // of a violation: the command that finds it again
	Resume string `json:"resume,omitempty"` // of a search that ended before its time: the command that goes on with it
}

// garbageAtGrowth: the states lie in a few large blocks, and little else lives,
// so that memory may grow by this many per cent before garbage is collected.
const garbageAtGrowth = 400

// Run explores, and prints what came of it.
func (c *exploreCommand) Run(s *session) error {
	if c.Worlds {
		return c.list(s)
	}
	var kept keptSearch
	if c.Resume != "" {
		var err error
		if kept, err = c.resume(); err != nil {
			return err
		}
	} else if c.World == "" {
		c.World = explore.DefaultWorld
	}
	w, err := c.world(&kept)
	if err != nil {
		return err
	}
	o, err := c.options()
	if err != nil {
		return err
	}
	if c.Compare != nil {
		return c.compare(s, w, o)
	}
	if o.Checkpoint != "" {
		if o.CheckpointNote, err = json.Marshal(kept); err != nil {
			return err
		}
		fmt.Fprintf(s.stderr, "resume with: %s\n", c.resumeCommand())
	}
	if o.Memory == 0 {
		defer debug.SetGCPercent(debug.SetGCPercent(garbageAtGrowth))
	}
	report, unsaved := c.explore(s, w, o)
	if report == nil {
		return unsaved
	}
	result := Explored{Report: report}
	if report.Stopped != "" && o.Checkpoint != "" {
		result.Resume = c.resumeCommand()
	}
	if len(report.Violations) > 0 {
		result.Repeat = c.repeat()
	}
	if s.json {
		err = printJSON(s.stdout, result)
	} else {
		err = (&exploreText{w: s.stdout, Explored: result, world: w, verbose: c.Verbose}).write()
	}
	if err == nil {
		err = unsaved
	}
	if err == nil && report.Violated() {
		err = errFound
	}
	return err
}

// explore runs the search, and shows how far it has come.
func (c *exploreCommand) explore(s *session, w *explore.World, o explore.Options) (*explore.Report, error) {
	progress := &exploreProgress{to: s.stderr}
	if isTerminal(s.stderr) {
		o.Progress = progress.show
	}
	defer progress.clear()
	return explore.Run(s.ctx, w, o)
}

// world finds the world: a name has neither a slash nor a dot. One of a file is
// kept with the search, so that this can be gone on with without the file.
func (c *exploreCommand) world(kept *keptSearch) (*explore.World, error) {
	kept.World, kept.Search = c.World, c.search()
	if !strings.ContainsAny(c.World, "./") {
		w, err := explore.Named(c.World)
		if _, missing := os.Stat(c.World); err != nil && missing == nil {
			err = fmt.Errorf("%w; for the file of that name say --world ./%s", err, c.World)
		}
		return w, err
	}
	data := []byte(kept.Text)
	if kept.Text == "" {
		var err error
		if data, err = os.ReadFile(c.World); err != nil {
			return nil, err
		}
		kept.Text = string(data)
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
	case c.CheckpointEvery < 0:
		return o, fmt.Errorf("--checkpoint-every %v: want a time such as 10s", c.CheckpointEvery)
	}
	o = explore.Options{
		Workers: c.Workers, Depth: c.Depth, Limits: explore.Limits{Mounts: c.Mounts}, Strict: c.Strict,
		KeepGoing: c.KeepGoing, Unreduced: c.Unreduced, KeepKeys: c.KeepKeys, IgnoreOrder: c.IgnoreOrder, Checkpoint: c.Checkpoint,
		CheckpointEvery: c.CheckpointEvery,
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
			shift := 10 * (i + 1)
			n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
			if err != nil || n <= 0 || n > math.MaxInt64>>shift {
				break
			}
			return n << shift, nil
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
	States uint64 `json:"states,omitempty"` // absent where nobody has counted them
}

func worldList(all []*explore.World) (list []ListedWorld) {
	for _, w := range all {
		list = append(list, ListedWorld{w.Name, w.Doc, len(w.Calls), w.String(), w.States})
	}
	return list
}

// repeat is the command that finds the violation again.
func (c *exploreCommand) repeat() string {
	words := []string{"mntcheck explore --world " + shellWord(c.World)}
	if c.Release != "" { // also the default one, since the world may say another
		words = append(words, "--release "+shellWord(c.Release))
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
		words = append(words, "--invariant "+shellWord(glob))
	}
	if c.Strict {
		words = append(words, "--strict")
	}
	if c.KeepGoing { // violations behind the first are found by it alone
		words = append(words, "--keep-going")
	}
	if c.Unreduced {
		words = append(words, "--unreduced")
	}
	if c.IgnoreOrder {
		words = append(words, "--ignore-order")
	}
	return strings.Join(words, " ")
}
