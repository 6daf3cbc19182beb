package conform_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"mntcheck/model/trace"
	"mntcheck/props/conform"
	"mntcheck/props/replay"
	"mntcheck/props/system"
)

func recorder(t *testing.T, f conform.RunnerFactory) *conform.Recorder {
	t.Helper()
	ctx := context.Background()
	r, err := f(ctx)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := conform.NewRecorder(ctx, r)
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func agrees(t *testing.T, tr *trace.Trace) {
	t.Helper()
	back, err := trace.Parse(tr.Name, tr.Format())
	if err != nil {
		t.Fatal(err)
	}
	o, err := replay.Trace(context.Background(), back, replay.ModelFor)
	if err != nil {
		t.Fatal(err)
	}
	if !o.Agrees() {
		t.Errorf("recorded on the model, it differs from it: %q %v\n%s", o.Reason, o.Difference, tr.Format())
	}
}

func TestRecordingAgrees(t *testing.T) {
	ctx := context.Background()
	families := map[string]int{}
	rec := recorder(t, runner(nil))
	done, err := rec.Random(ctx, conform.Random{Checks: 600, Seed: 7}, func(tr *trace.Trace) error {
		families[tr.Meta.Family()]++
		agrees(t, tr)
		if tr.Meta.Kernel() != "7.3.4" || tr.Meta.Get("seed") != "7" || tr.Meta.Get("case") == "" {
			t.Errorf("meta is %v", tr.Meta)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if done.Traces+done.Dropped != 600 || done.Unanswered != 0 || len(families) != len(conform.Families()) {
		t.Errorf("%+v, families %v", done, families)
	}
}

func TestRecordProgram(t *testing.T) {
	ctx := context.Background()
	for _, test := range []struct{ name, program, want string }{
		{"a list of calls", "mkdir(\"/a\", 0755)\nmount(\"none\", \"/a\", \"tmpfs\", 0, NULL)\numount2(\"/b\", 0)\n", "ENOENT"},
		{"references", "open_tree(AT_FDCWD, \"/\", OPEN_TREE_NAMESPACE)\nsetns($1, CLONE_NEWNS)\n", "1 setns(3, CLONE_NEWNS) = 0"},
		{
			"a trace with other answers",
			"-- meta --\nkernel 6.12.0\nfamily classic\nseed 9\n-- trace --\n1 mkdir(\"/a\", 0755) = -1 EINVAL (Invalid argument)\n",
			"kernel 7.3.4\nfamily classic\nseed 9\n",
		},
		{"a program's file, not mounted", "pidfd_open(1, 0)\nopen_tree($1, \"\", OPEN_TREE_CLONE|AT_EMPTY_PATH)\n", "= 4"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p, err := trace.ParseProgram("program", []byte(test.program))
			if err != nil {
				t.Fatal(err)
			}
			tr, err := recorder(t, runner(nil)).Program(ctx, p)
			if err != nil {
				t.Fatal(err)
			}
			if text := string(tr.Format()); !strings.Contains(text, test.want) {
				t.Errorf("want %q in\n%s", test.want, text)
			}
			agrees(t, tr)
		})
	}
}

func TestNotRecorded(t *testing.T) {
	ctx := context.Background()
	for _, test := range []struct {
		name, program string
		want          error
		said          string
	}{
		{"a directory moved out of a bind", `
mkdir("/a", 0755)
mkdir("/a/b", 0755)
mkdir("/a/b/m", 0755)
mkdir("/c", 0755)
mount("/a", "/c", NULL, MS_BIND, NULL)
mount("none", "/c/b/m", "tmpfs", 0, NULL)
rename("/a/b", "/d")
`, conform.ErrNotKept, "outside"},
		{"a call that is not answered", "mkdir(\"/a\", 0755)\nrename(\"/a\", \"/b\")\n", errPanic, "call 2, 1 rename"},
	} {
		p, err := trace.ParseProgram("program", []byte(test.program))
		if err != nil {
			t.Fatal(err)
		}
		f := runner(nil)
		if test.want == errPanic {
			f = runner(dying)
		}
		_, err = recorder(t, f).Program(ctx, p)
		if !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.said) {
			t.Errorf("%s: error %v, want %v with %q", test.name, err, test.want, test.said)
		}
	}
}

func TestRecordSaysWhatWasNotAnswered(t *testing.T) {
	rec := recorder(t, runner(dying))
	done, err := rec.Random(context.Background(), conform.Random{Families: family(t, "classic"), Checks: 50, Seed: 1}, func(*trace.Trace) error { return nil })
	if err != nil || done.Unanswered == 0 || done.Traces == 0 || done.Traces+done.Dropped+done.Unanswered != 50 || !strings.Contains(done.Why, "not syncing") {
		t.Errorf("%+v, error %v", done, err)
	}
}

// A kernel whose rules the model does not know can be recorded all the same.
func TestRecordUnknownKernel(t *testing.T) {
	unknown := func(context.Context) (system.Runner, error) {
		return system.RunnerOf(system.NewModel, system.Profile{Name: "unknown", Release: "7.9.1"}), nil
	}
	n := 0
	_, err := recorder(t, unknown).Random(context.Background(), conform.Random{Checks: 10, Seed: 1}, func(tr *trace.Trace) error {
		n++
		if tr.Meta.Kernel() != "7.9.1" {
			t.Errorf("the trace is of kernel %s", tr.Meta.Kernel())
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Errorf("%d traces, error %v", n, err)
	}
}
