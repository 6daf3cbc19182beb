package explain

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
	"mntcheck/props/cmd/mntcheck/internal/columns"
)

// Limits of what is drawn for people. JSON has all of it.
const (
	foldAbove    = 16 // mounts of a table of which unchanged ones are folded
	changesShown = 64 // changes that are drawn of a namespace
	copiesShown  = 48 // mounts that are drawn of a new namespace, the topmost first
	placesShown  = 6  // mounts that are named of a group
	rulesShown   = 12 // checks that are listed after the one that decided

	statementWidth = 90 // characters
)

// Write draws the answer.
func (a *Answer) Write(w io.Writer) error {
	t := &text{w: w, a: a}
	t.head()
	if a.Refusal != nil {
		t.refusal(a.Refusal)
		t.assumed()
		return t.err
	}
	switch {
	case a.Copy != nil:
		t.newNamespace()
		t.leftOut()
		t.work()
		t.invariants()
	default:
		t.spaces()
		if a.Work != (Work{}) {
			t.line("")
			t.line("Work: %s", workWords(a.Work))
		}
	}
	t.assumed()
	return t.err
}

// text writes lines until one cannot be written.
type text struct {
	w   io.Writer
	a   *Answer
	err error
}

func (t *text) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *text) table(c *columns.Table) {
	if t.err == nil {
		t.err = c.Write(t.w)
	}
}

func (t *text) head() {
	a := t.a
	for _, c := range a.Before {
		t.line("%s = %s", c.Call, c.Result)
	}
	t.line("%s = %s", a.Call.Call, a.Call.Result)
	t.line("%s", a.Table.on(", Linux "+a.Release))
	if a.Made != "" {
		t.line("%s", a.Made)
	}
	for _, p := range a.Positions {
		t.line("%s", p)
	}
}

// on says which table was asked about, and as whom.
func (t *Table) on(release string) string {
	who := ""
	if t.NewUserNS {
		who = ", as a caller in a new user namespace"
	}
	return fmt.Sprintf("on %s, %s%s%s", t.Name, plural(t.Mounts, "mount"), release, who)
}

func (t *text) refusal(r *Refusal) {
	t.line("")
	t.line("%s: %s", r.Errno, r.Sentence)
	t.line("  rule %s, %s", r.Name, r.Spec)
	switch {
	case r.After != nil:
		t.line("")
		t.line("After")
		t.calls(r.Remedy)
		t.line("it would still be refused, %s: %s (%s)", r.After.Errno, r.After.Sentence, r.After.Name)
	case len(r.Remedy) > 0:
		t.line("")
		t.line("It would succeed after:")
		t.calls(r.Remedy)
	}
	if len(r.Then) == 0 {
		return
	}
	t.line("")
	t.line("Checks that come after it, in this order:")
	c := columns.Table{Indent: "  "}
	for _, later := range r.Then[:min(len(r.Then), rulesShown)] {
		c.Row(later.Fails, later.Name, later.Check)
	}
	t.table(&c)
	if more := len(r.Then) - rulesShown; more > 0 {
		t.line("  and %d more", more)
	}
}

func (t *text) calls(calls []string) {
	for _, c := range calls {
		t.line("  %s", c)
	}
}

// newNamespace draws the namespace that the call made.
func (t *text) newNamespace() {
	a := t.a
	notes := make(map[int]mountinfo.Mark, len(a.Copy.Mounts))
	peers, locked := 0, 0
	for i, p := range a.Copy.Mounts {
		if p.shared {
			peers++
		}
		if len(p.Locks) > 0 {
			locked++
		}
		note := fmt.Sprintf("of %d", p.Of)
		if p.At != p.Path {
			note += " " + p.At
		}
		if len(p.Locks) > 0 {
			note += "; locked: " + strings.Join(p.Locks, ", ")
		}
		notes[int(p.ID)] = mountinfo.Mark{Note: note, Fold: i >= copiesShown}
	}
	t.line("")
	t.line("%s, new:", capital(spaceWords(a.after, a.newSpace)))
	t.draw(a.after, a.newSpace, func(e *mountinfo.Entry) mountinfo.Mark { return notes[e.ID] })
	t.line("")
	kept := len(a.Copy.Mounts) - 1
	t.line("Copied: %s at %s, and the namespace's root.", plural(kept, "mount"), a.Copy.From)
	switch {
	case a.Copy.Slave:
		t.line("Another user namespace owns them: copies of shared mounts receive from those, and never send.")
	case peers > 0:
		t.line("Of these, %s with the original: what is mounted below one appears below the other.", countWords(peers, "is in a peer group", "are in peer groups"))
	default:
		t.line("No copy is shared: what is mounted in one namespace does not appear in the other.")
	}
	if locked > 0 {
		t.line("%s: what they cover stays covered, and their flags cannot be cleared.", countWords(locked, "is locked", "are locked"))
	}
}

