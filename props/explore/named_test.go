package explore

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"mntcheck/model"
	"mntcheck/props/invariant"
)

var (
	update = flag.Bool("update", false, "write the number of states into the worlds")
	worlds = flag.Bool("worlds", false, "explore every world that has a name, however long it takes")
)

// quickStates is the number of states up to which a world is explored by every
// run of the tests.
const quickStates = 100_000

var (
	statesLine = regexp.MustCompile(`(?m)^states .*\n`)
	headLines  = regexp.MustCompile(`(?m)^world .*\n(like .*\n)?`)
)

// Every world of this package can be read, says how many states it has, breaks
// nothing, and is not empty.
func TestNamedWorlds(t *testing.T) {
	files, err := filepath.Glob("worlds/*.world")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	if all := Names(); len(all) != len(files) || !slices.Contains(all, DefaultWorld) {
		t.Errorf("%d files of worlds, and the names %v", len(files), all)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w, err := ParseWorld(file, data)
			if err != nil {
				t.Fatal(err)
			}
			if w.Name+".world" != filepath.Base(file) || w.Doc == "" {
				t.Errorf("the world is called %s, and says of itself %q", w.Name, w.Doc)
			}
			if (w.States == 0 || w.States > quickStates || testing.Short()) && !*worlds {
				t.Skipf("%d states (0: nobody has counted them); -worlds explores it", w.States)
			}
			r := Check(t, w)
			t.Logf("%d states, %d transitions, depth %d, complete %v, %v", r.States, r.Transitions, r.Depth, r.Complete, r.Elapsed)
			if r.States == w.States {
				return
			}
			if !*update {
				t.Fatalf("%d states, where it says %d", r.States, w.States)
			}
			data = statesLine.ReplaceAll(data, nil)
			at := headLines.FindIndex(data)[1]
			data = slices.Concat(data[:at], fmt.Appendf(nil, "states %d\n", r.States), data[at:])
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// The reveal through OPEN_TREE_NAMESPACE takes three calls on 7.0: one that
// covers something, one that gives the caller a user namespace, and itself. 7.3
// keeps what 7.0 breaks.
func TestRevealOnOldReleases(t *testing.T) {
	w, err := Named("reveal")
	if err != nil {
		t.Fatal(err)
	}
	r := run(t, w, Options{Semantics: release(t, "7.0.0"), Strict: true})
	i := slices.IndexFunc(r.Violations, func(v *Violation) bool { return v.Invariant == "NS-8" })
	if i < 0 {
		t.Fatalf("%+v, want NS-8 broken", r.Violations)
	}
	want := []string{`1 mount("none", "/a", "tmpfs", 0, NULL)`, `2 unshare(CLONE_NEWUSER)`, `2 open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE)`}
	if !slices.Equal(r.Violations[i].Calls, want) {
		t.Errorf("by %q, want %q", r.Violations[i].Calls, want)
	}
	// No program of fewer calls does it: all of them, one after the other, with
	// none passed over since its state was known.
	first, err := w.start(release(t, "7.0.0"))
	if err != nil {
		t.Fatal(err)
	}
	reveal := invariant.Find("NS-8")
	tried := 0
	var try func(before *model.State, calls int)
	try = func(before *model.State, calls int) {
		for i := range w.Calls {
			step, after := &w.Calls[i], before.Clone()
			answer, err := after.Do(step.Actor, &step.Call)
			if err != nil {
				t.Fatal(err)
			}
			tried++
			if _, broken := reveal.Check(invariant.NewTransition(before, after, step.Actor, &step.Call, answer)); broken != nil {
				t.Fatalf("%s reveals something as the last of %d calls: %s", stepText(*step), 3-calls, broken.Message)
			}
			if calls > 1 {
				try(after, calls-1)
			}
		}
	}
	try(first, len(want)-1)
	if n := len(w.Calls); tried != n+n*n {
		t.Errorf("%d calls were tried, want %d", tried, n+n*n)
	}
}

// Of a world that is like another, the number of states is its own, and is known
// or not.
func TestNamesBySize(t *testing.T) {
	var before uint64
	for _, name := range Names() {
		w, err := Named(name)
		if err != nil {
			t.Fatal(err)
		}
		if w.States-1 < before { // 0 comes last
			t.Errorf("%s with %d states comes behind one of %d", name, w.States, before+1)
		}
		before = w.States - 1
	}
}

// Six mounts are the only difference of whole-api-6.
func TestWholeAPIWorlds(t *testing.T) {
	five, err := Named("whole-api")
	if err != nil {
		t.Fatal(err)
	}
	six, err := Named("whole-api-6")
	if err != nil {
		t.Fatal(err)
	}
	if six.Limits.Mounts != 6 || six.Doc == five.Doc || six.Doc == "" {
		t.Errorf("%v: %s", six, six.Doc)
	}
	six.Name, six.Doc, six.States, six.Limits.Mounts = five.Name, five.Doc, five.States, five.Limits.Mounts
	if worldText(six) != worldText(five) {
		t.Errorf("%s and %s differ in more than the number of mounts", worldText(six), worldText(five))
	}
}

// worldText is all that a world says.
func worldText(w *World) string {
	var kinds []string
	for _, s := range w.Sometimes {
		kinds = append(kinds, s.Name)
	}
	return fmt.Sprintf("%v %q %d %+v %d %q %q %q %q %d", w.Name, w.Doc, w.MountMax, w.Limits, w.Depth, w.Interchangeable, kinds,
		stepTexts(w.Setup), stepTexts(w.Calls), w.States) + w.Semantics.Release
}

// Programs of four calls are those of the world of three, gone on with.
func TestProgramsWorlds(t *testing.T) {
	three, err := Named("programs")
	if err != nil {
		t.Fatal(err)
	}
	four, err := Named("programs-4")
	if err != nil {
		t.Fatal(err)
	}
	if three.Depth != 3 || four.Depth != 4 || four.States != 23_916_336 || four.Doc == three.Doc || len(four.Calls) != 364 {
		t.Errorf("%v, %v, %d states: %s", three, four, four.States, four.Doc)
	}
	four.Name, four.Doc, four.States, four.Depth = three.Name, three.Doc, three.States, three.Depth
	if worldText(three) != worldText(four) {
		t.Errorf("%v and %v differ in more than the number of calls", three, four)
	}
}

// What kernels broke in which release is found by the world releases: those
// invariants that are known to be broken, and are told by few calls.
func TestReleasesWorld(t *testing.T) {
	w, err := Named("releases")
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		release string
		want    []string
	}{
		{"7.0.0", []string{"INV-4", "INV-14", "INV-17", "NS-3", "NS-8", "NS-17", "NS-18", "copy-keeps-unbindable", "slides-locked"}},
		{"7.1.0", []string{"INV-17", "NS-3", "NS-8", "copy-keeps-unbindable", "covered-stays-locked"}},
		{"7.2.13", []string{"INV-17"}},
		{"7.3.0", nil},
	} {
		r := run(t, w, Options{Semantics: release(t, x.release), Depth: 4, KeepGoing: true})
		var got []string
		for _, v := range r.Invariants {
			if v.Breaches > 0 {
				got = append(got, v.Name)
			}
		}
		if len(r.Violations) > 0 || !slices.Equal(got, x.want) {
			t.Errorf("%s breaks %v, and %d invariants that are not known; want %v", x.release, got, len(r.Violations), x.want)
		}
	}
}
