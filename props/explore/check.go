package explore

import (
	"testing"
)

// Check explores a world in a test: a broken invariant fails it with the
// shortest program, and so does a kind of state that has to be reachable and is
// not. Options say what else is wanted, such as invariants of one's own; there
// is at most one. It returns the report, whose counts say what the run was worth.
func Check(t testing.TB, w *World, options ...Options) *Report {
	t.Helper()
	var o Options
	for _, o = range options {
	}
	r, err := Run(t.Context(), w, o)
	if err != nil {
		t.Fatalf("explore: %v", err)
	}
	for _, v := range r.Violations {
		t.Errorf("world %s, by %d calls behind its setup: %q\n%s", w.Name, len(v.Calls), v.Calls, v.Failure)
	}
	for _, name := range r.Unreached() {
		t.Errorf("world %s: no state is %s: it is emptier than was meant", w.Name, name)
	}
	if r.Stopped != "" {
		t.Errorf("world %s: %s after %d calls", w.Name, r.Stopped, r.Depth)
	}
	return r
}
