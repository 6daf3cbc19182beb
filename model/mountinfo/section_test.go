package mountinfo

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const twoSections = `# ns 1 actors 1,2 fds 1:3,2:4 pins 2,5
1 1 0:1 / / rw - nullfs nullfs rw
2 1 0:2 mnt:[1] /a rw - nsfs nsfs rw
# ns 2
3 3 0:1 / / rw - nullfs nullfs rw
`

func TestParseSections(t *testing.T) {
	sections, err := ParseSections("f", []byte(twoSections))
	if err != nil {
		t.Fatal(err)
	}
	if len(sections) != 2 {
		t.Fatalf("%d sections", len(sections))
	}
	want := Section{NS: 1, Actors: []int{1, 2}, FDs: []FD{{1, 3}, {2, 4}}, Pins: []int{2, 5}, Table: sections[0].Table}
	if !reflect.DeepEqual(sections[0], want) {
		t.Errorf("got %#v", sections[0])
	}
	want = Section{NS: 2, Table: sections[1].Table}
	if !reflect.DeepEqual(sections[1], want) {
		t.Errorf("got %#v", sections[1])
	}
	if at := sections[0].Position(1) + " " + sections[1].Position(0); at != "f:3 f:5" {
		t.Errorf("entries stand at %s", at)
	}
	if got := FormatSections(sections); got != twoSections {
		t.Errorf("printed as\n%s", got)
	}
}

