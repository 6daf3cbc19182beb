package conform

import (
	"context"
	"fmt"
	"math/rand/v2"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// Most programs are as long as those of recorded traces, some 27 calls; one in
// longPrograms is longer, in a world that may be larger.
const (
	shortCalls   = 10 // and up to as many more
	longCalls    = 40
	longPrograms = 8
	mostMounts   = 40  // of a world, before propagation multiplies
	tooMany      = 400 // mounts: a program ends before its tables get longer than people read
)

// testCase is a program, with what the model makes of it.
type testCase struct {
	number  uint64
	family  *Family
	world   system.World
	program draw.Program
	expectation
}

// caseDrawer draws cases, one after the other. It is for one goroutine.
type caseDrawer struct {
	seed     uint64
	sem      *model.Semantics
	families []*Family
	supports func(model.Op) bool
	mountMax bool // the runner can set fs.mount-max
	// unprivileged: the runner's worlds are those of a user.
	unprivileged bool

	drawer *draw.Drawer
	source draw.Seed
}

// draw draws case i. The family follows from the number, so that the families
// have the same share of any run. An error is that of a model that cannot make
// one of its own calls, which is a mistake in the model.
func (d *caseDrawer) draw(ctx context.Context, i uint64) (c *testCase, err error) {
	c = &testCase{number: i, family: d.families[i%uint64(len(d.families))]}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("case %d of seed %d: the model panics: %v, in\n%s", i, d.seed, p, c.program)
		}
	}()
	d.source.Reset(d.seed, i)
	d.drawer.Start(&d.source, d.limits(c))
	c.world = system.World{Semantics: d.sem, Unprivileged: d.unprivileged}
	if d.mountMax {
		c.world.MountMax = d.drawer.Config().MountMax
	}
	s := model.NewState(c.world.Model())
	c.see(s)
	var values []int64
	var within scope
	for ctx.Err() == nil {
		step, ok := d.drawer.Next(s)
		if !ok {
			break
		}
		c.family.restrict(&step.Call)
		within.keep(s, step.Actor, &step.Call)
		call := step.Call.Resolve(values)
		r, err := s.Do(step.Actor, &call)
		if err != nil {
			return nil, fmt.Errorf("case %d of seed %d, call %d: the model: %w", i, d.seed, len(c.program)+1, err)
		}
		if mountCount(s) > tooMany {
			break
		}
		d.drawer.Done(r)
		c.program = append(c.program, step)
		c.answers = append(c.answers, r)
		values = append(values, r.Value)
		c.see(s)
	}
	return c, nil
}

// limits draws how long the program is and how large its world.
func (d *caseDrawer) limits(c *testCase) draw.Limits {
	limits := c.family.limits(d.supports)
	rng := rand.New(rand.NewPCG(d.seed, ^c.number))
	limits.Sizes = []draw.Size{draw.Small}
	limits.Calls = shortCalls + rng.IntN(shortCalls+1)
	if rng.IntN(longPrograms) == 0 {
		limits.Sizes = []draw.Size{draw.Small, draw.Medium}
		limits.MaxMounts = mostMounts
		limits.Calls = longCalls + rng.IntN(longCalls)
	}
	return limits
}

// job is what a runner is given of the case.
func (c *testCase) job() system.Job {
	return system.Job{World: c.world, Program: c.program, EachView: true}
}

// mountCount is the number of mounts in all namespaces and detached trees.
func mountCount(s *model.State) (n int) {
	for i := range s.Spaces {
		if s.Spaces[i].ID != 0 {
			n += int(s.Spaces[i].Nr)
		}
	}
	return n
}
