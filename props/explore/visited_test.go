package explore

import "testing"

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
