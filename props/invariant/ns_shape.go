package invariant

import "mntcheck/model"

// shapeInvariants are about the mounts of a namespace that OPEN_TREE_NAMESPACE
// or FSMOUNT_NAMESPACE made: which there are, and where.
func shapeInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "NS-1",
			Statement: "The root of the new namespace is a copy of the bottom mount of the caller's, and its only child, the graft, is mounted on its root.",
			Source:    "spec 05 §5 NS-1",
			Needs:     Tables,
			Check:     checkShape,
		},
		{
			Name:      "NS-2",
			Statement: "The graft shows exactly the directory that was named, and who enters stands on top of it.",
			Source:    "spec 05 §5 NS-2; crun#2262",
			Needs:     Visible, Facts: Places,
			Check: checkRootIdentity, WholeTable: true,
		},
		{
			Name:      "NS-3",
			Statement: "The new namespace has a copy of the named mount and, with AT_RECURSIVE, of all below the named directory but pruned subtrees, and of nothing else.",
			Source:    "spec 05 §5 NS-3, §1.3",
			Needs:     Visible, Facts: Places,
			Check: checkCopySet,
		},
		{
			Name:      "NS-4",
			Statement: "The copies are mounted as the originals are: same parents, mountpoints, roots, sources and order.",
			Source:    "spec 05 §5 NS-4",
			Needs:     Visible, Facts: Places,
			Check: checkIsomorphic,
		},
		{
			Name:      "NS-12",
			Statement: "The propagation type of each copy follows from that of its original, and no new peer group comes to be.",
			Source:    "spec 05 §5 NS-12, §1.4",
			Needs:     Visible, Facts: Places | Groups,
			Check: checkCopyTypes,
		},
		{
			Name:      "NS-14",
			Statement: "The new namespace has new mounts only, and no mount changes to another namespace.",
			Source:    "spec 05 §5 NS-14",
			Needs:     Visible, Facts: Places,
			Check: checkDisjoint,
		},
		{
			Name:      "NS-15",
			Statement: "The copies have unique ids that rise in preorder above all others; where ids of namespaces rise, so does the new one's.",
			Source:    "spec 05 §5 NS-15; spec 08 §4",
			Needs:     Visible, Facts: Places,
			Check: checkIDOrder,
		},
		{
			Name:      "NS-17",
			Statement: "The new namespace has no mount of a mount namespace's file.",
			Source:    "spec 05 §5 NS-17; crun#2262",
			Needs:     Tables,
			Check:     checkNoPins,
		},
		{
			Name:      "NS-19",
			Statement: "The call copies the named subtree and one root, and examines no more than that, the children of the named mount, and the stack on the namespace's root.",
			Source:    "spec 05 §5 NS-19; cocoonstack/sandbox#30",
			Check:     checkCost,
		},
	}
}

func checkShape(t *Transition) (bool, *Violation) {
	if !t.whole() && !t.followed() {
		return checkShapeOfTables(t)
	}
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	b, s := t.Before, t.After
	r := &s.Mounts[n.root]
	switch {
	case r.Root != b.Mounts[n.bottom].Root:
		return true, t.say("the root of %v is no copy of %v, the bottom mount of the caller's namespace", n.ns, n.bottom)
	case r.FirstChild == 0 || r.FirstChild != r.LastChild:
		return true, t.say("%v, the root of %v, has not one child", n.root, n.ns)
	case s.Mounts[n.graft].MP != r.Root || s.Overmount(n.root) != n.graft:
		return true, t.say("%v is not mounted on the root of %v", n.graft, n.root)
	}
	return true, nil
}

func checkRootIdentity(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok || n.graft == 0 {
		return false, nil
	}
	want := t.Before.SBs[n.sb].Root
	if n.from.M != 0 {
		want = n.from.D
	}
	if t.After.Mounts[n.graft].Root != want {
		return true, t.say("%v shows another directory than the one that was named", n.graft)
	}
	s, child, ok := t.enter(n)
	if !ok {
		return true, nil
	}
	top := n.graft
	for range s.Mounts {
		o := model.MountIx(0)
		for c := s.Mounts[top].FirstChild; c != 0; c = s.Mounts[c].NextChild {
			if s.Mounts[c].MP == s.Mounts[top].Root {
				o = c
			}
		}
		if o == 0 {
			break
		}
		top = o
	}
	at := model.Loc{M: top, D: s.Mounts[top].Root}
	if fs := s.FSs[s.Procs[child].FS]; fs.Root != at || fs.Cwd != at {
		return true, t.say("who enters %v does not stand on %v, the top of its stack", n.ns, top)
	}
	return true, nil
}

