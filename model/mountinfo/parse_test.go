package mountinfo

import (
	"errors"
	"strings"
	"testing"
)

// base is what the lines of TestParseLine differ from: 1 1 0:1 / / rw - t s rw.
func base(change func(*Entry)) Entry {
	e := Entry{ID: 1, Parent: 1, Minor: 1, Root: "/", Mountpoint: "/", Options: "rw", FSType: "t", Source: "s", SuperOptions: "rw"}
	change(&e)
	return e
}

func TestParseLine(t *testing.T) {
	tests := []struct {
		name, line string
		want       Entry
	}{
		{"manual page", "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue", Entry{
			ID: 36, Parent: 35, Major: 98, Root: "/mnt1", Mountpoint: "/mnt2", Options: "rw,noatime",
			Master: 1, FSType: "ext3", Source: "/dev/root", SuperOptions: "rw,errors=continue",
		}},
		{"all tags", "1 1 0:1 / / rw shared:1 master:2 propagate_from:3 - t s rw", base(func(e *Entry) {
			e.Shared, e.Master, e.PropagateFrom = 1, 2, 3
		})},
		{"unbindable", "1 1 0:1 / / rw unbindable - t s rw", base(func(e *Entry) { e.Unbindable = true })},
		{"unknown tags", "1 1 0:1 / / rw shared:1 born:7 odd:a:b x - t s rw", base(func(e *Entry) {
			e.Shared, e.Unknown = 1, "born:7 odd:a:b x"
		})},
		{"parent 0, unlisted", "15 0 179:2 / / ro - squashfs /dev/root ro", Entry{
			ID: 15, Major: 179, Minor: 2, Root: "/", Mountpoint: "/", Options: "ro",
			FSType: "squashfs", Source: "/dev/root", SuperOptions: "ro",
		}},
		{"largest numbers", "2147483647 1 2147483647:2147483647 / / rw - t s rw", base(func(e *Entry) {
			e.ID, e.Major, e.Minor = 2147483647, 2147483647, 2147483647
		})},
		{"path escapes", `1 1 0:1 /a\040b\011\012\134c#d /x\134040 rw - t s rw`, base(func(e *Entry) {
			e.Root, e.Mountpoint = "/a b\t\n\\c#d", `/x\040`
		})},
		{"name escapes", `1 1 0:1 / / rw - fuse.a\043b C:\134Program\040Files\043 rw`, base(func(e *Entry) {
			e.FSType, e.Source = "fuse.a#b", `C:\Program Files#`
		})},
		{"empty source", "74 25 0:59 / /mnt/tmpfs rw,relatime shared:38 - tmpfs  rw", Entry{
			ID: 74, Parent: 25, Minor: 59, Root: "/", Mountpoint: "/mnt/tmpfs", Options: "rw,relatime",
			Shared: 38, FSType: "tmpfs", SuperOptions: "rw",
		}},
		{"spaces in superblock options", `1 1 0:1 / / rw - t s rw,path=C:\Program Files\Docker,x`, base(func(e *Entry) {
			e.SuperOptions = `rw,path=C:\Program Files\Docker,x`
		})},
		{"namespace file", "1 1 0:4 mnt:[4026532136] /run/ns rw - nsfs nsfs rw", Entry{
			ID: 1, Parent: 1, Minor: 4, Root: "mnt:[4026532136]", Mountpoint: "/run/ns", Options: "rw",
			FSType: "nsfs", Source: "nsfs", SuperOptions: "rw",
		}},
		{"bytes that are no UTF-8", "1 1 0:1 /\xff / rw - t s rw", base(func(e *Entry) { e.Root = "/\xff" })},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseLine(test.line)
			if err != nil {
				t.Fatal(err)
			}
			// == and not Same: these lines are canonical, so none is remembered.
			if got != test.want {
				t.Errorf("got  %#v\nwant %#v", got, test.want)
			}
			if s := got.String(); s != test.line {
				t.Errorf("printed as %s", s)
			}
		})
	}
}

