package mountinfo

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
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

// FuzzLoad: no table that can be read makes Load, the calls on what it loads, or
// what they depend on panic; and what is read of a loaded table stays as it is
// when that is loaded in turn.
func FuzzLoad(f *testing.F) {
	fuzzSeeds(f)
	files, err := filepath.Glob("testdata/host-*.mountinfo")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := Parse("f", data)
		if err != nil {
			return
		}
		l, err := Load(table, LoadOptions{})
		if err != nil {
			var at *Error
			if !errors.As(err, &at) || at.Line < 0 || at.Line > len(table.Entries) {
				t.Errorf("want an error with a line of the table, got %v", err)
			}
			return
		}
		first := OfProcess(l.State, 1).String()
		again, err := Parse("f", []byte(first))
		if err != nil {
			t.Fatalf("%v in what was made of it:\n%s", err, first)
		}
		if n, err := Load(again, LoadOptions{}); err != nil {
			t.Errorf("%v in what was made of it:\n%s", err, first)
		} else if second := OfProcess(n.State, 1).String(); second != first {
			t.Errorf("loaded again it is\n%swant\n%s", second, first)
		}
		l.State.View()
		for _, e := range table.Entries[:min(3, len(table.Entries))] {
			askAll(t, l, e.Mountpoint)
		}
	})
}

// askAll makes some calls about a path.
func askAll(t *testing.T, l *Loaded, path string) {
	l.Learn(path)
	for _, call := range []model.Call{
		model.NewCall(model.OpOpenTree, model.Num(model.AT_FDCWD), model.Str(path), model.Num(model.OPEN_TREE_NAMESPACE|model.AT_RECURSIVE)),
		model.NewCall(model.OpMount, model.Str(path), model.Str(path), model.NULL(), model.Num(model.MS_BIND|model.MS_REC), model.NULL()),
		model.NewCall(model.OpUmount2, model.Str(path), model.Num(model.MNT_DETACH)),
		model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWNS|model.CLONE_NEWUSER)),
	} {
		before := l.State.Clone()
		r, err := l.State.Do(1, &call)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range l.Relevant(&call, r, before, l.State) {
			if x.Sentence() == "" {
				t.Errorf("%v: %T says nothing", call, x)
			}
		}
		l.State.Sentence(r.Refusal)
		OfProcess(l.State, 1)
	}
}
