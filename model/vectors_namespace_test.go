package model_test

import (
	"fmt"
	"mntcheck/model"
	"strings"
	"testing"
)

const (
	cwd       = model.AT_FDCWD
	recursive = model.AT_RECURSIVE
	emptyPath = model.AT_EMPTY_PATH
	fromFD    = model.MOVE_MOUNT_F_EMPTY_PATH
	lazy      = model.MNT_DETACH
)

// namespace is open_tree(OPEN_TREE_NAMESPACE) of a path.
func (p tester) namespace(path string, flags uint) (int, error) {
	return p.OpenTree(cwd, path, model.OPEN_TREE_NAMESPACE|flags)
}

// detached is open_tree(OPEN_TREE_CLONE) of a path.
func (p tester) detached(path string, flags uint) (int, error) {
	return p.OpenTree(cwd, path, model.OPEN_TREE_CLONE|flags)
}

// enter makes another actor, who enters the namespace of a descriptor.
func (p tester) enter(fd int) tester {
	p.Helper()
	q := p.fork()
	q.ok(q.Setns(fd, model.CLONE_NEWNS))
	return q
}

// foreigner makes another actor, in a user namespace of its own, but in the same
// mount namespace.
func (p tester) foreigner() tester {
	p.Helper()
	q := p.fork()
	q.ok(q.Unshare(model.CLONE_NEWUSER))
	return q
}

// alter changes the attributes of a mount.
func (p tester) alter(path string, flags uint64) error {
	return p.Mount("", path, "", model.MS_REMOUNT|model.MS_BIND|flags)
}

// no is the error of a call that is to return no descriptor.
func no(_ int, err error) error { return err }

// at is the source of the mount that a path leads to.
func (p tester) at(path string) string {
	p.Helper()
	loc, refusal := p.s.Resolve(p.Number, cwd, model.Str(path), model.ResolveFollow)
	if refusal.Refused() {
		p.Fatalf("%s: %s", path, p.s.Sentence(refusal))
	}
	return p.s.Name(p.s.Mounts[loc.M].Source)
}

// source has /m/a, shared, with b and c on it, of which b is ro and nodev, and
// the directories f and g.
func source(t *testing.T) tester {
	p := start(t)
	p.dir("/m")
	p.newTmpfs("/m/a")
	p.dir("/m/a/b", "/m/a/c", "/m/a/f", "/m/a/g")
	p.ok(p.Mount("b", "/m/a/b", "tmpfs", model.MS_RDONLY|model.MS_NODEV))
	p.tmpfs("c", "/m/a/c")
	p.make(model.MS_SHARED, "/m/a")
	return p
}

const sourceTable = `
	1 0 / none
	2 1 /m/a a shared:1
	3 2 /m/a/b b
	4 2 /m/a/c c`

// T1: the owner's copy is the named tree on a copy of the bottom mount, in
// propagation with its source both ways; the source's table stays as it was.
// Spec 05 §6.
func TestT1Owner(t *testing.T) {
	p := source(t)
	fd := p.fd(p.namespace("/m/a", recursive))
	const want = `# ns 1 actors 1
1 1 0:1 / / rw - nullfs nullfs rw
2 1 0:2 / / rw,relatime - tmpfs none rw
3 2 0:3 / /m/a rw,relatime shared:1 - tmpfs a rw
4 3 0:4 / /m/a/b ro,nodev,relatime - tmpfs b ro
5 3 0:5 / /m/a/c rw,relatime - tmpfs c rw
# ns 2 fds 1:3
6 6 0:1 / / rw - nullfs nullfs rw
7 6 0:3 / / rw,relatime shared:1 - tmpfs a rw
8 7 0:4 / /b ro,nodev,relatime - tmpfs b ro
9 7 0:5 / /c rw,relatime - tmpfs c rw
`
	if got := p.s.View().Mounts; got != want {
		t.Fatalf("the view is\n%swant\n%s", got, want)
	}
	p.has(sourceTable)
	q := p.enter(fd)
	q.dir("/proc")
	q.ok(q.Mount("proc", "/proc", "proc", 0))
	q.has(`
		1 0 / a shared:1
		2 1 /b b
		3 1 /c c
		4 1 /proc proc shared:2`)
	p.has(sourceTable + `
		5 2 /m/a/proc proc shared:2`)
	q.ok(q.Umount("/", lazy))
	q.has("")
	p.has(`
		1 0 / none
		2 1 /m/a a shared:1`)
}

