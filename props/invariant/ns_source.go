package invariant

import "mntcheck/model"

// sourceInvariants are about what making a namespace leaves as it was.
func sourceInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "NS-11",
			Statement: "Every other namespace is as it was, in tree, flags, locks, types and groups; rings and lists of slaves have gained the copies, each next to its original.",
			Source:    "spec 05 §5 NS-11; commit a41dbf5e004e",
			Needs:     Tables,
			Check:     checkSource,
		},
		{
			Name:      "NS-13",
			Statement: "The graft is not propagated: no mount comes to be outside of the new namespace.",
			Source:    "spec 05 §5 NS-13",
			Needs:     Tables,
			Check:     checkNoPropagation,
		},
	}
}

func checkSource(t *Transition) (bool, *Violation) {
	if !t.whole() && !t.followed() {
		return checkSourceOfTables(t)
	}
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	for _, m := range t.old() {
		if v := t.checkSame(m, t.After, "when the namespace was made"); v != nil {
			return true, v
		}
		if v := t.checkOrders(m); v != nil && t.whole() {
			return true, v
		}
	}
	if !t.whole() {
		return true, nil
	}
	pairs, _ := t.copied()
	for _, p := range pairs {
		if p.to == n.root {
			continue // of a copied bottom mount, the graft stands between
		}
		o := t.original(p.from)
		r := &t.After.Mounts[p.from]
		switch {
		case o.Group != 0 && !n.foreign && r.NextPeer != p.to:
			return true, t.say("%v is not next to %v, its original, in the ring", p.to, p.from)
		case o.Group != 0 && n.foreign && r.FirstSlave != p.to:
			return true, t.say("%v is not the first slave of %v, its original", p.to, p.from)
		case (o.Group == 0 || !n.foreign) && o.Master != 0 && r.NextSlave != p.to:
			return true, t.say("%v is not next to %v, its original, in the list of slaves", p.to, p.from)
		}
	}
	return true, nil
}

// sameFlags are the flags that nothing but a change of the mount itself
// changes. The mark of MNT_EXPIRE is not among them: any use clears it.
const sameFlags = model.SettableFlags | model.AttributeLocks | model.Shrinkable | model.Locked |
	model.Shared | model.Unbindable | model.Umounted

// checkSame compares a mount of Before with the same one in state s: its place
// in the tree, flags and groups.
func (t *Transition) checkSame(m model.MountIx, s *model.State, when string) *Violation {
	o := &t.Before.Mounts[m]
	if int(m) >= len(s.Mounts) || s.Mounts[m].UID != o.UID || s.Mounts[m].ID != o.ID {
		return t.say("%v is gone %v", m, when)
	}
	r := &s.Mounts[m]
	switch {
	case r.NS != o.NS:
		return t.say("%v changed its namespace %v", m, when)
	case r.Parent != o.Parent || r.MP != o.MP || r.Root != o.Root:
		return t.say("%v changed its place %v", m, when)
	case r.FirstChild != o.FirstChild || r.LastChild != o.LastChild || r.NextChild != o.NextChild || r.PrevChild != o.PrevChild:
		return t.say("the children of or around %v changed %v", m, when)
	case (r.Flags^o.Flags)&sameFlags != 0:
		return t.say("%v changed in %v %v", m, flagWords((r.Flags^o.Flags)&sameFlags), when)
	case r.Group != o.Group || r.Master != o.Master:
		return t.say("%v changed its peer group or master %v", m, when)
	case r.IDMap != o.IDMap || r.Source != o.Source:
		return t.say("%v changed its idmapping or source %v", m, when)
	}
	return nil
}

// checkOrders tells whether the ring and the list of slaves of m are as before,
// new mounts aside.
func (t *Transition) checkOrders(m model.MountIx) *Violation {
	s := t.After
	next := func(x model.MountIx, step func(r *model.Mount) model.MountIx) model.MountIx {
		for range s.Mounts {
			if x == 0 || !t.isNew(x) {
				return x
			}
			x = step(&s.Mounts[x])
		}
		return x
	}
	peer := func(r *model.Mount) model.MountIx { return r.NextPeer }
	slave := func(r *model.Mount) model.MountIx { return r.NextSlave }
	o, r := &t.Before.Mounts[m], &s.Mounts[m]
	switch {
	case next(r.NextPeer, peer) != o.NextPeer:
		return t.say("the ring of %v has another order", m)
	case next(r.FirstSlave, slave) != o.FirstSlave, next(r.NextSlave, slave) != o.NextSlave:
		return t.say("the slaves of or around %v have another order", m)
	}
	return nil
}

func checkNoPropagation(t *Transition) (bool, *Violation) {
	if !t.whole() && !t.followed() {
		return checkNoPropagationOfTables(t)
	}
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	for _, c := range t.After.Journal() {
		if r := &t.After.Mounts[c.M]; r.ID != 0 && t.isNew(c.M) && r.NS != n.ns {
			return true, t.say("%v came to be, and is not in %v", c.M, n.ns)
		}
	}
	return true, nil
}