func countWords(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (t *text) leftOut() {
	if len(t.a.Copy.LeftOut) == 0 {
		t.line("Left out: nothing.")
		return
	}
	t.line("Left out:")
	c := columns.Table{Indent: "  ", Right: []bool{true}}
	for _, g := range t.a.Copy.LeftOut {
		var places []string
		for _, p := range g.Topmost[:min(len(g.Topmost), placesShown)] {
			places = append(places, p.Path)
		}
		if len(g.Topmost) > placesShown {
			places = append(places, "…")
		}
		c.Row(g.Count, g.Reason, strings.Join(places, "  "))
	}
	t.table(&c)
}

func workWords(w Work) string {
	return fmt.Sprintf("%s visited, %d copied, %d attached, %d destroyed", plural(w.Visited, "mount"), w.Copied, w.Attached, w.Destroyed)
}

func (t *text) work() {
	a := t.a
	t.line("")
	c := columns.Table{Right: []bool{false, true, true, true, true}}
	row := func(name string, w Work) { c.Row(name, w.Visited, w.Copied, w.Attached, w.Destroyed) }
	c.Row("WORK, IN MOUNTS", "VISITED", "COPIED", "ATTACHED", "DESTROYED")
	row("this call", a.Work)
	if a.Classic == nil {
		t.table(&c)
		return
	}
	row("without it", a.Classic.Total)
	for _, s := range a.Classic.Steps {
		name := "  " + s.Call
		if s.Refusal != "" {
			name += " = " + strings.Fields(s.Result)[1]
		}
		row(name, s.Work)
	}
	t.table(&c)
	if last := a.Classic.Steps[len(a.Classic.Steps)-1]; last.Refusal != "" {
		t.line("That way ends there: %s.", last.Refusal)
	} else if a.Classic.Note != "" {
		t.line("(%s)", a.Classic.Note)
	}
}

func (t *text) invariants() {
	if len(t.a.Invariants) == 0 {
		return
	}
	t.line("")
	c := columns.Table{Wrap: statementWidth}
	c.Row("INVARIANT", "VERDICT", "STATEMENT")
	var idle []string
	for _, v := range t.a.Invariants {
		switch v.Verdict {
		case DoesNotApply:
			idle = append(idle, v.Name)
		case Violated:
			c.Row(v.Name, v.Verdict, v.Statement+" "+v.Message)
		default:
			c.Row(v.Name, v.Verdict, v.Statement)
		}
	}
	t.table(&c)
	if len(idle) > 0 {
		t.line("Not about this call: %s.", strings.Join(idle, ", "))
	}
}

func (t *text) assumed() {
	if len(t.a.Assumed) == 0 {
		return
	}
	t.line("")
	t.line("Assumed, since a mount table does not tell:")
	for _, x := range t.a.Assumed {
		t.line("  %s", x)
	}
}

// spaces draws each namespace in which something changed, before and after.
func (t *text) spaces() {
	a := t.a
	if len(a.Namespaces) == 0 {
		t.line("")
		t.line("No mount table changes.")
		return
	}
	for i := range a.Namespaces {
		n := &a.Namespaces[i]
		before, after := t.marks(n)
		if !n.New {
			t.line("")
			t.line("%s before, %s%s:", capital(n.Title), plural(n.Before, "mount"), ends(n.Gone))
			t.draw(a.before, n.index, fold(before, n.Before))
		}
		if !n.Gone {
			t.line("")
			t.line("%s %s, %s:", capital(n.Title), afterWord(n.New), plural(n.After, "mount"))
			if n.New {
				t.draw(a.after, n.index, firstOf(copiesShown))
			} else {
				t.draw(a.after, n.index, fold(after, n.After))
			}
		}
		if len(n.Changes) > changesShown {
			t.line("Drawn are %d of %d changes; --json has all.", changesShown, len(n.Changes))
		}
	}
}

func afterWord(isNew bool) string {
	if isNew {
		return "is new"
	}
	return "after"
}

// firstOf folds all but the first mounts of a table.
func firstOf(n int) func(*mountinfo.Entry) mountinfo.Mark {
	return func(*mountinfo.Entry) mountinfo.Mark {
		n--
		return mountinfo.Mark{Fold: n < 0}
	}
}

func ends(gone bool) string {
	if gone {
		return "; it ends with the call"
	}
	return ""
}

// marks are what is marked in the trees before and after, by id. A mark without
// a sign is a mount that is drawn because of its neighbour.
func (t *text) marks(n *Namespace) (before, after map[int]mountinfo.Mark) {
	before, after = map[int]mountinfo.Mark{}, map[int]mountinfo.Mark{}
	left := changesShown
	for _, c := range t.a.changes {
		if c.ns != n.index || n.New || left == 0 {
			continue
		}
		left--
		if c.sign == "-" {
			before[int(t.a.before.Mounts[c.m].ID)] = mountinfo.Mark{Sign: c.mark(), Note: strings.Join(c.what, "; ")}
			continue
		}
		what := append(slices.Clip(c.what), covers(t.a.after, c.m)...)
		after[int(t.a.after.Mounts[c.m].ID)] = mountinfo.Mark{Sign: c.mark(), Note: strings.Join(what, "; ")}
		if c.sign == "~" {
			before[int(t.a.before.Mounts[c.m].ID)] = mountinfo.Mark{Sign: c.mark()}
		} else if id, ok := t.parentBefore(c.m); ok && before[id].Sign == "" {
			before[id] = mountinfo.Mark{Sign: " "}
		}
	}
	return before, after
}

// parentBefore is the id, before the call, of the mount that a new mount is on.
func (t *text) parentBefore(m model.MountIx) (id int, ok bool) {
	p := t.a.after.Mounts[m].Parent
	if p == 0 || int(p) >= len(t.a.before.Mounts) || t.a.before.Mounts[p].UID != t.a.after.Mounts[p].UID {
		return 0, false
	}
	return int(t.a.before.Mounts[p].ID), true
}

// covers tells what a mount hides beside itself: mounts below its mountpoint
// that hang on the same parent, where no path leads any more.
func covers(s *model.State, m model.MountIx) (words []string) {
	r := &s.Mounts[m]
	if r.Parent == 0 {
		return nil
	}
	n := 0
	for c := s.Mounts[r.Parent].FirstChild; c != 0; c = s.Mounts[c].NextChild {
		if c != m && s.Under(s.Mounts[c].MP, r.MP) {
			n++
			words = []string{"covers " + s.MountPath(c)}
		}
	}
	if n > 1 {
		words = []string{"covers " + plural(n, "mount")}
	}
	return words
}

// fold makes of marks by id what the drawing asks: unmarked mounts of a large
// table are folded.
func fold(marks map[int]mountinfo.Mark, mounts int) func(*mountinfo.Entry) mountinfo.Mark {
	return func(e *mountinfo.Entry) mountinfo.Mark {
		m, marked := marks[e.ID]
		if !marked {
			m.Sign = " " // so that the trees before and after stand alike
		}
		m.Fold = !marked && mounts > foldAbove
		return m
	}
}

// shown leaves out what is the same for nearly all mounts.
var shown = []mountinfo.Column{mountinfo.Target, mountinfo.ID, mountinfo.Source, mountinfo.FSType, mountinfo.MountFlags, mountinfo.Propagation}

func (t *text) draw(s *model.State, ns model.NSIx, mark func(*mountinfo.Entry) mountinfo.Mark) {
	if t.err != nil {
		return
	}
	table := mountinfo.OfNamespace(s, ns)
	t.err = mountinfo.Render(t.w, table, mountinfo.RenderOptions{
		Columns: shown,
		Mark:    func(i int) mountinfo.Mark { return mark(&table.Entries[i]) },
	})
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
