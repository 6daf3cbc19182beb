package invariant_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/check"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// runWitness runs a program on the model of a release and returns what it
// breaks: of one invariant, or of all that the release is not known to break.
func runWitness(t *testing.T, name, release string, strictly *invariant.Invariant) *check.Found {
	t.Helper()
	file := filepath.Join("testdata", "known", name+".txtar")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	program, err := trace.ParseProgram(file, data)
	if err != nil {
		t.Fatal(err)
	}
	sem, err := model.ForRelease(release)
	if err != nil {
		t.Fatal(err)
	}
	c := check.NewChecker(nil)
	if strictly != nil {
		c = check.NewChecker([]*invariant.Invariant{strictly})
		c.Strictly()
	}
	found, err := c.Program(context.Background(), system.NewModel, system.World{Semantics: sem}, program.Program())
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestKnown holds each known breach to its witness: that breaks the invariant
// where the release is said to, and nowhere else.
func TestKnown(t *testing.T) {
	for _, k := range invariant.AllKnown() {
		v := invariant.Find(k.Invariant)
		if v == nil {
			t.Errorf("%s is known to be broken, but there is no such invariant", k.Invariant)
			continue
		}
		somewhere := false
		for _, release := range model.Releases() {
			sem, err := model.ForRelease(release)
			if err != nil {
				t.Fatal(err)
			}
			found := runWitness(t, k.Witness, release, v)
			switch known := k.On(sem); {
			case known && found == nil:
				t.Errorf("%s on %s: %s.txtar no longer breaks it, though the release is known to", k.Invariant, release, k.Witness)
			case found != nil && invariant.KnownOn(k.Invariant, sem) == nil:
				t.Errorf("%s on %s: %s.txtar breaks it, and nothing is known of that: %s", k.Invariant, release, k.Witness, found.Violation.Message)
			case known:
				somewhere = true
			}
			if found := runWitness(t, k.Witness, release, nil); found != nil {
				t.Errorf("%s.txtar on %s also breaks %s: %s", k.Witness, release, found.Invariant.Name, found.Violation.Message)
			}
		}
		if !somewhere {
			t.Errorf("%s: no release is known to break it by %s.txtar", k.Invariant, k.Witness)
		}
		if k.Why == "" || k.Source == "" {
			t.Errorf("%s is known to be broken, but not why, or by whom", k.Invariant)
		}
	}
}

// TestWitnesses has every stored witness belong to a known breach.
func TestWitnesses(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "known", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, k := range invariant.AllKnown() {
		used[k.Witness] = true
	}
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".txtar"); !used[name] {
			t.Errorf("%s is no witness of anything", file)
		}
	}
}