// T2: to a foreign caller nothing is shown that a mount covers, and what it
// gets is a slave, locked in place and in its attributes.
func TestT2Foreign(t *testing.T) {
	p := source(t)
	p.make(model.MS_UNBINDABLE, "/m/a/c")
	q := p.foreigner()
	q.refused(model.RuleMayMount, no(q.detached("/m/a", 0)))
	q.refused(model.RuleForeignChildren, no(q.namespace("/m/a", 0)))
	q.fd(q.namespace("/m/a/f", 0))
	q.fd(q.namespace("/m/a/b", 0))
	in := q.enter(q.fd(q.namespace("/m/a", recursive)))
	in.has(`
		1 0 / a master:1 locked
		2 1 /b b locked
		3 1 /c c unbindable locked`)
	for _, path := range []string{"/", "/b", "/c"} {
		in.refused(model.RuleUmountLocked, in.Umount(path, lazy))
	}
	in.refused(model.RuleNotMountRoot, in.Umount("/f", lazy))
	for _, flags := range []uint64{
		model.MS_RDONLY, model.MS_NODEV, model.MS_RDONLY | model.MS_NODEV | model.MS_NOATIME,
		model.MS_RDONLY | model.MS_NODEV | model.MS_NODIRATIME, model.MS_RDONLY | model.MS_NODEV | model.MS_STRICTATIME,
	} {
		in.refused(model.RuleAttributeLocked, in.alter("/b", flags))
	}
	in.ok(in.alter("/b", model.MS_RDONLY|model.MS_NODEV))
	in.ok(in.alter("/", model.MS_RDONLY))
	in.ok(in.alter("/", 0))
	in.make(model.MS_SHARED, "/b")
	in.refused(model.RuleNewMountCapability, in.Mount("sysfs", "/f", "sysfs", 0))
	in.ok(in.Unshare(model.CLONE_NEWNET))
	in.refused(model.RuleTooRevealing, in.Mount("sysfs", "/f", "sysfs", 0))
	in.tmpfs("t", "/f")
	in.ok(in.Umount("/f", 0))
	in.refused(model.RuleLockedChildren, no(in.detached("/", 0)))
	in.refused(model.RuleLockedUnbindable, no(in.detached("/", recursive)))
	in.make(model.MS_PRIVATE, "/c")
	in.fd(in.detached("/", recursive))
}

// T3: what arrives later at a foreign namespace is locked, but for its topmost
// mount.
func TestT3LaterPropagation(t *testing.T) {
	p := source(t)
	q := p.foreigner()
	in := q.enter(q.fd(q.namespace("/m/a", recursive)))
	p.tmpfs("t", "/m/a/f")
	p.newTmpfs("/s", "/s/k")
	p.ok(p.Mount("/s", "/m/a/g", "", model.MS_BIND|rec))
	const copied = `
		1 0 / a master:1 locked
		2 1 /b b locked
		3 1 /c c locked`
	in.has(copied + `
		4 1 /f t master:2
		5 1 /g s master:3
		6 5 /g/k k master:4 locked`)
	in.ok(in.Umount("/f", 0))
	in.refused(model.RuleUmountLocked, in.Umount("/g/k", lazy))
	in.ok(in.Umount("/g", lazy))
	in.has(copied)
}

// T4: where something locked is on the root of the caller's namespace, the root
// of the new one is locked as well.
func TestT4LockedRootStack(t *testing.T) {
	p := source(t)
	q := p.sandbox()
	for _, path := range []string{"/", "/m/a", "/m/a/f"} {
		in := q.enter(q.fd(q.namespace(path, recursive)))
		in.refused(model.RuleUmountLocked, in.Umount("/", lazy))
	}
	in := p.enter(p.fd(p.namespace("/m/a/f", 0)))
	in.has("1 0 / a shared:1")
	in.ok(in.Umount("/", lazy))
}

