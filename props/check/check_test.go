package check_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/check"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// planted makes an invariant that is not one.
func planted(name string, broken func(s *model.State) bool) *invariant.Invariant {
	return &invariant.Invariant{
		Name: name, Statement: "Planted for the test.", Source: "this test",
		Check: func(t *invariant.Transition) (bool, *invariant.Violation) {
			if t.After != nil && broken(t.After) {
				return true, &invariant.Violation{Message: "it is broken"}
			}
			return true, nil
		},
	}
}

func hasMount(which func(*model.Mount) bool) func(*model.State) bool {
	return func(s *model.State) bool {
		for i := range s.Mounts {
			if s.Mounts[i].ID != 0 && which(&s.Mounts[i]) {
				return true
			}
		}
		return false
	}
}

var noSharedSlave = planted("no-shared-slave", hasMount(func(m *model.Mount) bool {
	return m.Master != 0 && m.Flags&model.Shared != 0
}))

func run(t *testing.T, o check.Options) *check.Report {
	t.Helper()
	r, err := check.Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFindsAndShrinks(t *testing.T) {
	dir := t.TempDir()
	r := run(t, check.Options{Checks: 500, Seed: 3, Invariants: []*invariant.Invariant{noSharedSlave}, FailureDir: dir})
	f := r.Failure
	if f == nil {
		t.Fatal("no failure found")
	}
	if r.Invariants[0].Verdict != check.Violated || f.Invariant != "no-shared-slave" || f.Flaky {
		t.Errorf("verdict %s, failure of %s, flaky %v", r.Invariants[0].Verdict, f.Invariant, f.Flaky)
	}
	if len(f.Program) > 6 {
		t.Errorf("the program has %d calls after shrinking, want at most 6:\n%s", len(f.Program), f.Program)
	}
	if len(f.Program) > len(f.Original) {
		t.Errorf("shrinking made %d calls out of %d", len(f.Program), len(f.Original))
	}
	if len(f.Answers) != len(f.Program) || f.Before == nil || f.After == nil || f.BeforeView == f.AfterView {
		t.Errorf("the failure lacks answers, states or views: %d answers for %d calls", len(f.Answers), len(f.Program))
	}
	data, err := os.ReadFile(f.File)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(f.File) != dir || string(data) != f.Text {
		t.Errorf("file %s does not hold the trace", f.File)
	}
	read, err := trace.Parse(f.File, data)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := system.Run(context.Background(), mustModel(t, f.World), read.Program())
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		if w := read.Steps[i].Result; !w.NoReturn && (a.Errno != w.Errno || a.Value != w.Value) {
			t.Errorf("the trace says that call %d answers %v; replayed, it answers %v", i+1, w, a)
		}
	}
}

