package model

import (
	"strings"
	"testing"
)

// world is a Builder with what most tests need: a namespace with nullfs and a
// tmpfs on it, and actor 1 in it.
type world struct {
	*Builder
	ns   NSIx
	sb   SBIx
	root MountIx
	top  MountIx
	dir  DentryIx // of the tmpfs
}

func newWorld() *world {
	w := &world{Builder: NewBuilder(World{})}
	w.ns = w.Namespace(NamespaceSpec{})
	nullfs := w.Superblock(SuperblockSpec{Type: Nullfs})
	w.root = w.Mount(MountSpec{NS: w.ns, Root: w.Root(nullfs), Source: "nullfs"})
	w.sb = w.Superblock(SuperblockSpec{Type: Tmpfs})
	w.dir = w.Root(w.sb)
	w.top = w.Mount(MountSpec{NS: w.ns, Parent: w.root, MP: w.Root(nullfs), Root: w.dir, Flags: RelAtime, Source: "none"})
	w.Process(ProcessSpec{NS: w.ns, Caps: AllCaps})
	return w
}

// on is a mount of the tmpfs in one of its directories.
func (w *world) on(name string, change func(*MountSpec)) MountIx {
	n := MountSpec{NS: w.ns, Parent: w.top, MP: w.Dentry(w.dir, name, Dir), Root: w.dir, Flags: RelAtime, Source: "none"}
	if change != nil {
		change(&n)
	}
	return w.Mount(n)
}

// What a Builder makes behaves as what calls make: the world in which traces
// start has the same view, built either way, and the same after the same calls.
func TestBuilderMakesTheFirstWorld(t *testing.T) {
	built, err := newWorld().Build()
	if err != nil {
		t.Fatal(err)
	}
	made := NewState(World{})
	for _, call := range []Call{
		NewCall(OpMkdir, Str("/a"), Num(0o755)),
		NewCall(OpMount, Str("none"), Str("/a"), Str("tmpfs"), Num(0), NULL()),
		NewCall(OpMount, NULL(), Str("/"), NULL(), Num(MS_SHARED|MS_REC), NULL()),
		NewCall(OpUnshare, Num(CLONE_NEWNS)),
		NewCall(OpUmount2, Str("/a"), Num(0)),
		NewCall(OpOpenTree, Num(AT_FDCWD), Str("/"), Num(OPEN_TREE_NAMESPACE|AT_RECURSIVE)),
	} {
		if b, m := built.View(), made.View(); b != m {
			t.Fatalf("before %v: built\n%s%smade\n%s%s", call, b.Mounts, b.Actors, m.Mounts, m.Actors)
		}
		b, err := built.Do(1, &call)
		if err != nil {
			t.Fatal(err)
		}
		if m, _ := made.Do(1, &call); b != m || m.Errno != 0 {
			t.Errorf("%v: built %v, made %v", call, b, m)
		}
	}
}

// Peers are a ring, and slaves a list in which peers stand together, in the
// order of adding.
func TestBuilderPropagation(t *testing.T) {
	w := newWorld()
	a := w.on("a", func(n *MountSpec) { n.MasterGroup = 7; n.Group = 3 }) // its master comes later
	s := w.on("s", func(n *MountSpec) { n.MasterGroup = 7 })
	b := w.on("b", func(n *MountSpec) { n.MasterGroup = 7; n.Group = 3 })
	m := w.on("m", func(n *MountSpec) { n.Group = 7 })
	p := w.on("p", func(n *MountSpec) { n.Group = 7; n.ID = 40 })
	x := w.on("x", func(n *MountSpec) { n.Master = p })
	st, err := w.Build()
	if err != nil {
		t.Fatal(err)
	}
	var slaves []MountIx
	for c := st.Mounts[m].FirstSlave; c != 0; c = st.Mounts[c].NextSlave {
		slaves = append(slaves, c)
	}
	if len(slaves) != 3 || slaves[0] != a || slaves[1] != b || slaves[2] != s {
		t.Errorf("the slaves of %d are %v, want %d, its peer %d, then %d", m, slaves, a, b, s)
	}
	if st.Mounts[p].FirstSlave != x || st.Mounts[x].Master != p {
		t.Errorf("mount %d is not the slave of %d", x, p)
	}
	if st.Mounts[m].NextPeer != p || st.Mounts[p].NextPeer != m || st.Mounts[a].NextPeer != b || st.Mounts[b].PrevPeer != a {
		t.Error("the rings are wrong")
	}
	if st.Mounts[p].ID != 40 {
		t.Errorf("id %d, want the 40 that was asked for", st.Mounts[p].ID)
	}
	if g := st.groupIDs.take(); g != 1 {
		t.Errorf("the next group is %d, want 1, the lowest free", g)
	}
}

