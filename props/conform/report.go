package conform

import (
	"maps"
	"slices"
	"time"

	"mntcheck/props/check"
)

// Report is what came of a run. Its JSON is the object that mntcheck conform
// prints.
type Report struct {
	System  string `json:"system"`  // what was compared with the model
	Release string `json:"release"` // of the kernel
	Rules   string `json:"rules"`   // the release whose rules the model followed
	Seed    uint64 `json:"seed"`
	Workers int    `json:"workers"`

	Programs       uint64        `json:"programs"`
	ProgramsAgreed uint64        `json:"programs_agreed"` // to the last call
	Calls          uint64        `json:"calls"`           // that were compared; behind a difference none is
	CallsAgreed    uint64        `json:"calls_agreed"`    // in the answer, and in the view after it
	Elapsed        time.Duration `json:"elapsed_ns"`
	Interrupted    bool          `json:"interrupted"` // the run was ended before its time

	Families []FamilyReport `json:"families"`
	// Batched counts programs that fit a kernel which numbers namespaces in
	// batches, and no other: what it numbers how is not known before.
	Batched uint64 `json:"batched"`
	// ViewsHidden counts views that cannot be compared: of a mount of a process's file, or
	// with a mountpoint outside of the mount that it is on.
	ViewsHidden uint64 `json:"views_hidden"`
	// SourcesUntold counts sources of mounts, in all views, that were not compared: before
	// Linux 6.13 a mount that nobody can see has none to be read.
	SourcesUntold uint64 `json:"sources_untold"`
	// Unsupported counts programs that ended early without a difference: at a call
	// that the runner does not make, or at tables that it cannot look at.
	Unsupported uint64 `json:"unsupported"`

	Coverage    Coverage      `json:"coverage"`
	Differences []*Difference `json:"differences"` // a kind each, in the order of their cases
}

// CallsPerSecond is the rate of the run, shrinking left out.
func (r *Report) CallsPerSecond() float64 {
	if r.Elapsed <= 0 {
		return 0
	}
	return float64(r.Calls) / r.Elapsed.Seconds()
}

// FamilyReport is what a run says about one family.
type FamilyReport struct {
	Name        string `json:"name"`
	About       string `json:"about"`
	Programs    uint64 `json:"programs"`
	Calls       uint64 `json:"calls"`
	Differences uint64 `json:"differences"`       // programs that differ
	Skipped     string `json:"skipped,omitempty"` // why there are none
}

// Coverage counts the calls in which both sides agreed.
type Coverage struct {
	Ops      []check.OpCount  `json:"ops"`
	Outcomes []check.Outcome  `json:"outcomes"` // by the rule of the model
	Missing  []check.RuleName `json:"missing"`  // rules that decided no call
}

// totals add up cases.
type totals struct {
	counter                      *check.Counter
	programs, agreed             uint64
	calls, callsAgreed           uint64
	batched, hidden, unsupported uint64
	untold                       uint64
	families                     map[*Family]*FamilyReport
}

func newTotals() totals {
	return totals{counter: check.NewCounter(), families: map[*Family]*FamilyReport{}}
}

func (t *totals) add(c *compared) {
	for i := range c.agreed {
		t.counter.Answer(c.program[i].Call.Op, &c.answers[i])
	}
	f := t.families[c.family]
	if f == nil {
		f = &FamilyReport{}
		t.families[c.family] = f
	}
	calls := uint64(c.agreed)
	t.callsAgreed += calls
	switch {
	case c.found != nil:
		f.Differences++
		if len(c.found.program) > 0 {
			calls++
		}
	case c.unsupported:
		t.unsupported++
	default:
		t.agreed++
	}
	t.programs++
	f.Programs++
	t.calls += calls
	f.Calls += calls
	t.hidden += uint64(c.hidden)
	t.untold += uint64(c.untold)
	if c.batched {
		t.batched++
	}
}

// result makes the report of what was added up.
func (e *engine) result(elapsed time.Duration, interrupted bool) *Report {
	e.flush()
	t := &e.total
	coverage := t.counter.Coverage()
	r := &Report{
		System: e.profile.Name, Release: e.profile.Release, Rules: e.o.Semantics.Release, Seed: e.o.Seed, Workers: e.o.Workers,
		Programs: t.programs, ProgramsAgreed: t.agreed, Calls: t.calls, CallsAgreed: t.callsAgreed,
		Elapsed: elapsed, Interrupted: interrupted,
		Batched: t.batched, ViewsHidden: t.hidden, SourcesUntold: t.untold, Unsupported: t.unsupported,
		Coverage:    Coverage{Ops: coverage.Ops, Outcomes: coverage.Outcomes, Missing: coverage.Missing},
		Differences: []*Difference{},
	}
	for _, f := range families {
		one := FamilyReport{}
		if counted := t.families[f]; counted != nil {
			one = *counted
		}
		one.Name, one.About, one.Skipped = f.Name, f.About, e.lacking[f]
		if one.Skipped != "" || slices.Contains(e.families, f) {
			r.Families = append(r.Families, one)
		}
	}
	return r
}

// flush counts what was done behind a case that was not: the run was ended in
// the middle of it.
func (e *engine) flush() {
	if e.full() {
		return
	}
	for _, first := range slices.Sorted(maps.Keys(e.pending)) {
		for i := range e.pending[first].cases {
			if !e.full() {
				e.count(&e.pending[first].cases[i])
			}
		}
	}
}
