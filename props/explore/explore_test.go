package explore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// small is a world for tests: two directories that may be exchanged, with and
// without propagation, and a process in a namespace of its own.
const small = `world small
limit mounts 7
limit namespaces 2
interchangeable a b
list dirs = "/a"; "/b"
setup
mkdir("/a", 0755)
mkdir("/b", 0755)
fork()
calls
1 mount([dirs], [dirs], NULL, MS_BIND, NULL)
1 mount(NULL, [dirs], NULL, [MS_SHARED;MS_SLAVE;MS_UNBINDABLE], NULL)
1 umount2([dirs], MNT_DETACH)
2 unshare(CLONE_NEWUSER|CLONE_NEWNS)
2 mount([dirs], [dirs], NULL, MS_BIND|MS_REC, NULL)
2 umount2([dirs], [0;MNT_DETACH])
`

// onRoot is a world in which releases before 6.17 put two mounts at one place.
const onRoot = `world on-root
limit mounts 8
interchangeable a b
setup
mkdir("/a", 0755)
mkdir("/b", 0755)
calls
mount(NULL, "/", NULL, [MS_SHARED;MS_SLAVE], NULL)
mount("/", ["/";"/a";"/b"], NULL, MS_BIND[;|MS_REC], NULL)
umount2(["/a";"/b"], MNT_DETACH)
`

// byBoth is a world of two actors that make the same calls, from one place or not.
const byBoth = `world by-both
limit mounts 6
limit namespaces 2
interchangeable a b
setup
mkdir("/a", 0755)
mkdir("/b", 0755)
fork()
calls
[1;2] mount("/", ["/a";"/b"], NULL, MS_BIND[;|MS_REC], NULL)
[1;2] mount(NULL, ["/a";"/b"], NULL, [MS_SHARED;MS_SLAVE;MS_UNBINDABLE], NULL)
[1;2] umount2(["/a";"/b"], [0;MNT_DETACH])
[1;2] chdir("/a")
[1;2] chdir("/b")
[1;2] pivot_root(["/a";"/b"], ["/a";"/b"])
2 unshare([CLONE_NEWNS;CLONE_NEWUSER|CLONE_NEWNS])
`

