package mountinfo

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
)

// load loads a table that must be fine.
func load(t *testing.T, text string, opt LoadOptions) *Loaded {
	t.Helper()
	table, err := Parse("table", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	l, err := Load(table, opt)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// What a process would read of a table that was loaded is that table.
func TestRoundTrip(t *testing.T) {
	files, err := filepath.Glob("testdata/host-*.mountinfo")
	if err != nil || len(files) < 6 {
		t.Fatalf("want the tables of several hosts in testdata, got %q, %v", files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			l := load(t, string(data), LoadOptions{})
			if got := OfProcess(l.State, 1).String(); got != string(data) {
				t.Errorf("got\n%swant\n%s", got, data)
			}
		})
	}
}

// The table of whatever machine runs this, whoever reads it.
func TestRoundTripSelf(t *testing.T) {
	const self = "/proc/self/mountinfo"
	data, err := os.ReadFile(self)
	if err != nil {
		t.Skip(err)
	}
	table, err := Parse(self, data)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Load(table, LoadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	got := OfProcess(l.State, 1)
	if len(got.Entries) != len(table.Entries) {
		t.Fatalf("got %d mounts, want %d:\n%s", len(got.Entries), len(table.Entries), got)
	}
	for i := range got.Entries {
		if !got.Entries[i].Same(table.Entries[i]) {
			t.Errorf("got  %s\nwant %s", got.Entries[i], table.Entries[i])
		}
	}
}

func TestRoundTripBig(t *testing.T) {
	data := string(bigTable())
	l := load(t, data, LoadOptions{})
	if OfProcess(l.State, 1).String() != data {
		t.Error("a table of 100,000 mounts comes out as another one")
	}
}

// A state that is made by calls, read and loaded, reads the same.
func TestRoundTripModel(t *testing.T) {
	s := model.NewState(model.World{})
	do := func(op model.Op, args ...model.Arg) {
		t.Helper()
		call := model.NewCall(op, args...)
		if r, err := s.Do(1, &call); err != nil || r.Errno != 0 {
			t.Fatalf("%v: %v, %v", call, r, err)
		}
	}
	num, str := model.Num, model.Str
	mode := func(flags int64) {
		do(model.OpMount, model.NULL(), str("/a"), model.NULL(), num(flags), model.NULL())
	}
	do(model.OpMkdir, str("/a"), num(0o755))
	do(model.OpMkdir, str("/b c"), num(0o755))
	do(model.OpMount, str("x#y"), str("/a"), str("tmpfs"), num(model.MS_NOSUID|model.MS_NODIRATIME), model.NULL())
	mode(model.MS_SHARED)
	do(model.OpMkdir, str("/a/d"), num(0o755))
	do(model.OpMount, str("/a"), str("/b c"), model.NULL(), num(model.MS_BIND), model.NULL())
	mode(model.MS_SLAVE)
	mode(model.MS_SHARED)
	do(model.OpMount, str("none"), str("/a/d"), str("proc"), num(model.MS_RDONLY), model.NULL())
	do(model.OpMount, str("/b c/d"), str("/a"), model.NULL(), num(model.MS_BIND), model.NULL())
	do(model.OpUnshare, num(model.CLONE_NEWNS))
	for _, ns := range s.Namespaces() {
		whole := OfNamespace(s, ns).String()
		if got := OfNamespace(load(t, whole, LoadOptions{Whole: true}).State, 1).String(); got != whole {
			t.Errorf("got\n%swant\n%s", got, whole)
		}
		seen := OfProcess(s, 1).String()
		if got := OfProcess(load(t, seen, LoadOptions{}).State, 1).String(); got != seen {
			t.Errorf("got\n%swant\n%s", got, seen)
		}
	}
}

// What is above the process's root is the bottom of the namespace; the process
// stands on the lowest listed mount, except on a nullfs with something on it.
func TestWhereTheProcessStands(t *testing.T) {
	const (
		under = "5 4 0:5 / / rw - tmpfs none rw\n"
		over  = "6 5 0:6 / / rw - tmpfs none rw\n"
		null  = "4 4 0:4 / / rw - nullfs nullfs rw\n"
		below = "6 5 0:6 / /x rw - tmpfs none rw\n"
	)
	for _, c := range []struct {
		name, table string
		opt         LoadOptions
		id, above   int32 // of the mount that is the root, and of its parent
		read        string
	}{
		{"a root", under, LoadOptions{}, 5, 4, under},
		{"a covered root", under + over, LoadOptions{}, 5, 4, under + over},
		{"a covered root, as a whole", under + over, LoadOptions{Whole: true}, 6, 5, over},
		{"an empty namespace", null, LoadOptions{}, 4, 0, null},
		{"a whole namespace", null + under + over, LoadOptions{}, 6, 5, over},
		{"a directory", below, LoadOptions{}, 5, 1, below},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := load(t, c.table, c.opt).State
			root := s.FSs[s.Procs[1].FS].Root.M
			if id := s.Mounts[root].ID; id != c.id {
				t.Errorf("the root is mount %d, want %d", id, c.id)
			}
			if id := s.Mounts[s.Mounts[root].Parent].ID; id != c.above {
				t.Errorf("the parent of the root is mount %d, want %d", id, c.above)
			}
			if got := OfProcess(s, 1).String(); got != c.read {
				t.Errorf("it reads\n%swant\n%s", got, c.read)
			}
		})
	}
}