func TestSectionForms(t *testing.T) {
	mount := lines("1 1")
	for _, text := range []string{
		"",
		"# ns 1\n",
		"# ns 1\n# ns 2\n# ns 3\n",
		"# ns 1 actors 1\n" + mount,
		"# ns 1 fds 1:3\n" + mount,
		"# ns 1 pins 1\n" + mount,
		"# ns 1 actors 1 pins 1\n" + mount,
	} {
		sections, err := ParseSections("f", []byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if got := FormatSections(sections); got != text {
			t.Errorf("%q printed as %q", text, got)
		}
	}
	sections, err := ParseSections("f", []byte("# ns 1 actors 1"))
	if err != nil || FormatSections(sections) != "# ns 1 actors 1\n" {
		t.Errorf("without a newline at the end: %v, %v", sections, err)
	}
}

func TestParseSectionsErrors(t *testing.T) {
	mount := lines("1 1")
	const head = "want a section's head such as # ns 1 actors 1,2 fds 1:3 pins 5, "
	const number = "want a decimal number from 0 to 2147483647, "
	const end = "want the end of the line, or actors, fds, pins in this order, each once, "
	tests := []struct{ text, want string }{
		{mount, "f:1:1: " + head + `got "1 1 0:1 / /m rw - t s rw"`},
		{"\n", "f:1:1: " + head + "got the end of the line"},
		{"# ns", "f:1:1: " + head + `got "# ns"`},
		{"#ns 1", "f:1:1: " + head + `got "#ns 1"`},
		{"# ns 1\n# more\n", "f:2:1: " + head + `got "# more"`},
		{"# ns x", "f:1:6: " + number + `got "x"`},
		{"# ns ", "f:1:6: " + number + "got the end of the line"},
		{"# ns 01", "f:1:6: " + number + `got "01"`},
		{"# ns 2", `f:1:6: want namespace 1 (they are numbered from 1, in order), got "2"`},
		{"# ns 1\n" + mount + "# ns 3\n", `f:3:6: want namespace 2 (they are numbered from 1, in order), got "3"`},
		{"# ns 1 ", "f:1:7: " + end + `got " "`},
		{"# ns 1\r\n", "f:1:7: " + end + `got "\r"`},
		{"# ns 1 actors", "f:1:7: " + end + `got " actors"`},
		{"# ns 1 actors ", "f:1:15: " + number + "got the end of the line"},
		{"# ns 1 actors 1,", "f:1:17: " + number + "got the end of the line"},
		{"# ns 1 actors 1, 2", "f:1:17: " + number + `got " 2"`},
		{"# ns 1 actors 1 actors 2", "f:1:16: " + end + `got " actors 2"`},
		{"# ns 1 pins 1 actors 2", "f:1:14: " + end + `got " actors 2"`},
		{"# ns 1 fds 1", "f:1:13: want : between actor and descriptor, got the end of the line"},
		{"# ns 1 fds 1:3,2", "f:1:17: want : between actor and descriptor, got the end of the line"},
		{"# ns 1 fds 1:x", "f:1:14: " + number + `got "x"`},
		{"# ns 1 pins 99999999999", "f:1:13: " + number + `got "99999999999"`},
		{"# ns 1\n" + mount + "# ns 2\n" + lines("2 2", "1 1"), "f:5:1: field 1 (mount id): want each mount once in all sections, got id 1 here and on line 2"},
		{"# ns 1\n" + lines("1 1", "1 1"), "f:3:1: field 1 (mount id): want each mount once, got id 1 here and on line 2"},
		{"# ns 1\n" + mount + "# ns 2\n2 2 0:1 / m rw - t s rw\n", `f:4:11: field 5 (mountpoint): want an absolute path, got "m"`},
		{"# ns 1\n" + mount + "\n# ns 2\n", "f:3: want a mount, got an empty line"},
	}
	for _, test := range tests {
		_, err := ParseSections("f", []byte(test.text))
		var at *Error
		if !errors.As(err, &at) {
			t.Errorf("%q: got %v, want an *Error", test.text, err)
			continue
		}
		if err.Error() != test.want {
			t.Errorf("%q\ngot  %s\nwant %s", test.text, err, test.want)
		}
	}
}

// corpus is where recorded traces lie next to a checkout of the project.
const corpus = "../../../shared/corpus"

// archiveFile takes one file out of a txtar archive, as far as recorded traces need
// it.
func archiveFile(archive, name string) (string, bool) {
	_, rest, found := strings.Cut(archive, "\n-- "+name+" --\n")
	if !found {
		return "", false
	}
	if i := strings.Index("\n"+rest, "\n-- "); i >= 0 {
		rest = rest[:i]
	}
	return rest, true
}

// Every table that was recorded on a kernel is read and printed again as it is.
func TestCorpus(t *testing.T) {
	if _, err := os.Stat(corpus); err != nil {
		t.Skip("there are no recorded traces at " + corpus)
	}
	traces, mounts := 0, 0
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".txtar" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		traces++
		mounts += roundTrip(t, path, string(data))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if traces == 0 || mounts < 2*traces {
		t.Errorf("%d traces with %d mounts in their final tables; each should have two at least", traces, mounts)
	}
	t.Logf("%d traces, %d mounts in their final tables", traces, mounts)
}

// roundTrip checks both tables of a trace, and counts the mounts of the final one.
func roundTrip(t *testing.T, path, archive string) (mounts int) {
	t.Helper()
	const first, last = "initial.mountinfo", "final.mountinfo"
	text, found := archiveFile(archive, first)
	table, err := Parse(path+":"+first, []byte(text))
	if !found || err != nil {
		t.Errorf("%s: found %t, %v", path, found, err)
	} else if table.String() != text {
		t.Errorf("%s of %s: printed as\n%s", first, path, table)
	}
	text, found = archiveFile(archive, last)
	sections, err := ParseSections(path+":"+last, []byte(text))
	if !found || err != nil {
		t.Errorf("%s: found %t, %v", path, found, err)
	} else if got := FormatSections(sections); got != text {
		t.Errorf("%s of %s: printed as\n%s", last, path, got)
	}
	for i := range sections {
		mounts += len(sections[i].Entries)
		checkCanonical(t, path, &sections[i])
	}
	return mounts
}

// checkCanonical looks for what would mean that lines were read but not understood:
// in a canonical table nothing is unknown, and what is printed from the fields alone
// is the line.
func checkCanonical(t *testing.T, path string, s *Section) {
	t.Helper()
	for i, e := range s.Entries {
		if e.raw != "" || e.Unknown != "" || e.PropagateFrom != 0 {
			t.Errorf("%s: not canonical: %s", path, e)
		}
		if kind, _, ok := e.NamespaceFile(); ok != (e.FSType == "nsfs") || ok && kind != "mnt" && kind != "user" {
			t.Errorf("%s: namespace file of kind %q: %s", path, kind, e)
		}
		if (i == 0) != (e.ID == e.Parent) {
			t.Errorf("%s: not the root of its namespace: %s", path, e)
		}
	}
}