func mustModel(t *testing.T, w system.World) system.System {
	t.Helper()
	m, err := system.NewModel(context.Background(), w)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// comparable is a report as text, without what may differ from run to run.
func comparable(t *testing.T, r *check.Report) string {
	t.Helper()
	own := *r
	own.Elapsed, own.Workers = 0, 0
	data, err := json.MarshalIndent(own, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestSameReportForAnyNumberOfWorkers(t *testing.T) {
	for _, invariants := range [][]*invariant.Invariant{
		{planted("holds", func(*model.State) bool { return false })},
		{noSharedSlave},
	} {
		o := check.Options{Checks: 60, Seed: 11, Invariants: invariants, Sizes: []draw.Size{draw.Small, draw.Medium}}
		o.Workers = 1
		one := comparable(t, run(t, o))
		for range 3 {
			o.Workers = 4
			if four := comparable(t, run(t, o)); four != one {
				t.Fatalf("%s: with 4 workers\n%s\nwith one\n%s", invariants[0].Name, four, one)
			}
		}
	}
}

func TestVerdicts(t *testing.T) {
	never := &invariant.Invariant{Name: "never", Check: func(*invariant.Transition) (bool, *invariant.Violation) { return false, nil }}
	holds := planted("holds", func(*model.State) bool { return false })
	tables := planted("tables", func(*model.State) bool { return false })
	tables.Needs = invariant.Tables
	all := []*invariant.Invariant{never, holds, tables}

	r := run(t, check.Options{Checks: 5, Invariants: all})
	for i, want := range []check.Verdict{check.NeverApplied, check.Held, check.Held} {
		if got := r.Invariants[i].Verdict; got != want {
			t.Errorf("on the model, %s is said to be %q, want %q", r.Invariants[i].Name, got, want)
		}
	}
	r = run(t, check.Options{Checks: 5, Invariants: all, Factory: blind, Sizes: []draw.Size{draw.Small}})
	for i, want := range []check.Verdict{check.NotObservable, check.NotObservable, check.Held} {
		if got := r.Invariants[i].Verdict; got != want {
			t.Errorf("on a system without state, %s is said to be %q, want %q", r.Invariants[i].Name, got, want)
		}
	}
	if r.Diverged != 0 || r.Calls < 100 {
		t.Errorf("on a system without state: %d cases diverged in %d calls, want none in at least 100", r.Diverged, r.Calls)
	}
}

// opaque is a model that does not show its state.
type opaque struct{ m *system.Model }

func blind(ctx context.Context, w system.World) (system.System, error) {
	s, err := system.NewModel(ctx, w)
	if err != nil {
		return nil, err
	}
	return opaque{s.(*system.Model)}, nil
}

func (o opaque) Do(ctx context.Context, actor int, call *model.Call) (model.Result, error) {
	return o.m.Do(ctx, actor, call)
}
func (o opaque) Observe(ctx context.Context) (model.View, error) { return o.m.Observe(ctx) }
func (o opaque) Close() error                                    { return nil }

// shaky is a model that panics at chroot, and does not know pivot_root.
type shaky struct{ *system.Model }

func (s shaky) Do(ctx context.Context, actor int, call *model.Call) (model.Result, error) {
	if call.Op == model.OpChroot {
		panic("chroot is not for us")
	}
	return s.Model.Do(ctx, actor, call)
}

func (s shaky) Profile() system.Profile {
	return system.Profile{Name: "shaky", Calls: func(op model.Op) bool { return op != model.OpPivotRoot }}
}

func TestPanicIsAFailure(t *testing.T) {
	factory := func(_ context.Context, w system.World) (system.System, error) {
		return shaky{system.FromState(model.NewState(model.World{Semantics: w.Semantics, MountMax: w.MountMax}))}, nil
	}
	holds := planted("holds", func(*model.State) bool { return false })
	r := run(t, check.Options{Checks: 200, Factory: factory, Invariants: []*invariant.Invariant{holds}})
	if r.Failure == nil || r.Failure.Invariant != check.PanicInvariant {
		t.Fatalf("got failure %+v, want a panic", r.Failure)
	}
	if got := r.Failure.Program.String(); got != "1 chroot(\"/\")\n" {
		t.Errorf("got program\n%s", got)
	}
	if !strings.Contains(r.Failure.Text, "chroot is not for us") || r.System != "shaky" {
		t.Errorf("system %s, trace\n%s", r.System, r.Failure.Text)
	}
	for _, c := range r.Coverage.Ops {
		if c.Op == "pivot_root" && c.Calls != 0 {
			t.Errorf("%d calls that the system does not make", c.Calls)
		}
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := check.Run(ctx, check.Options{Checks: 1000})
	if err != nil || !r.Interrupted || r.Cases != 0 {
		t.Errorf("got %+v, %v", r, err)
	}
	if _, err := check.Run(ctx, check.Options{Checks: -1}); err == nil {
		t.Error("a negative number of cases is no error")
	}
}

// What is broken from a state that was drawn directly is no violation.
func TestDirect(t *testing.T) {
	r := run(t, check.Options{Checks: 300, Direct: true, Seed: 5, Invariants: []*invariant.Invariant{noSharedSlave}})
	f := r.Failure
	if f == nil || f.Reachable || r.Invariants[0].Verdict != check.NotReached {
		t.Fatalf("got failure %v, verdict %s", f, r.Invariants[0].Verdict)
	}
	if !strings.Contains(f.String(), "not known to be reachable") || len(f.Program) != 1 {
		t.Errorf("%d calls:\n%s", len(f.Program), f)
	}
	if _, err := check.Run(context.Background(), check.Options{Direct: true, Factory: blind}); err == nil {
		t.Error("states are drawn directly for a system that is not the model")
	}
}

// Both numberings of namespaces, and every release whose rules are known, can
// be run.
func TestReleases(t *testing.T) {
	holds := planted("holds", func(*model.State) bool { return false })
	for _, release := range model.Releases() {
		sem, err := model.ForRelease(release)
		if err != nil {
			t.Fatal(err)
		}
		r := run(t, check.Options{Checks: 30, Semantics: sem, Invariants: []*invariant.Invariant{holds}, Sizes: []draw.Size{draw.Small}})
		if r.Release != release || r.Failure != nil || r.Calls < 500 {
			t.Errorf("%s: %d calls, failure %v", r.Release, r.Calls, r.Failure)
		}
	}
}
