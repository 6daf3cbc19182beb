package conform

import (
	"context"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

func TestScope(t *testing.T) {
	for _, test := range []struct{ setup, call, want string }{
		{"", `mkdir("/proc/self/root/a", 0755)`, `mkdir("/nope/self/root/a", 0755)`},
		{"", `mkdir("/a", 0755)`, `mkdir("/a", 0755)`},
		{"", `close(0)`, `close(1000)`},
		{"", `open_tree(2, "", AT_EMPTY_PATH)`, `open_tree(1002, "", AT_EMPTY_PATH)`},
		{"", `open_tree(AT_FDCWD, "/", 0)`, `open_tree(AT_FDCWD, "/", 0)`},
		{"", `mknod("/a", 010644, 0)`, `mknod("/a", S_IFREG|0644, 0)`},
		{"", `mknod("/a", 0644, 0)`, `mknod("/a", 0644, 0)`},
		{"", `open("/", O_RDONLY|0x4040)`, `open("/", O_RDONLY)`},
		{"", `mount("none", "/", "tmpfs", 0, "size=1")`, `mount("none", "/", "tmpfs", 0, NULL)`},
		{"", `mount(NULL, "/", NULL, MS_REMOUNT, "size=1")`, `mount(NULL, "/", NULL, MS_REMOUNT, NULL)`},
		{"", `mount(NULL, "/", NULL, MS_REMOUNT|MS_BIND, "x")`, `mount(NULL, "/", NULL, MS_REMOUNT|MS_BIND, "x")`},
		{"", `mount("/", "/", NULL, MS_BIND, "x")`, `mount("/", "/", NULL, MS_BIND, "x")`},
		{"", `mount("none", "/", "tmpfs", 0, "ro,size=1m")`, `mount("none", "/", "tmpfs", 0, "ro,size=1m")`},
		{"", `fsconfig(3, FSCONFIG_SET_FLAG, "nope", NULL, 0)`, `fsconfig(3, FSCONFIG_SET_FLAG, "nope", NULL, 0)`},
		{"", `fsconfig(3, FSCONFIG_SET_STRING, "size", "1", 0)`, `fsconfig(3, FSCONFIG_SET_STRING, "ro", "1", 0)`},
		{"", `fsconfig(3, FSCONFIG_SET_BINARY, "source", "x", 1)`, `fsconfig(3, FSCONFIG_SET_STRING, "source", "x", 1)`},
		{"", `clone(CLONE_FILES|CLONE_NEWNS|0x2d)`, `clone(SIGCHLD|CLONE_NEWNS)`},
		{"", `umount2("/", MNT_EXPIRE)`, `umount2("/", MNT_EXPIRE)`},
		{"mount(\"none\", \"/\", \"tmpfs\", 0, NULL)\numount2(\"/\", MNT_EXPIRE)\n", `umount2("/", MNT_EXPIRE)`, `umount2("/", MNT_EXPIRE)`},
		{"mount(\"none\", \"/\", \"tmpfs\", 0, NULL)\numount2(\"/\", MNT_EXPIRE)\nchdir(\"..\")\n", `umount2("/", MNT_EXPIRE)`, `umount2("/", 0)`},
		{"", `setns(3, CLONE_NEWNS|CLONE_NEWNET)`, `setns(3, CLONE_NEWNS)`},
		{"", `exit_group(0)`, `exit_group(0)`},
		{"unshare(CLONE_NEWPID)\n", `exit_group(0)`, `chdir(".")`},
		{"mount(\"none\", \"/\", \"sysfs\", 0, NULL)\nchroot(\"/..\")\n", `mkdir("a", 0755)`, `mkdir("a", 0755)`},
		{"mount(\"none\", \"/\", \"sysfs\", 0, NULL)\nchroot(\"/..\")\n", `mkdir("/a", 0755)`, `mkdir(NULL, 0755)`},
		{"mkdir(\"/b\", 0755)\nmount(\"none\", \"/b\", \"proc\", 0, NULL)\n", `rename("/x", "b/a/")`, `rename("/x", NULL)`},
	} {
		program, err := trace.ParseProgram("test", []byte(test.setup+test.call))
		if err != nil {
			t.Fatal(err)
		}
		steps := program.Program()
		s := model.NewState(model.World{})
		var within scope
		for i := range steps {
			if within.keep(s, 1, &steps[i].Call); i == len(steps)-1 {
				break
			}
			if r, err := s.Do(1, &steps[i].Call); err != nil || r.Errno != 0 && r.Errno != model.EAGAIN {
				t.Fatalf("%s: %v %v", steps[i].Call, r, err)
			}
		}
		if got := steps[len(steps)-1].Call.String(); got != test.want {
			t.Errorf("%s%s became %s, want %s", test.setup, test.call, got, test.want)
		}
	}
}

// What is drawn is within the scope, so that the shrinker may hold what it makes
// against the same.
func TestDrawnIsInScope(t *testing.T) {
	sem, err := model.ForRelease(model.DefaultRelease)
	if err != nil {
		t.Fatal(err)
	}
	d := caseDrawer{seed: 5, sem: sem, families: families, drawer: draw.NewDrawer(), mountMax: true}
	calls := 0
	for i := range uint64(300) {
		c, err := d.draw(context.Background(), i)
		if err != nil {
			t.Fatal(err)
		}
		x, err := expect(context.Background(), c.world, c.program)
		if err != nil {
			t.Fatal(err)
		}
		if x.outside {
			t.Errorf("case %d is out of scope:\n%s", i, c.program)
		}
		rec := system.Recording{Answers: x.answers, Views: x.views}
		if m, seen := c.compare(c.program, &rec); m != nil || seen != len(c.program) {
			t.Errorf("case %d: made again, it differs at call %d:\n%s", i, seen+1, c.program)
		}
		calls += len(c.program)
	}
	if calls < 300*20 || calls > 300*60 {
		t.Errorf("300 programs have %d calls", calls)
	}
}