// Lines that no kernel of today prints for their fields come back as they were,
// until a field is changed.
func TestOddLines(t *testing.T) {
	const line = `1 1 0:1 / / rw - t s rw`
	tests := []struct {
		name, line string
		same       string // the canonical line with the same meaning
	}{
		{"needless escape in a path", `1 1 0:1 /\141\303\244 / rw - t s rw`, "1 1 0:1 /aä / rw - t s rw"},
		{"# escaped in a path", `1 1 0:1 / /\043 rw - t s rw`, "1 1 0:1 / /# rw - t s rw"},
		{"# not escaped in a source", "1 1 0:1 / / rw - nfs host:/a#b rw", `1 1 0:1 / / rw - nfs host:/a\043b rw`},
		{"# both ways", `1 1 0:1 / / rw - t #\043 rw`, `1 1 0:1 / / rw - t \043\043 rw`},
		{"tab not escaped", "1 1 0:1 / /a\tb rw - t s rw", `1 1 0:1 / /a\011b rw - t s rw`},
		{"tab both ways", `1 1 0:1 / /` + "\t" + `\011 rw - t s rw`, `1 1 0:1 / /\011\011 rw - t s rw`},
		{"tags in another order", "1 1 0:1 / / rw master:2 shared:1 - t s rw", "1 1 0:1 / / rw shared:1 master:2 - t s rw"},
		{"unknown tag first", "1 1 0:1 / / rw new:1 shared:1 x y master:2 z - t s rw", "1 1 0:1 / / rw shared:1 master:2 new:1 x y z - t s rw"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := ParseLine(test.line)
			if err != nil {
				t.Fatal(err)
			}
			if s := e.String(); s != test.line {
				t.Errorf("printed as %s", s)
			}
			same, err := ParseLine(test.same)
			if err != nil {
				t.Fatal(err)
			}
			if !e.Same(same) {
				t.Errorf("%#v\nis not the same as\n%#v", e, same)
			}
			e.Mountpoint += "/new"
			same.Mountpoint += "/new"
			if got, want := e.String(), same.String(); got != want {
				t.Errorf("after a change\ngot  %s\nwant %s", got, want)
			}
		})
	}
	a, _ := ParseLine(line)
	b, _ := ParseLine(strings.Replace(line, "rw -", "ro -", 1))
	if a.Same(b) {
		t.Error("ro and rw are the same")
	}
}

