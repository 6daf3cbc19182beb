package check

import (
	"cmp"
	"slices"
	"time"

	"mntcheck/model"
	"mntcheck/props/invariant"
)

// Verdict is what a run says about an invariant.
type Verdict string

// The verdicts. An invariant whose premise never held has not been tested, and
// is not said to have passed.
const (
	Held          Verdict = "held"
	Violated      Verdict = "violated"
	NeverApplied  Verdict = "never applied"
	NotObservable Verdict = "not observable"
	// NotReached: broken from a state that was drawn directly, to which no
	// program of calls is known to lead.
	NotReached Verdict = "not known to be reachable"
	// KnownBroken: broken as this release is known to, and only so.
	KnownBroken Verdict = "known"
)

// Report is what came of a run.
type Report struct {
	System      string        `json:"system"`  // what was checked
	Release     string        `json:"release"` // of the semantics
	Seed        uint64        `json:"seed"`
	Cases       uint64        `json:"cases"`
	Calls       uint64        `json:"calls"`
	Elapsed     time.Duration `json:"elapsed_ns"`
	Workers     int           `json:"workers"`
	EveryK      int           `json:"every_k"`      // invariants that read a whole table are checked on every k-th call …
	LargeMounts int           `json:"large_mounts"` // … in worlds of more mounts than this
	Interrupted bool          `json:"interrupted"`  // the run was ended before its time

	Invariants []InvariantReport `json:"invariants"`
	Coverage   Coverage          `json:"coverage"`
	// Unsupported counts the cases that ended at a call that the system does
	// not make; Diverged those that ended where a system that does not show its
	// state answered otherwise than the model.
	Unsupported []OpCount `json:"unsupported,omitempty"`
	Diverged    uint64    `json:"diverged"`
	// Kernel is there where a kernel was checked, by what its tables show.
	Kernel  *KernelReport `json:"kernel,omitempty"`
	Failure *Failure      `json:"failure,omitempty"`
}

// CallsPerSecond is the rate of the run, shrinking left out.
func (r *Report) CallsPerSecond() float64 { return perSecond(r.Calls, r.Elapsed) }

// InvariantReport is what a run says about one invariant.
type InvariantReport struct {
	Name      string  `json:"name"`
	Statement string  `json:"statement"`
	Source    string  `json:"source"`
	Checks    uint64  `json:"checks"`   // calls that it was checked on
	Premises  uint64  `json:"premises"` // of them, those to which it applies
	Verdict   Verdict `json:"verdict"`
	// Of a release that is known to break it: how many of these calls did, what
	// the release does instead, and who says so. Empty where none did.
	Breaches    uint64 `json:"breaches,omitempty"`
	Known       string `json:"known,omitempty"`
	KnownSource string `json:"known_source,omitempty"`
	// Untold counts the calls of a kernel whose tables do not tell what it takes to
	// check the invariant.
	Untold uint64 `json:"untold,omitempty"`
}

// KernelReport is what there is to say of a run on a kernel besides.
type KernelReport struct {
	// Ended counts the programs that ended at a call that the runner cannot make, or
	// at tables that it cannot read.
	Ended uint64 `json:"ended"`
	// Lost counts the programs from some call of which on invariants were checked
	// by what single tables tell only: what was seen did not fit what was known.
	Lost uint64 `json:"lost"`
}

// Coverage is what a run generated.
type Coverage struct {
	Building uint64     `json:"building"` // calls that built worlds, of Report.Calls
	Ops      []OpCount  `json:"ops"`
	Outcomes []Outcome  `json:"outcomes"`
	Missing  []RuleName `json:"missing"` // rules that decided no call
	Tables   uint64     `json:"tables"`  // tables that were looked at for the rest
	Classes  []Count    `json:"classes"`
	Sizes    []Bucket   `json:"sizes"`  // mounts in all namespaces
	Depths   []Bucket   `json:"depths"` // mounts above a mount
}

// OpCount counts calls of one kind.
type OpCount struct {
	Op    string `json:"op"`
	Calls uint64 `json:"calls"`
	OK    uint64 `json:"ok"`
}

// Outcome counts calls by what was answered and by the rule that decided.
type Outcome struct {
	Op    string `json:"op"`
	Errno string `json:"errno"`          // "" for success
	Rule  string `json:"rule,omitempty"` // "" for success, or where the system does not tell
	Calls uint64 `json:"calls"`
}

// RuleName names a rule.
type RuleName struct {
	Rule  string `json:"rule"`
	Errno string `json:"errno"`
	Text  string `json:"text"`
}

