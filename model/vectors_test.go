package model_test

import (
	"testing"

	"mntcheck/model"
)

// V1: the order in which copies are made, what each is a copy of, and that a
// copy slides beneath what is mounted on a receiver already. Spec 03 §7.
func TestV1OrderAndSources(t *testing.T) {
	p := start(t)
	p.newTmpfs("/A")
	p.dir("/A/d")
	p.make(model.MS_SHARED, "/A")
	p.bind("/A", "/B")
	p.bind("/A", "/C")
	p.bind("/A", "/S1")
	p.make(model.MS_SLAVE, "/S1")
	p.make(model.MS_SHARED, "/S1")
	p.bind("/S1", "/SS1")
	p.make(model.MS_SLAVE, "/SS1")
	p.bind("/S1", "/P")
	p.tmpfs("own", "/SS1/d")
	const before = `
		1 0 / none
		2 1 /A A shared:1
		3 1 /B A shared:1
		4 1 /C A shared:1
		5 1 /S1 A shared:2 master:1
		6 1 /SS1 A master:2
		7 1 /P A shared:2 master:1
		8 6 /SS1/d own`
	p.has(before)

	p.tmpfs("new", "/A/d")
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 1 /B A shared:1
		4 1 /C A shared:1
		5 1 /S1 A shared:2 master:1
		6 1 /SS1 A master:2
		7 1 /P A shared:2 master:1
		8 14 /SS1/d own
		9 2 /A/d new shared:3
		10 4 /C/d new shared:3
		11 3 /B/d new shared:3
		12 5 /S1/d new shared:4 master:3
		13 7 /P/d new shared:4 master:3
		14 6 /SS1/d new master:4`)

	p.tmpfs("new2", "/P/d")
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 1 /B A shared:1
		4 1 /C A shared:1
		5 1 /S1 A shared:2 master:1
		6 1 /SS1 A master:2
		7 1 /P A shared:2 master:1
		8 17 /SS1/d own
		9 2 /A/d new shared:3
		10 4 /C/d new shared:3
		11 3 /B/d new shared:3
		12 5 /S1/d new shared:4 master:3
		13 7 /P/d new shared:4 master:3
		14 6 /SS1/d new master:4
		15 13 /P/d new2 shared:5
		16 12 /S1/d new2 shared:5
		17 14 /SS1/d new2 master:5`)

	p.ok(p.Umount("/P/d", 0))
	p.ok(p.Umount("/A/d", 0))
	p.has(before)
}

// pair mounts A, shared, and S, a slave of it, with a directory d in them.
func pair(t *testing.T) tester {
	p := start(t)
	p.newTmpfs("/A")
	p.dir("/A/d")
	p.make(model.MS_SHARED, "/A")
	p.bind("/A", "/S")
	p.make(model.MS_SLAVE, "/S")
	return p
}

const pairTable = `
	1 0 / none
	2 1 /A A shared:1
	3 1 /S A master:1`

// V2: whatever is mounted at the place on a receiver goes, related or not.
func TestV2UnrelatedVictim(t *testing.T) {
	p := pair(t)
	p.tmpfs("new", "/A/d")
	p.ok(p.Umount("/S/d", 0))
	p.tmpfs("other", "/S/d")
	p.has(pairTable + `
		4 2 /A/d new shared:2
		5 3 /S/d other`)
	p.ok(p.Umount("/A/d", 0))
	p.has(pairTable)
}

// V3: a victim with a foreign mount inside of it stays, even where it is in use,
// and loses its master.
func TestV3SurvivorInside(t *testing.T) {
	p := pair(t)
	p.tmpfs("new", "/A/d")
	p.dir("/S/d/in")
	p.tmpfs("child", "/S/d/in")
	p.fd(p.Open("/S/d", model.O_RDONLY))
	p.ok(p.Umount("/A/d", 0))
	p.has(pairTable + `
		4 3 /S/d new
		5 4 /S/d/in child`)
}

// V4: what is mounted on top of a victim slides down into its place.
func TestV4SurvivorOnTop(t *testing.T) {
	p := pair(t)
	p.tmpfs("new", "/A/d")
	p.tmpfs("over", "/S/d")
	p.ok(p.Umount("/A/d", 0))
	p.has(pairTable + `
		4 3 /S/d over`)
}

