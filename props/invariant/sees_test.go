package invariant_test

import (
	"testing"

	"mntcheck/model"
	"mntcheck/props/invariant"
)

// TestSees asks on the three kinds of system what can be checked.
func TestSees(t *testing.T) {
	state, tables := &invariant.Invariant{}, &invariant.Invariant{Needs: invariant.Tables}
	seen := &invariant.Invariant{Needs: invariant.Visible, Facts: invariant.Places | invariant.Groups}
	before, after := model.NewState(model.World{}), model.NewState(model.World{})
	call := model.NewCall(model.OpFork)
	views := [2]model.View{before.View(), after.View()}
	whole := invariant.NewTransition(before, after, 1, &call, model.Result{})
	shown := invariant.NewTables(&views[0], &views[1], 1, &call, model.Result{})
	followed := func(f invariant.Facts) *invariant.Transition {
		x := invariant.NewTransition(before, after, 1, &call, model.Result{})
		x.Observed(f, nil)
		return x
	}
	for _, test := range []struct {
		name string
		on   *invariant.Transition
		v    *invariant.Invariant
		want invariant.Sight
	}{
		{"all of a state", whole, state, invariant.Seen},
		{"what is seen of a state", whole, seen, invariant.Seen},
		{"tables of a state", whole, tables, invariant.Seen},
		{"a state, where tables show", shown, state, invariant.Unseen},
		{"what is seen, where nothing was followed", shown, seen, invariant.Untold},
		{"tables", shown, tables, invariant.Seen},
		{"a state, where it was followed", followed(seen.Facts), state, invariant.Unseen},
		{"what is seen, with all facts", followed(seen.Facts | invariant.Made), seen, invariant.Seen},
		{"what is seen, with one fact", followed(invariant.Places), seen, invariant.Untold},
		{"tables, where it was followed", followed(0), tables, invariant.Seen},
	} {
		if got := test.on.Sees(test.v); got != test.want {
			t.Errorf("%s: got %d, want %d", test.name, got, test.want)
		}
	}
	if got := (invariant.Places | invariant.Unlocked).String(); got != "places, locks" {
		t.Errorf("facts are called %q", got)
	}
	whole.Reset(before, after, 1, &call, model.Result{})
	if whole.Sees(state) != invariant.Seen {
		t.Error("a reset transition is not whole")
	}
}

// TestFactsAreOfVisible: facts are of no use to those who see all, or tables only.
func TestFactsAreOfVisible(t *testing.T) {
	for _, v := range invariant.All() {
		if v.Facts != 0 && v.Needs != invariant.Visible {
			t.Errorf("%s takes %s, and does not look at what is seen", v.Name, v.Facts)
		}
	}
}
