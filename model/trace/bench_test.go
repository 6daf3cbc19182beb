package trace

import "testing"

// BenchmarkParse reads one recorded trace; the calls a second are its own metric.
func BenchmarkParse(b *testing.B) {
	data := readTestdata(b, "classic.txtar")
	b.ReportAllocs()
	b.SetBytes(int64(len(data)))
	calls := 0
	for b.Loop() {
		parsed, err := Parse("classic.txtar", data)
		if err != nil {
			b.Fatal(err)
		}
		calls += len(parsed.Steps)
	}
	b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
}

// BenchmarkFormat writes one recorded trace.
func BenchmarkFormat(b *testing.B) {
	parsed, err := Parse("classic.txtar", readTestdata(b, "classic.txtar"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		parsed.Format()
	}
}
