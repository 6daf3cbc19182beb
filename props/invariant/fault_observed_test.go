package invariant_test

import (
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/observed"
)

const (
	observedCases = 200 // of a fault, at most
	observedFound = 5   // cases in which it is seen, then the next fault
)

// TestFaultsObserved puts every fault into the model and lets the invariants look
// for it twice: in all of the state, and in what its tables show. Where tables show
// something broken, something is; and each invariant that can be checked on tables has to
// find a fault there.
func TestFaultsObserved(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	faults := allFaults()
	caught := make([]map[string]bool, len(faults))
	t.Run("faults", func(t *testing.T) {
		for i := range faults {
			t.Run(faults[i].name, func(t *testing.T) {
				t.Parallel()
				caught[i] = observeFault(t, &faults[i])
			})
		}
	})
	for _, v := range invariant.All() {
		if v.Needs == invariant.State {
			continue
		}
		n := 0
		for i := range caught {
			if caught[i][v.Name] {
				n++
			}
		}
		if n == 0 {
			t.Errorf("%s catches no fault where tables are all that shows", v.Name)
		}
		t.Logf("%-24s %3d of %d faults", v.Name, n, len(faults))
	}
}

// observeFault names the invariants that catch a fault in what tables show.
func observeFault(t *testing.T, f *fault) map[string]bool {
	names := map[string]bool{}
	d := draw.NewDrawer()
	found := 0
	for i := 0; i < observedCases && found < observedFound && !t.Failed(); i++ {
		program, world := drawCase(t, d, matrixSeed, uint64(i), draw.Limits{Sizes: []draw.Size{draw.Small}})
		if observeCase(t, f, world, program, names) {
			found++
		}
	}
	return names
}

// observeCase makes a program up to the first call that breaks an invariant, and
// tells whether tables show that.
func observeCase(t *testing.T, f *fault, world model.World, program []model.Step, names map[string]bool) (shows bool) {
	show := func(s *model.State) model.View {
		v := s.View()
		if f.view != nil {
			v = f.view(v, s)
		}
		return v
	}
	s, before := model.NewState(world), new(model.State)
	follower := new(observed.Follower)
	views := new([2]model.View)
	views[1] = show(s)
	_ = follower.Start(world, views[1], s.Identity()) // a fault may be there from the start
	all := invariant.All()
	whole := new(invariant.Transition)
	var values []int64
	for _, step := range program {
		call := step.Call.Resolve(values)
		s.Copy(before)
		x := &faulty{before: before, s: s, actor: step.Actor, call: &call}
		f.do(x)
		if x.err != nil {
			return false
		}
		values = append(values, x.r.Value)
		whole.Reset(before, s, step.Actor, &call, x.r)
		views[0], views[1] = views[1], show(s)
		whole.ShowViews(func() (b, a *model.View) { return &views[0], &views[1] })
		seen := invariant.NewTables(&views[0], &views[1], step.Actor, &call, x.r)
		if follower.Follow(step.Actor, &call, x.r, views[1], s.Identity()) == nil {
			follower.Describe(seen)
			seen.ShowViews(func() (b, a *model.View) { return &views[0], &views[1] })
		}
		broken := ""
		for _, v := range all {
			if seen.Sees(v) != invariant.Seen {
				continue
			}
			if _, b := v.Check(seen); b != nil {
				names[v.Name] = true
				broken = v.Name + ": " + b.Message
			}
		}
		if anyBroken(all, whole) {
			return broken != "" // what comes later may be broken since
		}
		if broken != "" && f.view == nil { // else the tables themselves are wrong
			t.Errorf("no invariant is broken by %s, but as far as tables show, %s\n%s%s\n%s%s", call, broken,
				views[0].Mounts, views[0].Actors, views[1].Mounts, views[1].Actors)
			return false
		}
	}
	return false
}

func anyBroken(all []*invariant.Invariant, t *invariant.Transition) bool {
	for _, v := range all {
		if _, broken := v.Check(t); broken != nil {
			return true
		}
	}
	return false
}
