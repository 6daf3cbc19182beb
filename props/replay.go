package props

import (
	"io/fs"
	"testing"

	"mntcheck/props/replay"
	"mntcheck/props/system"
)

// ReplayReport is what came of replaying traces.
type ReplayReport = replay.Report

// Replay runs the traces of a file system (*.txtar, and those in *.tar.gz) on
// systems of a factory, nil for the model, and fails the test where an answer or
// the final tables differ from what was recorded. Traces of releases whose rules are
// not known, and of calls that the system does not make, are not failures: the
// report names them.
func Replay(t testing.TB, traces fs.FS, factory system.Factory) *ReplayReport {
	t.Helper()
	o := replay.Options{FS: traces}
	if factory != nil {
		o.FactoryFor = replay.Fixed(factory)
	}
	r, err := replay.Run(t.Context(), o)
	if err != nil {
		t.Fatalf("props: %v", err)
		return nil
	}
	for _, d := range r.Differences {
		t.Errorf("%s", d.String())
	}
	if more := r.Disagree - len(r.Differences); more > 0 {
		t.Errorf("%d more traces disagree", more)
	}
	for _, s := range r.Skipped {
		t.Logf("%d traces are not supported: %s", len(s.Files), s.Reason)
	}
	return r
}
