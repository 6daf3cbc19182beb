package explore

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"mntcheck/model/trace"
)

// parseLike reads a world where others have names.
func parseLike(text string) (*World, error) {
	files := map[string]string{
		"base": "# The base.\nworld base\nstates 7\nrelease 7.2\nmount-max 9\ndepth 3\nlimit mounts 4\nlimit users 2\n" +
			"interchangeable a b\nsometimes shared\nlist dirs = \"/a\"; \"/b\"\nlist more = \"/c\"\n" +
			"setup\nmkdir(\"/a\", 0755)\nmkdir(\"/b\", 0755)\ncalls\nchdir([dirs])\n",
		"middle": "world middle\nlike base\nlimit users 3\n",
		"one":    "world one\nlike two\n",
		"two":    "like one\n",
		"broken": "world broken\ndepth x\n",
	}
	p, err := parseWorld("w", []byte(text), func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, fmt.Errorf("no world is called %q", name)
	}, nil)
	if err != nil {
		return nil, err
	}
	return p.w, nil
}

func TestLike(t *testing.T) {
	const base = ` 9 {Mounts:4 Namespaces:0 Users:2 Actors:0 Descriptors:0 Filesystems:0} 3 [["a" "b"]] ["shared"] ` +
		`["1 mkdir(\"/a\", 0755)" "1 mkdir(\"/b\", 0755)"] ["1 chdir(\"/a\")" "1 chdir(\"/b\")"] `
	for _, x := range []struct {
		text   string
		change []string // old and new
		states int
	}{
		{"like base\n", nil, 0},
		{"# Mine.\nworld mine\n\n# And more.\nlike\tbase\nstates 8\n", []string{`w "" `, `mine "Mine." `}, 8},
		{"like middle\nlimit mounts 5\ndepth 4\nmount-max 8\nrelease 7.0.0\n", []string{
			"Mounts:4", "Mounts:5", "Users:2", "Users:3", "} 3", "} 4", " 9 {", " 8 {", "7.2.13", "7.0.0",
		}, 0},
		{"like base\nsometimes slave\nsometimes shared\ninterchangeable c d\ninterchangeable e f\n", []string{
			`["shared"]`, `["slave" "shared"]`, `[["a" "b"]]`, `[["c" "d"] ["e" "f"]]`,
		}, 0},
		{"like base\nsetup\nchdir(\"/\")\nsetup\nmkdir(\"/a\", 0755)\n", []string{
			`["1 mkdir(\"/a\", 0755)" "1 mkdir(\"/b\", 0755)"]`, `["1 chdir(\"/\")" "1 mkdir(\"/a\", 0755)"]`,
		}, 0},
		{"like base\nsetup\n", []string{`["1 mkdir(\"/a\", 0755)" "1 mkdir(\"/b\", 0755)"]`, `[]`}, 0},
		{"like base\nlist dirs = \"/\"\n", nil, 0}, // its calls are made already
		{"like base\nlist dirs = \"/\"\ncalls\nchdir([dirs])\nchdir([more])\n", []string{
			`["1 chdir(\"/a\")" "1 chdir(\"/b\")"]`, `["1 chdir(\"/\")" "1 chdir(\"/c\")"]`,
		}, 0},
	} {
		w, err := parseLike(x.text)
		if err != nil {
			t.Errorf("%q: %v", x.text, err)
			continue
		}
		want := strings.NewReplacer(x.change...).Replace(`w ""` + base + fmt.Sprint(x.states) + "7.2.13")
		if got := worldText(w); got != want {
			t.Errorf("%q is\n%s, want\n%s", x.text, got, want)
		}
	}
}

func TestLikeErrors(t *testing.T) {
	for _, x := range []struct {
		text, file   string
		line, column int
		want         string
	}{
		{"like  nothing\n", "w", 1, 7, `no world is called "nothing"`},
		{"like\n", "w", 1, 5, "want: like NAME"},
		{"like base middle\n", "w", 1, 6, "want: like NAME"},
		{"like base\n like base\n", "w", 2, 2, "like is said twice: first in line 1"},
		{"world mine\ndepth 3\n  like base\n", "w", 3, 3, "too late"},
		{"calls\nchdir(\"/\")\nlike base\n", "w", 3, 1, "too late"},
		{"world base\nlike base\n", "w", 2, 6, "cannot be like itself"},
		{"like base\nworld base\n", "w", 2, 7, "cannot be like itself"},
		{"like one\n", "two.world", 1, 6, "in a circle: one is like two is like one"},
		{"like broken\n", "broken.world", 2, 7, "want a number"},
		{"like base\ncalls\n", "w", 0, 0, "no calls"},
		{"like base\nsometimes slave\nsometimes slave\n", "w", 3, 1, "sometimes slave is said twice"},
		{"like base\nlist dirs = 1\nlist dirs = 2\n", "w", 3, 6, "already, in line 2"},
		{"like base\ndepth 2\ndepth 3\n", "w", 3, 1, "depth is said twice"},
	} {
		_, err := parseLike(x.text)
		var at *trace.Error
		if !errors.As(err, &at) || at.File != x.file || at.Line != x.line || at.Column != x.column || !strings.Contains(at.Msg, x.want) {
			t.Errorf("%q: %v, want %s:%d:%d: …%s…", x.text, err, x.file, x.line, x.column, x.want)
		}
	}
}
