package replay

import (
	"cmp"
	"fmt"
	"slices"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// Report is what came of a run. Its JSON is the object that mntcheck replay
// prints; counts are traces.
type Report struct {
	Agree       int     `json:"agree"`
	Disagree    int     `json:"disagree"`
	Unsupported int     `json:"unsupported"`
	Groups      []Group `json:"groups"`
	// Differences are the first ones, in the order of the traces.
	Differences []Difference `json:"differences"`
	// Skipped lists every trace that is not supported, by reason.
	Skipped []Skipped `json:"skipped,omitempty"`
}

// Group counts the traces of a family on a kernel.
type Group struct {
	Kernel      string `json:"kernel"`
	Family      string `json:"family"`
	Agree       int    `json:"agree"`
	Disagree    int    `json:"disagree"`
	Unsupported int    `json:"unsupported,omitempty"`
}

// Difference is the first thing in which a system and a trace differ.
type Difference struct {
	File   string `json:"file"`
	Kernel string `json:"kernel"`
	Family string `json:"family"`
	Call   int    `json:"call"`           // counted from 1 in the section "trace"; 0: the final view
	Line   int    `json:"line,omitempty"` // of the call in the file
	Text   string `json:"text,omitempty"` // the call and its actor
	Want   string `json:"want"`           // what the trace has; of a view, the first line that differs
	Got    string `json:"got"`
	Rule   string `json:"rule,omitempty"` // that decided, where the system tells
	Why    string `json:"why,omitempty"`  // the rule as a sentence about this state

	// Shrunk are reductions of the trace, with Options.Shrink: fewest calls last.
	Shrunk []Shrunk `json:"shrunk,omitempty"`

	// WantView and GotView are the final views, of a difference there.
	WantView model.View `json:"-"`
	GotView  model.View `json:"-"`

	trace *trace.Trace // to be reduced
}

// Skipped names the traces that are not supported for one reason.
type Skipped struct {
	Reason string   `json:"reason"`
	Files  []string `json:"files"`
}

// report adds up the outcomes, in the order of the traces.
func (r *runner) report() *Report {
	slices.SortFunc(r.outcomes, func(a, b Outcome) int { return cmp.Compare(a.number, b.number) })
	all := &Report{Groups: []Group{}, Differences: []Difference{}}
	groups := map[[2]string]*Group{}
	skipped := map[string]int{}
	for i := range r.outcomes {
		o := &r.outcomes[i]
		key := [2]string{o.Kernel, o.Family}
		g := groups[key]
		if g == nil {
			g = &Group{Kernel: o.Kernel, Family: o.Family}
			groups[key] = g
		}
		switch {
		case o.Reason != "":
			g.Unsupported++
			all.Unsupported++
			at, ok := skipped[o.Reason]
			if !ok {
				at = len(all.Skipped)
				skipped[o.Reason] = at
				all.Skipped = append(all.Skipped, Skipped{Reason: o.Reason})
			}
			all.Skipped[at].Files = append(all.Skipped[at].Files, o.File)
		case o.Difference != nil:
			g.Disagree++
			all.Disagree++
			if r.o.Differences < 0 || len(all.Differences) < r.o.Differences {
				all.Differences = append(all.Differences, *o.Difference)
			}
		default:
			g.Agree++
			all.Agree++
		}
	}
	for _, g := range groups {
		all.Groups = append(all.Groups, *g)
	}
	slices.SortFunc(all.Groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(a.Kernel, b.Kernel), cmp.Compare(a.Family, b.Family))
	})
	return all
}

// String is the difference for people.
func (d *Difference) String() string {
	if d.Call == 0 {
		return fmt.Sprintf("%s (kernel %s): the final view differs: want %q, got %q", d.File, d.Kernel, d.Want, d.Got)
	}
	text := fmt.Sprintf("%s:%d (kernel %s): call %d, %s: want %s, got %s", d.File, d.Line, d.Kernel, d.Call, d.Text, d.Want, d.Got)
	if d.Rule != "" {
		text += fmt.Sprintf(" by rule %s", d.Rule)
	}
	if d.Why != "" {
		text += ": " + d.Why
	}
	return text
}
