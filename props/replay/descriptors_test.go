package replay_test

import (
	"context"
	"fmt"
	"testing"
	"testing/fstest"

	"mntcheck/props/replay"
)

// Recordings of the family namespace may leave out the descriptors of detached mounts
// of a namespace's file; those of other families may not, and no recording may leave
// out a descriptor of the namespace.
func TestDescriptorsOfDetachedMounts(t *testing.T) {
	const text = "-- meta --\nkernel 7.0.13\nfamily %s\n-- initial.mountinfo --\n1 1 0:1 / / rw - nullfs nullfs rw\n2 1 0:2 / / rw,relatime - tmpfs none rw\n-- trace --\n" +
		"1 open_tree(AT_FDCWD, \"/\", OPEN_TREE_NAMESPACE) = 3\n1 open_tree(3, \"\", OPEN_TREE_CLONE|AT_EMPTY_PATH) = 4\n" +
		"1 open_tree(AT_FDCWD, \"/\", OPEN_TREE_CLONE) = 5\n" +
		"-- final.mountinfo --\n# ns 1 actors 1\n1 1 0:1 / / rw - nullfs nullfs rw\n2 1 0:2 / / rw,relatime - tmpfs none rw\n" +
		"# ns 2%s\n3 3 0:1 / / rw - nullfs nullfs rw\n4 3 0:2 / / rw,relatime - tmpfs none rw\n-- actors --\n1 ns 1 root 2 / cwd 2 /\n"
	for _, x := range []struct {
		family, descriptors string
		agrees              bool
	}{
		{"namespace", " fds 1:3", true},
		{"namespace", " fds 1:3,1:4", true},
		{"namespace", " fds 1:4", false},
		{"namespace", " fds 1:3,1:4,1:5", false},
		{"namespace", "", false},
		{"nsfs", " fds 1:3,1:4", true},
		{"nsfs", " fds 1:3", false},
	} {
		files := fstest.MapFS{"a.txtar": {Data: []byte(fmt.Sprintf(text, x.family, x.descriptors))}}
		r, err := replay.Run(context.Background(), replay.Options{FS: files})
		if err != nil {
			t.Fatal(err)
		}
		if agrees := r.Agree == 1; agrees != x.agrees {
			t.Errorf("family %s, %q: agrees: %v, want %v: %+v", x.family, x.descriptors, agrees, x.agrees, r.Differences)
		}
	}
}
