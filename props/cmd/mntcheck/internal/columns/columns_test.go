package columns

import (
	"strings"
	"testing"
)

func TestWrite(t *testing.T) {
	table := Table{Indent: "  ", Right: []bool{false, true}}
	table.Row("NAME", "N", "WORDS")
	table.Row("größer", 1234567, "")
	table.Row("b", uint64(5), "x")
	var b strings.Builder
	if err := table.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"  NAME            N  WORDS\n" +
		"  größer  1,234,567\n" +
		"  b               5  x\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestWrap(t *testing.T) {
	table := Table{Wrap: 9}
	table.Row("a", "one two three four")
	table.Row("b", "short")
	table.Row("c", "incomprehensibly long")
	var b strings.Builder
	if err := table.Write(&b); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"a  one two\n" +
		"   three\n" +
		"   four\n" +
		"b  short\n" +
		"c  incomprehensibly\n" +
		"   long\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[uint64]string{0: "0", 999: "999", 1000: "1,000", 100000: "100,000", 1234567: "1,234,567"} {
		if got := Number(n); got != want {
			t.Errorf("Number(%d) = %q, want %q", n, got, want)
		}
	}
}