// Tables that no kernel shows are refused, with the line and what is wrong.
func TestLoadRefuses(t *testing.T) {
	const root = "1 0 8:1 / / rw shared:1 - ext4 /dev/sda1 rw\n"
	for _, c := range []struct{ name, table, want string }{
		{"nothing", "", "table: want at least one mount, got none"},
		{"two roots", root + "2 7 0:5 / /x rw - tmpfs none rw\n", "table:2: field 2 (parent id): want one mount above all others, got parent 7 here and parent 0 on line 1"},
		{"no path to the root", "4 4 0:5 / /x rw - tmpfs none rw\n", "table:1: field 5 (mountpoint): want / for a mount without a parent"},
		{"not below its parent", root + "2 1 0:5 / /x rw - tmpfs none rw\n3 2 0:6 / /y/z rw - tmpfs none rw\n", "table:3: field 5 (mountpoint): want a path in /x, which its parent, mount 2, is mounted on"},
		{"a longer name", root + "2 1 0:5 / /x rw - tmpfs none rw\n3 2 0:6 / /xy rw - tmpfs none rw\n", "table:3: field 5 (mountpoint): want a path in /x"},
		{"below a file", root + "2 1 0:4 net:[4] /x rw - nsfs nsfs rw\n3 2 0:6 / /x/y rw - tmpfs none rw\n", "table:3: field 5 (mountpoint): want /x itself"},
		{"one place twice", root + "2 1 0:5 / /x rw - tmpfs none rw\n3 1 0:6 / /x rw - tmpfs none rw\n", "table:3: mount 3 is at the same place of mount 1 as mount 2"},
		{"a directory on a file", root + "2 1 0:4 net:[4] /x rw - nsfs nsfs rw\n3 2 0:6 / /x rw - tmpfs none rw\n", "table:3: mount 3 has a root that is a directory on a mountpoint that is a file"},
		{"ro in one place", root + "2 1 8:1 / /x rw - ext4 /dev/sda1 ro\n", "table:2: field 11 (superblock options): want what mount 1 on line 1 says of the same filesystem, 8:1"},
		{"peers of two filesystems", root + "2 1 0:5 / /x rw shared:1 - tmpfs none rw\n", "table:1: mount 1 and mount 2 are peers, shared:1, of different filesystems"},
		{"slaves of two filesystems", root + "2 1 0:5 / /x rw master:9 - tmpfs none rw\n3 1 0:6 / /y rw master:9 - tmpfs none rw\n", "table:3: field 7 (optional fields): want one filesystem for all that have master:9, got 0:6 here and 0:5 on line 2"},
		{"a visible master", root + "2 1 8:1 / /x rw master:1 propagate_from:1 - ext4 /dev/sda1 rw\n", "table:2: field 7 (optional fields): want propagate_from only next to a master that no listed mount is in, got master:1 propagate_from:1"},
		{"from nowhere", root + "2 1 8:1 / /x rw master:3 propagate_from:4 - ext4 /dev/sda1 rw\n", "table:2: field 7 (optional fields): want propagate_from:N with a group that a listed mount is in"},
		{"from two groups", root + "2 1 8:1 / /x rw master:3 propagate_from:1 - ext4 /dev/sda1 rw\n3 1 8:1 / /y rw master:3 - ext4 /dev/sda1 rw\n", "table:3: field 7 (optional fields): want the same propagate_from for all that have master:3, got master:3 here and master:3 propagate_from:1 on line 2"},
		{"masters in a circle", root + "2 1 8:1 / /x rw shared:2 master:3 - ext4 /dev/sda1 rw\n3 1 8:1 / /y rw shared:3 master:2 - ext4 /dev/sda1 rw\n", "receives from itself"},
		{"a number too large", "1 0 8:1 / / rw shared:99999999999 - ext4 /dev/sda1 rw\n", "table:1:16: field 7 (optional fields)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			table, err := Parse("table", []byte(c.table))
			if err == nil {
				_, err = Load(table, LoadOptions{})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
			var at *Error
			if err != nil && !errors.As(err, &at) {
				t.Errorf("%T is no *Error", err)
			}
		})
	}
}

