package model_test

import (
	"mntcheck/model"
	"strings"
	"testing"
)

// setns goes to the top of a namespace; the one that is left may end, with what is
// pinned in it. Spec 04 §17, 05 §1.5.
func TestSetns(t *testing.T) {
	p := start(t)
	p.dir("/m")
	empty := p.fork()
	empty.ok(empty.Unshare(model.UNSHARE_EMPTY_MNTNS))
	in := p.enter(p.fd(p.Open("/proc/2/ns/mnt", model.O_RDONLY)))
	if got := in.at("/"); got != "nullfs" {
		t.Errorf("the root of an empty namespace is %s", got)
	}
	p.refused(model.RulePathOnlyFD, p.Setns(p.fd(p.detached("/", 0)), 0))
	pidfd := p.fd(p.PidfdOpen(in.Actor))
	p.ok(in.Exit())
	p.refused(model.RuleProcessGone, p.Setns(pidfd, model.CLONE_NEWNS))
	_, err := p.PidfdMountNS(pidfd)
	p.refused(model.RuleProcessGone, err)

	q := start(t)
	q.dir("/m")
	q.fork()
	q.ok(q.Unshare(model.CLONE_NEWNS))
	q.pin("/m/n")
	q.pin("/m/o")
	q.spaces(4)
	q.ok(q.Setns(q.fd(q.Open("/m/n", model.O_RDONLY)), 0)) // through a pin out of the namespace that has it
	q.spaces(2)
	q.has("1 0 / none")
}

// A name that is a mountpoint in the caller's namespace stays. One that is so
// elsewhere goes, and with it all that is mounted there, locked or not; a rename
// takes the mounts along. Spec 04 §19.
func TestRemovalOfMountpoints(t *testing.T) {
	setup := func(t *testing.T) (p, q tester) {
		p = start(t)
		p.dir("/a", "/b")
		p.newTmpfs("/a/d", "/a/d/k")
		q = p.sandbox()
		q.has(`
			1 0 / none locked
			2 1 /a/d d locked
			3 2 /a/d/k k locked`)
		return p, q
	}
	t.Run("in the caller's namespace", func(t *testing.T) {
		p, _ := setup(t)
		p.ok(p.Mount("/a", "/b", "", model.MS_BIND))
		p.refused(model.RuleLocalMountpoint, p.Rmdir("/b/d")) // nothing is mounted here
		p.refused(model.RuleLocalMountpoint, p.Rename("/a/d", "/a/e"))
		p.dir("/a/e")
		p.refused(model.RuleLocalMountpoint, p.Rename("/a/e", "/a/d"))
		p.ok(p.Umount("/b", 0))
		p.ok(p.Rename("/a", "/c"))
		p.has(`
			1 0 / none
			2 1 /c/d d
			3 2 /c/d/k k`)
	})
	t.Run("elsewhere", func(t *testing.T) {
		for _, remove := range []func(p tester) error{
			func(p tester) error { return p.Rmdir("/a/d") },
			func(p tester) error { return p.Rename("/b", "/a/d") },
		} {
			p, q := setup(t)
			p.ok(p.Umount("/a/d", lazy))
			p.ok(remove(p))
			q.has("1 0 / none locked")
		}
	})
	t.Run("renamed", func(t *testing.T) {
		p, q := setup(t)
		p.ok(p.Umount("/a/d", lazy))
		p.ok(p.Rename("/a/d", "/b/e"))
		q.has(`
			1 0 / none locked
			2 1 /b/e d locked
			3 2 /b/e/k k locked`)
	})
}

