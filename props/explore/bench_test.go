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

// BenchmarkGrowth explores one world to about 10^5, 10^6 and 10^7 states. Target:
// the time of a transition and the memory of a state are the same for all.
func BenchmarkGrowth(b *testing.B) {
	for _, depth := range []int{6, 8, 10} {
		b.Run(fmt.Sprintf("depth=%d", depth), func(b *testing.B) {
			w, err := Named("namespaces")
			if err != nil {
				b.Fatal(err)
			}
			w.Limits.Mounts = 8
			var r *Report
			transitions := uint64(0)
			for b.Loop() {
				r = run(b, w, Options{Depth: depth})
				transitions += r.Transitions
			}
			b.ReportMetric(float64(r.States), "states")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(transitions), "ns/transition")
			b.ReportMetric(float64(r.Memory)/float64(r.States), "bytes/state")
		})
	}
}
