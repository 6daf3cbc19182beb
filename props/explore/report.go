package explore

import (
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
)

// Report is what came of exploring a world. All of it but times and memory is
// the same for any number of workers.
type Report struct {
	World   string `json:"world"`
	Release string `json:"release"` // of the semantics
	Calls   int    `json:"calls"`   // that are made in each state

	States      uint64  `json:"states"`      // up to ids, peer group numbers and what the world declares interchangeable
	Transitions uint64  `json:"transitions"` // calls that were made and whose states are within the limits
	Refused     uint64  `json:"refused"`     // of them, those that failed
	Layers      []Layer `json:"layers"`      // by the number of calls that lead there
	Beyond      []Count `json:"beyond"`      // calls not taken since they lead beyond a limit, by limit
	Depth       int     `json:"depth"`       // every program of so many calls was checked
	// Complete: every state that the world can reach was expanded, so that
	// programs of any length were checked.
	Complete bool `json:"complete"`
	// Narrowed: options bounded the world more than it does itself, so that it need
	// not reach what it has to reach.
	Narrowed bool `json:"narrowed,omitempty"`
	// Stopped says why the search ended before its time; "" if it did not.
	Stopped string `json:"stopped,omitempty"`

	Invariants []InvariantReport `json:"invariants"`
	// IgnoreOrder: states that differ only in orders count as one, and the
	// invariants Skipped were left out.
	IgnoreOrder bool              `json:"ignore_order,omitempty"`
	Skipped     []string          `json:"skipped,omitempty"`
	Sometimes   []SometimesReport `json:"sometimes,omitempty"`
	// NeverSucceeded are calls of the world that failed in every state.
	NeverSucceeded []string `json:"never_succeeded,omitempty"`
	// Violations has the first of each invariant, in the order in which they were
	// found; without Options.KeepGoing those of one layer.
	Violations []*Violation `json:"violations,omitempty"`

	// Collision bounds the probability that a state was passed over, since its
	// fingerprint was another's; 0 with Options.KeepKeys.
	Collision float64       `json:"collision_probability"`
	Reduction int           `json:"reduction"` // permutations of names that count as one state; 1: none
	Elapsed   time.Duration `json:"elapsed_ns"`
	Workers   int           `json:"workers"`
	Memory    int64         `json:"memory_bytes"` // the most that states took
	Spilled   int64         `json:"spilled_bytes,omitempty"`
}

// TransitionsPerSecond is the rate of the run.
func (r *Report) TransitionsPerSecond() float64 { return perSecond(r.Transitions, r.Elapsed) }

// StatesPerSecond is the rate at which new states were found.
func (r *Report) StatesPerSecond() float64 { return perSecond(r.States, r.Elapsed) }

// Layer is the states that some number of calls leads to, and no fewer.
type Layer struct {
	States      uint64 `json:"states"`
	Transitions uint64 `json:"transitions"` // from these states; 0: not expanded
}

// Count counts things of a name.
type Count struct {
	Name string `json:"name"`
	N    uint64 `json:"n"`
}

// InvariantReport is what a run says about one invariant.
type InvariantReport struct {
	Name      string `json:"name"`
	Statement string `json:"statement"`
	Source    string `json:"source"`
	// Checks counts what it was checked on: transitions, or states for those that
	// are about a state alone. Premises are those to which it applies.
	Checks   uint64        `json:"checks"`
	Premises uint64        `json:"premises"`
	Breaches uint64        `json:"breaches,omitempty"`
	Verdict  check.Verdict `json:"verdict"`
	// Known says what a release does instead that is known to break it.
	Known       string   `json:"known,omitempty"`
	KnownSource string   `json:"known_source,omitempty"`
	Shortest    []string `json:"shortest,omitempty"` // the calls that break it first
}

// SometimesReport says whether a kind of state was reached.
type SometimesReport struct {
	Name      string   `json:"name"`
	Statement string   `json:"statement"`
	Reached   bool     `json:"reached"`
	States    uint64   `json:"states"`             // in how many states it holds
	Shortest  []string `json:"shortest,omitempty"` // calls that lead to the first
}

// Violation is a broken invariant, and the shortest program that breaks it.
type Violation struct {
	Invariant string   `json:"invariant"`
	Calls     []string `json:"calls"` // behind the setup; the last one breaks it

	Program []model.Step   `json:"-"` // of these calls
	Failure *check.Failure `json:"failure,omitempty"`
}

// Violated tells whether anything is: an invariant that was broken, or a state
// that has to be reachable and is not.
func (r *Report) Violated() bool { return len(r.Violations) > 0 || len(r.Unreached()) > 0 }

// Unreached are the names of the kinds of states that a search to the end of the
// world's own bounds did not reach.
func (r *Report) Unreached() (names []string) {
	if r.Stopped != "" || r.Narrowed || len(r.Violations) > 0 {
		return nil
	}
	for _, s := range r.Sometimes {
		if !s.Reached {
			names = append(names, s.Name)
		}
	}
	return names
}