// V5: a plain umount fails where a copy that would go is in use; a lazy one
// does not.
func TestV5Busy(t *testing.T) {
	p := pair(t)
	p.tmpfs("new", "/A/d")
	p.fd(p.Open("/S/d", model.O_RDONLY))
	p.refused(model.RuleUmountBusy, p.Umount("/A/d", 0))
	p.ok(p.Umount("/A/d", model.MNT_DETACH))
	p.has(pairTable)
}

// V6: a survivor that slides down inside of another victim keeps that one.
func TestV6Chain(t *testing.T) {
	p := pair(t)
	p.tmpfs("new", "/A/d")
	p.dir("/A/d/k")
	p.tmpfs("k", "/A/d/k")
	p.tmpfs("surv", "/S/d/k")
	p.has(pairTable + `
		4 2 /A/d new shared:2
		5 3 /S/d new master:2
		6 4 /A/d/k k shared:3
		7 5 /S/d/k k master:3
		8 7 /S/d/k surv`)
	p.ok(p.Umount("/A/d", model.MNT_DETACH))
	p.has(pairTable + `
		4 3 /S/d new
		5 4 /S/d/k surv`)
}

// V7: a mount bound into itself gets no copy of its own, and the second time
// the copies of the copies.
func TestV7SelfStacking(t *testing.T) {
	p := start(t)
	p.newTmpfs("/A")
	p.dir("/A/d")
	p.make(model.MS_SHARED, "/A")
	p.ok(p.Mount("/A", "/A/d", "", model.MS_BIND))
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 2 /A/d A shared:1`)
	p.ok(p.Mount("/A", "/A/d", "", model.MS_BIND|rec))
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 2 /A/d A shared:1
		4 3 /A/d A shared:1
		5 4 /A/d/d A shared:1
		6 2 /A A shared:1
		7 6 /A/d A shared:1`)
	p.ok(p.Umount("/A/d", 0))
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 2 /A/d A shared:1
		4 2 /A A shared:1`)
}

// V8: a bind of a directory receives what is mounted below that directory, at
// the same place of the filesystem, and gives it back.
func TestV8BindOfSubdirectory(t *testing.T) {
	p := start(t)
	p.newTmpfs("/A")
	p.dir("/A/d", "/A/d/e", "/A/f")
	p.make(model.MS_SHARED, "/A")
	p.bind("/A/d", "/B")
	p.tmpfs("e", "/A/d/e")
	p.tmpfs("f", "/A/f")
	p.tmpfs("root", "/B")
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 1 /B A shared:1
		4 2 /A/d/e e shared:2
		5 3 /B/e e shared:2
		6 2 /A/f f shared:3
		7 3 /B root shared:4
		8 2 /A/d root shared:4`)
}

// V9: what is locked in a sandbox cannot be unmounted there, but goes with what
// it is a copy of; what the sandbox mounted over it slides down.
func TestV9LockedCopies(t *testing.T) {
	p := start(t)
	p.newTmpfs("/A")
	p.make(model.MS_SHARED, "/A")
	p.newTmpfs("/A/d", "/A/d/k")
	q := p.sandbox()
	q.has(`
		1 0 / none locked
		2 1 /A A master:1 locked
		3 2 /A/d d master:2 locked
		4 3 /A/d/k k master:3 locked`)
	q.refused(model.RuleUmountLocked, q.Umount("/A/d", model.MNT_DETACH))
	p.ok(p.Umount("/A/d/k", 0))
	q.has(`
		1 0 / none locked
		2 1 /A A master:1 locked
		3 2 /A/d d master:2 locked`)
	q.tmpfs("mine", "/A/d")
	p.ok(p.Umount("/A/d", 0))
	q.has(`
		1 0 / none locked
		2 1 /A A master:1 locked
		3 2 /A/d mine`)
}

