package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/conform"
	"mntcheck/props/system"
)

// bindsAll is a kernel with a fault: what is unbindable can be bound.
type bindsAll struct{ *system.Model }

func (k bindsAll) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	r, err := k.Model.Do(ctx, actor, c)
	if c.Op == model.OpMount && r.Refusal.Rule == model.RuleSourceUnbindable {
		return model.Result{}, err
	}
	return r, err
}

// modelKernel stands in for a kernel of a release, right or with a fault.
func modelKernel(release string, right bool) conform.RunnerFactory {
	return func(context.Context) (system.Runner, error) {
		return system.RunnerOf(func(ctx context.Context, w system.World) (system.System, error) {
			m, err := system.NewModel(ctx, w)
			if err != nil || right {
				return m, err
			}
			return bindsAll{m.(*system.Model)}, nil
		}, system.Profile{Name: "kernel", Release: release}), nil
	}
}

// onKernel runs a command line on a kernel that a model stands in for, in an
// empty folder.
func onKernel(t *testing.T, kernel conform.RunnerFactory, args ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	s := &session{ctx: context.Background(), stdout: bufio.NewWriter(&out), stderr: io.Discard, runner: kernel}
	err := dispatch(s, args)
	if flushErr := s.stdout.Flush(); flushErr != nil {
		t.Fatal(flushErr)
	}
	return out.String(), err
}

var counted = regexp.MustCompile(`[0-9,]+ programs, [0-9,]+ calls`)

// TestConformText pins what is printed of a difference; what is counted before
// it changes with every change of how programs are drawn.
func TestConformText(t *testing.T) {
	for _, test := range []struct {
		file string
		args []string
	}{
		{"conform_difference.txt", nil},
		{"conform_difference.tap", []string{"--tap"}},
	} {
		dir := t.TempDir()
		args := append([]string{"conform", "--seed", "2", "--checks", "64", "-j", "1", "--save", dir}, test.args...)
		text, err := onKernel(t, modelKernel("6.18.15", false), args...)
		if !errors.Is(err, errFound) {
			t.Errorf("%s: error %v, want that something was found", test.file, err)
		}
		if _, difference, ok := strings.Cut(text, "rules refused a call"); ok {
			_, text, _ = strings.Cut(difference, "\n\n")
		}
		text = counted.ReplaceAllString(text, "N programs, N calls")
		golden(t, test.file, strings.ReplaceAll(text, dir, "DIR"))
		if files, _ := os.ReadDir(dir); len(files) == 0 {
			t.Errorf("%s: no trace was saved", test.file)
		}
	}
}

// What was found is told, also where it cannot be written down.
func TestConformUnsaved(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"--tap"}, {"--json"}} {
		args := append([]string{"conform", "--seed", "2", "--checks", "64", "--save", dir}, args...)
		text, err := onKernel(t, modelKernel("7.3.4", false), args...)
		if !errors.Is(err, errFound) || !strings.Contains(text, "source-unbindable") || strings.Contains(text, dir) {
			t.Errorf("%v: error %v, printed\n%s\nwant the difference, and no file", args, err, text)
		}
	}
}

// The command that is printed of a difference shows it: replay has the kernel's own
// rules, which may not be those that it was compared with.
func TestConformShownAgain(t *testing.T) {
	dir := t.TempDir()
	args := []string{"conform", "--release", "7.3", "--seed", "2", "--checks", "64", "--max-differences", "1", "--save", dir}
	text, err := onKernel(t, modelKernel("7.0.13", false), args...)
	_, line, found := strings.Cut(text, "\n  mntcheck run ")
	line, _, _ = strings.Cut(line, "\n")
	if !errors.Is(err, errFound) || !found || !strings.HasPrefix(line, "--release 7.3.0 "+dir) {
		t.Fatalf("error %v, %q, printed\n%s", err, line, text)
	}
	again, err := onKernel(t, nil, append([]string{"run"}, strings.Fields(line)...)...)
	if _, model, _ := strings.Cut(text, "\n  model   "); err != nil || !strings.Contains(again, strings.SplitN(model, "\n", 2)[0]) {
		t.Errorf("run %s: error %v, printed\n%s\nwant the model's answer of\n%s", line, err, again, text)
	}
}

