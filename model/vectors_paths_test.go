package model_test

import (
	"strings"
	"testing"

	"mntcheck/model"
)

// "/", "." and descriptors name a mount even where it is covered; names and ".."
// lead to the top. Spec 02 §2, §4.
func TestPathsAtStacks(t *testing.T) {
	p := start(t)
	p.dir("/d", "/c", "/c/e")
	p.tmpfs("d", "/d")
	p.fd(p.Open("/d", model.O_PATH))
	p.tmpfs("top", "/d")
	p.tmpfs("over", "/")
	q := p.fork()
	q.ok(q.Chdir("/c/e"))
	q.ok(q.Chroot("/d"))
	for _, test := range []struct {
		p          tester
		path, want string
	}{
		{p, "/", "none"}, {p, "/.", "none"}, {p, "//", "none"}, {p, "/..", "over"}, {p, "/../..", "over"},
		{p, ".", "none"}, {p, "..", "over"}, {p, "/d", "top"}, {p, "/d/..", "over"}, {p, "/c/..", "over"}, {p, "/c/e/..", "none"},
		{p, "/proc/self/fd/3", "d"}, {p, "/proc/self/fd/3/", "d"}, {p, "/proc/self/fd/3/.", "d"}, {p, "/proc/self/fd/3/..", "over"},
		{p, "/proc/2/root", "top"}, {p, "/proc/2/cwd", "none"}, {p, "/proc/2/cwd/../..", "over"},
		{q, "/", "top"}, {q, "/..", "top"}, {q, "..", "none"}, {q, "../..", "over"}, // the working directory is outside of the root
	} {
		if got := test.p.at(test.path); got != test.want {
			t.Errorf("actor %d: %s leads to %s, want %s", test.p.Number, test.path, got, test.want)
		}
	}

	// The links of /proc work where no proc is mounted, not where /proc is
	// something else.
	ns := p.fd(p.Open("/proc/self/ns/mnt", model.O_RDONLY))
	p.ok(p.Setns(ns, model.CLONE_NEWNS))
	if got := p.at("/"); got != "over" {
		t.Errorf("after setns the root is %s, want the topmost mount", got)
	}
	p.dir("/proc")
	p.refused(model.RuleNoEntry, no(p.Open("/proc/self/ns/mnt", model.O_RDONLY)))
	p.ok(p.Mount("proc", "/proc", "proc", 0))
	p.fd(p.Open("/proc/self/ns/mnt", model.O_RDONLY))
}

// What was unmounted lazily has no parent, and shows what a submount covered;
// what a lock held there, or a dissolved tree, does not. Spec 01 §2.7, 02 §5.
func TestPathsInUnmounted(t *testing.T) {
	p := start(t)
	p.newTmpfs("/a", "/a/b")
	p.ok(p.Mknod("/a/f", model.S_IFREG|0o644))
	p.ok(p.Mount("/a/f", "/a/f", "", model.MS_BIND))
	tree := p.fd(p.detached("/a", recursive))
	plain := p.fd(p.OpenTree(tree, "", emptyPath))
	p.ok(p.Chdir("/a"))
	p.ok(p.Umount("/a", lazy))
	if up, sub := p.at(".."), p.at("b"); up != "a" || sub != "a" {
		t.Errorf("in a, .. leads to %s and b to %s", up, sub)
	}
	p.refused(model.RuleTargetNotMounted, p.Mount("none", ".", "tmpfs", 0))

	p.ok(p.Fchdir(plain))
	if sub := p.at("b"); sub != "b" {
		t.Errorf("in the detached tree b leads to %s", sub)
	}
	p.ok(p.Close(tree))
	if dir, up, file := p.at("b"), p.at("b/.."), p.at("f"); dir != "nullfs" || up != "nullfs" || file != "anon_inodefs" {
		t.Errorf("in the dissolved tree b leads to %s, b/.. to %s and f to %s, want empty stand-ins", dir, up, file)
	}
	p.refused(model.RuleTargetNotMounted, p.Mount("none", "b", "tmpfs", 0))
	p.refused(model.RuleImmutableDirectory, p.Mkdir("b/c", 0o755))
	p.refused(model.RuleFromNotDetachedRoot, p.MoveMount(plain, "", cwd, "/a", fromFD))
	p.refused(model.RuleSourceForeign, no(p.OpenTree(plain, "", model.OPEN_TREE_CLONE|emptyPath)))

	p = start(t)
	p.newTmpfs("/a", "/a/b")
	p.dir("/m")
	q := p.sandbox()
	q.ok(q.Mount("/a", "/m", "", model.MS_BIND|rec))
	q.ok(q.Chdir("/m"))
	q.ok(q.Umount("/m", lazy))
	if sub := q.at("b"); sub != "nullfs" {
		t.Errorf("b, which was locked in place, leads to %s now, want an empty stand-in", sub)
	}
}

