package explore

import (
	"fmt"
	"testing"
)

// A call that is counted as its twin is what it would have been: the report is the
// same where each is made for itself.
func TestTwins(t *testing.T) {
	for _, x := range []struct {
		release, world string
		mounts, depth  int
	}{
		{"7.3", "private", 5, 0}, {"7.3", "shared", 4, 0}, {"6.12.44", "shared", 4, 4}, {"7.0.0", "shared", 4, 5},
		{"7.3", "whole-api", 3, 0}, {"7.3", "two-namespaces", 4, 9}, {"7.0.0", "two-namespaces", 4, 7}, {"7.3", "reveal", 0, 6},
		{"7.3", "by-both", 0, 4}, {"6.12.44", "by-both", 0, 4},
	} {
		t.Run(fmt.Sprintf("%s-%s", x.release, x.world), func(t *testing.T) {
			w, err := Named(x.world)
			switch {
			case x.world == "by-both":
				w = world(t, byBoth)
			case err != nil:
				w = spinWorld(t, x.world)
			}
			o := Options{Semantics: release(t, x.release), Depth: x.depth, Limits: Limits{Mounts: x.mounts}, KeepGoing: true, Strict: true, apart: true}
			want := run(t, w, o)
			o.apart = false
			sameReport(t, "with twins", want, run(t, w, o))
		})
	}
}

// Calls have twins that leave processes alone, and no others.
func TestTwinCalls(t *testing.T) {
	const text = `limit mounts 5
setup
mkdir("/a", 0755)
fork()
calls
[1;2;3] mount("/a", "/a", NULL, MS_BIND, NULL)
[2;3] umount2("/a", 0)
[1;2] chdir("/a")
[1;2] open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE)
[1;2] move_mount(AT_FDCWD, "/a", AT_FDCWD, "/", 0)
[1;2] move_mount(3, "", AT_FDCWD, "/a", MOVE_MOUNT_F_EMPTY_PATH)
[1;2] mount_setattr(AT_FDCWD, "/a", 0, {attr_set=MOUNT_ATTR_IDMAP, attr_clr=0, propagation=0, userns_fd=3}, 32)
`
	want := map[string]string{
		`2 mount("/a", "/a", NULL, MS_BIND, NULL)`:       "1",
		`3 mount("/a", "/a", NULL, MS_BIND, NULL)`:       "1 2",
		`3 umount2("/a", 0)`:                             "2",
		`2 move_mount(AT_FDCWD, "/a", AT_FDCWD, "/", 0)`: "1",
	}
	w := world(t, text)
	twins := twinCalls(w)
	for i := range w.Calls {
		got := ""
		for actor, k := range twins[i] {
			if k < 0 {
				continue
			}
			if w.Calls[k].Actor != actor || w.Calls[k].Call != w.Calls[i].Call {
				t.Errorf("%s has the twin %s", stepText(w.Calls[i]), stepText(w.Calls[k]))
			}
			if got != "" {
				got += " "
			}
			got += fmt.Sprint(actor)
		}
		if text := stepText(w.Calls[i]); got != want[text] {
			t.Errorf("%s has twins by actors %q, want %q", text, got, want[text])
		}
	}
	if twinCalls(world(t, text+"1 umount2(\"/proc/self/cwd/a\", 0)\n")) != nil {
		t.Error("calls have twins although /proc can be a different place for each process")
	}
}
