package mountinfo

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// host is a table with what makes rendering hard: a second root, a bind mount of a
// part of a filesystem, a removed root, mounts on top of each other, a pinned
// namespace, a read-only superblock, a mountpoint full of control characters.
const host = `1 1 0:1 / / rw - rootfs rootfs ro
2 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard
3 2 0:21 / /proc rw,nosuid shared:2 - proc proc rw
4 2 0:22 / /run rw shared:3 - tmpfs tmpfs rw,size=1k
5 4 0:4 mnt:[4026532136] /run/ns/x rw - nsfs nsfs rw
6 2 254:0 /srv/data /mnt ro,relatime shared:1 - ext4 /dev/vda rw,discard
7 6 0:23 / /mnt rw master:3 propagate_from:1 - tmpfs  rw
8 7 0:24 /gone//deleted /mnt/a\040b rw unbindable - overlay overlay rw,lowerdir=/x
9 2 0:25 / /\033[2J\012\303\244\377\134 rw shared:4 new:1 more - tmpfs none ro
20 19 0:30 / /elsewhere rw - fuse.sshfs me@host: rw
`

func TestRender(t *testing.T) {
	signs := func(i int) Mark {
		switch i {
		case 3:
			return Mark{Sign: "~", Note: "now shared"}
		case 6:
			return Mark{Sign: "+"}
		case 8:
			return Mark{Sign: "-", Note: "covered"}
		}
		return Mark{}
	}
	// only folds all but some entries.
	only := func(shown ...int) func(int) Mark {
		return func(i int) Mark { return Mark{Fold: !slices.Contains(shown, i)} }
	}
	stack := "1 1 0:1 / / rw - t s rw\n"
	for i := 2; i <= MaxIndent+4; i++ {
		stack += fmt.Sprintf("%d %d 0:1 / / rw - t s rw\n", i, i-1)
	}
	tests := []struct {
		name, text string
		opts       RenderOptions
	}{
		{"all", host, RenderOptions{}},
		{"marks", host, RenderOptions{Mark: signs}},
		{"columns", host, RenderOptions{Columns: []Column{ID, ParentID, Device, Target, SuperFlags}}},
		{"no-header", host, RenderOptions{NoHeader: true, Columns: []Column{Target}}},
		{"fold", host, RenderOptions{Mark: only(1, 7)}},
		{"fold-last-child", host, RenderOptions{Mark: only(0, 1, 2, 3, 4, 5, 6, 8, 9)}},
		{"fold-all", host, RenderOptions{Mark: only()}},
		{"fold-columns", host, RenderOptions{Mark: only(1, 7), Columns: []Column{ID, Target, FSType}}},
		{"fold-no-target", host, RenderOptions{Mark: only(1, 7), Columns: []Column{ID, FSType}}},
		{"deep", stack, RenderOptions{Columns: []Column{Target, ID}}},
		{"empty", "", RenderOptions{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			table, err := Parse("f", []byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			if err := Render(&b, table, test.opts); err != nil {
				t.Fatal(err)
			}
			golden(t, "testdata/render-"+test.name+".txt", b.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatalf("%v (-update writes it)", err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for _, line := range strings.Split(got, "\n") {
		if strings.TrimRight(line, " ") != line {
			t.Errorf("blanks at the end of %q", line)
		}
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestRenderErrors(t *testing.T) {
	table, err := Parse("f", []byte(host))
	if err != nil {
		t.Fatal(err)
	}
	if err := Render(brokenWriter{}, table, RenderOptions{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	circle := Table{Entries: []Entry{{ID: 1, Parent: 2}, {ID: 2, Parent: 1}}}
	var at *Error
	if err := Render(brokenWriter{}, &circle, RenderOptions{}); !errors.As(err, &at) {
		t.Errorf("got %v, want an *Error", err)
	}
}

func TestTree(t *testing.T) {
	table, err := Parse("f", []byte(host))
	if err != nil {
		t.Fatal(err)
	}
	tree, err := NewTree(table)
	if err != nil {
		t.Fatal(err)
	}
	if got := tree.Roots(); !slices.Equal(got, []int{0, 9}) {
		t.Errorf("roots %v", got)
	}
	want := map[int][]int{0: {1}, 1: {2, 3, 5, 8}, 3: {4}, 5: {6}, 6: {7}}
	for i := range table.Entries {
		if got := tree.Children(i); !slices.Equal(got, want[i]) {
			t.Errorf("children of %d: %v, want %v", i, got, want[i])
		}
		for _, k := range tree.Children(i) {
			if tree.Parent(k) != i {
				t.Errorf("parent of %d: %d, want %d", k, tree.Parent(k), i)
			}
		}
	}
	if tree.Parent(0) != -1 || tree.Parent(9) != -1 {
		t.Errorf("parents of roots: %d, %d", tree.Parent(0), tree.Parent(9))
	}
}