// A process, a descriptor, a mount of its file: each keeps a namespace. A
// detached tree is kept by the descriptor that OpenTree makes.
func TestBuilderKeepers(t *testing.T) {
	w := newWorld()
	user := w.User(0)
	ns := w.Namespace(NamespaceSpec{Owner: user})
	nullfs := w.Superblock(SuperblockSpec{Type: Nullfs})
	w.Mount(MountSpec{NS: ns, Root: w.Root(nullfs), Source: "nullfs"})
	nsfs := w.NamespaceFile(ns)
	w.on("a", func(n *MountSpec) { n.Root = nsfs; n.MP = w.Dentry(w.dir, "pin", RegularFile) })
	anon := w.Namespace(NamespaceSpec{Anon: true, Origin: w.ns})
	tree := w.Mount(MountSpec{NS: anon, Root: w.dir, Source: "none"})
	fd := w.OpenTree(1, tree)
	gone := w.Mount(MountSpec{Root: w.dir, Source: "none"})
	w.Descriptor(1, -1, File{Mode: PathOnly, Loc: Loc{gone, w.dir}})
	w.Process(ProcessSpec{NS: w.ns, SharesFS: 1})
	s, err := w.Build()
	if err != nil {
		t.Fatal(err)
	}
	mustDo(t, s, 1, OpMoveMount, Num(int64(fd)), Str(""), Num(AT_FDCWD), Str("/a"), Num(MOVE_MOUNT_F_EMPTY_PATH))
}

