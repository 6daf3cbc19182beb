package invariant_test

import (
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
)

// BenchmarkChecks measures all invariants after every call of drawn programs:
// what is left of "checked" without "unchecked" is theirs.
func BenchmarkChecks(b *testing.B) {
	for _, size := range []draw.Size{draw.Small, draw.Medium, draw.Large} {
		for _, checked := range []bool{false, true} {
			name := size.String() + "/unchecked"
			if checked {
				name = size.String() + "/checked"
			}
			b.Run(name, func(b *testing.B) { benchmarkChecks(b, size, checked) })
		}
	}
}

func benchmarkChecks(b *testing.B, size draw.Size, checked bool) {
	type drawn struct {
		program []model.Step
		world   model.World
	}
	var cases []drawn
	d := draw.NewDrawer()
	for i := range uint64(32) {
		p, w := drawCase(b, d, 5, i, draw.Limits{Sizes: []draw.Size{size}})
		cases = append(cases, drawn{p, w})
	}
	c := newChecker()
	if !checked {
		c.all = nil
	}
	b.ReportAllocs()
	b.ResetTimer()
	calls := 0
	for i := 0; calls < b.N; i++ {
		x := cases[i%len(cases)]
		c.run(model.NewState(x.world), x.program, func(int, *model.Call, *invariant.Invariant, *invariant.Violation) bool { return false })
		calls = c.calls
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(calls), "ns/call")
}
