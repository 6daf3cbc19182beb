package explore

import (
	"bytes"
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

// bruteForce explores in the plainest way: full keys in a map, one state after
// the other, every invariant on every transition.
type bruteForce struct {
	layers      []Layer
	keys        [][]byte // in the order of births
	transitions uint64
	broken      map[string]bool
}

func explorePlainly(t *testing.T, w *World, sem *model.Semantics, depth int) *bruteForce {
	t.Helper()
	first, err := w.start(sem)
	if err != nil {
		t.Fatal(err)
	}
	b := &bruteForce{broken: map[string]bool{}}
	seen := map[string]bool{string(first.AppendKey(nil)): true}
	layer := []*model.State{first}
	b.keys = append(b.keys, first.AppendKey(nil))
	for d := 0; len(layer) > 0 && (depth == 0 || d <= depth); d++ {
		b.layers = append(b.layers, Layer{States: uint64(len(layer))})
		if depth > 0 && d == depth {
			break
		}
		var next []*model.State
		for _, s := range layer {
			for i := range w.Calls {
				after := s.Clone()
				step := &w.Calls[i]
				if step.Actor >= len(after.Procs) {
					continue
				}
				r, err := after.Do(step.Actor, &step.Call)
				if err != nil {
					t.Fatal(err)
				}
				k := new(model.Keyer)
				key := k.Append(nil, after)
				if w.Limits.beyond(after) >= 0 || w.Limits.beyondReached(k.Reached()) >= 0 {
					continue
				}
				b.layers[d].Transitions++
				b.transitions++
				tr := invariant.NewTransition(s, after, step.Actor, &step.Call, r)
				for _, v := range invariant.All() {
					if _, broken := v.Check(tr); broken != nil {
						b.broken[v.Name] = true
					}
				}
				if !seen[string(key)] {
					seen[string(key)] = true
					b.keys = append(b.keys, key)
					next = append(next, after)
				}
			}
		}
		layer = next
	}
	return b
}

func brokenOf(r *Report) map[string]bool {
	names := map[string]bool{}
	for _, v := range r.Invariants {
		if v.Breaches > 0 {
			names[v.Name] = true
		}
	}
	return names
}

func names(set map[string]bool) []string {
	var all []string
	for n := range set {
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}

// What the search passes by (invariants of states that are known, states that
// are told apart by fingerprints, and exchanged names) changes no verdict, and
// what it counts are the orbits.
func TestAgainstBruteForce(t *testing.T) {
	for _, x := range []struct {
		release string
		world   string
		depth   int
	}{{"7.3", small, 4}, {"7.0.0", small, 5}, {"7.3", onRoot, 5}, {"6.12.44", onRoot, 4}} {
		t.Run(x.release, func(t *testing.T) {
			w := world(t, x.world)
			sem := release(t, x.release)
			plain := explorePlainly(t, w, sem, x.depth)
			whole := run(t, w, Options{Semantics: sem, Depth: x.depth, KeepGoing: true, Unreduced: true, KeepKeys: true})
			if whole.States != uint64(len(plain.keys)) || whole.Transitions != plain.transitions || !slices.Equal(whole.Layers, plain.layers) {
				t.Errorf("%d states, %d transitions, layers %v; brute force finds %d, %d, %v",
					whole.States, whole.Transitions, whole.Layers, len(plain.keys), plain.transitions, plain.layers)
			}
			if a, b := names(brokenOf(whole)), names(plain.broken); !slices.Equal(a, b) {
				t.Errorf("broken: %v; by brute force: %v", a, b)
			}
			reduced := run(t, w, Options{Semantics: sem, Depth: x.depth, KeepGoing: true})
			if reduced.Reduction != 2 {
				t.Errorf("reduction %d, want 2", reduced.Reduction)
			}
			if n := orbits(t, plain.keys, sem, w); reduced.States != uint64(n) {
				t.Errorf("%d states with interchangeable names; there are %d orbits", reduced.States, n)
			}
			if a, b := names(brokenOf(reduced)), names(plain.broken); !slices.Equal(a, b) {
				t.Errorf("broken with interchangeable names: %v; by brute force: %v", a, b)
			}
			if x.release == "7.3" {
				return
			}
			if len(plain.broken) == 0 {
				t.Error("nothing is broken: the world shows nothing")
			}
		})
	}
}

// orbits counts the classes of states that exchanges of names lead to each other,
// by joining each state with all that it becomes.
func orbits(t *testing.T, keys [][]byte, sem *model.Semantics, w *World) int {
	t.Helper()
	first, err := w.start(sem)
	if err != nil {
		t.Fatal(err)
	}
	y, err := newSymmetry(w, first, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	number := map[string]int{}
	for i, k := range keys {
		number[string(k)] = i
	}
	leader := make([]int, len(keys))
	for i := range leader {
		leader[i] = i
	}
	var find func(int) int
	find = func(i int) int {
		if leader[i] != i {
			leader[i] = find(leader[i])
		}
		return leader[i]
	}
	for i, key := range keys {
		s, err := model.DecodeKey(key, sem)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range y.exchanges {
			k := new(model.Keyer)
			k.Rename(x)
			other, ok := number[string(k.Append(nil, s))]
			if !ok {
				t.Fatalf("state %d becomes one that is not reachable in as many calls when names are exchanged", i)
			}
			leader[find(i)] = find(other)
		}
	}
	n := 0
	for i := range leader {
		if find(i) == i {
			n++
		}
	}
	return n
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
	if c.Op == model.OpMount && c.Args[1].S == "/b" && r.Errno == 0 && liveMounts(f.state) > 3 {
		panic("too many")
	}
	return r, err
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
		{"interchangeable a b\ninterchangeable b c\ncalls\nchdir(\"/\")\n", "interchangeable twice"},
		{"interchangeable a b/c\ncalls\nchdir(\"/\")\n", "no name"},
	} {
		_, err := Run(context.Background(), world(t, x.text), Options{})
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v, want %q", x.text, err, x.want)
		}
	}
}

func TestExactSet(t *testing.T) {
	x := newExactSet()
	f := fingerprintOf([]byte("a"))
	if err := x.check(f, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := x.check(f, []byte("a")); err != nil {
		t.Fatal(err)
	}
	if err := x.check(f, []byte("b")); err == nil {
		t.Error("another key with the same fingerprint was not noticed")
	}
	if x.bytes() == 0 {
		t.Error("the set takes no memory")
	}
}

// Fingerprints are the same in every process and on every machine.
func TestFingerprintIsStable(t *testing.T) {
	f := fingerprintOf([]byte("mount"))
	if got := fmt.Sprintf("%016x%016x", f.hi, f.lo); got != "7a00000061282aece17748b4b6c20049" {
		t.Errorf("fingerprint %s", got)
	}
}

// The sets of fingerprints hold what was added, and nothing else, at any size.
func TestSets(t *testing.T) {
	var v visited
	var n fresh
	print := func(i int) fingerprint { return fingerprintOf(fmt.Appendf(nil, "state %d", i)) }
	const layers, each = 6, 3000
	for l := range layers {
		for i := range each {
			if _, isNew := n.add(print(l*each+i), newBirth(each-i, 1)); !isNew {
				t.Fatalf("state %d was not new", l*each+i)
			}
			if number, isNew := n.add(print(l*each+i), newBirth(each-i, 0)); isNew || n.birth(born{print(l*each + i), number}) != newBirth(each-i, 0) {
				t.Fatalf("state %d was new twice, or kept a birth that is not the least", l*each+i)
			}
		}
		if n.len() != each {
			t.Fatalf("%d fresh states, want %d", n.len(), each)
		}
		v.merge(&n, 3)
		n.reset()
	}
	if v.len() != layers*each {
		t.Errorf("%d states, want %d", v.len(), layers*each)
	}
	for i := range layers * each {
		if !v.has(print(i)) || v.has(print(i+layers*each)) {
			t.Fatalf("state %d: has %v; a state that was not added: %v", i, v.has(print(i)), v.has(print(i+layers*each)))
		}
	}
	if per := float64(v.bytes()) / float64(v.len()); per > 40 {
		t.Errorf("%.0f bytes a state", per)
	}
}

func TestFrontierOnDisk(t *testing.T) {
	var f frontier
	var want [][]byte
	for s := range 3 {
		var data []byte
		for i := range 40 {
			key := bytes.Repeat([]byte{byte(s), byte(i)}, 1+i*i) // some longer than is read at once
			f.refs = append(f.refs, keyRef{uint32(s), uint32(len(data))})
			data = appendKey(data, key)
			want = append(want, key)
		}
		f.segments = append(f.segments, segment{data: data, size: int64(len(data))})
	}
	for s := range 2 { // the last one stays in memory
		if err := f.write(&f.segments[s]); err != nil {
			t.Fatal(err)
		}
	}
	defer f.close()
	var buf []byte
	for i := range want {
		got, err := f.key(i, buf)
		if err != nil || !bytes.Equal(got, want[i]) {
			t.Fatalf("state %d: %d bytes, %v, want %d", i, len(got), err, len(want[i]))
		}
		buf = make([]byte, i) // of any size
	}
}
