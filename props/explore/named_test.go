package explore

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

var (
	update = flag.Bool("update", false, "write the number of states into the worlds")
	worlds = flag.Bool("worlds", false, "explore every world that has a name, however long it takes")
)

// quickStates is the number of states up to which a world is explored by every
// run of the tests.
const quickStates = 100_000

var statesLine = regexp.MustCompile(`(?m)^states .*\n`)

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
			if w.States == 0 && !*update {
				t.Fatal("no number of states; -update -worlds writes it")
			}
			if (w.States > quickStates || testing.Short()) && !*worlds {
				t.Skipf("%d states; -worlds explores it", w.States)
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
			at := bytes.Index(data, []byte("release "))
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
}
