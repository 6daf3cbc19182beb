package explore

import (
	"fmt"
	"testing"

	"mntcheck/props/invariant"
)

// BenchmarkExplore measures transitions, with and without invariants, by one
// worker: what is left of the one without the other is theirs. Target: 250,000
// transitions a second a core with all invariants.
func BenchmarkExplore(b *testing.B) {
	for _, name := range []string{"binds", "namespaces"} {
		for _, checked := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/checked=%v", name, checked), func(b *testing.B) {
				w, err := Named(name)
				if err != nil {
					b.Fatal(err)
				}
				o := Options{Workers: 1, Depth: 7}
				if !checked {
					o.Invariants = []*invariant.Invariant{}
				}
				var states, transitions uint64
				for b.Loop() {
					r := run(b, w, o)
					states, transitions = states+r.States, transitions+r.Transitions
				}
				b.ReportMetric(float64(states)/b.Elapsed().Seconds(), "states/s")
				b.ReportMetric(float64(transitions)/b.Elapsed().Seconds(), "transitions/s")
			})
		}
	}
}