func world(t testing.TB, text string) *World {
	t.Helper()
	w, err := ParseWorld("test.world", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func run(t testing.TB, w *World, o Options) *Report {
	t.Helper()
	r, err := Run(context.Background(), w, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func release(t testing.TB, name string) *model.Semantics {
	t.Helper()
	sem, err := model.ForRelease(name)
	if err != nil {
		t.Fatal(err)
	}
	return sem
}

// sameReport compares what may not depend on workers, memory, or interruptions.
func sameReport(t *testing.T, what string, want, got *Report) {
	t.Helper()
	text := func(r *Report) string {
		c := *r
		c.Elapsed, c.Workers, c.Memory, c.Spilled = 0, 0, 0, 0
		data, err := json.MarshalIndent(c, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if a, b := text(want), text(got); a != b {
		x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
		for i := range min(len(x), len(y)) {
			if x[i] != y[i] {
				t.Fatalf("%s: the report differs in line %d: %s, want %s", what, i+1, y[i], x[i])
			}
		}
		t.Fatalf("%s: one report is longer", what)
	}
}

// The report is the same whatever the number of workers, and however states are
// dealt out to them: counts, verdicts, and the shortest programs.
func TestSameForAnyWorkers(t *testing.T) {
	for _, r := range []string{"7.3", "6.12.44"} {
		for _, strict := range []bool{false, true} {
			w := world(t, map[string]string{"7.3": small, "6.12.44": onRoot}[r])
			o := Options{Semantics: release(t, r), Workers: 1, Strict: strict, Depth: 5}
			want := run(t, w, o)
			for _, workers := range []int{1, 2, 5} {
				for _, chunk := range []int{1, 3, 64} {
					o.Workers, o.chunk = workers, chunk
					sameReport(t, fmt.Sprintf("%s, %d workers, chunks of %d", r, workers, chunk), want, run(t, w, o))
				}
			}
		}
	}
}

// Invariants that are checked once a state look at nothing but the state: told
// of a call that did nothing, they say the same.
func TestOfStateInvariants(t *testing.T) {
	for _, r := range []string{"7.3", "6.12.44"} {
		w := world(t, map[string]string{"7.3": small, "6.12.44": onRoot}[r])
		sem := release(t, r)
		first, err := w.start(sem)
		if err != nil {
			t.Fatal(err)
		}
		checked, broken := 0, 0
		nothing := model.NewCall(model.OpChdir, model.Str("/"))
		layer := []*model.State{first}
		seen := map[string]bool{}
		for range 4 {
			var next []*model.State
			for _, s := range layer {
				for i := range w.Calls {
					step := &w.Calls[i]
					after := s.Clone()
					answer, err := after.Do(step.Actor, &step.Call)
					if err != nil {
						t.Fatal(err)
					}
					tr := invariant.NewTransition(s, after, step.Actor, &step.Call, answer)
					decoded, err := model.DecodeKey(after.AppendKey(nil), sem)
					if err != nil {
						t.Fatal(err)
					}
					alone := invariant.NewTransition(decoded, decoded, 1, &nothing, model.Result{})
					for _, v := range invariant.All() {
						if !ofState(v) {
							continue
						}
						p, b := v.Check(tr)
						q, c := v.Check(alone)
						if p != q || (b == nil) != (c == nil) {
							t.Fatalf("%s: after %s: premise %v, broken %v; of the state alone: %v, %v", v.Name, step.Call, p, b, q, c)
						}
						checked++
						if b != nil {
							broken++
						}
					}
					if key := string(after.AppendKey(nil)); !seen[key] && w.Limits.beyond(after) < 0 {
						seen[key] = true
						next = append(next, after)
					}
				}
			}
			layer = next
		}
		if checked == 0 || r != "7.3" && broken == 0 {
			t.Errorf("%s: %d checks, %d broken: nothing was shown", r, checked, broken)
		}
	}
}

// faulty is a model that forgets LOCKED when a namespace is copied for another
// owner: it takes two calls to show.
type faulty struct {
	system.Stateful
	state *model.State
}

func (f faulty) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	r, err := f.state.Do(actor, c)
	if err == nil && r.Errno == 0 && c.Op == model.OpUnshare {
		for m := range f.state.Mounts {
			if r := &f.state.Mounts[m]; r.ID > 0 && r.Flags&model.Locked != 0 && r.MP != 0 && f.state.Mounts[r.Parent].Parent != 0 {
				f.state.Edit().Mount(model.MountIx(m)).Flags &^= model.Locked
			}
		}
	}
	return r, err
}

func (f faulty) State() *model.State                         { return f.state }
func (f faulty) Close() error                                { return nil }
func (f faulty) Observe(context.Context) (model.View, error) { return f.state.View(), nil }

// The first violation is found by as few calls as possible, and is the least of
// those, with and without interchangeable names.
func TestShortestViolation(t *testing.T) {
	for _, unreduced := range []bool{false, true} {
		for _, workers := range []int{1, 3} {
			r := run(t, world(t, small), Options{
				Workers: workers, Unreduced: unreduced,
				system: func(s *model.State) system.Stateful { return faulty{state: s} },
			})
			if len(r.Violations) == 0 {
				t.Fatal("the fault was not found")
			}
			v := r.Violations[0]
			want := []string{`1 mount("/a", "/a", NULL, MS_BIND, NULL)`, `2 unshare(CLONE_NEWNS|CLONE_NEWUSER)`}
			if v.Invariant != "INV-10" || !slices.Equal(v.Calls, want) {
				t.Errorf("unreduced %v: %s by %q, want INV-10 by %q", unreduced, v.Invariant, v.Calls, want)
			}
			if v.Failure == nil || !v.Failure.Reachable || v.Failure.Flaky {
				t.Errorf("the failure is not described: %v", v.Failure)
			}
			if len(r.Layers) != 3 {
				t.Errorf("%d layers, want the search to end with the second call", len(r.Layers))
			}
		}
	}
}

// panicky panics at the second mount on /b.
type panicky struct {
	faulty
}

func (f panicky) Do(_ context.Context, actor int, c *model.Call) (model.Result, error) {
	r, err := f.state.Do(actor, c)
	if c.Op == model.OpMount && c.Args[1].S == "/b" && r.Errno == 0 && f.state.MountCount() > 3 {
		panic("too many")
	}
	return r, err
}

// A check that panics loses no state: those that it was asked about are explored.
func TestPanicInCheck(t *testing.T) {
	w := world(t, small)
	o := Options{Workers: 2, KeepGoing: true, Depth: 4, Invariants: []*invariant.Invariant{}}
	want := run(t, w, o)
	o.Invariants = []*invariant.Invariant{{Name: "INV-1", OfState: true, Check: func(t *invariant.Transition) (bool, *invariant.Violation) {
		if len(t.After.Mounts)%2 == 0 {
			panic("even")
		}
		return true, nil
	}}}
	if got := run(t, w, o); got.States != want.States || len(got.Violations) != 1 {
		t.Errorf("%d states, %d violations; want %d and the panic", got.States, len(got.Violations), want.States)
	}
}

// A panic is a violation like any other, and the search goes on behind it.
func TestPanic(t *testing.T) {
	w := world(t, small)
	o := Options{Workers: 2, system: func(s *model.State) system.Stateful { return panicky{faulty{state: s}} }}
	r := run(t, w, o)
	if len(r.Violations) != 1 || r.Violations[0].Invariant != "no-panic" || len(r.Violations[0].Calls) != 2 {
		t.Fatalf("violations %+v, want a panic by two calls", r.Violations)
	}
	o.Workers = 1
	sameReport(t, "one worker", r, run(t, w, o))
}

// Programs with exchanged names lead where the search says.
func TestProgramsOfReducedWorld(t *testing.T) {
	w := world(t, small)
	w.Sometimes = AllSometimes()
	r := run(t, w, Options{Depth: 6})
	reached := 0
	for _, s := range r.Sometimes {
		if !s.Reached {
			continue
		}
		reached++
		state, err := w.start(release(t, "7.3"))
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range s.Shortest {
			i := slices.IndexFunc(w.Calls, func(step model.Step) bool { return stepText(step) == call })
			if i < 0 {
				t.Fatalf("%s is no call of the world", call)
			}
			if _, err := state.Do(w.Calls[i].Actor, &w.Calls[i].Call); err != nil {
				t.Fatal(err)
			}
		}
		kind, _ := sometimesByName(s.Name)
		if !kind.Holds(state) {
			t.Errorf("%s does not hold after %q", s.Name, s.Shortest)
		}
	}
	if reached < 5 {
		t.Errorf("%d kinds of states were reached; the world shows nothing", reached)
	}
}

func TestNoSymmetry(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"interchangeable a b\nsetup\nmkdir(\"/a\", 0755)\ncalls\numount2([\"/a\";\"/b\"], 0)\n", "the first state is another"},
		{"interchangeable a b\ncalls\numount2(\"/a\", 0)\n", "is no call of the world"},
		{"interchangeable a b c d e f g h i j k l m n o p\ncalls\nchdir(\"/\")\n", "more than 720 ways"},
		{"interchangeable a b c d e f\ninterchangeable g h\ncalls\nchdir(\"/\")\n", "more than 720 ways"},
	} {
		_, err := Run(context.Background(), world(t, x.text), Options{})
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v, want %q", x.text, err, x.want)
		}
	}
	for _, x := range []struct {
		names [][]string
		want  string
	}{{[][]string{{"a", "b"}, {"b", "c"}}, "interchangeable twice"}, {[][]string{{"a", "b/c"}}, "no name"}} {
		w := world(t, "calls\nchdir(\"/\")\n")
		w.Interchangeable = x.names
		if _, err := Run(context.Background(), w, Options{}); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v, want %q", x.names, err, x.want)
		}
	}
}