func checkCopySet(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	copies := len(n.want)
	if copies == 0 {
		copies = 1 // of fsmount: the fresh mount
	}
	for i, w := range n.want {
		if n.images[i] == 0 {
			return true, t.say("%v was not copied to %v", w.m, n.ns)
		}
	}
	if len(n.trees) != copies+1 {
		return true, t.say("%v has %v mounts where %v were to be copied and one to be its root", n.ns, len(n.trees), copies)
	}
	if nr := t.After.Spaces[n.ns].Nr; int(nr) != len(n.trees) {
		return true, t.say("%v counts %v mounts, but has %v", n.ns, nr, len(n.trees))
	}
	return true, nil
}

func checkIsomorphic(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok || len(n.want) == 0 || len(n.trees) != len(n.want)+1 {
		return false, nil
	}
	for i, w := range n.want {
		m := n.trees[i+1]
		o, c := &t.Before.Mounts[w.m], &t.After.Mounts[m]
		if c.Source != o.Source {
			return true, t.say("%v has another source than %v", m, w.m)
		}
		if i == 0 {
			continue
		}
		switch {
		case c.Root != o.Root:
			return true, t.say("%v stands where the copy of %v should, but shows another directory", m, w.m)
		case c.MP != o.MP:
			return true, t.say("%v, the copy of %v, has another mountpoint", m, w.m)
		case c.Parent != n.trees[w.parent+1]:
			return true, t.say("%v, the copy of %v, has another parent", m, w.m)
		}
	}
	return true, nil
}

func checkCopyTypes(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	pairs, _ := t.copied()
	for _, p := range pairs {
		o, c := t.original(p.from), &t.After.Mounts[p.to]
		group, master := o.Group, o.Master
		if n.foreign {
			if o.Group != 0 {
				master = p.from
			}
			group = 0
		}
		switch {
		case c.Group != group:
			return true, t.say("%v is of peer group %v, but the copy of %v should be of %v", p.to, c.Group, p.from, group)
		case !t.sameMaster(c.Master, master):
			return true, t.say("%v has the master %v, but the copy of %v should have %v", p.to, c.Master, p.from, master)
		}
	}
	if t.Call.Op == model.OpFsmount && n.graft != 0 {
		if g := &t.After.Mounts[n.graft]; g.Group != 0 || g.Master != 0 {
			return true, t.say("%v is a fresh mount but not private", n.graft)
		}
	}
	return true, nil
}

func checkDisjoint(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	for _, m := range n.trees {
		if !t.isNew(m) {
			return true, t.say("%v was there before %v was made", m, n.ns)
		}
	}
	for _, m := range t.old() {
		if t.stays(m) && t.After.Mounts[m].NS != t.Before.Mounts[m].NS {
			return true, t.say("%v changed to %v", m, t.After.Mounts[m].NS)
		}
	}
	return true, nil
}

func checkIDOrder(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	last, trees := t.Before.LastUID(), n.trees
	if !t.whole() {
		trees = appendByAge(nil, t.After, n.root)
	}
	for _, m := range trees {
		if uid := t.After.Mounts[m].UID; uid <= last {
			return true, t.say("the unique id of %v, %v, is not above %v", m, uid, last)
		} else {
			last = uid
		}
	}
	if t.After.Sem.NSIDs != model.RisingIDs {
		return true, nil
	}
	for i := range t.Before.Spaces {
		if id := t.Before.Spaces[i].ID; id >= t.After.Spaces[n.ns].ID {
			return true, t.say("the id of %v, %v, is not above that of %v, %v", n.ns, t.After.Spaces[n.ns].ID, model.NSIx(i), id)
		}
	}
	return true, nil
}

func checkNoPins(t *Transition) (bool, *Violation) {
	if !t.whole() && !t.followed() {
		return checkNoPinsOfTables(t)
	}
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	for _, m := range n.trees {
		if isPin(t.After, m) {
			return true, t.say("%v is a mount of the file of a mount namespace", m)
		}
	}
	return true, nil
}

// checkCost allows three looks at each child of the named mount (two rules
// and the copy look at them), and two at each mount that is copied or pruned.
func checkCost(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	work := t.After.Work()
	copies := len(n.want) + 1
	if len(n.want) == 0 {
		copies = 3 // of fsmount: the fresh mount is made once, and copied
	}
	if work.Copied > copies || work.Copied < len(n.want) {
		return true, t.say("%v mounts were copied for %v, where %v are to be", work.Copied, n.ns, copies)
	}
	limit := 8 + 2*n.examined
	if n.from.M != 0 {
		for c := t.Before.Mounts[n.from.M].FirstChild; c != 0; c = t.Before.Mounts[c].NextChild {
			limit += 3
		}
	}
	for x := t.Before.Overmount(n.bottom); x != 0; x = t.Before.Overmount(x) {
		limit++
	}
	if work.Visited > limit {
		return true, t.say("%v mounts were examined for %v, where %v suffice", work.Visited, n.ns, limit)
	}
	return true, nil
}