// A namespace ends with its last reference, within that call, and without
// propagation; those that are pinned only in it end with it. Spec 04 §21.
func TestNamespaceDeath(t *testing.T) {
	p := start(t)
	p.dir("/m")
	p.newTmpfs("/a")
	p.make(model.MS_SHARED, "/a")
	p.newTmpfs("/a/b")
	q := p.fork()
	q.ok(q.Unshare(model.CLONE_NEWNS))
	q.make(model.MS_PRIVATE, "/a/b")
	p.make(model.MS_SLAVE, "/a")
	const before = `
		1 0 / none
		2 1 /a a master:1
		3 2 /a/b b`
	p.has(before + " shared:2")
	p.ok(q.Exit())
	p.has(strings.Replace(before, " master:1", "", 1) + " shared:2") // the master died

	for name, end := range map[string]func(p tester){
		"umount":            func(p tester) { p.ok(p.Umount("/m/n", 0)) },
		"lazy umount above": func(p tester) { p.ok(p.Umount("/m", lazy)) },
		"umount after a move": func(p tester) {
			p.ok(p.Mount("/m/n", "/x", "", model.MS_MOVE))
			p.ok(p.Umount("/x", 0))
		},
		"removal of the mountpoint": func(p tester) {
			q := p.fork()
			q.ok(q.Unshare(model.CLONE_NEWNS))
			q.ok(q.Unlink("/m/n"))
			q.ok(q.Exit())
		},
		"close of a detached tree": func(p tester) {
			fd := p.fd(p.detached("/m", recursive))
			p.ok(p.Umount("/m", lazy))
			p.spaces(3)
			p.ok(p.Close(fd))
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t)
			p.newTmpfs("/m")
			p.ok(p.Mknod("/x", model.S_IFREG|0o644))
			p.pin("/m/n")
			in := p.enter(p.fd(p.Open("/m/n", model.O_RDONLY)))
			in.dir("/m")
			in.pin("/o") // a namespace that only this one keeps
			p.ok(in.Exit())
			p.ok(p.Close(3))
			p.spaces(3)
			end(p)
			p.spaces(1)
		})
	}
}

// A namespace that is only pinned receives mounts. Spec 04 §21.
func TestPinnedNamespaceReceives(t *testing.T) {
	p := source(t)
	fd := p.fd(p.namespace("/m/a", 0))
	ns := p.spaceOf(fd)
	p.ok(p.Mknod("/n", model.S_IFREG|0o644))
	p.ok(p.Mount("/proc/self/fd/3", "/n", "", model.MS_BIND))
	p.ok(p.Close(fd))
	p.tmpfs("t", "/m/a/f")
	p.spaceHas(ns, `
		1 0 / a shared:1
		2 1 /f t shared:2`)
}

// fs.mount-max limits what is attached, and nothing else.
// Spec 04 §22.
func TestMountMax(t *testing.T) {
	p := tester{T: t, s: model.NewState(model.World{MountMax: 3})}
	p.Actor = p.s.Actor(1)
	p.newTmpfs("/a")
	p.dir("/b", "/a/c")
	tree := p.fd(p.detached("/a", 0))
	p.refused(model.RuleMountMax, p.Mount("none", "/b", "tmpfs", 0))
	p.refused(model.RuleMountMax, p.Mount("/a", "/b", "", model.MS_BIND))
	p.refused(model.RuleMountMax, p.MoveMount(tree, "", cwd, "/b", fromFD))
	p.ok(p.Mount("/a", "/b", "", model.MS_MOVE))
	p.fd(p.namespace("/", recursive))
	p.fd(p.detached("/", recursive))
	p.ok(p.Unshare(model.CLONE_NEWNS))
	p.has(`
		1 0 / none
		2 1 /b a`)
}

