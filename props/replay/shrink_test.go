package replay_test

import (
	"context"
	"os"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/replay"
	"mntcheck/props/system"
)

// recorded is a trace with the answers and the view that the model gives: a
// recording with which it agrees. The lines are calls with their actors.
func recorded(t *testing.T, program string) *trace.Trace {
	t.Helper()
	p, err := trace.ParseProgram("good.txtar", []byte(strings.TrimPrefix(program, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	sem, err := model.ForRelease("7.3.4")
	if err != nil {
		t.Fatal(err)
	}
	state := model.NewState(model.World{Semantics: sem})
	_, initial, _ := strings.Cut(state.View().Mounts, "\n")
	r := trace.Recording{Name: "good.txtar", Initial: initial}
	r.Meta.Set("kernel", "7.3.4")
	r.Meta.Set("family", "test")
	answers, err := system.Run(context.Background(), system.FromState(state), p.Program())
	if err != nil {
		t.Fatal(err)
	}
	var values []int64
	for i, s := range p.Program() {
		r.Program = append(r.Program, model.Step{Actor: s.Actor, Call: s.Call.Resolve(values)})
		r.Results = append(r.Results, trace.Recorded(s.Call.Op, answers[i]))
		values = append(values, answers[i].Value)
	}
	view := state.View()
	r.Final, r.Actors = view.Mounts, view.Actors
	good, err := trace.New(r)
	if err != nil {
		t.Fatal(err)
	}
	if o, err := replay.Trace(context.Background(), good, replay.ModelFor); err != nil || !o.Agrees() {
		t.Fatalf("the model does not agree with itself: %v %v %s", err, o.Difference, o.Reason)
	}
	return good
}

// calls is the section "trace" of an archive.
func calls(archive string) string {
	_, rest, _ := strings.Cut(archive, "-- trace --\n")
	body, _, _ := strings.Cut(rest, "-- final.mountinfo --\n")
	return body
}

// TestShrink corrupts one answer of a recording and wants it found again.
func TestShrink(t *testing.T) {
	for _, test := range []struct {
		name    string
		program string
		step    int          // whose answer is corrupted, from 1
		answer  trace.Result // what it is made
		// What is left by basis; "" where that leaves as much as the one before.
		recorded, view, answers string
	}{
		{
			name: "what failed and what came later goes",
			program: `
mkdir("/a", 0755)
rmdir("/nope")
mkdir("/a", 0755)
mount("none", "/a", "tmpfs", 0, NULL)
chdir("/b")
umount2("/a", 0)
rmdir("/a")
`,
			step: 6, answer: trace.Failure(model.EBUSY),
			recorded: `
1 mkdir("/a", 0755) = 0
1 mount("none", "/a", "tmpfs", 0, NULL) = 0
1 umount2("/a", 0) = -1 EBUSY (Device or resource busy)
`,
		}, {
			name: "what the model does not mind goes, and descriptors are numbered anew",
			program: `
mkdir("/a", 0755)
open("/", O_PATH)
open("/a", O_PATH)
mkdir("/b", 0755)
fchdir($3)
open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE)
fchdir($3)
`,
			step: 7, answer: trace.Failure(model.ENOTDIR),
			recorded: `
1 mkdir("/a", 0755) = 0
1 open("/", O_PATH) = 3
1 open("/a", O_PATH) = 4
1 mkdir("/b", 0755) = 0
1 fchdir(4) = 0
1 open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE) = 5
1 fchdir(4) = -1 ENOTDIR (Not a directory)
`,
			view: `
1 mkdir("/a", 0755) = 0
1 open("/a", O_PATH) = 3
1 fchdir(3) = 0
1 fchdir(3) = -1 ENOTDIR (Not a directory)
`,
			answers: `
1 mkdir("/a", 0755) = 0
1 open("/a", O_PATH) = 3
1 fchdir(3) = -1 ENOTDIR (Not a directory)
`,
		}, {
			name: "a mount and its umount go together, and an actor with what it did",
			program: `
fork()
2 mkdir("/x", 0755)
fork()
1 mkdir("/a", 0755)
3 mount("none", "/a", "tmpfs", 0, NULL)
1 mkdir("/y", 0755)
3 umount2("/a", 0)
3 pidfd_open(1, 0)
3 close(3)
3 chdir("/y")
3 rmdir("/a")
`,
			step: 11, answer: trace.Failure(model.EBUSY),
			recorded: `
1 fork() = 2
2 mkdir("/x", 0755) = 0
1 fork() = 3
1 mkdir("/a", 0755) = 0
3 mount("none", "/a", "tmpfs", 0, NULL) = 0
1 mkdir("/y", 0755) = 0
3 umount2("/a", 0) = 0
3 pidfd_open(1, 0) = 3
3 close(3) = 0
3 chdir("/y") = 0
3 rmdir("/a") = -1 EBUSY (Device or resource busy)
`,
			view: `
1 fork() = 2
1 fork() = 3
1 mkdir("/a", 0755) = 0
1 mkdir("/y", 0755) = 0
3 chdir("/y") = 0
3 rmdir("/a") = -1 EBUSY (Device or resource busy)
`,
			answers: `
1 fork() = 2
1 mkdir("/a", 0755) = 0
2 rmdir("/a") = -1 EBUSY (Device or resource busy)
`,
		}, {
			name: "a descriptor that was answered is the lowest that is free",
			program: `
open("/", O_PATH)
open("/", O_PATH)
fsopen("nofs", 0)
`,
			step: 3, answer: trace.Success(5),
			recorded: `
1 open("/", O_PATH) = 3
1 open("/", O_PATH) = 4
1 fsopen("nofs", 0) = 5
`,
			view: `
1 fsopen("nofs", 0) = 3
`,
		}, {
			name: "what fails while a mount may be marked for expiry stays",
			program: `
mkdir("/a", 0755)
rmdir("/nope")
mount("none", "/a", "tmpfs", 0, NULL)
umount2("/a", MNT_EXPIRE)
open("/a/nope", O_PATH)
umount2("/a", MNT_EXPIRE)
`,
			step: 6, answer: trace.Failure(model.EBUSY),
			recorded: `
1 mkdir("/a", 0755) = 0
1 mount("none", "/a", "tmpfs", 0, NULL) = 0
1 umount2("/a", MNT_EXPIRE) = -1 EAGAIN (Resource temporarily unavailable)
1 open("/a/nope", O_PATH) = -1 ENOENT (No such file or directory)
1 umount2("/a", MNT_EXPIRE) = -1 EBUSY (Device or resource busy)
`,
			view: `
1 mkdir("/a", 0755) = 0
1 mount("none", "/a", "tmpfs", 0, NULL) = 0
1 umount2("/a", MNT_EXPIRE) = -1 EAGAIN (Resource temporarily unavailable)
1 umount2("/a", MNT_EXPIRE) = -1 EBUSY (Device or resource busy)
`,
		}, {
			name: "what spoils a context stays",
			program: `
fsopen("tmpfs", 0)
fsmount($1, 0, 0)
fsconfig($1, FSCONFIG_CMD_CREATE, NULL, NULL, 0)
`,
			step: 3, answer: trace.Failure(model.EBUSY),
			recorded: `
1 fsopen("tmpfs", 0) = 3
1 fsmount(3, 0, 0) = -1 EINVAL (Invalid argument)
1 fsconfig(3, FSCONFIG_CMD_CREATE, NULL, NULL, 0) = -1 EBUSY (Device or resource busy)
`,
			view: `
1 fsopen("tmpfs", 0) = 3
1 fsconfig(3, FSCONFIG_CMD_CREATE, NULL, NULL, 0) = -1 EBUSY (Device or resource busy)
`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			bad := recorded(t, test.program)
			bad.Steps[test.step-1].Result = test.answer
			got := map[replay.Basis]string{}
			for _, x := range shrinkAgain(t, bad) {
				got[x.Basis] = "\n" + calls(x.Trace)
			}
			for basis, want := range map[replay.Basis]string{
				replay.Recorded: test.recorded, replay.SameView: test.view, replay.SameAnswers: test.answers,
			} {
				if got[basis] != want {
					t.Errorf("%s: got\n%swant\n%s", basis, got[basis], want)
				}
			}
		})
	}
}

// shrinkAgain shrinks, and holds that what comes of it shows the same
// difference when it is read and replayed.
func shrinkAgain(t *testing.T, bad *trace.Trace) []replay.Shrunk {
	t.Helper()
	ctx := context.Background()
	o, err := replay.Trace(ctx, bad, replay.ModelFor)
	if err != nil || o.Difference == nil {
		t.Fatalf("%v, difference %v", err, o.Difference)
	}
	shrunk, err := replay.Shrink(ctx, bad, replay.ModelFor)
	if err != nil || len(shrunk) == 0 {
		t.Fatalf("%d results, error %v", len(shrunk), err)
	}
	for _, x := range shrunk {
		again, err := trace.Parse("shrunk.txtar", []byte(x.Trace))
		if err != nil {
			t.Fatalf("%v\n%s", err, x.Trace)
		}
		p, err := replay.Trace(ctx, again, replay.ModelFor)
		if err != nil || p.Difference == nil {
			t.Fatalf("%s: no difference (%v) in\n%s", x.Basis, err, x.Trace)
		}
		if d := p.Difference; d.Call != x.Call || d.Want != x.Want || d.Got != x.Got || d.Rule != o.Difference.Rule || len(again.Steps) != x.Calls {
			t.Errorf("%s: replayed it differs in call %d, want %s, got %s by %s; it is %+v", x.Basis, d.Call, d.Want, d.Got, d.Rule, x)
		}
	}
	return shrunk
}

// Of a difference in the final view, what makes up the view is kept.
func TestShrinkView(t *testing.T) {
	bad := recorded(t, "mkdir(\"/a\", 0755)\nmkdir(\"/b\", 0755)\nrmdir(\"/nope\")\nmount(\"none\", \"/a\", \"tmpfs\", 0, NULL)\n"+
		"mount(\"none\", \"/b\", \"tmpfs\", 0, NULL)\nopen(\"/b\", O_PATH)\nclose(3)\numount2(\"/b\", 0)\nrmdir(\"/b\")\n")
	bad.Final.Text = strings.Replace(bad.Final.Text, "/a rw,relatime", "/a rw,nosuid,relatime", 1)
	shrunk := shrinkAgain(t, bad)
	if len(shrunk) != 2 || shrunk[0].Calls != 8 || shrunk[1].Call != 0 {
		t.Fatalf("got %+v", shrunk)
	}
	if got, want := calls(shrunk[1].Trace), "1 mkdir(\"/a\", 0755) = 0\n1 mount(\"none\", \"/a\", \"tmpfs\", 0, NULL) = 0\n"; got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// What agrees, or cannot be replayed, is not reduced.
func TestShrinkNothing(t *testing.T) {
	good := recorded(t, "mkdir(\"/a\", 0755)\n")
	if s, err := replay.Shrink(context.Background(), good, replay.ModelFor); s != nil || err != nil {
		t.Errorf("got %v, %v of a trace that agrees", s, err)
	}
	good.Meta.Set("kernel", "4.19.1")
	if s, err := replay.Shrink(context.Background(), good, replay.ModelFor); s != nil || err != nil {
		t.Errorf("got %v, %v of a kernel that is not known", s, err)
	}
}

// TestShrinkCorpus corrupts recorded traces, one answer each.
func TestShrinkCorpus(t *testing.T) {
	const corpus = "../../../shared/corpus/7.3.4/newapi"
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("the recorded traces are not beside the project")
	}
	tried, before, after := 0, 0, 0
	err := trace.Each([]string{corpus}, func(file string, data []byte) error {
		bad, err := trace.Parse(file, data)
		if err != nil {
			return err
		}
		at := len(bad.Steps) * 3 / 4
		wrong := trace.Failure(model.EIO)
		if bad.Steps[at].Result.Errno != 0 {
			wrong = trace.Success(0)
		}
		if bad.Steps[at].Result.NoReturn {
			return nil
		}
		bad.Steps[at].Result = wrong
		shrunk := shrinkAgain(t, bad)
		tried++
		before += at + 1
		after += shrunk[len(shrunk)-1].Calls
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d traces: %d calls up to the difference became %d", tried, before, after)
	if tried == 0 || after*4 > before {
		t.Errorf("%d calls became %d in %d traces, want a quarter at most", before, after, tried)
	}
}
