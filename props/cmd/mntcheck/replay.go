package main

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
	"mntcheck/model/trace"
	"mntcheck/props/cmd/mntcheck/internal/columns"
	"mntcheck/props/replay"
	"mntcheck/props/system"
)

// replayCommand compares recorded traces with the model.
type replayCommand struct {
	Paths       []string `arg:"" name:"path" help:"Traces, folders of traces, and archives of them (.tar.gz)."`
	Shrink      bool     `help:"Reduce each trace that disagrees to the fewest calls that show the difference."`
	Differences int      `short:"n" default:"5" help:"How many differences are shown; 0 shows all." placeholder:"N"`
	Workers     int      `short:"j" name:"workers" help:"Traces that are run at once; one for each core where not given." placeholder:"N"`
}

// Run replays, and prints how far they agree. Each trace is run under the rules
// of the kernel that it was recorded on.
func (c *replayCommand) Run(s *session) error {
	o := replay.Options{Paths: c.Paths, Workers: c.Workers, Differences: c.Differences, Shrink: c.Shrink}
	switch {
	case c.Differences < 0:
		return fmt.Errorf("--differences %d: want a number of differences", c.Differences)
	case c.Workers < 0:
		return fmt.Errorf("-j %d: want a number of workers", c.Workers)
	case c.Differences == 0:
		o.Differences = -1
	}
	report, err := replay.Run(s.ctx, o)
	if s.ctx.Err() != nil {
		return fmt.Errorf("interrupted; nothing is said of some traces, so nothing of any")
	}
	if err != nil {
		return err
	}
	if s.json {
		err = printJSON(s.stdout, report)
	} else {
		if !c.Shrink { // else the reduced trace says it
			err = c.findTables(s.ctx, report)
		}
		if err == nil {
			err = writeReplay(s.stdout, report)
		}
	}
	if err == nil && report.Disagree > 0 {
		err = errFound
	}
	return err
}

