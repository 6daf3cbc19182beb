package invariant_test

import (
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
)

// runTables makes a program on a faulty model of which the tables alone are
// shown, up to the first call that breaks an invariant.
func runTables(f *fault, world model.World, program []model.Step, premises map[string]int) (broken []string, message string) {
	s := model.NewState(world)
	before := s.Clone()
	var values []int64
	view := s.View()
	for _, step := range program {
		call := step.Call.Resolve(values)
		s.Copy(before)
		x := &faulty{before: before, s: s, actor: step.Actor, call: &call}
		f.do(x)
		if x.err != nil {
			values = append(values, -1)
			continue
		}
		values = append(values, x.r.Value)
		was := view
		view = s.View()
		t := invariant.NewTables(&was, &view, step.Actor, &call, x.r)
		for _, v := range invariant.All() {
			if !v.Needs.OfTables() {
				continue
			}
			premise, b := v.Check(t)
			if premise {
				premises[v.Name]++
			}
			if b != nil {
				broken, message = append(broken, v.Name), b.Message
			}
		}
		// A state that is broken in what tables do not show is not gone on with.
		t.Reset(before, s, step.Actor, &call, x.r)
		for _, v := range invariant.All() {
			if _, b := v.Check(t); b != nil {
				return broken, message
			}
		}
	}
	return nil, ""
}

// TestTables checks the invariants that need no more than tables by views
// alone: the right model breaks none, and each catches a fault.
func TestTables(t *testing.T) {
	t.Parallel()
	cases := uint64(600)
	if testing.Short() {
		cases = 60
	}
	small := draw.Limits{Sizes: []draw.Size{draw.Small}}
	d := draw.NewDrawer()
	premises := map[string]int{}
	right := &fault{do: func(x *faulty) { x.right() }}
	for i := range cases {
		program, world := drawCase(t, d, 3, i, small)
		if broken, message := runTables(right, world, program, premises); len(broken) > 0 {
			t.Errorf("case %d: %s: %s", i, broken[0], message)
		}
	}
	catches := map[string]string{
		"INV-1":                  "a parent of another namespace",
		"INV-2":                  "two mounts at one place",
		"INV-7":                  "joins the group of another filesystem",
		"NS-1":                   "roots the namespace in a copy of the topmost mount",
		"NS-11":                  "makes the source private",
		"NS-13":                  "propagates the graft",
		"NS-17":                  "copies mounts of namespaces' files",
		"failed-changes-nothing": "a failed mount makes the target shared",
	}
	faults := map[string]fault{}
	for _, f := range allFaults() {
		faults[f.name] = f
	}
	for _, v := range invariant.All() {
		if !v.Needs.OfTables() {
			continue
		}
		f, ok := faults[catches[v.Name]]
		if !ok {
			t.Errorf("%s needs tables only, and no fault is given for it", v.Name)
			continue
		}
		if !testing.Short() && (premises[v.Name] == 0 || !tablesCatch(t, &f, v.Name, small)) {
			t.Errorf("%s does not catch %q by tables; its premise held %d times", v.Name, f.name, premises[v.Name])
		}
	}
}

func tablesCatch(t *testing.T, f *fault, name string, limits draw.Limits) bool {
	d := draw.NewDrawer()
	for i := range uint64(1500) {
		program, world := drawCase(t, d, 3, i, limits)
		broken, _ := runTables(f, world, program, map[string]int{})
		for _, b := range broken {
			if b == name {
				return true
			}
		}
	}
	return false
}
