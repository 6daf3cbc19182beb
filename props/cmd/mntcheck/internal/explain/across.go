package explain

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"mntcheck/model"
	"mntcheck/props/cmd/mntcheck/internal/columns"
)

// Across is what a call would do on each of the known kernel releases. It is
// what the command's explain prints with --release all and --json.
type Across struct {
	Call  string `json:"call"` // that was asked about
	Table Table  `json:"table"`
	// Groups are runs of releases with the same answer and the same tables after
	// it, the oldest first. One: no release differs.
	Groups []Group `json:"groups"`
	// Reasons say what makes the difference between a group and the one before it.
	Reasons []Reason `json:"reasons"`
}

// Group is a run of releases that answer alike.
type Group struct {
	model.Span
	Releases []string `json:"releases"` // those known, each the first of its set of rules
	Answer   *Answer  `json:"answer"`   // that of the first one
	outcome  string
}

// Reason is a rule in which two neighbouring groups differ, and without which
// they would not.
type Reason struct {
	Release string `json:"release"` // the first one of the later group
	Rule    string `json:"rule"`    // the name of the field of mntcheck/model.Semantics
	Holds   bool   `json:"holds"`   // from that release on; false: until then
	Decides string `json:"decides"` // what holds where the rule does
}

// AskAcross asks the same question of every known release. ask answers it under
// some rules.
func AskAcross(ask func(*model.Semantics) (*Answer, error)) (*Across, error) {
	x := &Across{Groups: []Group{}, Reasons: []Reason{}}
	var before *model.Semantics
	for _, release := range model.Releases() {
		sem, err := model.ForRelease(release)
		if err != nil {
			return nil, err
		}
		a, err := ask(sem)
		if err != nil {
			return nil, fmt.Errorf("on Linux %s: %w", release, err)
		}
		next := Group{Span: model.Span{From: release}, Releases: []string{release}, Answer: a, outcome: a.outcome()}
		if n := len(x.Groups); n > 0 {
			last := &x.Groups[n-1]
			if next.outcome == last.outcome {
				last.Releases, before = append(last.Releases, release), sem
				continue
			}
			last.Until = release
			if err := x.reasons(ask, before, sem, last.outcome); err != nil {
				return nil, err
			}
		}
		x.Groups, before = append(x.Groups, next), sem
	}
	newest := x.Groups[len(x.Groups)-1].Answer
	x.Call, x.Table = newest.Call.Call, newest.Table
	return x, nil
}

// outcome is the answer and all tables after it, as text that is equal where
// they are. The kernel's own root is of another type before 7.0; what else it
// has to do with the answer shows elsewhere.
func (a *Answer) outcome() string {
	var b strings.Builder
	for _, d := range append(slices.Clip(a.Before), a.Call) {
		fmt.Fprintln(&b, d.Call, d.Result)
	}
	if a.Refusal != nil {
		fmt.Fprintln(&b, a.Refusal.Name, a.Refusal.Sentence)
	}
	fmt.Fprintln(&b, a.Made, a.Positions)
	if a.Copy != nil {
		for _, p := range a.Copy.Mounts {
			fmt.Fprintln(&b, p.Path, p.Locks)
		}
	}
	view := a.after.View()
	sameRoot := strings.NewReplacer("rootfs rootfs ro", "nullfs nullfs rw")
	return b.String() + sameRoot.Replace(view.Mounts) + view.Actors
}

// reasons finds the rules that make the outcome on a release another one than
// on the release before it: a smallest set that, taken back, gives the outcome
// of before.
func (x *Across) reasons(ask func(*model.Semantics) (*Answer, error), before, sem *model.Semantics, want string) error {
	old := *sem
	var taken []model.Difference // the rules that are taken back in old
	for _, d := range model.Differences() {
		if *d.Of(before) != *d.Of(sem) {
			taken = append(taken, d)
			*d.Of(&old) = *d.Of(before)
		}
	}
	for _, d := range taken {
		trial := old
		*d.Of(&trial) = *d.Of(sem)
		a, err := ask(&trial)
		if err != nil {
			return fmt.Errorf("on Linux %s: %w", sem.Release, err)
		}
		if a.outcome() == want {
			old = trial // it has nothing to do with it
			continue
		}
		x.Reasons = append(x.Reasons, Reason{Release: sem.Release, Rule: d.Name, Holds: *d.Of(sem), Decides: d.Decides})
	}
	return nil
}

// Write draws a line for each group, and one for each reason.
func (x *Across) Write(w io.Writer) error {
	a := x.Groups[len(x.Groups)-1].Answer
	var b strings.Builder
	for _, d := range a.Before {
		fmt.Fprintln(&b, d.Call)
	}
	fmt.Fprintf(&b, "%s\n%s\n\n", x.Call, x.Table.on(""))
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	c := columns.Table{}
	c.Row("LINUX", "ANSWER", "")
	for i := range x.Groups {
		g := &x.Groups[i]
		words := g.String()
		if len(x.Groups) == 1 {
			words = "all since " + g.From
		}
		answer, _, _ := strings.Cut(g.Answer.Call.Result, " (")
		gist := g.Answer.gist()
		if i > 0 && gist == x.Groups[i-1].Answer.gist() {
			gist += "; but " + firstNew(x.Groups[i-1].outcome, g.outcome)
		}
		c.Row(words, answer, gist)
	}
	if err := c.Write(w); err != nil || len(x.Reasons) == 0 {
		return err
	}
	if _, err := io.WriteString(w, "\nWhat makes the difference:\n"); err != nil {
		return err
	}
	c = columns.Table{Indent: "  "}
	for _, r := range x.Reasons {
		holds := "since " + r.Release
		if !r.Holds {
			holds = "until " + r.Release
		}
		c.Row(holds, r.Rule, r.Decides)
	}
	return c.Write(w)
}

// gist is an answer in one line: the rule that refused, or what changed.
func (a *Answer) gist() string {
	if a.Refusal != nil {
		return fmt.Sprintf("%s (%s)", a.Refusal.Sentence, a.Refusal.Name)
	}
	var words []string
	if a.Made != "" {
		words = append(words, a.Made)
	}
	for i := range a.Namespaces {
		n := &a.Namespaces[i]
		if n.New && a.Made != "" {
			continue // Made says it
		}
		words = append(words, n.gist())
	}
	if len(words) == 0 {
		words = a.Positions
	}
	if len(words) == 0 {
		return "no mount table changes"
	}
	return strings.Join(words, "; ")
}

// firstNew is the first line of a text in which it differs from another one.
func firstNew(from, to string) string {
	for to != "" {
		var was, is string
		was, from, _ = strings.Cut(from, "\n")
		if is, to, _ = strings.Cut(to, "\n"); is != was {
			return is
		}
	}
	return "less"
}

// gist is what became of a namespace, in a few words.
func (n *Namespace) gist() string {
	switch {
	case n.New:
		return fmt.Sprintf("%s is new, with %s", n.Title, plural(n.After, "mount"))
	case n.Gone:
		return n.Title + " ends"
	}
	counts := map[string]int{}
	for _, c := range n.Changes {
		counts[c.Sign]++
	}
	var words []string
	for _, sign := range []string{"+", "-", "~"} {
		if counts[sign] > 0 {
			words = append(words, fmt.Sprintf("%s%d", sign, counts[sign]))
		}
	}
	return fmt.Sprintf("%s: %s", n.Title, strings.Join(words, " "))
}