// T5: a detached tree can be the source, if it was made from the caller's
// namespace or from none; a mount of another namespace, or of none, cannot.
func TestT5DetachedSource(t *testing.T) {
	const namespace = model.OPEN_TREE_NAMESPACE
	p := source(t)
	tree := p.fd(p.detached("/m/a", recursive))
	fd := p.fd(p.OpenTree(tree, "", namespace|emptyPath|recursive))
	p.spaceHas(p.spaceOf(fd), `
		1 0 / a shared:1
		2 1 /b b
		3 1 /c c`)
	fd = p.fd(p.OpenTree(tree, "b", namespace))
	p.spaceHas(p.spaceOf(fd), "1 0 / b")

	context := p.fd(p.Fsopen("tmpfs", 0))
	p.ok(p.FsconfigCreate(context))
	fresh := p.fd(p.Fsmount(context, 0, 0))
	plain := p.fd(p.Open("/m/a", model.O_PATH))
	again := p.fd(p.OpenTree(tree, "", model.OPEN_TREE_CLONE|emptyPath))
	q := p.fork()
	q.ok(q.Unshare(model.CLONE_NEWNS))
	q.refused(model.RuleSourceForeign, no(q.OpenTree(tree, "", namespace|emptyPath|recursive)))
	q.refused(model.RuleSourceForeign, no(q.OpenTree(again, "", namespace|emptyPath)))
	q.fd(q.OpenTree(fresh, "", namespace|emptyPath))
	q.refused(model.RuleSourceForeign, no(q.OpenTree(plain, "", namespace|emptyPath)))

	unmounted := p.fd(p.Open("/m/a/c", model.O_PATH))
	p.ok(p.Umount("/m/a/c", lazy))
	p.refused(model.RuleSourceForeign, no(p.OpenTree(unmounted, "", namespace|emptyPath)))

	tree = p.fd(p.detached("/m/a", recursive))
	inside := p.fd(p.OpenTree(tree, "", emptyPath))
	p.fd(p.OpenTree(inside, "", namespace|emptyPath|recursive))
	p.ok(p.Close(tree))
	p.refused(model.RuleSourceForeign, no(p.OpenTree(inside, "", namespace|emptyPath|recursive)))
}

// T6: a location named by a descriptor is copied with what is mounted on it, or
// without if the caller owns that; "/" in the new namespace is the top.
func TestT6CoveredLocation(t *testing.T) {
	const namespace = model.OPEN_TREE_NAMESPACE | emptyPath
	p := start(t)
	p.dir("/m")
	p.newTmpfs("/m/a")
	p.dir("/m/a/s")
	fd := p.fd(p.Open("/m/a/s", model.O_PATH))
	p.tmpfs("cov", "/m/a/s")
	p.newTmpfs("/m/a/s/in")

	in := p.enter(p.fd(p.OpenTree(fd, "", namespace|recursive)))
	in.has(`
		1 0 / a
		2 1 / cov
		3 2 /in in`)
	if got := in.at("/"); got != "cov" {
		t.Errorf("/ is %s", got)
	}
	in.ok(in.Umount("/", lazy))
	in.has("1 0 / a")
	if root, sub := in.at("/"), in.at("/in"); root != "cov" || sub != "cov" {
		t.Errorf("after umount / is %s, /in is on %s; want that the process stays in cov, without what was mounted there", root, sub)
	}

	alone := p.fd(p.OpenTree(fd, "", namespace))
	p.spaceHas(p.spaceOf(alone), "1 0 / a")
	q := p.foreigner()
	q.refused(model.RuleForeignChildren, no(q.OpenTree(fd, "", namespace)))

	q = p.sandbox() // cov is locked there
	q.refused(model.RuleLockedChildren, no(q.namespace("/m/a", 0)))
	in = q.enter(q.fd(q.namespace("/m/a", recursive)))
	in.refused(model.RuleUmountLocked, in.Umount("/s", lazy))
	in.refused(model.RuleUmountLocked, in.Umount("/", lazy))
	q.make(model.MS_UNBINDABLE, "/m/a/s/in")
	q.refused(model.RuleLockedUnbindable, no(q.namespace("/m/a", recursive)))
}

