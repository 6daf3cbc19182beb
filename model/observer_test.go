package model

import (
	"strings"
	"testing"
)

// TestIdentity tells the things of two views apart.
func TestIdentity(t *testing.T) {
	s := NewState(World{})
	p := s.Actor(1)
	for _, err := range []error{
		p.Mkdir("/b", 0o755), p.Mount("none", "/b", "tmpfs", 0), p.Mount("", "/b", "", MS_SHARED),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	one := s.Identity()
	if _, err := p.Fork(); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{p.Mkdir("/a", 0o755), p.Mount("/b", "/a", "", MS_BIND), p.Unshare(CLONE_NEWUSER | CLONE_NEWNS)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	two, view := s.Identity(), s.View()
	if lines := strings.Count(view.Mounts, "\n") - strings.Count(view.Mounts, "#"); len(two.Mounts) != lines || len(two.Spaces) != 2 || len(two.Users) != 2 {
		t.Fatalf("%d mounts, %d namespaces, %d actors in\n%s", len(two.Mounts), len(two.Spaces), len(two.Users), view.Mounts)
	}
	copied := two.Mounts[7] // /b, behind /a
	if copied.ID == one.Mounts[2].ID || copied.Device != one.Mounts[2].Device || copied.Group != 0 || copied.Master != one.Mounts[2].Group {
		t.Errorf("/b was %+v, its copy is %+v", one.Mounts[2], copied)
	}
	if two.Spaces[0] != one.Spaces[0] || two.Spaces[1].ID == one.Spaces[0].ID || two.Spaces[1].Owner != two.Users[0] || two.Users[1] != one.Users[0] {
		t.Errorf("the namespace was %+v of %d, and there are %+v of %d", one.Spaces[0], one.Users[0], two.Spaces, two.Users)
	}
}

// TestObserver has mounts keep their records, and the journal tell what changed.
func TestObserver(t *testing.T) {
	o := NewObserver(World{})
	s := o.State()
	ns, before := s.Procs[1].NS, s.Clone()
	root, top := before.Spaces[ns].Root, before.Mounts[before.Spaces[ns].Root].FirstChild
	list := []SeenMount{
		{UID: before.Mounts[root].UID, NS: ns, Parent: -1, Root: before.Mounts[root].Root, Source: before.Name(before.Mounts[root].Source)},
		{UID: before.Mounts[top].UID, NS: ns, Parent: 0, MP: before.Mounts[top].MP, Root: before.Mounts[top].Root, Flags: RelAtime, Source: "none", Group: 7},
		{UID: 900, NS: ns, Parent: 1, MP: before.Mounts[top].Root, Root: before.Mounts[top].Root, Flags: ReadOnly, Source: "x", MasterGroup: 7},
	}
	o.Mounts(before, []SeenMount{list[0], {UID: list[1].UID, NS: ns, Parent: 0, MP: list[1].MP, Root: list[1].Root, Flags: RelAtime, Source: "none"}})
	before = s.Clone()
	at := o.Mounts(before, list)
	if at[0] != root || at[1] != top || at[2] == root || at[2] == top {
		t.Fatalf("the mounts are records %d, and were %d and %d", at, root, top)
	}
	m := s.Mounts[at[2]]
	if s.Overmount(top) != at[2] || m.Master != top || s.Mounts[top].FirstSlave != at[2] || m.Flags != ReadOnly || s.Spaces[ns].Nr != 3 || s.LastUID() != 900 {
		t.Errorf("the new mount is %+v", m)
	}
	if len(s.Journal()) != 2 || s.Journal()[0].M != top || s.Journal()[1].Old.ID != 0 {
		t.Errorf("the journal has %+v", s.Journal())
	}
	before = s.Clone()
	o.Descriptor(1, 3, File{Kind: PlainFile, Mode: PathOnly, Loc: Loc{at[2], m.Root}})
	if o.Mounts(before, list); len(s.Journal()) != 0 {
		t.Errorf("nothing changed, and the journal has %+v", s.Journal())
	}
	o.Mounts(s.Clone(), list[:2])
	if f := s.FindFD(1, 3); s.Files[f].Loc != o.Nowhere() || s.Mounts[at[2]].ID != 0 || s.Overmount(top) != 0 {
		t.Errorf("a mount is gone, and a descriptor of it is at %+v", s.Files[f].Loc)
	}
}
