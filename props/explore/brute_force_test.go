package explore

import (
	"slices"
	"testing"

	"mntcheck/model"
	"mntcheck/props/invariant"
)

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
	}{{"7.3", small, 4}, {"7.0.0", small, 5}, {"7.3", byBoth, 3}, {"7.3", onRoot, 5}, {"6.12.44", onRoot, 4}} {
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
