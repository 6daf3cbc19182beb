package mountinfo

import (
	"io"
	"strings"
	"testing"
)

// fuzzSeeds are lines of each kind that the parser treats in a way of its own;
// whole tables come from the tables tests.
func fuzzSeeds(f *testing.F) {
	for _, s := range []string{
		"",
		"36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
		"1 1 0:1 / / rw shared:1 master:2 propagate_from:3 unbindable new:1 - t s rw\n",
		"1 1 0:1 / / rw a b shared:1 c master:2 d - t s rw\n",
		`1 1 0:1 /a\040\011\012\134\043#//deleted /\303\244 rw - fuse.a\043 C:\134#` + "\t rw,path=a b\n",
		"74 25 0:59 / /mnt/tmpfs rw,relatime shared:38 - tmpfs  rw\n",
		"1 2 0:1 / / rw - t s rw\n2 1 0:1 / / rw - t s rw\n",
		"2147483647 2147483648 0:1 / / rw - t s rw\r\n",
		host,
		twoSections,
	} {
		f.Add([]byte(s))
	}
}

// FuzzParse: no input panics or hangs, and what is accepted is printed as it was,
// by the table and, unless it is remembered, by its fields; and can be drawn.
func FuzzParse(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Parse("f", data)
		if err != nil {
			checkError(t, err, data)
			return
		}
		want := string(data)
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if got := table.String(); got != want {
			t.Fatalf("printed as\n%q\nwant\n%q", got, want)
		}
		for _, e := range table.Entries {
			checkFields(t, e)
		}
		if err := Render(io.Discard, table, RenderOptions{}); err != nil {
			t.Fatal(err)
		}
	})
}

// checkFields prints an entry from its fields alone and reads it again: whether the
// line was remembered when it had to be, and only then.
func checkFields(t *testing.T, e Entry) {
	made := e
	made.raw = ""
	line := made.String()
	if (e.raw != "") != (line != e.String()) {
		t.Fatalf("remembered %q, made %q", e.raw, line)
	}
	again, err := ParseLine(line)
	if err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	if again != made {
		t.Fatalf("%q read as %#v, want %#v", line, again, made)
	}
}

// checkError holds that an error names a place in the input.
func checkError(t *testing.T, err error, data []byte) {
	at, ok := err.(*Error)
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	lines := strings.Split(string(data), "\n")
	if at.Line < 1 || at.Line > len(lines) {
		t.Fatalf("%v: there are %d lines", err, len(lines))
	}
	if line := lines[at.Line-1]; at.Column < 0 || at.Column > len(line)+1 {
		t.Fatalf("%v: line %q has %d bytes", err, line, len(line))
	}
}

// FuzzParseSections is FuzzParse for the tables of traces.
func FuzzParseSections(f *testing.F) {
	fuzzSeeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		sections, err := ParseSections("f", data)
		if err != nil {
			checkError(t, err, data)
			return
		}
		want := string(data)
		if want != "" && !strings.HasSuffix(want, "\n") {
			want += "\n"
		}
		if got := FormatSections(sections); got != want {
			t.Fatalf("printed as\n%q\nwant\n%q", got, want)
		}
	})
}