func TestParseLineErrors(t *testing.T) {
	long := strings.Repeat("x", 100)
	tests := []struct{ line, want string }{
		// Each field: missing, empty, malformed.
		{"", `1:1: field 1 (mount id): want a decimal number from 0 to 2147483647, got an empty field (two spaces in a row, or one at the end?)`},
		{"x 1 0:1 / / rw - t s rw", `1:1: field 1 (mount id): want a decimal number from 0 to 2147483647, got "x"`},
		{"# ns 1", `1:1: field 1 (mount id): want a decimal number from 0 to 2147483647, got "#"`},
		{" 1 1 0:1 / / rw - t s rw", `1:1: field 1 (mount id): want a decimal number from 0 to 2147483647, got an empty field (two spaces in a row, or one at the end?)`},
		{"+1 1 0:1 / / rw - t s rw", `1:1: field 1 (mount id): want a decimal number from 0 to 2147483647, got "+1"`},
		{"01 1 0:1 / / rw - t s rw", `1:1: field 1 (mount id): want a decimal number from 0 to 2147483647, got "01"`},
		{"1", `1:2: field 2 (parent id): want a decimal number from 0 to 2147483647, got the end of the line`},
		{"1 -1 0:1 / / rw - t s rw", `1:3: field 2 (parent id): want a decimal number from 0 to 2147483647, got "-1"`},
		{"1 2147483648 0:1 / / rw - t s rw", `1:3: field 2 (parent id): want a decimal number from 0 to 2147483647, got "2147483648"`},
		{"1 99999999999999999999 0:1 / / rw - t s rw", `1:3: field 2 (parent id): want a decimal number from 0 to 2147483647, got "99999999999999999999"`},
		{"12 1", `1:5: field 3 (major:minor): want two decimal numbers with a colon between, such as 8:1, got the end of the line`},
		{"12 1 8 / / rw - t s rw", `1:6: field 3 (major:minor): want two decimal numbers with a colon between, such as 8:1, got "8"`},
		{"12 1 8: / / rw - t s rw", `1:6: field 3 (major:minor): want two decimal numbers with a colon between, such as 8:1, got "8:"`},
		{"12 1 :8 / / rw - t s rw", `1:6: field 3 (major:minor): want two decimal numbers with a colon between, such as 8:1, got ":8"`},
		{"12 1 8:1:1 / / rw - t s rw", `1:6: field 3 (major:minor): want two decimal numbers with a colon between, such as 8:1, got "8:1:1"`},
		{"1 1 0:1", `1:8: field 4 (root): want the path of the root within its filesystem, got the end of the line`},
		{"1 1 0:1  / rw - t s rw", `1:9: field 4 (root): want the path of the root within its filesystem, got an empty field (two spaces in a row, or one at the end?)`},
		{`1 1 0:1 /a\04 / rw - t s rw`, `1:11: field 4 (root): want an escape of a backslash and three octal digits from \001 to \377, got "\\04"`},
		{"1 1 0:1 /", `1:10: field 5 (mountpoint): want an absolute path, got the end of the line`},
		{"1 1 0:1 / a rw - t s rw", `1:11: field 5 (mountpoint): want an absolute path, got "a"`},
		{`1 1 0:1 / /ab\x20 rw - t s rw`, `1:14: field 5 (mountpoint): want an escape of a backslash and three octal digits from \001 to \377, got "\\x20"`},
		{`1 1 0:1 / /\400 rw - t s rw`, `1:12: field 5 (mountpoint): want an escape of a backslash and three octal digits from \001 to \377, got "\\400"`},
		{`1 1 0:1 / /\080 rw - t s rw`, `1:12: field 5 (mountpoint): want an escape of a backslash and three octal digits from \001 to \377, got "\\080"`},
		{`1 1 0:1 / /\000 rw - t s rw`, `1:12: field 5 (mountpoint): want an escape of a backslash and three octal digits from \001 to \377, got "\\000"`},
		{"1 1 0:1 / /", `1:12: field 6 (mount options): want ro or rw, alone or followed by a comma and more options, got the end of the line`},
		{"1 1 0:1 / / nosuid - t s rw", `1:13: field 6 (mount options): want ro or rw, alone or followed by a comma and more options, got "nosuid"`},
		{"1 1 0:1 / / rwx - t s rw", `1:13: field 6 (mount options): want ro or rw, alone or followed by a comma and more options, got "rwx"`},
		{"1 1 0:1 / / rw  - t s rw", `1:16: field 7 (optional fields): want an optional field such as shared:1, or - to end them, got an empty field (two spaces in a row, or one at the end?)`},
		{"1 1 0:1 / / rw :1 - t s rw", `1:16: field 7 (optional fields): want an optional field such as shared:1, or - to end them, got ":1"`},
		{"1 1 0:1 / / rw shared - t s rw", `1:16: field 7 (optional fields): want shared: and a peer group from 1 to 2147483647, got an empty field (two spaces in a row, or one at the end?)`},
		{"1 1 0:1 / / rw shared:0 - t s rw", `1:16: field 7 (optional fields): want shared: and a peer group from 1 to 2147483647, got "0"`},
		{"1 1 0:1 / / rw shared:1 master:x - t s rw", `1:25: field 7 (optional fields): want master: and a peer group from 1 to 2147483647, got "x"`},
		{"1 1 0:1 / / rw shared:1 shared:1 - t s rw", `1:25: field 7 (optional fields): want shared once, got it a second time`},
		{"1 1 0:1 / / rw unbindable:1 - t s rw", `1:16: field 7 (optional fields): want unbindable without a value, got "unbindable:1"`},
		{"1 1 0:1 / / rw unbindable unbindable - t s rw", `1:27: field 7 (optional fields): want unbindable once, got it a second time`},
		{"1 1 0:1 / / rw", `1:15: field 8 (separator): want - after the optional fields, got the end of the line`},
		{"1 1 0:1 / / rw shared:1 t s rw", `1:31: field 8 (separator): want - after the optional fields, got the end of the line`},
		{"1 1 0:1 / / rw -", `1:17: field 9 (filesystem type): want the type of the filesystem, got the end of the line`},
		{"1 1 0:1 / / rw -  s rw", `1:18: field 9 (filesystem type): want the type of the filesystem, got an empty field (two spaces in a row, or one at the end?)`},
		{`1 1 0:1 / / rw - t\ s rw`, `1:19: field 9 (filesystem type): want an escape of a backslash and three octal digits from \001 to \377, got "\\"`},
		{"1 1 0:1 / / rw - t", `1:19: field 10 (source): want the source (which may be empty), got the end of the line`},
		{`1 1 0:1 / / rw - t C:\ rw`, `1:22: field 10 (source): want an escape of a backslash and three octal digits from \001 to \377, got "\\"`},
		{"1 1 0:1 / / rw - t s", `1:21: field 11 (superblock options): want ro or rw, alone or followed by a comma and more options, got the end of the line`},
		{"1 1 0:1 / / rw - t s ", `1:22: field 11 (superblock options): want ro or rw, alone or followed by a comma and more options, got an empty field (two spaces in a row, or one at the end?)`},
		{"1 1 0:1 / / rw - t  " + long, `1:21: field 11 (superblock options): want ro or rw, alone or followed by a comma and more options, got "` + long[:64] + `"… (100 bytes)`},
		{"1 1 0:1 / / rw - t s rw,a\r", `1:26: field 11 (superblock options): want the end of the line, got a carriage return (a file with Windows' line ends?)`},
		// The whole line.
		{"1 1 0:1 / / rw - t s rw\n", `1:24: want one line of text, got "\n" in it`},
		{"1 1 0:1 /\x00 / rw - t s rw", `1:10: want one line of text, got "\x00" in it`},
		{"1 1 0:1 / / rw - t s rw," + strings.Repeat("a", MaxLine), `1:16777217: want a line of at most 16777216 bytes, got one of 16777240`},
	}
	for _, test := range tests {
		e, err := ParseLine(test.line)
		if err == nil {
			t.Errorf("%.80q: read as %v", test.line, e)
			continue
		}
		if err.Error() != test.want {
			t.Errorf("%.80q\ngot  %s\nwant %s", test.line, err, test.want)
		}
		var at *Error
		if !errors.As(err, &at) || at.Line != 1 || at.Column == 0 {
			t.Errorf("%.80q: no place in %#v", test.line, err)
		}
	}
}