// A new proc or sysfs in a sandbox must not show what the one there, on /p, hides.
// Spec 04 §2.1.
func TestTooRevealing(t *testing.T) {
	const ro = model.MS_RDONLY
	for _, test := range []struct {
		name    string
		outside func(p tester, below string) // nil: there is no instance at all
		inside  func(q tester, fstype, below string)
		flags   uint64
		refused bool
	}{
		{name: "none", refused: true},
		{name: "visible", outside: func(tester, string) {}},
		{name: "covered whole", outside: func(p tester, _ string) { p.tmpfs("over", "/p") }, refused: true},
		{name: "covered in part", outside: func(p tester, below string) { p.tmpfs("over", below) }, refused: true},
		{name: "covered by the sandbox itself", outside: func(tester, string) {},
			inside: func(q tester, _, below string) { q.tmpfs("x", below) }},
		{name: "only a directory of it", outside: func(p tester, below string) {
			p.ok(p.Mount(below, "/q", "", model.MS_BIND))
			p.ok(p.Umount("/p", 0))
		}, refused: true},
		{name: "read-only", outside: func(p tester, _ string) { p.ok(p.alter("/p", ro)) }, refused: true},
		{name: "read-only as well", outside: func(p tester, _ string) { p.ok(p.alter("/p", ro)) }, flags: ro,
			inside: func(q tester, fstype, _ string) {
				q.ok(q.Mount("mine", "/q", fstype, ro))
				q.refused(model.RuleAttributeLocked, q.alter("/q", 0)) // the lock is inherited
			}},
		{name: "other access time", outside: func(tester, string) {}, flags: model.MS_NOATIME, refused: true},
	} {
		for _, fstype := range []string{"proc", "sysfs"} {
			t.Run(test.name+"/"+fstype, func(t *testing.T) {
				below := map[string]string{"proc": "/p/sys", "sysfs": "/p/kernel"}[fstype]
				p := start(t)
				p.dir("/p", "/q", "/n")
				if test.outside != nil {
					p.ok(p.Mount("old", "/p", fstype, 0))
					test.outside(p, below)
				}
				q := p.contained()
				if test.inside != nil {
					test.inside(q, fstype, below)
				}
				err := q.Mount("new", "/n", fstype, test.flags)
				if !test.refused {
					q.ok(err)
					return
				}
				q.refused(model.RuleTooRevealing, err)
				p.ok(p.Mount("new", "/n", fstype, test.flags)) // its owner may
			})
		}
	}
}

// What moves keeps its descriptor; a lock moves to what slides beneath.
// Spec 04 §4.
func TestMove(t *testing.T) {
	p := start(t)
	p.dir("/x", "/y")
	p.newTmpfs("/a")
	fd := p.fd(p.detached("/a", 0))
	p.ok(p.MoveMount(fd, "", cwd, "/x", fromFD))
	p.ok(p.MoveMount(fd, "", cwd, "/y", fromFD))
	p.refused(model.RuleMoveIntoSelf, p.MoveMount(fd, "", cwd, "/y", fromFD))
	p.refused(model.RuleBeneathAncestor, p.MoveMount(cwd, "/y", cwd, "/", model.MOVE_MOUNT_BENEATH))
	fd = p.fd(p.detached("/a", 0))
	p.ok(p.MoveMount(fd, "", cwd, "/", fromFD|model.MOVE_MOUNT_BENEATH))
	p.has(`
		1 4 / none
		2 1 /a a
		3 1 /y a
		4 0 / a`)

	q := p.sandbox()
	mine := q.fd(q.detached("/a", 0))
	q.refused(model.RuleUmountLocked, q.Umount("/a", 0))
	q.ok(q.MoveMount(mine, "", cwd, "/a", fromFD|model.MOVE_MOUNT_BENEATH))
	q.ok(q.Umount("/a", 0))
	q.refused(model.RuleUmountLocked, q.Umount("/a", 0))
}

