package invariant

import "mntcheck/model"

// treeInvariants are about parents, children and mountpoints.
func treeInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "INV-1",
			Statement: "The mounts of a namespace are one tree: its root alone has no parent, every parent is in the same namespace, and children are the inverse of parents.",
			Source:    "spec 01 §6 INV-1",
			Needs:     Tables,
			Check:     checkTree,
		},
		{
			Name:      "INV-2",
			Statement: "At most one mount is mounted directly on a mountpoint of a mount.",
			Source:    "spec 01 §6 INV-2; users I13",
			Needs:     Tables,
			Check:     checkUniqueMountpoint,
		},
		{
			Name:      "INV-3",
			Statement: "A mountpoint belongs to the filesystem of the parent mount.",
			Source:    "spec 01 §6 INV-3",
			Check:     checkMountpointFS,
		},
		{
			Name:      "INV-4",
			Statement: "A directory is mounted on a directory, and a file on a file.",
			Source:    "spec 01 §6 INV-4",
			Needs:     Visible,
			Check:     checkKind,
		},
		{
			Name:      "INV-5",
			Statement: "The overmount of a mount is the child that is mounted on its root.",
			Source:    "spec 01 §6 INV-5",
			Needs:     Visible,
			Check:     checkOvermount,
		},
		{
			Name:      "INV-15",
			Statement: "A namespace counts its mounts rightly, and has no room reserved between calls.",
			Source:    "spec 01 §6 INV-15",
			Check:     checkCounts,
		},
		{
			Name:      "INV-16",
			Statement: "Nothing is mounted on a directory entry that was removed.",
			Source:    "spec 01 §6 INV-16; spec 04 §19",
			Needs:     Visible,
			Check:     checkMountpointAlive,
		},
		{
			Name:      "INV-18",
			Statement: "The mounts of one copied tree have rising unique ids in preorder.",
			Source:    "spec 01 §6 INV-18",
			Needs:     Visible, Facts: Made,
			Check: checkUIDOrder,
		},
	}
}

func checkTree(t *Transition) (bool, *Violation) {
	if !t.whole() {
		return checkTreeOfTables(t)
	}
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if r.NS <= 0 {
			continue
		}
		if int(r.NS) >= len(s.Spaces) || s.Spaces[r.NS].ID == 0 {
			return true, t.say("%v is in a namespace that does not exist", m)
		}
		root := s.Spaces[r.NS].Root
		if (m == root) != (r.Parent == 0) {
			if m == root {
				return true, t.say("%v is the root of %v but has a parent, %v", m, r.NS, r.Parent)
			}
			return true, t.say("%v has no parent but is not the root of %v", m, r.NS)
		}
		if s.Mounts[root].ID == 0 || s.Mounts[root].NS != r.NS {
			return true, t.say("the root of %v is not a mount of it", r.NS)
		}
		if v := checkLinks(t, m); v != nil {
			return true, v
		}
	}
	return true, checkAcyclic(t)
}

// checkLinks holds m against its parent, its siblings and its children.
func checkLinks(t *Transition, m model.MountIx) *Violation {
	s := t.After
	r := &s.Mounts[m]
	if p := r.Parent; p != 0 {
		up := &s.Mounts[p]
		if up.ID == 0 || up.NS != r.NS {
			return t.say("%v is not in the namespace of its parent, %v", m, p)
		}
		if r.PrevChild == 0 && up.FirstChild != m || r.PrevChild != 0 && !follows(s, r.PrevChild, m) ||
			r.NextChild == 0 && up.LastChild != m || r.NextChild != 0 && !follows(s, m, r.NextChild) {
			return t.say("%v is not where it should be among the children of %v", m, p)
		}
	}
	for _, c := range [...]model.MountIx{r.FirstChild, r.LastChild} {
		if c != 0 && s.Mounts[c].Parent != m {
			return t.say("%v is listed as a child of %v but is mounted on another", c, m)
		}
	}
	return nil
}

// follows tells whether b is the sibling after a.
func follows(s *model.State, a, b model.MountIx) bool {
	return s.Mounts[a].NextChild == b && s.Mounts[b].PrevChild == a && s.Mounts[a].Parent == s.Mounts[b].Parent
}

// checkAcyclic climbs from every mount whose parent is another than before.
// What an earlier climb passed need not be climbed again.
func checkAcyclic(t *Transition) *Violation {
	s, k := t.After, &t.facts.marks
	first := k.begin(len(s.Mounts))
	for _, m := range t.scope() {
		if s.Mounts[m].NS <= 0 {
			continue
		}
		own := k.begin(len(s.Mounts))
		x := m
		for ; x != 0 && k.at[x] < first; x = s.Mounts[x].Parent {
			k.at[x] = own
		}
		if x != 0 && k.at[x] == own {
			return t.say("the parents of %v form a circle", m)
		}
	}
	return nil
}

func checkUniqueMountpoint(t *Transition) (premise bool, broken *Violation) {
	if !t.whole() {
		return checkUniqueMountpointOfTables(t)
	}
	s, k := t.After, &t.facts.dentries
	for _, p := range t.scope() {
		r := &s.Mounts[p]
		if r.FirstChild == r.LastChild {
			continue
		}
		premise = true
		e := k.begin(len(s.Dentries))
		n := 0
		for c := r.FirstChild; c != 0 && n <= len(s.Mounts); c = s.Mounts[c].NextChild {
			if !k.set(int(s.Mounts[c].MP), e) {
				return true, t.say("%v is not alone on its mountpoint of %v", c, p)
			}
			n++
		}
	}
	return premise, nil
}