// A line of nothing but unknown optional fields takes time in proportion to its
// length; joining them one by one would take minutes here.
func TestManyUnknownTags(t *testing.T) {
	tags := strings.TrimSpace(strings.Repeat("a ", 1<<20))
	e, err := ParseLine("1 1 0:1 / / rw " + tags + " - t s rw")
	if err != nil {
		t.Fatal(err)
	}
	if e.Unknown != tags {
		t.Errorf("%d bytes of tags, want %d", len(e.Unknown), len(tags))
	}
}

func TestRoot(t *testing.T) {
	tests := []struct {
		root    string
		path    string
		deleted bool
		kind    string
		number  uint64
	}{
		{root: "/", path: "/"},
		{root: "/a", path: "/a"},
		{root: "/a//deleted", path: "/a", deleted: true},
		{root: "/a/deleted", path: "/a/deleted"},
		{root: "mnt:[4026531841]", path: "mnt:[4026531841]", kind: "mnt", number: 4026531841},
		{root: "user:[2]", path: "user:[2]", kind: "user", number: 2},
		{root: "/mnt:[2]", path: "/mnt:[2]"},
		{root: "mnt:[2", path: "mnt:[2"},
		{root: "mnt:[x]", path: "mnt:[x]"},
		{root: ":[2]", path: ":[2]"},
	}
	for _, test := range tests {
		e := Entry{Root: test.root}
		if e.RootPath() != test.path || e.Deleted() != test.deleted {
			t.Errorf("%s: path %s, deleted %t", test.root, e.RootPath(), e.Deleted())
		}
		kind, number, ok := e.NamespaceFile()
		if kind != test.kind || number != test.number || ok != (test.kind != "") {
			t.Errorf("%s: namespace %q %d %t", test.root, kind, number, ok)
		}
	}
}

func TestOptions(t *testing.T) {
	o := Options("ro,nosuid,mode=755")
	for option, want := range map[string]bool{"ro": true, "nosuid": true, "mode=755": true, "rw": false, "suid": false, "mode": false, "": false} {
		if o.Has(option) != want {
			t.Errorf("Has(%q) is %t", option, !want)
		}
	}
	for o, want := range map[Options]bool{"ro": true, "ro,a": true, "rw": false, "rw,ro": false, "root": false, "": false} {
		if o.ReadOnly() != want {
			t.Errorf("ReadOnly of %q is %t", o, !want)
		}
	}
}
