package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/check"
	"mntcheck/props/system"
)

// greedy is a model with a fault: umount2 takes out one mount too many.
type greedy struct{ *system.Model }

func newGreedy(ctx context.Context, w system.World) (system.System, error) {
	s, err := system.NewModel(ctx, w)
	if err != nil {
		return nil, err
	}
	return greedy{s.(*system.Model)}, nil
}

func (g greedy) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	r, err := g.Model.Do(ctx, actor, c)
	if err != nil || r.Errno != 0 || c.Op != model.OpUmount2 {
		return r, err
	}
	s := g.State()
	if s.Work().Destroyed == 0 {
		return r, nil
	}
	if top := s.Overmount(s.Spaces[s.Procs[actor].NS].Root); top != 0 && s.Mounts[top].FirstChild != 0 {
		s.Edit().Unmount(s.Mounts[top].FirstChild)
	}
	return r, nil
}

const greedyProgram = `
mkdir("/a", 0755)
mkdir("/b", 0755)
mkdir("/c", 0755)
mount("none", "/a", "tmpfs", 0, NULL)
mount(NULL, "/a", NULL, MS_SHARED, NULL)
mount("/a", "/b", NULL, MS_BIND, NULL)
chdir("/c")
mount("none", "/c", "tmpfs", MS_NOSUID, NULL)
umount2("/nope", 0)
umount2("/b", MNT_DETACH)
`

// TestFailureText pins what is printed of a violation: people see this once,
// on a bad day.
func TestFailureText(t *testing.T) {
	sem, err := model.ForRelease(model.DefaultRelease)
	if err != nil {
		t.Fatal(err)
	}
	program, err := trace.ParseProgram("program", []byte(greedyProgram))
	if err != nil {
		t.Fatal(err)
	}
	o := check.Options{Factory: newGreedy, Semantics: sem, Seed: 42, Workers: 1}
	if o.Invariants, err = chosen([]string{"umount-maximal"}); err != nil {
		t.Fatal(err)
	}
	ctx, w := context.Background(), system.World{Semantics: sem}
	found, err := check.NewChecker(o.Invariants).Program(ctx, newGreedy, w, program.Program())
	if err != nil || found == nil {
		t.Fatalf("the fault was not found: %v", err)
	}
	f, err := check.NewFailure(ctx, o, w, program.Program(), found)
	if err != nil {
		t.Fatal(err)
	}
	c := checkCommand{releaseFlag: releaseFlag{Release: model.DefaultRelease}}
	report := &check.Report{Failure: f}
	var b strings.Builder
	text := &checkText{w: &b, Checked: Checked{Report: report, Repeat: c.repeat(f, sem)}}
	text.failure(f)
	if text.err != nil {
		t.Fatal(text.err)
	}
	golden(t, "violation.txt", b.String())
}

// TestCheckFindsFault runs the whole command on the faulty model.
func TestCheckFindsFault(t *testing.T) {
	var out strings.Builder
	run := func(args ...string) (string, error) {
		out.Reset()
		s := &session{ctx: context.Background(), stdout: bufio.NewWriter(&out), stderr: io.Discard, factory: newGreedy}
		err := dispatch(s, append([]string{"check", "--seed", "5", "--invariant", "umount-maximal"}, args...))
		if flushErr := s.stdout.Flush(); flushErr != nil {
			t.Fatal(flushErr)
		}
		return out.String(), err
	}
	text, err := run("--checks", "500")
	if !errors.Is(err, errFound) {
		t.Fatalf("got error %v, want that something was found; printed\n%s", err, text)
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if unsaved, err := run("--checks", "500", "--failures", file); !errors.Is(err, errFound) || !strings.Contains(unsaved, "VIOLATED umount-maximal") || strings.Contains(unsaved, file+"/") {
		t.Errorf("where it cannot be written down: error %v, printed\n%s", err, unsaved)
	}
	_, repeat, ok := strings.Cut(text, "To see it again:\n  mntcheck check ")
	if !ok {
		t.Fatalf("no command that repeats it in\n%s", text)
	}
	repeat, _, _ = strings.Cut(repeat, "\n")
	var again Checked
	text, err = run(append(strings.Fields(repeat), "--json")...)
	if !errors.Is(err, errFound) {
		t.Fatalf("%s: got error %v, want that it is found again", repeat, err)
	}
	if err := json.Unmarshal([]byte(text), &again); err != nil {
		t.Fatal(err)
	}
	if again.Failure == nil || "mntcheck check "+repeat != again.Repeat {
		t.Errorf("%s found %+v, repeated by %s", repeat, again.Failure, again.Repeat)
	}
}

// golden compares text with a file in testdata, or writes that with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}
