package replay

import (
	"slices"
	"strconv"
	"strings"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// leavesOutTrees is the family whose recordings do not list all that the trace format
// has in 'fds': of the descriptors that refer to the file of a mount namespace they
// have those of the namespace, and not those of detached mounts of its file. The same
// calls recorded anew, and the recordings of all other families, list both. So in this
// family a recording lists all of the latter or none.
const leavesOutTrees = "namespace"

// sameTables tells whether the tables that a system shows are those of the recording.
func sameTables(t *trace.Trace, shown string) bool {
	return t.Final.Text == shown || t.Meta.Family() == leavesOutTrees && t.Final.Text == withoutTrees(t, shown)
}

// withoutTrees is the text of tables without the descriptors of detached trees.
func withoutTrees(t *trace.Trace, text string) string {
	trees := treeDescriptors(t)
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		if head, rest, ok := strings.Cut(line, " fds "); ok && strings.HasPrefix(line, "# ns ") {
			end := strings.IndexAny(rest, " \n")
			kept := slices.DeleteFunc(strings.Split(rest[:end], ","), func(fd string) bool { return trees[fd] })
			if len(kept) > 0 {
				head += " fds " + strings.Join(kept, ",")
			}
			lines[i] = head + rest[end:]
		}
	}
	return strings.Join(lines, "")
}

// treeDescriptors are the descriptors, as in 1:3, that are left of those that calls of
// the trace made of a detached tree.
func treeDescriptors(t *trace.Trace) map[string]bool {
	open := openFiles{1: {}}
	for i := range t.Steps {
		open.after(&t.Steps[i], i)
	}
	trees := map[string]bool{}
	for actor, own := range open {
		for fd, made := range own {
			if c := &t.Steps[made].Call; (c.Op == model.OpOpenTree || c.Op == model.OpOpenTreeAttr) && c.Args[2].N&model.OPEN_TREE_CLONE != 0 {
				trees[strconv.Itoa(actor)+":"+strconv.FormatInt(fd, 10)] = true
			}
		}
	}
	return trees
}
