package onkernel_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/conform"
	"mntcheck/props/invariant"
	"mntcheck/props/live"
	"mntcheck/props/onkernel"
	"mntcheck/props/system"
)

// standIn is a kernel that a model stands in for; fault may spoil each system.
func standIn(release string, fault func(*system.Model) system.System) conform.RunnerFactory {
	return func(context.Context) (system.Runner, error) {
		return system.RunnerOf(func(ctx context.Context, w system.World) (system.System, error) {
			m, err := system.NewModel(ctx, w)
			if err != nil || fault == nil {
				return m, err
			}
			return fault(m.(*system.Model)), nil
		}, system.Profile{Name: "kernel", Release: release}), nil
	}
}

// greedy takes out what is mounted on the root of the caller's namespace with
// every mount that is unmounted.
type greedy struct{ *system.Model }

func (g greedy) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	r, err := g.Model.Do(ctx, actor, c)
	if s := g.State(); err == nil && r.Errno == 0 && c.Op == model.OpUmount2 && s.Work().Destroyed > 0 {
		if top := s.Overmount(s.Spaces[s.Procs[actor].NS].Root); top != 0 && s.Mounts[top].FirstChild != 0 {
			s.Edit().Unmount(s.Mounts[top].FirstChild)
		}
	}
	return r, err
}

func run(t *testing.T, o onkernel.Options) *check.Report {
	t.Helper()
	r, err := onkernel.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func verdicts(r *check.Report) map[check.Verdict][]string {
	all := map[check.Verdict][]string{}
	for _, v := range r.Invariants {
		all[v.Verdict] = append(all[v.Verdict], v.Name)
	}
	return all
}

// TestHolds checks kernels that models stand in for: what holds of a release
// holds of what its tables show, and what it is known to break is known.
func TestHolds(t *testing.T) {
	for _, test := range []struct {
		release string
		known   bool
	}{{"6.12.117", true}, {"6.18.44", true}, {"7.0.13", true}, {"7.3.4", false}} {
		t.Run(test.release, func(t *testing.T) {
			t.Parallel()
			r := run(t, onkernel.Options{Runner: standIn(test.release, nil), Seed: 1, Checks: 300, Workers: 2})
			if r.Failure != nil {
				t.Fatalf("%s", r.Failure)
			}
			got := verdicts(r)
			if len(got[check.Violated]) > 0 || (len(got[check.KnownBroken]) > 0) != test.known {
				t.Errorf("violated %v, known %v", got[check.Violated], got[check.KnownBroken])
			}
			for _, v := range r.Invariants {
				unseen := invariant.Find(v.Name).Needs == invariant.State
				if unseen != (v.Verdict == check.NotObservable) || unseen && v.Checks > 0 {
					t.Errorf("%s is %s, and was checked on %d calls", v.Name, v.Verdict, v.Checks)
				}
			}
			if r.Cases != 300 || r.Kernel.Lost*20 > r.Cases {
				t.Errorf("%d cases, %d of them lost track of", r.Cases, r.Kernel.Lost)
			}
		})
	}
}

// TestFinds finds a fault by tables alone, and makes the program small.
func TestFinds(t *testing.T) {
	dir := t.TempDir()
	spoil := func(m *system.Model) system.System { return greedy{m} }
	r := run(t, onkernel.Options{Runner: standIn("7.3.4", spoil), Seed: 1, Checks: 500, Workers: 3, FailureDir: dir})
	f := r.Failure
	if f == nil {
		t.Fatal("nothing was found")
	}
	if f.Flaky || len(f.Program) > 6 || len(f.Answers) != len(f.Program) || f.BeforeView == f.AfterView {
		t.Errorf("%s", f)
	}
	if data, err := os.ReadFile(f.File); err != nil || string(data) != f.Text {
		t.Errorf("the trace is not in %q: %v", f.File, err)
	}
	one := run(t, onkernel.Options{Runner: standIn("7.3.4", spoil), Seed: 1, Checks: 500, Workers: 1})
	if one.Failure == nil || one.Failure.Case != f.Case || one.Failure.Program.String() != f.Program.String() {
		t.Errorf("with one worker another case is found: %v", one.Failure)
	}
}

// TestReveal finds on 7.0, strictly, that an unprivileged caller sees what a mount
// covers.
func TestReveal(t *testing.T) {
	some, err := invariant.ByGlob("NS-8")
	if err != nil {
		t.Fatal(err)
	}
	o := onkernel.Options{Runner: standIn("7.0.13", nil), Invariants: some, Seed: 1, Checks: 2000, Workers: 4}
	if r := run(t, o); r.Failure != nil || r.Invariants[0].Verdict != check.KnownBroken || r.Invariants[0].Known == "" {
		t.Errorf("verdict %s, failure %v", r.Invariants[0].Verdict, r.Failure)
	}
	o.Strict = true
	if r := run(t, o); r.Failure == nil || r.Failure.Invariant != "NS-8" || len(r.Failure.Program) > 6 {
		t.Errorf("strictly, found %v", r.Failure)
	}
}

// dying is a kernel that hangs at chroot.
type dying struct{ *system.Model }

func (d dying) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	if c.Op == model.OpChroot {
		return model.Result{}, live.ErrHang
	}
	return d.Model.Do(ctx, actor, c)
}

