package invariant_test

import (
	"slices"
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
)

// An invariant that names its calls applies to no other, and one of changes to no
// call that changed nothing: asking all of them about each call finds no
// premise that would have been passed over.
func TestCallsOfInvariants(t *testing.T) {
	cases := 1500
	if testing.Short() {
		cases = 150
	}
	all := invariant.All()
	d := draw.NewDrawer()
	var before model.State
	for i := range cases {
		program, world := drawCase(t, d, 2, uint64(i), draw.Limits{Sizes: []draw.Size{draw.Small}})
		s := model.NewState(world)
		var values []int64
		for _, step := range program {
			call := step.Call.Resolve(values)
			s.Copy(&before)
			r, err := s.Do(step.Actor, &call)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, r.Value)
			transition := invariant.NewTransition(&before, s, step.Actor, &call, r)
			for _, v := range all {
				if premise, _ := v.Check(transition); premise && v.OfChanges && transition.Unchanged() {
					t.Fatalf("%s applies to %s, which was refused and changed nothing", v.Name, call)
				}
				if v.Calls == nil || slices.Contains(v.Calls, call.Op) {
					continue
				}
				if premise, _ := v.Check(transition); premise {
					t.Fatalf("%s applies to %s, which it does not name", v.Name, call)
				}
			}
		}
	}
}
