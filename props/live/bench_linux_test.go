package live

import (
	"testing"

	"mntcheck/model/trace"
	"mntcheck/props/system"
)

// BenchmarkRun runs the programs of the corpus, with a view after every call and
// with the last one alone; calls and programs a second are its own metrics.
func BenchmarkRun(b *testing.B) {
	for _, bench := range []struct {
		name string
		each bool
	}{{"EachView", true}, {"LastView", false}} {
		b.Run(bench.name, func(b *testing.B) {
			n := newNative(b, Options{})
			var jobs []system.Job
			err := trace.Each([]string{corpusOf(b, n.Profile().Release)}, func(file string, data []byte) error {
				x, err := trace.Parse(file, data)
				if err == nil {
					jobs = append(jobs, system.Job{Program: x.Program(), EachView: bench.each})
				}
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			calls, programs := 0, 0
			for b.Loop() {
				recordings, err := n.Run(b.Context(), jobs)
				if err != nil {
					b.Fatal(err)
				}
				for _, r := range recordings {
					calls += len(r.Answers)
				}
				programs += len(jobs)
			}
			b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
			b.ReportMetric(float64(programs)/b.Elapsed().Seconds(), "programs/s")
		})
	}
}
