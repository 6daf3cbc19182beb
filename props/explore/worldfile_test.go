package explore

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"mntcheck/model/trace"
)

func TestParseWorld(t *testing.T) {
	w := world(t, `# Two lines
# about the world.
world two

release 7.2.12
mount-max 50
depth 4
limit mounts 5
limit users 1,000
interchangeable a b
sometimes shared
states 1,234
list dirs = "/a"; "/b"
list places = [dirs]; "/"
setup
open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE)
close($1)
calls
# a comment that is not about the world
	[1;2] mount([dirs], [places], NULL, MS_BIND[;|MS_REC], NULL)
	umount2("/a", 0)
`)
	if w.Name != "two" || w.Doc != "Two lines\nabout the world." || w.Semantics.Release != "7.2.11" || w.MountMax != 50 ||
		w.Depth != 4 || w.Limits != (Limits{Mounts: 5, Users: 1000}) || len(w.Interchangeable) != 1 || len(w.Sometimes) != 1 ||
		w.States != 1234 || len(w.Setup) != 2 {
		t.Errorf("%+v", w)
	}
	if len(w.Calls) != 2*2*3*2+1 {
		t.Errorf("%d calls, want 25", len(w.Calls))
	}
	for i, want := range []string{
		0: `1 mount("/a", "/a", NULL, MS_BIND, NULL)`, 1: `1 mount("/a", "/a", NULL, MS_BIND|MS_REC, NULL)`,
		2: `1 mount("/a", "/b", NULL, MS_BIND, NULL)`, 5: `1 mount("/a", "/", NULL, MS_BIND|MS_REC, NULL)`,
		12: `2 mount("/a", "/a", NULL, MS_BIND, NULL)`, 24: `1 umount2("/a", 0)`,
	} {
		if want != "" && stepText(w.Calls[i]) != want {
			t.Errorf("call %d is %s, want %s", i, stepText(w.Calls[i]), want)
		}
	}
}

func TestParseWorldErrors(t *testing.T) {
	for _, x := range []struct {
		text         string
		line, column int
		want         string
	}{
		{"", 0, 0, "no calls"},
		{"depth 3\nmount(NULL)\n", 2, 1, "no word of a world file"},
		{"  depth x\n", 1, 9, "want a number"},
		{"limit mounts 0\n", 1, 14, "want a number"},
		{"limit houses 2\n", 1, 7, "cannot be limited"},
		{"release 1.0\n", 1, 9, "no semantics known"},
		{"world a b\n", 1, 7, "want: world NAME"},
		{"depth\t0\n", 1, 7, "want a number from 1 to 2147483647"},
		{"depth 1,,0\n", 1, 7, "want a number"},
		{"depth +5\n", 1, 7, "want a number"},
		{"mount-max 4294967297\n", 1, 11, "want a number from 1 to 2147483647"},
		{"release 7.3 7.2\n", 1, 13, `"7.2" behind the release 7.3`},
		{"world a\n world b\n", 2, 2, "world is said twice: first in line 1"},
		{"release 7.3\nrelease 7.3\n", 2, 1, "release is said twice"},
		{"depth 2\ndepth 3\n", 2, 1, "depth is said twice"},
		{"limit mounts 2\nlimit users 1\nlimit mounts 3\n", 3, 1, "limit mounts is said twice: first in line 1"},
		{"sometimes shared\nsometimes shared\n", 2, 1, "sometimes shared is said twice"},
		{"calls\n chdir(\"/\") = 0\n", 2, 2, "have no answer"},
		{"interchangeable a\n", 1, 17, "two names"},
		{"sometimes rainy\n", 1, 11, "no kind of state"},
		{"list = 1\n", 1, 6, "want: list"},
		{"list a = 1\nlist a = 2\n", 2, 6, "already"},
		{"list a = [b]\n", 1, 10, "neither a list"},
		{"list a = 1;  2; x[b]\n", 1, 18, "neither a list"},
		{"setup mkdir\n", 1, 7, "lines of their own"},
		{"setup\n\nmkdir(\"/a\")\ncalls\nchdir(\"/\")\n", 3, 11, "mkdir"},
		{"setup\n\n \t mkdir(\"/a\")\ncalls\nchdir(\"/\")\n", 3, 14, "mkdir"},
		{"setup\n# one\n chdir(\"/\") = 0\ncalls\nchdir(\"/\")\n", 3, 2, "no answers"},
		{"interchangeable a a\n", 1, 17, "interchangeable a is said twice"},
		{"interchangeable a b\ninterchangeable c b\n", 2, 17, "interchangeable b is said twice: first in line 1"},
		{"interchangeable a b/c\n", 1, 17, "no name"},
		{"calls\n  chdir([a;b)\n", 2, 9, "without its ]"},
		{"calls\nchdir(a])\n", 2, 8, "without a ["},
		{"calls\nchdir([\"/\";[\"/a\"]])\n", 2, 7, "in one another"},
		{"calls\nchdir([dirs])\n", 2, 7, "neither a list"},
		{"calls\n chdir(\"/\", 1)\n", 2, 11, "chdir"},
		{"calls\nchdir([\"/\";1])\n", 2, 1, "chdir(1): column 7"},
		{"calls\nfchdir($1)\n", 2, 1, "say the descriptor's number"},
		{"calls\n0 chdir(\"/\")\n", 2, 1, "actor"},
	} {
		_, err := ParseWorld("w", []byte(x.text))
		var at *trace.Error
		if !errors.As(err, &at) {
			t.Errorf("%q: %v, want an error with its place", x.text, err)
			continue
		}
		if at.File != "w" || at.Line != x.line || at.Column != x.column || !strings.Contains(at.Msg, x.want) {
			t.Errorf("%q: %v, want %d:%d: …%s…", x.text, err, x.line, x.column, x.want)
		}
	}
}