// Count counts things of a name.
type Count struct {
	Name string `json:"name"`
	N    uint64 `json:"n"`
}

// Bucket counts numbers from Min to Max.
type Bucket struct {
	Min int    `json:"min"`
	Max int    `json:"max"`
	N   uint64 `json:"n"`
}

// result makes the report of what was added up.
func (e *engine) result(elapsed time.Duration, interrupted bool) *Report {
	t := e.total
	r := &Report{
		System: e.system.Name, Release: e.o.Semantics.Release, Seed: e.o.Seed,
		Cases: t.cases, Calls: t.calls, Elapsed: elapsed, Workers: e.o.Workers,
		EveryK: e.o.EveryK, LargeMounts: e.o.LargeMounts, Interrupted: interrupted,
		Diverged: t.diverged, Coverage: t.coverage(),
	}
	for op, n := range t.unsupported {
		if n > 0 {
			r.Unsupported = append(r.Unsupported, OpCount{Op: model.Op(op).String(), Calls: n})
		}
	}
	for i, v := range e.o.Invariants {
		one := InvariantReport{
			Name: v.Name, Statement: v.Statement, Source: v.Source,
			Checks: t.checks[i], Premises: t.premises[i], Breaches: t.breaches[i], Verdict: e.verdict(i, v),
		}
		if one.Breaches > 0 {
			one.Known, one.KnownSource = e.known[i].Why, e.known[i].Source
		}
		r.Invariants = append(r.Invariants, one)
	}
	if e.broke != nil && e.broke.found.Invariant == noPanic {
		r.Invariants = append(r.Invariants, InvariantReport{
			Name: noPanic.Name, Statement: noPanic.Statement, Source: noPanic.Source,
			Checks: t.calls, Premises: t.calls, Verdict: Violated,
		})
	}
	return r
}

func (e *engine) verdict(i int, v *invariant.Invariant) Verdict {
	if e.broke != nil && (e.broke.found.Invariant == v || slices.Contains(e.broke.found.Also, v.Name)) {
		if e.broke.start != nil {
			return NotReached
		}
		return Violated
	}
	switch {
	case e.views && !v.Needs.OfTables():
		return NotObservable
	case e.total.breaches[i] > 0:
		return KnownBroken
	case e.total.premises[i] == 0:
		return NeverApplied
	}
	return Held
}

func (t *tally) coverage() Coverage {
	c := Coverage{Building: t.building, Tables: t.tables}
	rules, n := model.Rules(), ruleCount()
	reached := make([]bool, n)
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		row := t.outcomes[int(op)*n : (int(op)+1)*n]
		count := OpCount{Op: op.String(), OK: row[0]}
		if row[0] > 0 {
			c.Outcomes = append(c.Outcomes, Outcome{Op: op.String(), Calls: row[0]})
		}
		for rule, calls := range row {
			count.Calls += calls
			if rule > 0 && calls > 0 {
				reached[rule] = true
				r := model.Rule(rule)
				c.Outcomes = append(c.Outcomes, Outcome{op.String(), r.Errno().String(), r.String(), calls})
			}
		}
		for k, calls := range t.errnos {
			if k.op == op {
				count.Calls += calls
				c.Outcomes = append(c.Outcomes, Outcome{Op: op.String(), Errno: k.errno.String(), Calls: calls})
			}
		}
		c.Ops = append(c.Ops, count)
	}
	slices.SortStableFunc(c.Outcomes, func(a, b Outcome) int {
		return cmp.Or(cmp.Compare(a.Op, b.Op), cmp.Compare(a.Errno, b.Errno), cmp.Compare(a.Rule, b.Rule))
	})
	for _, r := range rules {
		if !reached[r] {
			c.Missing = append(c.Missing, RuleName{r.String(), r.Errno().String(), r.Text()})
		}
	}
	for k := range NumClasses {
		c.Classes = append(c.Classes, Count{k.String(), t.classes[k]})
	}
	c.Sizes, c.Depths = histogram(t.sizes[:]), histogram(t.depths[:])
	return c
}

// histogram lists the buckets up to the last that has something in it.
func histogram(counts []uint64) (all []Bucket) {
	low := 0
	for i, n := range counts {
		high := 1 << i
		all = append(all, Bucket{low, high, n})
		low = high + 1
	}
	for len(all) > 0 && all[len(all)-1].N == 0 {
		all = all[:len(all)-1]
	}
	return all
}