// A mount expires at the second call, if nobody used it in between.
// Spec 04 §8.8, 08 §5.
func TestExpire(t *testing.T) {
	for name, use := range map[string]func(p tester){
		"open and close":  func(p tester) { p.ok(p.Close(p.fd(p.Open("/a", model.O_RDONLY)))) },
		"chdir and back":  func(p tester) { p.ok(p.Chdir("/a")); p.ok(p.Chdir("/")) },
		"open_tree":       func(p tester) { p.ok(p.Close(p.fd(p.OpenTree(cwd, "/a", 0)))) },
		"change of type":  func(p tester) { p.make(model.MS_PRIVATE, "/a") },
		"source of bind":  func(p tester) { p.bind("/a", "/b") },
		"remount":         func(p tester) { p.ok(p.alter("/a", 0)) },
		"mount_setattr":   func(p tester) { p.ok(p.MountSetattr(cwd, "/a", 0, model.MountAttr{Set: model.MOUNT_ATTR_RDONLY})) },
		"refused as root": func(p tester) { p.refused(model.RuleMoveIntoSelf, p.Mount("/a", "/a", "", model.MS_MOVE)) },
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t)
			p.newTmpfs("/a")
			p.refused(model.RuleExpireMarked, p.Umount("/a", model.MNT_EXPIRE))
			use(p)
			p.refused(model.RuleExpireMarked, p.Umount("/a", model.MNT_EXPIRE))
			p.ok(p.Umount("/a", model.MNT_EXPIRE))
		})
	}
}

// umount2 takes a stack from its top, whatever names it; of the root it makes the
// filesystem read-only. Spec 04 §8.
func TestUmountDetails(t *testing.T) {
	p := start(t)
	p.newTmpfs("/a")
	p.tmpfs("top", "/a")
	p.tmpfs("over", "/")
	p.ok(p.Umount("/", 0))
	p.ok(p.Umount("/a", 0))
	if got := p.at("/a"); got != "a" {
		t.Errorf("/a is %s", got)
	}
	p.ok(p.Umount("/a", 0))
	p.refused(model.RuleNotMountRoot, p.Umount("/a", 0))

	p.newTmpfs("/b")
	p.ok(p.Symlink("/b", "/l"))
	p.refused(model.RuleNotMountRoot, p.Umount("/l", model.UMOUNT_NOFOLLOW))
	p.ok(p.Umount("/l", 0))
	p.ok(p.Umount("/", 0))
	p.has("1 0 / none")
	p.refused(model.RuleReadOnlyFS, p.Mkdir("/c", 0o755))
	p.ok(p.Mount("", "/", "", model.MS_REMOUNT))
	p.dir("/c")
}

// pivot_root(".", ".") puts the old root on top of the new one, from where a lazy
// umount takes it. Spec 04 §9.
func TestPivotRootDot(t *testing.T) {
	p := start(t)
	p.newTmpfs("/n", "/s")
	other := p.fork()
	p.ok(p.Chdir("/n"))
	p.ok(p.PivotRoot(".", "."))
	p.has(`
		1 2 / none
		2 0 / n
		3 1 /s s`)
	if root, his := p.at("/"), other.at("/"); root != "n" || his != "n" {
		t.Errorf("the roots are %s and %s", root, his)
	}
	p.ok(p.Umount(".", lazy))
	p.has("1 0 / n")

	q := start(t).sandbox() // where the root is locked in place, the new one will be
	q.newTmpfs("/n")
	q.ok(q.Chdir("/n"))
	q.ok(q.PivotRoot(".", "."))
	q.ok(q.Umount(".", lazy))
	q.has("1 0 / n locked")
}

// In a removed directory there is nothing, however long its name. Observed 6.18.44.
func TestLongNamesInRemoved(t *testing.T) {
	p := start(t)
	p.dir("/a", "/b")
	long := strings.Repeat("n", 256)
	p.refused(model.RuleNameTooLong, p.Chdir("/a/"+long))
	p.ok(p.Mount("/a", "/b", "", model.MS_BIND))
	p.ok(p.Rmdir("/a"))
	p.refused(model.RuleNoEntry, p.Chdir("/b/"+long))
}

// Who has a file open for writing through a mount that is read-only by now does not
// keep the filesystem from becoming so. Observed 6.18.44.
func TestWritersOnReadOnlyMount(t *testing.T) {
	p := start(t)
	remount := func(data string) error {
		_, err := p.Call(model.NewCall(model.OpMount, model.NULL(), model.Str("/"), model.NULL(),
			model.Num(model.MS_REMOUNT|model.MS_RDONLY), model.Str(data)))
		return err
	}
	p.ok(p.Mknod("/f", model.S_IFREG|0o644))
	p.fd(p.Open("/f", model.O_WRONLY))
	p.refused(model.RuleSBBusy, remount(""))
	p.ok(remount("rw")) // the mount alone
	p.ok(remount(""))
}