func checkMountpointFS(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if r.Parent == 0 {
			continue
		}
		premise = true
		if s.Dentries[r.MP].SB != s.SBOf(r.Parent) {
			return true, t.say("the mountpoint of %v is not of the filesystem of its parent, %v", m, r.Parent)
		}
	}
	return premise, nil
}

func checkKind(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if r.Parent == 0 {
			continue
		}
		premise = true
		if s.IsDir(r.Root) != s.IsDir(r.MP) {
			if s.IsDir(r.Root) {
				return true, t.say("the directory of %v is mounted on a file", m)
			}
			return true, t.say("the file of %v is mounted on a directory", m)
		}
	}
	return premise, nil
}

func checkOvermount(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if p := r.Parent; p != 0 && r.MP == s.Mounts[p].Root {
			premise = true
			if o := s.Overmount(p); o != m {
				return true, t.say("%v is mounted on the root of %v, whose overmount is %v", m, p, o)
			}
		}
		if o := s.Overmount(m); o != 0 && (s.Mounts[o].Parent != m || s.Mounts[o].MP != r.Root) {
			return true, t.say("the overmount of %v is %v, which is not mounted on its root", m, o)
		}
	}
	return premise, nil
}

// checkCounts counts all mounts of a small world; in a large one, those that
// came to a namespace or left it.
func checkCounts(t *Transition) (bool, *Violation) {
	s := t.After
	n := t.facts.counters(len(s.Spaces))
	if len(s.Mounts) <= small {
		for m := range s.Mounts {
			if r := &s.Mounts[m]; r.ID != 0 && r.NS > 0 && int(r.NS) < len(n) {
				n[r.NS]++
			}
		}
	} else {
		for i := range s.Spaces {
			if i < len(t.Before.Spaces) && s.Spaces[i].Age == t.Before.Spaces[i].Age {
				n[i] = t.Before.Spaces[i].Nr
			}
		}
		for _, c := range s.Journal() {
			if ns := c.Old.NS; c.Old.ID != 0 && ns > 0 && t.spaceStays(ns) {
				n[ns]--
			}
			if r := &s.Mounts[c.M]; r.ID != 0 && r.NS > 0 {
				n[r.NS]++
			}
		}
	}
	for i := range s.Spaces {
		if s.Spaces[i].ID == 0 {
			continue
		}
		if s.Spaces[i].Nr != n[i] {
			return true, t.say("%v counts %v mounts, but has %v", model.NSIx(i), s.Spaces[i].Nr, n[i])
		}
		if s.Pending(model.NSIx(i)) != 0 {
			return true, t.say("%v still has room reserved for %v mounts", model.NSIx(i), s.Pending(model.NSIx(i)))
		}
	}
	return true, nil
}

// counters returns n zeroes.
func (f *facts) counters(n int) []int32 {
	if cap(f.counts) < n {
		f.counts = make([]int32, n)
	}
	f.counts = f.counts[:n]
	clear(f.counts)
	return f.counts
}

func checkMountpointAlive(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if r.Parent == 0 {
			continue
		}
		premise = true
		for d, n := r.MP, 0; n < len(s.Dentries); n++ {
			x := &s.Dentries[d]
			if x.Flags&model.Unlinked != 0 || d == r.MP && x.Flags&model.CantMount != 0 {
				return true, t.say("%v is mounted on a directory entry that was removed", m)
			}
			if x.Parent == d {
				break
			}
			d = x.Parent
		}
	}
	return premise, nil
}

// checkUIDOrder goes through the tree under each new mount on an old parent.
// Where it meets an old mount, that slid on top of the copy: what is below it
// is not a part of the copy.
func checkUIDOrder(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, c := range s.Journal() {
		top := c.M
		r := &s.Mounts[top]
		if c.Old.ID != 0 || r.ID == 0 || r.NS <= 0 || r.Parent != 0 && t.isNew(r.Parent) {
			continue
		}
		o := uidOrder{t: t}
		o.below(top)
		premise = premise || o.count > 1
		if o.wrong != 0 {
			return true, t.say("%v has a smaller unique id than what precedes it in the copied tree", o.wrong)
		}
	}
	return premise, nil
}

type uidOrder struct {
	t     *Transition
	last  uint64
	count int
	wrong model.MountIx
}

func (o *uidOrder) below(m model.MountIx) {
	r := &o.t.After.Mounts[m]
	if o.count++; r.UID <= o.last || o.count > len(o.t.After.Mounts) {
		o.wrong = m
		return
	}
	o.last = r.UID
	if !o.t.whole() {
		for _, c := range byAge(o.t.After, m) {
			if o.wrong == 0 && o.t.isNew(c) {
				o.below(c)
			}
		}
		return
	}
	for c := r.FirstChild; c != 0 && o.wrong == 0; c = o.t.After.Mounts[c].NextChild {
		if o.t.isNew(c) {
			o.below(c)
		}
	}
}
