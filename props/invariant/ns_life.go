package invariant

import "mntcheck/model"

// lifeInvariants are about what can be done with the new namespace later.
func lifeInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "NS-18",
			Statement: "For the owner, who enters and makes a namespace of / gets the same tree again; its graft is LOCKED if anything on the root stack is.",
			Source:    "spec 05 §5 NS-18",
			Check:     checkAgain, WholeTable: true,
		},
		{
			Name:      "NS-20",
			Statement: "Closing the only descriptor ends the namespace, without propagation: all else is as before it was made.",
			Source:    "spec 05 §5 NS-20; spec 04 §21",
			Check:     checkLifetime, WholeTable: true,
		},
		{
			Name:      "NS-21",
			Statement: "For a directory below the named one, in the same mount, no mount is copied that is not copied for the named one.",
			Source:    "spec 05 §5 NS-21",
			Check:     checkMonotone, WholeTable: true,
		},
	}
}

const again = model.OPEN_TREE_NAMESPACE | model.AT_RECURSIVE

// spaceOf is the root of the namespace behind a descriptor, or none.
func spaceOf(s *model.State, actor int, fd int64) (root model.MountIx) {
	i := s.FindFD(model.ProcIx(actor), int(fd))
	if i == 0 {
		return 0
	}
	d := &s.Dentries[s.Files[i].Loc.D]
	if d.Kind != model.MntNSFile {
		return 0
	}
	return s.Spaces[d.Obj].Root
}

func checkAgain(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok || n.foreign || n.graft == 0 || t.After.Overmount(n.graft) != 0 {
		return false, nil
	}
	s, child, ok := t.enter(n)
	if !ok {
		return false, nil
	}
	r, err := do(s, child, model.OpOpenTree, model.Num(model.AT_FDCWD), model.Str("/"), model.Num(again))
	if err != nil || r.Errno == model.EMFILE {
		return false, nil
	}
	if r.Errno != 0 {
		return true, t.say("a namespace of / of %v cannot be made: the call answers %v", n.ns, r)
	}
	second := s.Overmount(spaceOf(s, child, r.Value))
	if second == 0 {
		return true, t.say("the namespace of / of %v has no graft", n.ns)
	}
	if (s.Mounts[second].Flags^s.Mounts[n.graft].Flags)&model.Locked != 0 {
		return true, t.say("one of %v and the graft of a namespace of / of %v is LOCKED", n.graft, n.ns)
	}
	return true, t.checkSameTree(s, n.graft, second)
}

// checkSameTree compares two trees of s; those on top may differ in LOCKED.
func (t *Transition) checkSameTree(s *model.State, a, b model.MountIx) *Violation {
	x, y := &s.Mounts[a], &s.Mounts[b]
	if x.Root != y.Root || x.Source != y.Source || x.IDMap != y.IDMap || (x.Flags^y.Flags)&(model.SettableFlags|model.AttributeLocks) != 0 {
		return t.say("%v is copied as something else from its copy in a namespace", a)
	}
	c, d := x.FirstChild, y.FirstChild
	for c != 0 && d != 0 {
		if s.Mounts[c].MP != s.Mounts[d].MP || (s.Mounts[c].Flags^s.Mounts[d].Flags)&model.Locked != 0 {
			return t.say("%v has another place or lock when it is copied again", c)
		}
		if v := t.checkSameTree(s, c, d); v != nil {
			return v
		}
		c, d = s.Mounts[c].NextChild, s.Mounts[d].NextChild
	}
	if c != 0 || d != 0 {
		return t.say("%v has another number of children when it is copied again", a)
	}
	return nil
}