// Files are told from directories by what is known of what they are mounted on.
func TestFilesAndDirectories(t *testing.T) {
	const table = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n" +
		"2 1 8:1 /lib/hosts /etc/hosts rw - ext4 /dev/sda1 rw\n" + // IsDir: a file
		"3 1 8:1 /lib/hosts /srv/other rw - ext4 /dev/sda1 rw\n" + // the same root
		"4 1 8:1 /lib/dir /etc/dir rw - ext4 /dev/sda1 rw\n" + // IsDir: a directory
		"5 1 0:4 net:[4026532301] /run/net rw - nsfs nsfs rw\n" + // a file anyway
		"6 1 8:1 /lib/covered /srv/covered rw - ext4 /dev/sda1 rw\n" + // nobody can look there
		"7 6 0:9 / /srv/covered rw - tmpfs none rw\n"
	asked := map[string]bool{}
	l := load(t, table, LoadOptions{IsDir: func(path string) (dir, known bool) {
		asked[path] = true
		return path == "/etc/dir", path != "/srv/other"
	}})
	for path, want := range map[string]bool{
		"/etc/hosts": false, "/srv/other": false, "/lib/hosts": false, "/etc/dir": true, "/run/net": false, "/srv/covered": true,
	} {
		at, r := l.State.Resolve(1, model.AT_FDCWD, model.Str(path), model.ResolveFollow)
		if r.Refused() || l.State.IsDir(at.D) != want {
			t.Errorf("%s: a directory: %v, want %v (%s)", path, !want, want, l.State.Sentence(r))
		}
	}
	if asked["/srv/covered"] || asked["/run/net"] || asked["/"] {
		t.Errorf("asked for %v: for nothing", asked)
	}
}

// Learn follows the machine's symlinks, so that a call does.
func TestLearn(t *testing.T) {
	const table = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:5 / /run rw - tmpfs none rw\n"
	l := load(t, table, LoadOptions{
		Readlink: func(path string) (string, bool) {
			target, known := map[string]string{"/var/run": "../run", "/loop": "/loop", "/abs": "/var/run/x"}[path]
			return target, known
		},
		IsDir: func(path string) (dir, known bool) { return path != "/run/file", !strings.HasSuffix(path, "unknown") },
	})
	for _, c := range []struct{ path, want string }{
		{"/var/run/x", "/run/x"}, {"/abs/../y", "/run/y"}, {"/var/./run/file", "/run/file"}, {"/var/unknown/z", "/var/unknown/z"},
	} {
		l.Learn(c.path)
		at, r := l.State.Resolve(1, model.AT_FDCWD, model.Str(c.path), model.ResolveFollow)
		if got := l.State.LocPath(at); r.Refused() || got != c.want {
			t.Errorf("%s is %s, want %s (%s)", c.path, got, c.want, l.State.Sentence(r))
		}
		if c.path == "/var/./run/file" && l.State.IsDir(at.D) {
			t.Error("/run/file is a directory")
		}
	}
	l.Learn("/loop/x")
	if _, r := l.State.Resolve(1, model.AT_FDCWD, model.Str("/loop/x"), model.ResolveFollow); r.Rule != model.RuleTooManyLinks {
		t.Errorf("/loop/x: %s", l.State.Sentence(r))
	}
}
