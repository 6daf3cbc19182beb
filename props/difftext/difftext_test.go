package difftext_test

import (
	"strings"
	"testing"

	"mntcheck/props/difftext"
)

func TestFirstLine(t *testing.T) {
	for _, test := range []struct{ left, right, wantLeft, wantRight string }{
		{"", "", difftext.NoMoreLines, difftext.NoMoreLines},
		{"a\n", "a\n", difftext.NoMoreLines, difftext.NoMoreLines},
		{"a\nb\n", "a\nc\n", "b", "c"},
		{"a\nb\n", "a\n", "b", difftext.NoMoreLines},
		{"a\n", "a\n\nb\n", difftext.NoMoreLines, ""},
		{"", "a", difftext.NoMoreLines, "a"},
	} {
		if l, r := difftext.FirstLine(test.left, test.right); l != test.wantLeft || r != test.wantRight {
			t.Errorf("%q and %q differ first in %q and %q, want %q and %q", test.left, test.right, l, r, test.wantLeft, test.wantRight)
		}
	}
}

// What is no table is drawn as it is, and nothing panics.
func TestSideBySideOfText(t *testing.T) {
	got := difftext.SideBySide(difftext.Side{Title: "one", Mounts: "no table\n"}, difftext.Side{Title: "other", Mounts: "no table\nat all\n"})
	want := "  one        other\n  no table   no table\n           | at all\n"
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

func TestSideBySideIsBounded(t *testing.T) {
	table := "# ns 1\n1 1 0:1 / / rw - nullfs nullfs rw\n" + strings.Repeat("2 1 0:2 / / rw - tmpfs none rw\n", 300)
	got := difftext.SideBySide(difftext.Side{Title: "left", Mounts: table}, difftext.Side{Title: "right", Mounts: "x"})
	if n := strings.Count(got, "\n"); n > 70 {
		t.Errorf("a table of 300 mounts is drawn in %d lines", n)
	}
}
