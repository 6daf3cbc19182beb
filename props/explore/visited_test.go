package explore

import (
	"fmt"
	"testing"
)

// The visited set takes 16 bytes a state at most, however many there are and in
// whatever portions they came.
func TestBytesOfVisited(t *testing.T) {
	for _, portion := range []int{1, 10, 300} { // in each part
		var v visited
		states := uint64(0)
		for v.len() < 400_000 {
			for i := range v.parts {
				p := &v.parts[i]
				p.reserve(portion)
				for range portion {
					states++
					p.add(fingerprint{uint64(i) << 56, states * 0x9E3779B97F4A7C15})
				}
			}
			if v.len() != int(states) {
				t.Fatalf("%d states are in the set, want %d", v.len(), states)
			}
			if v.len() >= 50_000 && v.bytes() > 16*int64(v.len()) {
				t.Fatalf("%d bytes for %d states, in portions of %d", v.bytes(), v.len(), portion)
			}
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