// V10: a copy that slides beneath a locked mount is locked too; the one that
// was there stays so.
func TestV10BeneathAndLocks(t *testing.T) {
	p := start(t)
	p.newTmpfs("/A")
	p.dir("/A/d")
	p.tmpfs("d", "/A/d")
	p.make(model.MS_SHARED, "/A")
	p.newTmpfs("/X")
	q := p.sandbox()
	p.ok(p.MoveMount(model.AT_FDCWD, "/X", model.AT_FDCWD, "/A/d", model.MOVE_MOUNT_BENEATH))
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 4 /A/d d
		4 2 /A/d X shared:2`)
	q.has(`
		1 0 / none locked
		2 1 /A A master:1 locked
		3 5 /A/d d locked
		4 1 /X X locked
		5 2 /A/d X master:2 locked`)
	q.refused(model.RuleUmountLocked, q.Umount("/A/d", model.MNT_DETACH))
}

// V11: a detached tree receives no mounts but unmounts, and sends both.
func TestV11DetachedTree(t *testing.T) {
	p := start(t)
	p.newTmpfs("/A")
	p.dir("/A/d", "/A/e")
	p.make(model.MS_SHARED, "/A")
	p.tmpfs("d", "/A/d")
	tree := p.fd(p.OpenTree(model.AT_FDCWD, "/A", model.OPEN_TREE_CLONE|model.AT_RECURSIVE))
	p.tmpfs("e", "/A/e")
	p.spaceHas(p.spaceOf(tree), `
		1 0 / A shared:1
		2 1 /d d shared:2`)
	p.ok(p.Umount("/A/d", 0))
	p.spaceHas(p.spaceOf(tree), `
		1 0 / A shared:1`)
	p.newTmpfs("/x")
	x := p.fd(p.OpenTree(model.AT_FDCWD, "/x", model.OPEN_TREE_CLONE))
	p.ok(p.MoveMount(x, "", tree, "d", model.MOVE_MOUNT_F_EMPTY_PATH))
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 2 /A/e e shared:3
		4 1 /x x
		5 2 /A/d x shared:2`)
	p.dir("/t")
	p.ok(p.MoveMount(tree, "", model.AT_FDCWD, "/t", model.MOVE_MOUNT_F_EMPTY_PATH))
	p.has(`
		1 0 / none
		2 1 /A A shared:1
		3 1 /t A shared:1
		4 2 /A/e e shared:3
		5 1 /x x
		6 3 /t/d x shared:2
		7 2 /A/d x shared:2`)
}

// V12: the heirs of slaves when a mount leaves its group, and the group's end.
func TestV12ChangeType(t *testing.T) {
	p := start(t)
	p.newTmpfs("/x")
	p.make(model.MS_SHARED, "/x")
	p.bind("/x", "/y")
	p.bind("/x", "/s")
	p.make(model.MS_SLAVE, "/s")
	p.make(model.MS_SHARED, "/s")
	p.bind("/s", "/ss")
	p.make(model.MS_SLAVE, "/ss")
	types := func(x, y, s, ss string) {
		t.Helper()
		p.has("1 0 / none\n2 1 /x x" + x + "\n3 1 /y x" + y + "\n4 1 /s x" + s + "\n5 1 /ss x" + ss)
	}
	types(" shared:1", " shared:1", " shared:2 master:1", " master:2")
	p.make(model.MS_SLAVE, "/s")
	types(" shared:1", " shared:1", " master:1", " master:1")
	p.make(model.MS_SLAVE, "/x")
	types(" master:1", " shared:1", " master:1", " master:1")
	p.make(model.MS_SLAVE, "/y")
	types("", "", "", "")
}

// 1.3: a change of a whole tree goes mount by mount: group ids count up, and a
// tree's own last peer leaves nobody to be a slave of. Spec 03 §1.
func TestRecursiveChangeOfType(t *testing.T) {
	p := start(t)
	p.newTmpfs("/A", "/A/b", "/A/c")
	p.make(model.MS_SHARED, "/A/b")
	p.make(model.MS_SHARED|rec, "/A")
	p.has(`
		1 0 / none
		2 1 /A A shared:2
		3 2 /A/b b shared:1
		4 2 /A/c c shared:3`)
	p.bind("/A/b", "/A/d")
	p.make(model.MS_SLAVE|rec, "/A")
	p.has(`
		1 0 / none
		2 1 /A A
		3 2 /A/b b
		4 2 /A/c c
		5 2 /A/d b`)
}