func TestNoAnswer(t *testing.T) {
	r := run(t, onkernel.Options{
		Runner: standIn("7.3.4", func(m *system.Model) system.System { return dying{m} }), Seed: 1, Checks: 500,
	})
	if r.Failure == nil || r.Failure.Invariant != onkernel.AnsweredInvariant || len(r.Failure.Program) != 1 {
		t.Fatalf("found %v", r.Failure)
	}
	if last := r.Invariants[len(r.Invariants)-1]; last.Name != onkernel.AnsweredInvariant || last.Verdict != check.Violated {
		t.Errorf("the last invariant is %s, %s", last.Name, last.Verdict)
	}
}

// panicking is a kernel that dies of an fsmount of a context that can be mounted.
type panicking struct{ *system.Model }

var errPanic = errors.New("the kernel panicked")

func (p panicking) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	r, err := p.Model.Do(ctx, actor, c)
	if c.Op == model.OpFsmount && err == nil && r.Errno == 0 {
		err = errPanic
	}
	return r, err
}

// lastGasp takes along what was answered when it dies.
type lastGasp struct{ system.Runner }

func (l lastGasp) Run(ctx context.Context, jobs []system.Job) ([]system.Recording, error) {
	recs, err := l.Runner.Run(ctx, jobs)
	for i := range recs {
		if recs[i].Err != nil {
			recs[i] = system.Recording{Err: recs[i].Err}
		}
	}
	return recs, err
}

// TestLostAnswers: a program that took its answers along is told with descriptors, and
// written down.
func TestLostAnswers(t *testing.T) {
	start := standIn("7.3.4", func(m *system.Model) system.System { return panicking{m} })
	newapi, err := conform.FamilyByName("newapi")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, onkernel.Options{
		Runner: func(ctx context.Context) (system.Runner, error) {
			r, err := start(ctx)
			return lastGasp{r}, err
		},
		Families: []*conform.Family{newapi}, Seed: 1, Checks: 500, FailureDir: t.TempDir(),
	})
	f := r.Failure
	if f == nil || f.Invariant != onkernel.AnsweredInvariant || len(f.Program) != 3 {
		t.Fatalf("found %v", f)
	}
	if f.File == "" || !strings.Contains(f.Text, "fsmount(3, ") {
		t.Errorf("want a file, %q, with descriptor 3, got\n%s", f.File, f.Text)
	}
}

// TestFewPrograms starts no more kernels than there are programs.
func TestFewPrograms(t *testing.T) {
	var started atomic.Int64
	r := run(t, onkernel.Options{Checks: 3, Workers: 100, Runner: func(ctx context.Context) (system.Runner, error) {
		started.Add(1)
		return standIn("7.3.4", nil)(ctx)
	}})
	if r.Cases != 3 || started.Load() > 3 {
		t.Errorf("%d programs on %d kernels, want 3 on at most 3", r.Cases, started.Load())
	}
}

// TestErrors tells what is wrong with the options, or the kernel.
func TestErrors(t *testing.T) {
	_, err := onkernel.Run(t.Context(), onkernel.Options{})
	if err == nil {
		t.Error("no kernel is no error")
	}
	if _, err = onkernel.Run(t.Context(), onkernel.Options{Runner: standIn("7.3", nil), Checks: -1}); err == nil {
		t.Error("a negative number of programs is no error")
	}
	broken := errors.New("no such machine")
	_, err = onkernel.Run(t.Context(), onkernel.Options{Runner: func(context.Context) (system.Runner, error) { return nil, broken }})
	var kernel *conform.KernelError
	if !errors.As(err, &kernel) || !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	_, err = onkernel.Run(t.Context(), onkernel.Options{Runner: standIn("7.3", func(m *system.Model) system.System { return mute{m} })})
	if !errors.As(err, &kernel) {
		t.Errorf("of a runner that tells no identities: %v", err)
	}
}

// mute tells no identities.
type mute struct{ m *system.Model }

func (x mute) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	return x.m.Do(ctx, actor, c)
}
func (x mute) Observe(ctx context.Context) (model.View, error) { return x.m.Observe(ctx) }
func (x mute) Close() error                                    { return nil }

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	runner := standIn("7.3", nil)
	r, err := onkernel.Run(ctx, onkernel.Options{Checks: 1 << 30, Runner: func(c context.Context) (system.Runner, error) {
		r, err := runner(c)
		return cancelling{r, cancel}, err
	}})
	if err != nil || !r.Interrupted {
		t.Errorf("got %v, %v", r, err)
	}
}

// cancelling ends the run at the first program that has calls.
type cancelling struct {
	system.Runner
	cancel func()
}

func (c cancelling) Run(ctx context.Context, jobs []system.Job) ([]system.Recording, error) {
	if len(jobs[0].Program) > 0 {
		c.cancel()
	}
	return c.Runner.Run(ctx, jobs)
}
