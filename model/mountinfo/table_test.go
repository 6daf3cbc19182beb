package mountinfo

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// lines makes a table of mounts from id and parent alone: "1 1", "2 1", …
func lines(idAndParent ...string) string {
	var b strings.Builder
	for _, s := range idAndParent {
		b.WriteString(s + " 0:1 / /m rw - t s rw\n")
	}
	return b.String()
}

func TestParse(t *testing.T) {
	tests := []struct {
		name, text string
		parents    []int
	}{
		{"empty", "", []int{}},
		{"own parent", lines("1 1", "2 1", "3 2"), []int{-1, 0, 1}},
		{"parent not listed", lines("5 4", "6 5", "7 99"), []int{-1, 0, -1}},
		{"child before parent", lines("9 10", "10 10"), []int{1, -1}},
		{"ids far apart", lines("2147483647 3", "3 3", "1000000 2147483647"), []int{1, -1, 0}},
		{"no newline at the end", strings.TrimSuffix(lines("1 1", "2 1"), "\n"), []int{-1, 0}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table, err := Parse("f", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			parents, err := table.Parents()
			if err != nil || !slices.Equal(parents, test.parents) {
				t.Errorf("parents %v, %v, want %v", parents, err, test.parents)
			}
			want := test.text
			if want != "" && !strings.HasSuffix(want, "\n") {
				want += "\n"
			}
			if got := table.String(); got != want {
				t.Errorf("printed as\n%s", got)
			}
			again, err := Read("f", iotest.OneByteReader(strings.NewReader(test.text)))
			if err != nil || again.String() != want {
				t.Errorf("Read: %v, %v", again, err)
			}
		})
	}
}

func TestParseErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"in a line", lines("1 1", "2 1") + "3 1 0:1 / m rw - t s rw\n", `f:3:11: field 5 (mountpoint): want an absolute path, got "m"`},
		{"empty line", lines("1 1") + "\n" + lines("2 1"), `f:2: want a mount, got an empty line`},
		{"empty line at the end", lines("1 1") + "\n", `f:2: want a mount, got an empty line`},
		{"header", "# ns 1\n" + lines("1 1"), `f:1:1: field 1 (mount id): want a decimal number from 0 to 2147483647, got "#"`},
		{"zero byte", lines("1 1") + "2 1\x00", `f:2:4: want a line of text, got a zero byte in it`},
		{"zero byte first", "\x00", `f:1:1: want a line of text, got a zero byte in it`},
		{"id twice", lines("7 7", "2 7", "3 2", "2 2"), `f:4:1: field 1 (mount id): want each mount once, got id 2 here and on line 2`},
		{"id twice, far apart", lines("2147483647 2147483647", "2147483647 1"), `f:2:1: field 1 (mount id): want each mount once, got id 2147483647 here and on line 1`},
		{"circle of two", lines("1 1", "2 3", "3 2"), `f:2: field 2 (parent id): want parents that lead up to a root, got a circle: mount 2 on 3 on 2`},
		{"circle below its entry", lines("1 1", "9 3", "3 5", "4 3", "5 4"), `f:3: field 2 (parent id): want parents that lead up to a root, got a circle: mount 3 on 5 on 4 on 3`},
		{"long circle", lines("10 11", "11 12", "12 13", "13 14", "14 15", "15 16", "16 17", "17 18", "18 19", "19 10"),
			`f:1: field 2 (parent id): want parents that lead up to a root, got a circle: mount 10 on 11 on 12 on 13 on 14 on 15 on 16 on 17 on …`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse("f", []byte(test.text))
			var at *Error
			if !errors.As(err, &at) {
				t.Fatalf("got %v, want an *Error", err)
			}
			if err.Error() != test.want {
				t.Errorf("got  %s\nwant %s", err, test.want)
			}
		})
	}
}

func TestReadErrors(t *testing.T) {
	broken := errors.New("broken pipe")
	if _, err := Read("f", iotest.ErrReader(broken)); !errors.Is(err, broken) || err.Error() != "f: broken pipe" {
		t.Errorf("got %v", err)
	}
	const want = "f: want a table of at most 268435456 bytes, got more"
	large := make([]byte, MaxSize+1) // never touched, so it takes no memory
	if _, err := Parse("f", large); err == nil || err.Error() != want {
		t.Errorf("Parse: got  %v\nwant %s", err, want)
	}
	if _, err := ParseSections("f", large); err == nil || err.Error() != want {
		t.Errorf("ParseSections: got  %v\nwant %s", err, want)
	}
}

// A table made by hand can be anything, and is refused where a parsed one would be.
func TestParentsOfMadeTable(t *testing.T) {
	tests := []struct {
		name string
		ids  [][2]int
		want string
	}{
		{"negative ids", [][2]int{{-1, -1}, {-1, 5}}, "2:1: field 1 (mount id): want each mount once, got id -1 here and on line 1"},
		{"circle", [][2]int{{0, -7}, {-7, 0}}, "1: field 2 (parent id): want parents that lead up to a root, got a circle: mount 0 on -7 on 0"},
	}
	for _, test := range tests {
		var table Table
		for _, id := range test.ids {
			table.Entries = append(table.Entries, Entry{ID: id[0], Parent: id[1]})
		}
		if _, err := table.Parents(); err == nil || err.Error() != test.want {
			t.Errorf("%s\ngot  %v\nwant %s", test.name, err, test.want)
		}
	}
}

func TestPosition(t *testing.T) {
	for _, test := range []struct {
		table Table
		want  string
	}{
		{Table{Name: "f", Line: 10}, "f:12"},
		{Table{}, "3"},
	} {
		if got := test.table.Position(2); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

// The table of the machine the test runs on is one more real one, and not known
// before.
func TestOwnTable(t *testing.T) {
	const name = "/proc/self/mountinfo"
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("there is no " + name + " here")
	}
	if err != nil {
		t.Fatal(err)
	}
	table, err := Parse(name, data)
	if err != nil {
		t.Fatal(err)
	}
	if len(table.Entries) == 0 {
		t.Error("no mounts")
	}
	if got := table.String(); got != string(data) {
		t.Errorf("got\n%s\nwant\n%s", got, data)
	}
	if err := Render(io.Discard, table, RenderOptions{}); err != nil {
		t.Error(err)
	}
}