func TestTooManyCalls(t *testing.T) {
	list := "list n = 0" + strings.Repeat("; 0", 299) + "\n"
	if _, err := ParseWorld("w", []byte(list+"calls\nfchroot([n], [n])\n")); err == nil || !strings.Contains(err.Error(), "more than 65536") {
		t.Errorf("%v", err)
	}
	text := fmt.Sprintf("%scalls\n%s", list, strings.Repeat("fchdir([n])\n", 300))
	if _, err := ParseWorld("w", []byte(text)); err == nil || !strings.Contains(err.Error(), "are the most") {
		t.Errorf("%v", err)
	}
}

// A short file does not stand for more than there is memory.
func TestListsOfLists(t *testing.T) {
	long, many := "list a0 = 0123456789\n", "list a0 = 0; 1; 2; 3; 4; 5; 6; 7\n"
	for i := range 40 {
		long += fmt.Sprintf("list a%d = [a%d][a%[2]d]\n", i+1, i)
		many += fmt.Sprintf("list a%d = [a%d]; [a%[2]d]\n", i+1, i)
	}
	for _, x := range []struct {
		text   string
		column int
		want   string
	}{{long, 16, "more than 64 MiB"}, {many, 6, "more than 65536 elements"}} {
		_, err := ParseWorld("w", []byte(x.text+"calls\nchdir(\"[a40]\")\n"))
		var at *trace.Error
		if !errors.As(err, &at) || at.Column < x.column || at.Column > x.column+7 || !strings.Contains(at.Msg, x.want) {
			t.Errorf("%v, want column %d: …%s…", err, x.column, x.want)
		}
	}
}

func TestWorldThatCannotBegin(t *testing.T) {
	for _, x := range []struct{ text, want string }{
		{"setup\nchdir(\"/none\")\ncalls\nchdir(\"/\")\n", "step 1, chdir"},
		{"limit mounts 1\ncalls\nchdir(\"/\")\n", "beyond the limit of mounts, 1"},
		{"setup\n7 chdir(\"/\")\ncalls\nchdir(\"/\")\n", "actor 7"},
	} {
		_, err := Run(t.Context(), world(t, x.text), Options{})
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%q: %v, want %q", x.text, err, x.want)
		}
	}
}

func FuzzParseWorld(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("calls\nchdir([\"/\";[\"/a\"]])\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		w, err := ParseWorld("w", data)
		if (w == nil) == (err == nil) {
			t.Errorf("%v, %v", w, err)
		}
	})
}