// T7: an unbindable mount is left out with all below it, and cannot be named.
func TestT7Pruning(t *testing.T) {
	p := start(t)
	p.dir("/m")
	p.newTmpfs("/m/u", "/m/u/k")
	p.make(model.MS_UNBINDABLE, "/m/u")
	q := p.foreigner()
	for _, flags := range []uint{0, recursive} {
		p.refused(model.RuleSourceUnbindable, no(p.namespace("/m/u", flags)))
	}
	q.refused(model.RuleSourceUnbindable, no(q.namespace("/m/u", recursive)))
	k := p.fd(p.namespace("/m/u/k", 0))
	p.spaceHas(p.spaceOf(k), "1 0 / k")
	m := p.fd(p.namespace("/m", recursive))
	p.spaceHas(p.spaceOf(m), "1 0 / none")
}

// T8: the file of a mount namespace is not copied to a namespace, but to a
// detached tree.
func TestT8NamespaceFile(t *testing.T) {
	p := source(t)
	p.pin("/m/a/n")
	fd := p.fd(p.namespace("/m/a", recursive))
	p.spaceHas(p.spaceOf(fd), `
		1 0 / a shared:1
		2 1 /b b
		3 1 /c c`)
	tree := p.fd(p.detached("/m/a", recursive))
	p.spaceHas(p.spaceOf(tree), `
		1 0 / a shared:1
		2 1 /b b
		3 1 /c c
		4 1 /n nsfs shared:2`)
}

// pin makes a file and mounts that of a new namespace on it, which nothing else
// keeps.
func (p tester) pin(path string) {
	p.Helper()
	p.ok(p.Mknod(path, model.S_IFREG|0o644))
	fd := p.fd(p.namespace("/m", 0))
	p.ok(p.Mount(fmt.Sprintf("/proc/self/fd/%d", fd), path, "", model.MS_BIND))
	p.ok(p.Close(fd))
}

// T9: the order of the first checks.
func TestT9Errors(t *testing.T) {
	p := start(t)
	p.ok(p.Mknod("/f", model.S_IFREG|0o644))
	tests := []struct {
		rule  model.Rule
		errno model.Errno
		path  string
		flags uint
	}{
		{model.RuleNamespaceOfFile, model.ENOTDIR, "/f", 0},
		{model.RuleOpenTreeBoth, model.EINVAL, "/none", model.OPEN_TREE_CLONE},
		{model.RuleNoEntry, model.ENOENT, "/none", 0},
		{model.RulePathEmpty, model.ENOENT, "", 0},
		{model.RuleOpenTreeFlags, model.EINVAL, "/none", 0x4},
		{model.RuleOwnCapability, model.EPERM, "/none", 0}, // from here on without CAP_SYS_ADMIN
		{model.RuleOpenTreeFlags, model.EINVAL, "/none", 0x4},
		{model.RuleTooManyFiles, model.EMFILE, "/none", 0x4}, // and without a free descriptor
	}
	for _, test := range tests {
		switch test.rule {
		case model.RuleOwnCapability:
			p.s.Procs[1].Caps = 0
		case model.RuleTooManyFiles:
			for fd := 0; fd < 1023; {
				fd = p.fd(p.Open("/", model.O_PATH))
			}
		}
		p.refused(test.rule, no(p.namespace(test.path, test.flags)))
		if got := test.rule.Errno(); got != test.errno {
			t.Errorf("%s is %v, want %v", test.rule, got, test.errno)
		}
	}
}