// findTables adds the tables to the differences between answers: those of the
// model when the call was made, and those that the kernel ended with. The traces
// are read once more for that, so it is done for the few that are shown only.
func (c *replayCommand) findTables(ctx context.Context, r *replay.Report) error {
	wanted := map[string]*replay.Difference{}
	for i := range r.Differences {
		if d := &r.Differences[i]; d.Call > 0 && d.GotView.Mounts == "" {
			wanted[d.File] = d
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	return trace.Each(c.Paths, func(file string, data []byte) error {
		d := wanted[file]
		if d == nil {
			return nil
		}
		t, err := trace.Parse(file, data)
		if err != nil {
			return err
		}
		t.Steps = t.Steps[:d.Call-1]
		state, err := stateAfter(ctx, t)
		if err != nil {
			return err
		}
		d.GotView = state.View()
		d.WantView = model.View{Mounts: t.Final.Text, Actors: t.Actors.Text}
		if delete(wanted, file); len(wanted) == 0 {
			return fs.SkipAll
		}
		return nil
	})
}

// stateAfter makes the calls of a trace on the model, under its kernel's rules.
func stateAfter(ctx context.Context, t *trace.Trace) (*model.State, error) {
	sem, err := model.ForRelease(t.Meta.Kernel())
	if err != nil {
		return nil, err
	}
	state := model.NewState(model.World{Semantics: sem, Unprivileged: t.Meta.Unprivileged()})
	_, err = system.Run(ctx, system.FromState(state), t.Program())
	return state, err
}

// writeReplay prints a report for people: the differences first, and the table,
// which is what one looks for, last.
func writeReplay(w io.Writer, r *replay.Report) error {
	for i := range r.Differences {
		if err := writeDifference(w, &r.Differences[i]); err != nil {
			return err
		}
	}
	if more := r.Disagree - len(r.Differences); more > 0 {
		fmt.Fprintf(w, "and %d more that disagree; -n 0 shows all\n\n", more)
	}
	t := columns.Table{Right: []bool{false, false, true, true, true, true}}
	t.Row("KERNEL", "FAMILY", "AGREE", "DISAGREE", "UNSUPPORTED", "")
	for _, g := range r.Groups {
		t.Row(g.Kernel, g.Family, g.Agree, g.Disagree, g.Unsupported, share(g.Agree, g.Disagree))
	}
	t.Row("all", "", r.Agree, r.Disagree, r.Unsupported, share(r.Agree, r.Disagree))
	if err := t.Write(w); err != nil {
		return err
	}
	for _, s := range r.Skipped {
		if _, err := fmt.Fprintf(w, "not supported: %s: %s\n", count(len(s.Files), "trace"), s.Reason); err != nil {
			return err
		}
	}
	return nil
}

// share is the part that agrees, of those that could be compared.
func share(agree, disagree int) string {
	if agree+disagree == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*float64(agree)/float64(agree+disagree))
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// writeShrunk prints a difference and the traces that it was reduced to.
func writeShrunk(w io.Writer, d *replay.Difference) error {
	if d.Call == 0 {
		fmt.Fprintf(w, "%s: all calls are answered alike, the view after them differs\n", d.File)
	} else {
		fmt.Fprintf(w, "%s:%d: call %d is answered differently\n  %s\n", d.File, d.Line, d.Call, d.Text)
	}
	fmt.Fprintf(w, "  kernel  %s\n  model   %s%s\n", d.Want, d.Got, because(d))
	for i := range d.Shrunk {
		x := &d.Shrunk[i]
		fmt.Fprintf(w, "\n%s; the difference is in %s:\n", basisWords[x.Basis], where(x))
		for line := range strings.Lines(x.Trace) {
			fmt.Fprintf(w, "  %s", line)
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

// basisWords say how a trace was reduced.
var basisWords = map[replay.Basis]string{
	replay.Recorded:    "Reduced by what the recording shows",
	replay.SameView:    "Reduced further by calls without which the model has the same tables",
	replay.SameAnswers: "Reduced further by calls without which the model answers the same",
}

// where says which part of a reduced trace differs.
func where(x *replay.Shrunk) string {
	if x.Call == 0 {
		return "the view after its " + count(x.Calls, "call")
	}
	if x.Calls == 1 {
		return "its only call"
	}
	return fmt.Sprintf("the last of its %d calls", x.Calls)
}

// writeDifference shows the call with both answers, or the view as two trees.
func writeDifference(w io.Writer, d *replay.Difference) error {
	if len(d.Shrunk) > 0 {
		return writeShrunk(w, d)
	}
	if d.Call == 0 {
		fmt.Fprintf(w, "%s: all calls are answered alike, the view after them differs\n  kernel  %s\n  model   %s\n", d.File, d.Want, d.Got)
		if err := drawBoth(w, d); err != nil {
			return err
		}
		_, err := fmt.Fprintln(w)
		return err
	}
	fmt.Fprintf(w, "%s:%d: call %d is answered differently\n  %s\n  kernel  %s\n  model   %s%s\n",
		d.File, d.Line, d.Call, d.Text, d.Want, d.Got, because(d))
	for _, side := range []struct {
		title string
		view  model.View
	}{{"the model, when the call is made:", d.GotView}, {"the kernel, at the end of the trace:", d.WantView}} {
		fmt.Fprintf(w, "\n%s\n", side.title)
		if err := drawView(w, side.view); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintln(w)
	return err
}

func because(d *replay.Difference) string {
	if d.Rule == "" {
		return ""
	}
	return fmt.Sprintf(", %s (%s)", d.Why, d.Rule)
}

// drawBoth draws the trees of those namespaces that differ, and marks the lines
// that only one side has.
func drawBoth(w io.Writer, d *replay.Difference) error {
	if d.WantView.Mounts == d.GotView.Mounts {
		_, err := fmt.Fprintf(w, "\nkernel's actors\n%smodel's actors\n%s", d.WantView.Actors, d.GotView.Actors)
		return err
	}
	want, err := mountinfo.ParseSections("kernel's view", []byte(d.WantView.Mounts))
	if err != nil {
		return err
	}
	got, err := mountinfo.ParseSections("model's view", []byte(d.GotView.Mounts))
	if err != nil {
		return err
	}
	for i := range max(len(want), len(got)) {
		var a, b *mountinfo.Section
		if i < len(want) {
			a = &want[i]
		}
		if i < len(got) {
			b = &got[i]
		}
		if a != nil && b != nil && a.String() == b.String() {
			continue
		}
		if err := drawSide(w, "kernel", "-", a, b); err != nil {
			return err
		}
		if err := drawSide(w, "model", "+", b, a); err != nil {
			return err
		}
	}
	return nil
}

// drawSide draws one side's table of a namespace; lines that the other side
// does not have get the sign.
func drawSide(w io.Writer, who, sign string, own, other *mountinfo.Section) error {
	if own == nil {
		_, err := fmt.Fprintf(w, "\n%s: there is no such namespace\n", who)
		return err
	}
	known := map[string]bool{}
	if other != nil {
		for i := range other.Entries {
			known[other.Entries[i].String()] = true
		}
	}
	fmt.Fprintf(w, "\n%s: %s\n", who, strings.TrimPrefix(string(own.AppendHeader(nil)), "# "))
	return mountinfo.Render(w, &own.Table, mountinfo.RenderOptions{Mark: func(i int) mountinfo.Mark {
		if known[own.Entries[i].String()] {
			return mountinfo.Mark{Sign: " "}
		}
		return mountinfo.Mark{Sign: sign}
	}})
}
