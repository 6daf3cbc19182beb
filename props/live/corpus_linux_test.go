package live

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/system"
)

// corpus is a folder of recorded traces beside the project; it need not be there.
const corpus = "../../../shared/corpus"

// newNative starts the kernel of this machine for a test about the worlds of root,
// or skips it.
func newNative(t testing.TB, o Options) *Native {
	t.Helper()
	n := startNative(t, o)
	if n.Profile().Unprivileged {
		t.Skip("this is about worlds that are made by root of the initial user namespace")
	}
	return n
}

// TestCorpus runs the programs of traces that were recorded on this kernel's
// series, and compares every answer and the view at the end.
func TestCorpus(t *testing.T) {
	n := newNative(t, Options{})
	folder := corpusOf(t, n.Profile().Release)
	type recorded struct {
		*trace.Trace
		job system.Job
	}
	var all []recorded
	err := trace.Each([]string{folder}, func(file string, data []byte) error {
		x, err := trace.Parse(file, data)
		if err == nil {
			all = append(all, recorded{x, system.Job{Program: x.Program()}})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	jobs := make([]system.Job, len(all))
	for i, x := range all {
		jobs[i] = x.job
	}
	recordings, err := n.Run(context.Background(), jobs)
	if err != nil {
		t.Fatal(err)
	}
	agree, calls := 0, 0
	for i, x := range all {
		problem := difference(x.Trace, &recordings[i])
		calls += len(recordings[i].Answers)
		if problem != "" {
			t.Errorf("%s: %s", x.Name, problem)
			continue
		}
		agree++
	}
	t.Logf("%d of %d traces agree, %d calls", agree, len(all), calls)
}

// corpusOf is the folder of traces of the series that a release is of.
func corpusOf(t testing.TB, release string) string {
	series := strings.Join(strings.SplitN(release, ".", 3)[:2], ".") + "."
	entries, err := os.ReadDir(corpus)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no corpus beside the project")
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), series) {
			return corpus + "/" + e.Name()
		}
	}
	t.Skipf("the corpus has no traces of Linux %s", release)
	return ""
}

// difference says where a recording first differs from a trace.
func difference(x *trace.Trace, rec *system.Recording) string {
	for i, r := range rec.Answers {
		step := &x.Steps[i]
		if got := trace.Recorded(step.Call.Op, r); !got.Agrees(step.Result) {
			return step.Text + ": got " + got.String()
		}
	}
	if rec.Err != nil {
		return rec.Err.Error()
	}
	view := model.View{Mounts: x.Final.Text, Actors: x.Actors.Text}
	if got := rec.Views[len(rec.Views)-1]; got != view {
		return "the final view differs: want\n" + view.Mounts + view.Actors + "got\n" + got.Mounts + got.Actors
	}
	return ""
}