func checkLifetime(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	s, ok := t.tryOut()
	if !ok {
		return false, nil
	}
	if r, err := do(s, t.Actor, model.OpClose, model.Num(t.Result.Value)); err != nil || r.Errno != 0 {
		return false, nil
	}
	if s.Spaces[n.ns].ID == t.After.Spaces[n.ns].ID {
		return true, t.say("%v still is when its only descriptor is closed", n.ns)
	}
	for m := range s.Mounts {
		if r := &s.Mounts[m]; r.ID != 0 && (m >= len(t.Before.Mounts) || t.Before.Mounts[m].UID != r.UID) {
			return true, t.say("%v is left of %v when its only descriptor is closed", model.MountIx(m), n.ns)
		}
	}
	for m := 1; m < len(t.Before.Mounts); m++ {
		if t.Before.Mounts[m].ID == 0 {
			continue
		}
		if v := t.checkSame(model.MountIx(m), s, "when the only descriptor of the new namespace is closed"); v != nil {
			return true, v
		}
	}
	return true, nil
}

// checkMonotone makes another namespace, of a directory below the one that was
// named, and looks where the mounts come from that it copies.
func checkMonotone(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok || !n.recursive || n.from.M == 0 || n.graft == 0 {
		return false, nil
	}
	d, name := t.directoryBelow(n.from)
	if d == 0 {
		return false, nil
	}
	s, ok := t.tryOut()
	if !ok {
		return false, nil
	}
	path := t.Call.Args[1].S
	if path != "" {
		path += "/"
	}
	at := model.Str(path + name)
	if l, r := s.Resolve(t.Actor, int64(int32(t.Call.Args[0].N)), at, model.ResolveFollow); r.Refused() || l != (model.Loc{M: n.from.M, D: d}) {
		return false, nil
	}
	r, err := do(s, t.Actor, model.OpOpenTree, t.Call.Args[0], at, model.Num(again))
	if err != nil || r.Errno == model.EMFILE {
		return false, nil
	}
	if r.Errno != 0 {
		return true, t.say("a namespace of a directory below the named one, %v, cannot be made: the call answers %v", name, r)
	}
	return true, t.checkSubset(s, n, s.Overmount(spaceOf(s, t.Actor, r.Value)))
}

// checkSubset follows the second graft and the named mount side by side.
func (t *Transition) checkSubset(s *model.State, n *namespace, graft model.MountIx) *Violation {
	type two struct{ copied, from model.MountIx }
	all := []two{{graft, n.from.M}}
	for i := 0; i < len(all); i++ {
		x := all[i]
		if n.copyOf(x.from) == 0 {
			return t.say("%v is copied for a directory below the named one, but not for that", x.from)
		}
		for c := s.Mounts[x.copied].FirstChild; c != 0; c = s.Mounts[c].NextChild {
			o := t.Before.ChildAt(x.from, s.Mounts[c].MP)
			if o == 0 {
				return t.say("a namespace of a directory below the named one has a mount where %v has none", x.from)
			}
			all = append(all, two{c, o})
		}
	}
	return nil
}

// copyOf is the mount of N that stands for m, or none.
func (n *namespace) copyOf(m model.MountIx) model.MountIx {
	if n.imageOf == nil {
		n.imageOf = make(map[model.MountIx]model.MountIx, len(n.want))
		for i, w := range n.want {
			n.imageOf[w.m] = n.images[i]
		}
	}
	return n.imageOf[m]
}

// directoryBelow finds a directory of at's mount, directly below at, which
// nothing is mounted on; one that has mounts below it where there is one.
func (t *Transition) directoryBelow(at model.Loc) (model.DentryIx, string) {
	s := t.Before
	var best model.DentryIx
	for c := s.Mounts[at.M].FirstChild; c != 0; c = s.Mounts[c].NextChild {
		for d := s.Mounts[c].MP; s.Dentries[d].Parent != d && best == 0; d = s.Dentries[d].Parent {
			if s.Dentries[d].Parent == at.D && d != s.Mounts[c].MP {
				best = d
			}
		}
	}
	if best == 0 {
		best = s.Dentries[at.D].FirstChild
	}
	if best == 0 || !s.IsDir(best) || s.ChildAt(at.M, best) != 0 {
		return 0, ""
	}
	return best, s.Name(s.Dentries[best].Name)
}
