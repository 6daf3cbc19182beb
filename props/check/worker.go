package check

import (
	"context"
	"errors"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// worker runs cases, one after the other.
type worker struct {
	o      *Options
	drawer *draw.Drawer
	source draw.Seed
	check  *Checker
	tally  *tally
	rules  int

	supports func(model.Op) bool // nil: all
	asked    bool                // supports is known, and unprivileged
	// unprivileged: the system's worlds are those of a user.
	unprivileged bool

	// The model is not made anew for each case, but copied from a fresh one.
	fresh  [2]*model.State // by numbering of namespaces
	own    model.State
	direct *model.State // the case starts from it; nil: from its world
	shadow *model.State // follows a system that does not show its state
	values []int64
}

func newWorker(o *Options) *worker {
	w := &worker{o: o, drawer: draw.NewDrawer(), check: o.checker(o.Invariants), rules: ruleCount()}
	w.check.Sparsely(o.EveryK, o.LargeMounts)
	return w
}

// caseFound is the case that broke something.
type caseFound struct {
	number  uint64
	found   *Found
	world   system.World
	program draw.Program // up to the call that broke it
	start   *model.State // that was drawn directly; nil: the world's
}

// run runs case i, and counts into w.tally. An error means that the system had
// no answer where it should have had one.
func (w *worker) run(ctx context.Context, i uint64) (broke *caseFound, err error) {
	w.source.Reset(w.o.Seed, i)
	return w.draw(ctx, i, &w.source)
}

// draw runs the case that src stands for.
func (w *worker) draw(ctx context.Context, i uint64, src draw.Source) (broke *caseFound, err error) {
	limits := w.o.limits()
	w.tally.cases++
	w.check.premises, w.check.checks, w.check.breaches = w.tally.premises, w.tally.checks, w.tally.breaches

	if limits.Supports, err = w.supported(ctx); err != nil {
		return nil, err
	}
	if w.o.Direct {
		if w.direct, err = draw.Direct(src, w.o.Semantics, w.o.Sizes...); err != nil {
			return nil, err
		}
	}
	w.drawer.Start(src, limits)
	world := w.world()
	sys, err := w.start(ctx, world)
	if err != nil {
		return nil, err
	}
	defer sys.Close()
	defer func() {
		if p := recover(); p != nil {
			program := w.drawer.Program()
			broke, err = w.caseFound(i, panicked(p, len(program)-1), world), nil
		}
	}()
	found, err := w.calls(ctx, sys)
	if found != nil {
		return w.caseFound(i, found, world), nil
	}
	return nil, err
}

func (w *worker) caseFound(i uint64, f *Found, world system.World) *caseFound {
	program := w.drawer.Program()
	return &caseFound{i, f, world, append(draw.Program(nil), program[:min(len(program), f.Step+1)]...), w.direct}
}

// world is the world of the case that is drawn, as the system makes worlds.
func (w *worker) world() system.World {
	world := w.drawer.World(w.o.Semantics)
	world.Unprivileged = w.unprivileged
	return world
}

// supported is which calls the system makes. A system says so when it is
// started, and that needs a world, which is drawn first: so one is started to ask.
func (w *worker) supported(ctx context.Context) (func(model.Op) bool, error) {
	if w.o.Factory == nil || w.asked {
		return w.supports, nil
	}
	world := system.World{Semantics: w.o.Semantics}
	sys, err := w.o.Factory(ctx, world)
	if errors.Is(err, errors.ErrUnsupported) {
		world.Unprivileged = true
		sys, err = w.o.Factory(ctx, world)
	}
	if err != nil {
		return nil, err
	}
	defer sys.Close()
	w.supports, w.unprivileged, w.asked = system.ProfileOf(sys).Calls, world.Unprivileged, true
	return w.supports, nil
}

// start makes the system of a case.
func (w *worker) start(ctx context.Context, world system.World) (system.System, error) {
	if w.o.Factory != nil {
		return w.o.Factory(ctx, world)
	}
	from := w.direct
	if from == nil {
		from = w.newState(world)
	}
	from.Copy(&w.own)
	return system.FromState(&w.own), nil
}

// newState is the state that a world starts as.
func (w *worker) newState(world system.World) *model.State {
	fresh := &w.fresh[world.Semantics.NSIDs&1]
	if world.MountMax != 0 || *fresh == nil || (*fresh).Sem != world.Semantics && *(*fresh).Sem != *world.Semantics {
		s := model.NewState(world.Model())
		if world.MountMax != 0 {
			return s
		}
		*fresh = s
	}
	return *fresh
}

// calls draws and makes the calls of a case.
func (w *worker) calls(ctx context.Context, sys system.System) (*Found, error) {
	if err := w.check.Start(ctx, sys); err != nil {
		return nil, err
	}
	seen, err := w.follow(ctx, sys)
	if err != nil {
		return nil, err
	}
	for n := 0; ; n++ {
		building := w.drawer.Building()
		step, ok := w.drawer.Next(seen())
		if !ok {
			w.tally.table(seen())
			return nil, nil
		}
		r, found, err := w.check.Do(ctx, step)
		if errors.Is(err, errors.ErrUnsupported) {
			w.tally.unsupported[step.Call.Op]++
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		w.tally.answer(step.Call.Op, &r, w.rules)
		if building {
			w.tally.building++
		}
		w.drawer.Done(r)
		if found != nil {
			return found, nil
		}
		if !w.shadowAgrees(step, r) {
			w.tally.diverged++
			return nil, nil
		}
		if n%16 == 15 {
			w.tally.table(seen())
		}
	}
}

// follow returns how to look at the state that calls are drawn from: the
// system's own, or that of a model that makes the same calls beside it.
func (w *worker) follow(_ context.Context, sys system.System) (func() *model.State, error) {
	w.shadow = nil
	if s := w.check.stateful; s != nil {
		return s.State, nil
	}
	w.shadow = model.NewState(w.world().Model())
	w.values = w.values[:0]
	return func() *model.State { return w.shadow }, nil
}

// shadowAgrees makes the call on the model beside the system. Where the two
// answer differently, calls can no longer be drawn by looking at the model, and
// the case ends: that they differ is not for invariants to say.
func (w *worker) shadowAgrees(step model.Step, r model.Result) bool {
	if w.shadow == nil {
		return true
	}
	call := step.Call.Resolve(w.values)
	mine, err := w.shadow.Do(step.Actor, &call)
	w.values = append(w.values, r.Value)
	return err == nil && mine.Errno == r.Errno && (r.Errno != 0 || mine.Value == r.Value)
}
