package props_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props"
	"mntcheck/props/check"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// recorder is a testing.TB that keeps what a failing test says.
type recorder struct {
	testing.TB
	said   strings.Builder
	failed bool
}

func (r *recorder) Helper()      {}
func (r *recorder) Name() string { return "TestMounts" }
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	fmt.Fprintf(&r.said, format+"\n", args...)
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(fatal{})
}

type fatal struct{}

// say runs f on a recorder.
func say(t *testing.T, f func(testing.TB)) (r *recorder) {
	r = &recorder{TB: t}
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(fatal); !ok {
				panic(p)
			}
		}
	}()
	f(r)
	return r
}

func TestModelKeepsItsPromises(t *testing.T) {
	props.Check(t, nil, props.Seed(1))
}

// States that no random calls lead to keep the promises too; those in which
// processes lack capabilities are among them.
func TestModelFromDrawnStates(t *testing.T) {
	r := props.Check(t, nil, props.Seed(1), props.Direct())
	if r.Failure != nil {
		t.Errorf("%s is broken from a state that was drawn", r.Failure.Invariant)
	}
	for _, rule := range r.Coverage.Missing {
		if rule.Rule == "own-capability" && !testing.Short() {
			t.Errorf("no process lacked capabilities")
		}
	}
}

// The run whose seed and count are fixed reaches what makes it worth
// something: every call succeeds, every class of table and every invariant's
// premise comes about.
func TestCoverage(t *testing.T) {
	if testing.Short() {
		t.Skip("needs 12,000 cases")
	}
	m := check.Minima{Ops: map[model.Op]uint64{}, Classes: map[check.Class]uint64{}, Rules: map[model.Rule]uint64{}, Premises: 10, Sizes: map[int]uint64{64: 1000, 1000: 50}}
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		m.Ops[op] = 100
	}
	for class := range check.NumClasses {
		m.Classes[class] = 50
	}
	for _, rule := range model.Rules() {
		if unreachable[rule.String()] == "" {
			m.Rules[rule] = 1
		}
	}
	r := props.Check(t, nil, props.Seed(4), props.Checks(12_000), props.Require(m))
	if len(r.Coverage.Missing) < len(unreachable) {
		t.Errorf("the rules that decided no call are %v: more are reached than %v tells", r.Coverage.Missing, unreachable)
	}
}

func TestFindsAFault(t *testing.T) {
	dir := t.TempDir()
	r := say(t, func(tb testing.TB) {
		report := props.Check(tb, newForgetful, props.Seed(2), props.Checks(2000), props.FailureDir(dir), props.Sizes(draw.Small))
		if f := report.Failure; f != nil && len(f.Program) > 6 {
			t.Errorf("the fault is shown with %d calls, want at most 6:\n%s", len(f.Program), f.Program)
		}
	})
	if !r.failed {
		t.Fatal("a model that forgets a mount at propagation passes")
	}
	for _, want := range []string{" is broken: ", "MS_SHARED", "before the last call", "To repeat: MNTCHECK_SEED=2 MNTCHECK_CHECKS=", "go test -run '^TestMounts$'"} {
		if !strings.Contains(r.said.String(), want) {
			t.Errorf("the failure does not say %q:\n%s", want, r.said.String())
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("%d traces were written, %v; want one", len(files), err)
	}
}

func TestRequire(t *testing.T) {
	r := say(t, func(tb testing.TB) {
		props.Check(tb, nil, props.Seed(1), props.Checks(2), props.Require(check.Minima{Sizes: map[int]uint64{100_000: 1}}))
	})
	if !strings.Contains(r.said.String(), "tables of at least 100000 mounts: 0, want at least 1") {
		t.Errorf("got %q", r.said.String())
	}
}

func TestBadOptions(t *testing.T) {
	for _, test := range []struct {
		name string
		o    props.Option
		want string
	}{
		{"pattern", props.Invariants("NOPE-*"), "no invariant is called \"NOPE-*\""},
		{"release", props.Release("two"), "release \"two\""},
		{"count", props.Checks(-1), "cannot be negative"},
	} {
		r := say(t, func(tb testing.TB) { props.Check(tb, nil, props.Seed(1), test.o) })
		if !strings.Contains(r.said.String(), test.want) {
			t.Errorf("%s: got %q, want it to contain %q", test.name, r.said.String(), test.want)
		}
	}
}

func TestEnvironmentRepeats(t *testing.T) {
	t.Setenv("MNTCHECK_SEED", "77")
	t.Setenv("MNTCHECK_CHECKS", "3")
	if r := props.Check(t, nil, props.Seed(1), props.Checks(9)); r.Seed != 77 || r.Cases != 3 {
		t.Errorf("seed %d, %d cases; want 77 and 3", r.Seed, r.Cases)
	}
	t.Setenv("MNTCHECK_SEED", "x")
	r := say(t, func(tb testing.TB) { props.Check(tb, nil) })
	if !strings.Contains(r.said.String(), `MNTCHECK_SEED="x": want a number`) {
		t.Errorf("got %q", r.said.String())
	}
}

func TestOwnInvariant(t *testing.T) {
	own := &invariant.Invariant{
		Name: "no-chroot", Statement: "Nobody calls chroot.", Source: "this test",
		Check: func(tr *invariant.Transition) (bool, *invariant.Violation) {
			if tr.Call.Op == model.OpChroot {
				return true, &invariant.Violation{Message: "somebody did"}
			}
			return false, nil
		},
	}
	r := say(t, func(tb testing.TB) {
		props.Check(tb, nil, props.Seed(1), props.Add(own), props.FailureDir(t.TempDir()), props.Checks(100))
	})
	if !strings.Contains(r.said.String(), "no-chroot is broken: somebody did") {
		t.Errorf("got %q", r.said.String())
	}
}

// blind shows its tables, but not its state.
type blind struct{ m system.System }

func (b blind) Do(ctx context.Context, actor int, call *model.Call) (model.Result, error) {
	return b.m.Do(ctx, actor, call)
}
func (b blind) Observe(ctx context.Context) (model.View, error) { return b.m.Observe(ctx) }
func (b blind) Close() error                                    { return b.m.Close() }

func TestWithoutState(t *testing.T) {
	r := props.Check(t, func(ctx context.Context, w system.World) (system.System, error) {
		m, err := system.NewModel(ctx, w)
		return blind{m}, err
	}, props.Seed(1), props.Checks(100), props.Sizes(draw.Small))
	held, hidden := 0, 0
	for _, v := range r.Invariants {
		switch v.Verdict {
		case check.Held:
			held++
		case check.NotObservable:
			hidden++
		}
	}
	if held == 0 || hidden == 0 || r.Diverged > 0 {
		t.Errorf("%d invariants held, %d were not observable, %d cases diverged", held, hidden, r.Diverged)
	}
}
