package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hostTable is a made-up table of a machine with containers: eleven mounts each,
// the root file systems shared, some data unbindable.
func hostTable(mounts int) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw")
	below := []string{"proc", "sys", "dev", "dev/pts", "dev/shm", "sys/fs/cgroup", "etc/hosts", "etc/resolv.conf", "tmp", "data"}
	id := 28
	for c := 0; id+len(below) < mounts+27; c++ {
		base := id
		fmt.Fprintf(&b, "%d 27 0:%d / /run/c/%d/rootfs rw,relatime shared:%d - overlay overlay rw\n", id, id, c, c+2)
		for i, name := range below {
			parent, tag := base, ""
			switch {
			case strings.HasPrefix(name, "dev/"):
				parent = base + 3
			case strings.HasPrefix(name, "sys/"):
				parent = base + 2
			case name == "data" && c%7 == 0:
				tag = " unbindable"
			}
			id++
			fmt.Fprintf(&b, "%d %d 0:%d / /run/c/%d/rootfs/%s rw,nosuid,nodev%s - tmpfs %s rw\n", id, parent, id, c, name, tag, below[i])
		}
		id++
	}
	return b.Bytes()
}

// explainText runs explain on a table in a file.
func explainText(t testing.TB, file string, args ...string) string {
	t.Helper()
	var out strings.Builder
	s := &session{ctx: context.Background(), stdin: strings.NewReader(""), stdout: bufio.NewWriter(&out), stderr: io.Discard}
	if err := dispatch(s, append([]string{"explain", "--mountinfo", file}, args...)); err != nil {
		t.Fatal(err)
	}
	if err := s.stdout.Flush(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestExplainLargeTable asks about a table of nearly as many mounts as a
// namespace may have. What matters has to be found in what is printed, and it
// has to be short.
func TestExplainLargeTable(t *testing.T) {
	if testing.Short() {
		t.Skip("a table of 99,992 mounts")
	}
	file := filepath.Join(t.TempDir(), "mountinfo")
	table := hostTable(100_000)
	mounts := bytes.Count(table, []byte("\n"))
	if err := os.WriteFile(file, table, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		call string
		want []string
	}{
		{`open_tree(AT_FDCWD, "/run/c/700/rootfs", OPEN_TREE_NAMESPACE|AT_RECURSIVE)`, []string{
			"with 11 mounts", "Copied: 10 mounts at /run/c/700/rootfs", "1  unbindable ",
			fmt.Sprintf("%d,%03d  not below the path", (mounts-12)/1000, (mounts-12)%1000), "would exceed fs.mount-max",
		}},
		{`open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE)`, []string{"with 2 mounts", "below the path, and AT_RECURSIVE was not given"}},
		{`pivot_root("/run/c/7/rootfs/tmp", "/run/c/7/rootfs/tmp/old")`, []string{
			"EINVAL: ", "mount 105 /run/c/7/rootfs", "rule parent-of-new-root-shared",
			`mount(NULL, "/run/c/7/rootfs", NULL, MS_PRIVATE, NULL)`,
		}},
		{`mount(NULL, "/", NULL, MS_REC|MS_SLAVE, NULL)`, []string{
			"Drawn are 64 of 9091 changes; --json has all.", "the same of 9088 more peer groups",
		}},
	} {
		got := explainText(t, file, c.call)
		if lines := strings.Count(got, "\n"); lines > 400 {
			t.Errorf("%s: %d lines, want what a person reads", c.call, lines)
		}
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("%s: want %q in\n%s", c.call, want, got)
			}
		}
	}
}

// BenchmarkExplain is the whole command, from the file to the last line.
func BenchmarkExplain(b *testing.B) {
	for _, mounts := range []int{100, 10_000, 100_000} {
		file := filepath.Join(b.TempDir(), "mountinfo")
		if err := os.WriteFile(file, hostTable(mounts), 0o644); err != nil {
			b.Fatal(err)
		}
		for name, call := range map[string]string{
			"subtree": `open_tree(AT_FDCWD, "/run/c/3/rootfs", OPEN_TREE_NAMESPACE|AT_RECURSIVE)`,
			"root":    `open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE|AT_RECURSIVE)`,
			"pivot":   `pivot_root("/run/c/3/rootfs/tmp", "/run/c/3/rootfs/tmp/old")`,
		} {
			b.Run(fmt.Sprintf("%s/mounts=%d", name, mounts), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					explainText(b, file, call)
				}
			})
		}
	}
}