// The mount of a namespace's file is a mount of a file like any other, but for
// what would make a loop, and for copies. Spec 04 §23.
func TestNamespaceFiles(t *testing.T) {
	p := start(t)
	p.dir("/m")
	p.pin("/n")
	p.ok(p.Mknod("/f", model.S_IFREG|0o644))
	p.ok(p.Mount("/n", "/f", "", model.MS_BIND))
	p.ok(p.Mount("/m/../f", "/n", "", model.MS_BIND)) // a pin on a pin
	p.ok(p.Umount("/n", 0))
	p.make(model.MS_SHARED, "/n")
	p.ok(p.MoveMount(cwd, "/n", cwd, "/f", model.MOVE_MOUNT_SET_GROUP))
	p.ok(p.MountSetattr(cwd, "/n", 0, model.MountAttr{Set: model.MOUNT_ATTR_NOEXEC}))
	p.has(`
		1 0 / none
		2 1 /n nsfs shared:1
		3 1 /f nsfs shared:1`)

	p.refused(model.RuleNotDirectory, p.Chdir("/n"))
	p.refused(model.RuleNotDirectory, p.Chroot("/n"))
	p.refused(model.RuleDirOnFile, p.Mount("none", "/n", "tmpfs", 0))
	p.refused(model.RuleDirOnFile, p.Mount("/m", "/n", "", model.MS_BIND))
	p.refused(model.RuleNamespaceOfFile, no(p.namespace("/n", 0)))

	fd := p.fd(p.namespace("/m", 0)) // on a mount of the kernel's own
	p.refused(model.RuleFromNotMountRoot, p.MoveMount(fd, "", cwd, "/f", fromFD))
	p.refused(model.RuleNotMountRoot, p.MountSetattr(fd, "", emptyPath, model.MountAttr{Set: model.MOUNT_ATTR_RDONLY}))
	q := p.foreigner()
	q.refused(model.RuleMayMount, no(q.OpenTree(fd, "", model.OPEN_TREE_CLONE|emptyPath)))
	for _, flags := range []uint{0, recursive} {
		p.fd(p.OpenTree(fd, "", model.OPEN_TREE_CLONE|emptyPath|flags))
	}
	fd = p.fd(p.Open("/n", model.O_RDONLY)) // on the pin itself
	p.refused(model.RuleMoveIntoSelf, p.MoveMount(fd, "", cwd, "/n", fromFD))
	p.ok(p.MoveMount(fd, "", cwd, "/f", fromFD|model.MOVE_MOUNT_BENEATH))

	p.ok(p.Mount("", "/f", "", model.MS_REMOUNT|model.MS_RDONLY))
	if v := p.s.View().Mounts; strings.Count(v, "- nsfs nsfs ro\n") != 2 {
		t.Errorf("want nsfs read-only everywhere:\n%s", v)
	}
}

// The file of a user namespace is copied like any other. Spec 04 §3.15.
func TestUserNamespaceFiles(t *testing.T) {
	p := start(t)
	p.ok(p.Mknod("/f", model.S_IFREG|0o644))
	p.make(model.MS_SHARED, "/")
	q := p.fork()
	q.ok(q.Unshare(model.CLONE_NEWNS))
	p.ok(p.Mount("/proc/self/ns/user", "/f", "", model.MS_BIND))
	q.has(`
		1 0 / none shared:1
		2 1 /f nsfs shared:2`)
	fd := q.fd(q.namespace("/", recursive))
	q.spaceHas(q.spaceOf(fd), `
		1 0 / none shared:1
		2 1 /f nsfs shared:2`)
}

// A pidfd gives the namespaces of its process. Spec 04 §24.
func TestPidfdNamespaces(t *testing.T) {
	p := source(t)
	q := p.sandbox()
	q.newTmpfs("/mine")
	pidfd := p.fd(p.PidfdOpen(q.Actor))
	in := p.enter(p.fd(p.PidfdMountNS(pidfd)))
	if got := in.at("/mine"); got != "mine" {
		t.Errorf("/mine is %s", got)
	}
	p.ok(p.Setns(p.fd(p.PidfdUserNS(pidfd)), model.CLONE_NEWUSER))
	if a, b := p.s.Procs[p.Number].User, p.s.Procs[q.Number].User; a != b {
		t.Errorf("the user namespace is %d, want %d", a, b)
	}
}

// A group that dies as a whole is walked once, not once for each member: the work
// grows with the mounts.
func TestPeersDieInLinearTime(t *testing.T) {
	visited := func(doublings int) float64 {
		p := start(t)
		p.dir("/a")
		p.ok(p.Mount("none", "/a", "tmpfs", 0))
		p.ok(p.Mount("", "/a", "", model.MS_SHARED))
		p.dir("/a/x")
		for range doublings {
			p.ok(p.Mount("/a", "/a/x", "", model.MS_BIND|model.MS_REC))
		}
		p.ok(p.Umount("/a", model.MNT_DETACH))
		w := p.s.Work()
		return float64(w.Visited) / float64(w.Destroyed)
	}
	if few, many := visited(5), visited(9); many > 2*few {
		t.Errorf("a mount of a small group takes %.1f visits to unmount, one of a large group %.1f", few, many)
	}
}
