package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"mntcheck/model"
)

// FuzzExplain asks about any call on any table. The first line of the input is
// the call, the rest is the table. Bad input has to be refused, not more.
func FuzzExplain(f *testing.F) {
	table := string(hostTable(30))
	for _, call := range []string{
		`open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE|AT_RECURSIVE)`,
		`open_tree(AT_FDCWD, "/run/c/0/rootfs", OPEN_TREE_NAMESPACE)`,
		`open_tree(AT_FDCWD, "/a/name/of/no/mount", OPEN_TREE_NAMESPACE)`,
		`pivot_root("/run/c/0/rootfs/tmp", "/run/c/0/rootfs/tmp/old")`,
		`mount("/run/c/0/rootfs", "/run/c/1/rootfs", NULL, MS_BIND|MS_REC, NULL)`,
		`umount2("/run/c/0/rootfs", MNT_DETACH)`,
		`unshare(CLONE_NEWUSER|CLONE_NEWNS)`,
		`mount_setattr(AT_FDCWD, "/", AT_RECURSIVE, {attr_set=MOUNT_ATTR_RDONLY, propagation=MS_SHARED}, 32)`,
	} {
		f.Add([]byte(call + "\n" + table))
	}
	f.Add([]byte("chdir(\"/\")\n1 1 0:1 / / rw - nullfs nullfs rw\n3 1 0:4 mnt:[4] / rw shared:1 master:7 unbindable - nsfs nsfs rw\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		call, table, _ := bytes.Cut(data, []byte("\n"))
		if len(data) > 1<<16 {
			t.Skip("long inputs find nothing that short ones do not")
		}
		c := explainCommand{Mountinfo: "-", Calls: []string{string(call)}}
		c.Release = model.DefaultRelease
		quietly(t, table, false, &c)
		quietly(t, table, true, &c)
		c.UserNS = true
		quietly(t, table, false, &c)
	})
}

// FuzzRun runs any program.
func FuzzRun(f *testing.F) {
	f.Add([]byte(greedyProgram))
	f.Add([]byte("-- trace --\n1 mkdir(\"/a\", 0755) = 0\n2 fork() = 2\n"))
	f.Add([]byte("unshare(CLONE_NEWUSER)\nopen_tree(AT_FDCWD, \"/\", OPEN_TREE_NAMESPACE)\nsetns($2, CLONE_NEWNS)\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c := runCommand{File: "-"}
		c.Release = model.DefaultRelease
		quietly(t, data, false, &c)
	})
}

// quietly runs a command; what matters is that it ends.
func quietly(t *testing.T, stdin []byte, json bool, c interface{ Run(*session) error }) {
	s := &session{ctx: context.Background(), stdin: bytes.NewReader(stdin), stdout: bufio.NewWriter(io.Discard), stderr: io.Discard, json: json}
	if err := c.Run(s); err != nil && strings.TrimSpace(err.Error()) == "" {
		t.Error("an error without words")
	}
}
