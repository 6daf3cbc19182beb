package invariant_test

import (
	"strings"
	"testing"

	"mntcheck/props/invariant"
)

func TestAll(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range invariant.All() {
		if seen[v.Name] {
			t.Errorf("%s: there are two of that name", v.Name)
		}
		seen[v.Name] = true
		if !strings.HasSuffix(v.Statement, ".") || strings.Count(v.Statement, ".") > 1 {
			t.Errorf("%s: want one sentence, got %q", v.Name, v.Statement)
		}
		if v.Source == "" || v.Check == nil {
			t.Errorf("%s: no source or no check", v.Name)
		}
		if invariant.Find(v.Name) == nil {
			t.Errorf("%s: cannot be found", v.Name)
		}
	}
	if invariant.Find("INV-0") != nil {
		t.Error("INV-0 was found, and is none")
	}
}

func TestByGlob(t *testing.T) {
	for _, test := range []struct {
		pattern string
		n       int // -1: an error
	}{
		{"INV-*", 18}, {"NS-*", 24}, {"umount-*", 4}, {"NS-1", 1}, {"NS-[12]", 2}, {"nothing", -1}, {"[", -1},
	} {
		got, err := invariant.ByGlob(test.pattern)
		if (err != nil) != (test.n < 0) || err == nil && len(got) != test.n {
			t.Errorf("%q: %d invariants, error %v; want %d", test.pattern, len(got), err, test.n)
		}
	}
}
