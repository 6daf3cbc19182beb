package check

import (
	"context"
	"testing"

	"mntcheck/props/draw"
)

// benchmarkCalls runs cases on one core until there were b.N calls, with all
// invariants after every call.
func benchmarkCalls(b *testing.B, limits draw.Limits) {
	o, err := Options{Sizes: limits.Sizes, Calls: limits.Calls, Seed: 1}.withDefaults()
	if err != nil {
		b.Fatal(err)
	}
	w := newWorker(&o)
	w.tally = newTally(len(o.Invariants))
	ctx := context.Background()
	b.ReportAllocs()
	b.ResetTimer()
	for i := uint64(0); w.tally.calls < uint64(b.N); i++ {
		broke, err := w.run(ctx, i)
		if err != nil {
			b.Fatal(err)
		}
		if broke != nil {
			b.Fatalf("case %d breaks %s: %s", i, broke.found.Invariant.Name, broke.found.Violation.Message)
		}
	}
	b.ReportMetric(float64(w.tally.calls)/b.Elapsed().Seconds(), "calls/s")
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(w.tally.calls), "ns/call")
}

func BenchmarkSmallWorlds(b *testing.B) {
	benchmarkCalls(b, draw.Limits{Sizes: []draw.Size{draw.Small}})
}

func BenchmarkMediumWorlds(b *testing.B) {
	benchmarkCalls(b, draw.Limits{Sizes: []draw.Size{draw.Medium}})
}

func BenchmarkLargeWorlds(b *testing.B) {
	benchmarkCalls(b, draw.Limits{Sizes: []draw.Size{draw.Large}, Calls: 500})
}