// T10: a copy outlives its source; the owner's stays in its group, a foreign
// one is a slave as long as the group lives.
func TestT10LifeAfterTheSource(t *testing.T) {
	p := start(t)
	p.newTmpfs("/a")
	p.make(model.MS_SHARED, "/a")
	q := p.foreigner()
	foreign := q.fd(q.namespace("/a", 0))
	owned := p.fd(p.namespace("/a", 0))
	p.ok(p.Umount("/a", 0))
	p.spaceHas(p.spaceOf(owned), "1 0 / a shared:1")
	q.spaceHas(q.spaceOf(foreign), "1 0 / a master:1 locked")
	p.ok(p.Close(owned))
	q.spaceHas(q.spaceOf(foreign), "1 0 / a locked")
}

// T11: more privilege is foreign too: the initial user namespace's root, in a
// mount namespace that another user namespace owns.
func TestT11MorePrivileged(t *testing.T) {
	p := source(t)
	q := p.sandbox()
	r := p.enter(p.fd(p.Open("/proc/2/ns/mnt", model.O_RDONLY)))
	r.refused(model.RuleForeignChildren, no(r.namespace("/m/a", 0)))
	r.fd(r.detached("/m/a", recursive))
	ns := r.spaceOf(r.fd(r.namespace("/m/a", recursive)))
	r.spaceHas(ns, `
		1 0 / a master:1 locked
		2 1 /b b locked
		3 1 /c c locked`)
	if owner := p.s.Spaces[ns].Owner; owner != p.s.Procs[p.Number].User || owner == p.s.Procs[q.Number].User {
		t.Errorf("the namespace is owned by user namespace %d", owner)
	}
}

// T12: in a chroot "/" is the directory, seen from outside; what is on the root of
// the namespace decides the lock as ever.
func TestT12Chroot(t *testing.T) {
	p := source(t)
	outside := p.fd(p.namespace("/m/a", recursive))
	q := p.fork()
	q.ok(q.Chroot("/m/a"))
	q.spaceHas(q.spaceOf(q.fd(q.namespace("/", recursive))), table(p.s, p.spaceOf(outside)))
	q = p.sandbox()
	q.ok(q.Chroot("/m/a"))
	q.spaceHas(q.spaceOf(q.fd(q.namespace("/", recursive))), `
		1 0 / a master:1 locked
		2 1 /b b locked
		3 1 /c c locked`)
}

// T13: the bottom mount can be the source. Where it is shared the new one is its
// peer, which gets no copy of the graft; but an unmount of that comes back.
func TestT13BottomMount(t *testing.T) {
	p := start(t)
	p.ok(p.Unshare(model.UNSHARE_EMPTY_MNTNS))
	p.has("")
	fd := p.fd(p.namespace("/", 0))
	p.spaceHas(p.spaceOf(fd), "1 0 / nullfs")
	p.make(model.MS_SHARED, "/")
	peer := p.fd(p.namespace("/", 0))
	bottom := func(ns model.NSIx) int32 { return p.s.Mounts[p.s.Spaces[ns].Root].Group }
	if a, b := bottom(p.space()), bottom(p.spaceOf(peer)); a == 0 || a != b {
		t.Errorf("the bottom mounts are in the groups %d and %d, want the same", a, b)
	}
	p.has("")
	p.ok(p.Close(peer))

	p.tmpfs("t", "/")
	p.ok(p.Chroot("/.."))
	p.dir("/d")
	in := p.enter(p.fd(p.namespace("/d", 0)))
	p.has("1 0 / t shared:2")
	in.ok(in.Umount("/", lazy))
	p.has("")
}

// T14: the copy's root is a directory, not a name.
func TestT14Rename(t *testing.T) {
	p := source(t)
	p.fd(p.namespace("/m/a/f", 0))
	p.ok(p.Rename("/m/a/f", "/m/a/z"))
	if v := p.s.View().Mounts; !strings.Contains(v, " /z / rw,relatime shared:1 - tmpfs a rw\n") {
		t.Errorf("the namespace's root is not /z:\n%s", v)
	}
}

// spaces counts the mount namespaces that are alive.
func (p tester) spaces(want int) {
	p.Helper()
	if got := len(p.s.Namespaces()); got != want {
		p.Fatalf("%d namespaces are alive, want %d:\n%s", got, want, p.s.View().Mounts)
	}
}
