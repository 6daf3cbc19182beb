package observed_test

import (
	"errors"
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/observed"
)

// pair checks invariants on both sights of a program: on all of the model's state,
// and on what its views show.
type pair struct {
	all    []*invariant.Invariant
	stats  []stat
	lost   map[string]int
	calls  int
	follow observed.Follower
}

// large is the number of records above which checks of a whole state look at
// what the call touched only, and so may find their premise in less.
const large = 64

// nothingHidden stands for what takes all that a transition can tell.
var nothingHidden = invariant.Invariant{
	Needs: invariant.Visible, Facts: invariant.Places | invariant.Groups | invariant.AllMounts | invariant.Made,
}

// partly says of which invariants a part can be checked only, and why: their
// premise is that part's.
var partly = map[string]string{
	"NS-24": "whether sysfs can be mounted in a new namespace is tried out in the model",
}

// stat counts the checks of one invariant.
type stat struct{ seen, untold, premises, full int }

func newPair() *pair {
	all := invariant.All()
	return &pair{all: all, stats: make([]stat, len(all)), lost: map[string]int{}}
}

// both checks one invariant on both sights of a call.
func (p *pair) both(t testing.TB, i int, whole, seen *invariant.Transition) {
	v := p.all[i]
	fullPremise, fullBroken := v.Check(whole)
	if fullPremise {
		p.stats[i].full++
	}
	switch seen.Sees(v) {
	case invariant.Unseen:
		return
	case invariant.Untold:
		p.stats[i].untold++
		return
	}
	p.stats[i].seen++
	premise, broken := v.Check(seen)
	if premise {
		p.stats[i].premises++
	}
	switch {
	case fullPremise && !premise && partly[v.Name] == "" && seen.Sees(&nothingHidden) == invariant.Seen && len(whole.After.Mounts) <= large:
		t.Errorf("%s applies to %s, where nothing is hidden, and not to what is seen", v.Name, seen.Call)
	case premise && !fullPremise && len(whole.After.Mounts) <= large:
		t.Errorf("%s applies to what is seen of %s, and not to the call", v.Name, seen.Call)
	case broken != nil && fullBroken == nil && !(v.OfState && len(whole.After.Mounts) > large):
		t.Errorf("%s holds of %s, and is broken as far as is seen: %s", v.Name, seen.Call, broken.Message)
	}
}

// TestAgree runs drawn programs on the model. What is seen of a call must break
// nothing that the call does not break, nor fulfil a premise that it does not; and
// where nothing is hidden, it has to fulfil each that the call does.
func TestAgree(t *testing.T) {
	cases := 1200
	if testing.Short() {
		cases = 200
	}
	for _, release := range []string{"6.12", "7.0", "7.3"} {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			sem, err := model.ForRelease(release)
			if err != nil {
				t.Fatal(err)
			}
			p := newPair()
			d := draw.NewDrawer()
			for i := 0; i < cases && !t.Failed(); i++ {
				p.program(t, d, sem, uint64(i))
			}
			for i, v := range p.all {
				t.Logf("%-24s seen %7d untold %7d premises %7d of %7d", v.Name, p.stats[i].seen, p.stats[i].untold, p.stats[i].premises, p.stats[i].full)
			}
			t.Logf("%d calls; lost %v", p.calls, p.lost)
		})
	}
}

func (p *pair) program(t *testing.T, d *draw.Drawer, sem *model.Semantics, number uint64) {
	d.Start(draw.NewSeed(9, number), draw.Limits{Sizes: []draw.Size{draw.Small}})
	world := d.World(sem).Model()
	s, before := model.NewState(world), new(model.State)
	follows := p.follow.Start(world, s.View(), s.Identity()) == nil
	if !follows {
		t.Fatalf("case %d: %v", number, p.follow.Lost())
	}
	whole, seen := new(invariant.Transition), new(invariant.Transition)
	var values []int64
	for {
		step, ok := d.Next(s)
		if !ok {
			return
		}
		call := step.Call.Resolve(values)
		s.Copy(before)
		r, err := s.Do(step.Actor, &call)
		if err != nil {
			t.Fatal(err)
		}
		d.Done(r)
		values = append(values, r.Value)
		p.calls++
		views := [2]model.View{before.View(), s.View()}
		if err := p.follow.Follow(step.Actor, &call, r, views[1], s.Identity()); err != nil {
			if !errors.Is(err, observed.ErrLost) {
				t.Fatal(err)
			}
			p.lost[reason(err.Error())]++
			return
		}
		whole.Reset(before, s, step.Actor, &call, r)
		p.follow.Describe(seen)
		seen.ShowViews(func() (b, a *model.View) { return &views[0], &views[1] })
		for i := range p.all {
			p.both(t, i, whole, seen)
		}
		if t.Failed() {
			t.Fatalf("case %d\n%s\nbefore:\n%s\nafter:\n%s", number, d.Program(), views[0].Mounts+views[0].Actors, views[1].Mounts+views[1].Actors)
		}
	}
}