func TestConformAgrees(t *testing.T) {
	text, err := onKernel(t, modelKernel("7.3.4", true), "conform", "--seed", "2", "--checks", "64", "-j", "2")
	if err != nil || !strings.Contains(text, "\nNo difference.\n") || !strings.Contains(text, "100%") {
		t.Errorf("error %v, printed\n%s", err, text)
	}
	text, err = onKernel(t, modelKernel("7.3.4", true), "conform", "--tap", "--checks", "64", "--family", "nsfs")
	if err != nil || !strings.HasPrefix(text, "TAP version 13\n1..1\n") || !strings.Contains(text, "\nok 1 - nsfs\n") || strings.Contains(text, "not ok") {
		t.Errorf("error %v, printed\n%s", err, text)
	}
}

func TestConformJSON(t *testing.T) {
	dir := t.TempDir()
	args := []string{"conform", "--json", "--seed", "2", "--checks", "64", "--family", "classic", "--family", "mixed", "--save", dir}
	text, err := onKernel(t, modelKernel("7.3.4", false), args...)
	var c Conformance
	if jsonErr := json.Unmarshal([]byte(text), &c); !errors.Is(err, errFound) || jsonErr != nil {
		t.Fatalf("error %v, %v, printed\n%s", err, jsonErr, text)
	}
	if len(c.Differences) == 0 || c.Differences[0].Rule != "source-unbindable" || filepath.Dir(c.Differences[0].File) != dir {
		t.Errorf("the differences are %+v", c.Differences)
	}
	again := append(strings.Fields(c.Repeat)[1:], "--json", "--save", dir)
	text, err = onKernel(t, modelKernel("7.3.4", false), again...)
	var other Conformance
	if jsonErr := json.Unmarshal([]byte(text), &other); !errors.Is(err, errFound) || jsonErr != nil || len(other.Differences) != len(c.Differences) {
		t.Fatalf("%s: error %v, %v, printed\n%s", c.Repeat, err, jsonErr, text)
	}
	for i, d := range other.Differences {
		if d.Text != c.Differences[i].Text {
			t.Errorf("%s finds other differences:\n%s\ninstead of\n%s", c.Repeat, d.Text, c.Differences[i].Text)
		}
	}
}

// A kernel that cannot be compared is no usage error, and no difference.
func TestConformUnavailable(t *testing.T) {
	gone := func(context.Context) (system.Runner, error) { return nil, errors.New("there is no such kernel") }
	for _, test := range []struct {
		name   string
		kernel conform.RunnerFactory
		args   []string
		said   string
	}{
		{"not there", gone, []string{"conform"}, "no such kernel"},
		{"not there", gone, []string{"record"}, "no such kernel"},
		{"unknown rules", modelKernel("5.4.0", true), []string{"conform"}, "--release"},
		{"unknown series", modelKernel("7.9.0", true), []string{"conform"}, "--release"},
		{"lacks what is asked", modelKernel("6.12.7", true), []string{"conform", "--family", "namespace"}, "OPEN_TREE_NAMESPACE"},
		{"lacks what is asked", modelKernel("6.12.7", true), []string{"record", "--family", "namespace"}, "OPEN_TREE_NAMESPACE"},
	} {
		text, err := onKernel(t, test.kernel, test.args...)
		if !errors.As(err, new(errUnavailable)) || !strings.Contains(err.Error(), test.said) || text != "" {
			t.Errorf("%s: error %v, want one that says %q; printed %q", test.name, err, test.said, text)
		}
	}
	text, err := onKernel(t, gone, "conform", "--tap")
	if want := "TAP version 13\n1..8\nBail out! there is no such kernel\n"; !errors.As(err, new(errUnavailable)) || text != want {
		t.Errorf("--tap: error %v, printed\n%swant\n%s", err, text, want)
	}
}

func TestConformUsage(t *testing.T) {
	for _, args := range [][]string{
		{"conform", "--family", "classical"}, {"conform", "--release", "2.6"}, {"conform", "--checks", "-1"}, {"conform", "--duration", "-1s"},
		{"conform", "--tap", "--json"}, {"conform", "-j", "-1"}, {"conform", "--max-differences", "-1"},
		{"conform", "--kernel", "testdata/no-such-file"},
		{"record", "--checks", "0"}, {"record", "--checks", "2"}, {"record", "--json"}, {"record", "testdata/no-such-file"},
		{"record", "--checks", "2", "-o", "x.txtar"}, {"record", "--family", "classical"},
	} {
		_, err := onKernel(t, modelKernel("7.3.4", true), args...)
		if err == nil || errors.Is(err, errFound) || errors.As(err, new(errUnavailable)) {
			t.Errorf("%v: error %v, want one of usage", args, err)
		}
	}
}