// Each mistake is told in a sentence that names what is wrong.
func TestBuilderMistakes(t *testing.T) {
	file := func(w *world) DentryIx { return w.Dentry(w.dir, "file", RegularFile) }
	for _, c := range []struct {
		name  string
		wrong func(w *world)
		want  string
	}{
		{"two roots", func(w *world) { w.on("", func(n *MountSpec) { n.Parent, n.ID = 0, 9 }) },
			"mount 9 and mount 1 have no parent, both in one mount namespace: it has one root"},
		{"no root", func(w *world) { w.Namespace(NamespaceSpec{}) }, "mount namespace 2 has no root"},
		{"one id twice", func(w *world) {
			w.on("a", func(n *MountSpec) { n.ID = 5 })
			w.on("b", func(n *MountSpec) { n.ID = 5 })
		}, "mount 5 is there twice"},
		{"one place twice", func(w *world) {
			w.on("a", func(n *MountSpec) { n.ID = 5 })
			w.on("a", func(n *MountSpec) { n.ID = 6 })
		}, "mount 6 is at the same place of the mount added as number 2 as mount 5"},
		{"a file on a directory", func(w *world) { w.on("a", func(n *MountSpec) { n.Root = file(w); n.ID = 5 }) },
			"mount 5 has a root that is a file on a mountpoint that is a directory"},
		{"on what was removed", func(w *world) { w.on("a", func(n *MountSpec) { n.ID = 5; w.Remove(n.MP) }) },
			"mount 5 is mounted on what was removed"},
		{"another filesystem's mountpoint", func(w *world) {
			w.on("a", func(n *MountSpec) { n.ID = 5; n.MP = w.Root(w.Superblock(SuperblockSpec{Type: Tmpfs})) })
		}, "mount 5 has a mountpoint that is not in the filesystem of its parent"},
		{"locked, no parent", func(w *world) { w.s.Mounts[w.root].Flags |= Locked }, "mount 1 is locked to its parent, but has none"},
		{"a lock without its flag", func(w *world) { w.on("a", func(n *MountSpec) { n.ID = 5; n.Flags |= LockNoDev }) },
			"mount 5 has nodev locked, but is not nodev"},
		{"shared and unbindable", func(w *world) { w.on("a", func(n *MountSpec) { n.ID, n.Group, n.Flags = 5, 2, Unbindable }) },
			"mount 5 is shared:2 and unbindable at once"},
		{"peers of two filesystems", func(w *world) {
			w.on("a", func(n *MountSpec) { n.ID, n.Group = 5, 2 })
			w.on("b", func(n *MountSpec) {
				n.ID, n.Group, n.Root = 6, 2, w.Root(w.Superblock(SuperblockSpec{Type: Tmpfs}))
			})
		}, "mount 5 and mount 6 are peers, shared:2, of different filesystems"},
		{"peers with one master", func(w *world) {
			w.on("m", func(n *MountSpec) { n.ID, n.Group = 4, 1 })
			w.on("a", func(n *MountSpec) { n.ID, n.Group = 5, 2 })
			w.on("b", func(n *MountSpec) { n.ID, n.Group, n.MasterGroup = 6, 2, 1 })
		}, "mount 5 and mount 6 are peers, shared:2, but do not have the same master"},
		{"a master that is missing", func(w *world) { w.on("a", func(n *MountSpec) { n.ID, n.MasterGroup = 5, 9 }) },
			"mount 5 has master:9, a peer group in which there is no mount"},
		{"a master that is private", func(w *world) { w.on("a", func(n *MountSpec) { n.ID, n.Master = 5, w.top }) },
			"mount 5 is a slave of mount 2, which is not shared"},
		{"a circle of masters", func(w *world) {
			w.on("a", func(n *MountSpec) { n.ID, n.Group, n.MasterGroup = 5, 1, 2 })
			w.on("b", func(n *MountSpec) { n.ID, n.Group, n.MasterGroup = 6, 2, 1 })
		}, "mount 5 receives from peer group 2, which receives from itself"},
		{"a circle of parents", func(w *world) {
			a := w.on("a", func(n *MountSpec) { n.ID, n.Parent = 5, 0 })
			b := w.on("b", func(n *MountSpec) { n.ID, n.Parent = 6, 0 })
			w.Attach(a, b, w.dir)
			w.Attach(b, a, w.dir)
		}, "mount 6 and mount 5 are each other's parents"},
		{"a namespace that nobody keeps", func(w *world) {
			ns := w.Namespace(NamespaceSpec{})
			w.Mount(MountSpec{NS: ns, Root: w.dir})
		}, "mount namespace 2 has no process, no descriptor and no mount that keeps it"},
		{"a tree that nobody keeps", func(w *world) {
			w.Mount(MountSpec{ID: 5, NS: w.Namespace(NamespaceSpec{Anon: true}), Root: w.dir})
		}, "mount 5 is the root of a detached tree that no descriptor keeps"},
		{"unmounted, and kept by nobody", func(w *world) { w.Mount(MountSpec{ID: 5, Root: w.dir}) },
			"mount 5 is unmounted, and nothing keeps it"},
		{"an older namespace pinned", func(w *world) {
			w.on("a", func(n *MountSpec) {
				n.ID, n.Root, n.MP = 5, w.NamespaceFile(w.ns), file(w)
			})
		}, "mount 5 pins a mount namespace that is not newer than the one it is in"},
		{"a root that is a file", func(w *world) {
			w.Process(ProcessSpec{NS: w.ns, Root: Loc{w.top, file(w)}})
		}, "process 2: its root or working directory is not a directory"},
		{"a descriptor twice", func(w *world) {
			w.Descriptor(1, 4, File{Loc: Loc{w.top, w.dir}})
			w.Descriptor(1, 4, File{Loc: Loc{w.top, w.dir}})
		}, "descriptor 4 of process 1: want a free one"},
		{"a second nsfs", func(w *world) {
			w.Superblock(SuperblockSpec{Type: Nsfs})
			w.Superblock(SuperblockSpec{Type: Nsfs})
		}, "a second nsfs: there is one in a machine"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld()
			w.s.Mounts[w.root].ID, w.s.Mounts[w.top].ID = 1, 0
			w.s.mountIDs.reserve(1)
			c.wrong(w)
			_, err := w.Build()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
