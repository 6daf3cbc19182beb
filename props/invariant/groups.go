package invariant

import "mntcheck/model"

// groupInvariants are about peer groups and masters.
func groupInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "INV-6",
			Statement: "A mount is shared if and only if it has a peer group, it is then not unbindable, and the members of a group form one ring.",
			Source:    "spec 01 §6 INV-6; users I13",
			Needs:     Visible,
			Check:     checkRings,
		},
		{
			Name:      "INV-7",
			Statement: "Peers, and slaves and their masters, are mounts of the same filesystem.",
			Source:    "spec 01 §6 INV-7",
			Needs:     Tables,
			Check:     checkGroupFS,
		},
		{
			Name:      "INV-8",
			Statement: "Every slave is in the list of its master, which is shared; no group receives from itself; the peers of a slave have its master, and stand together in its list in ring order.",
			Source:    "spec 01 §6 INV-8; users I13; CVE-2016-4581",
			Needs:     Visible, Facts: Groups,
			Check: checkMasters,
		},
		{
			Name:      "INV-9",
			Statement: "What is unmounted has no part in propagation: peers and masters are mounts of namespaces.",
			Source:    "spec 01 §6 INV-9; users I13; commit a41dbf5e004e",
			Check:     checkUnmountedAlone,
		},
		{
			Name:      "INV-12",
			Statement: "After an attach, every eligible receiver of the parent has a new copy at the same place, beneath what was there, which is a peer or slave of the source as the receiver is of the parent.",
			Source:    "spec 01 §6 INV-12; spec 03 §3.2",
			Needs:     Visible, Facts: Places | Groups,
			Check: checkReceivers,
		},
	}
}

func checkRings(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if (r.Flags&model.Shared != 0) != (r.Group != 0) {
			return true, t.say("%v is of peer group %v but has %v", m, r.Group, flagWords(r.Flags&model.Shared))
		}
		if r.Flags&model.Shared != 0 {
			premise = true
			if r.Flags&model.Unbindable != 0 {
				return true, t.say("%v is shared and unbindable", m)
			}
		} else if r.NextPeer != m || r.PrevPeer != m {
			return true, t.say("%v is not shared but has the peer %v", m, r.NextPeer)
		}
		for _, p := range [...]model.MountIx{r.NextPeer, r.PrevPeer} {
			if s.Mounts[p].ID == 0 || s.Mounts[p].Group != r.Group {
				return true, t.say("the ring of %v goes to %v, which is not of peer group %v", m, p, r.Group)
			}
		}
		if s.Mounts[r.NextPeer].PrevPeer != m || s.Mounts[r.PrevPeer].NextPeer != m {
			return true, t.say("the ring of %v does not lead back to it", m)
		}
	}
	if len(s.Mounts) <= small {
		return premise, checkWholeRings(t)
	}
	return premise, nil
}

// checkWholeRings counts the members of each group, in its ring and at large.
func checkWholeRings(t *Transition) *Violation {
	s, k := t.After, &t.facts.marks
	e := k.begin(len(s.Mounts))
	for _, m := range t.scope() {
		group := s.Mounts[m].Group
		if group == 0 || k.has(int(m), e) {
			continue
		}
		for x := m; k.set(int(x), e); x = s.Mounts[x].NextPeer {
		}
		for _, x := range t.scope() {
			if s.Mounts[x].Group == group && !k.has(int(x), e) {
				return t.say("%v and %v are of peer group %v but not in one ring", m, x, group)
			}
		}
	}
	return nil
}

func checkGroupFS(t *Transition) (premise bool, broken *Violation) {
	if !t.whole() {
		return checkGroupFSOfTables(t)
	}
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if r.NextPeer != m {
			premise = true
			if s.SBOf(r.NextPeer) != s.SBOf(m) {
				return true, t.say("%v and its peer %v are of different filesystems", m, r.NextPeer)
			}
		}
		if r.Master != 0 {
			premise = true
			if s.SBOf(r.Master) != s.SBOf(m) {
				return true, t.say("%v and its master %v are of different filesystems", m, r.Master)
			}
		}
	}
	return premise, nil
}

func checkMasters(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if first := r.FirstSlave; first != 0 && (s.Mounts[first].Master != m || s.Mounts[first].PrevSlave != 0) {
			return true, t.say("the list of slaves of %v begins with %v, which has another place", m, first)
		}
		if r.Master == 0 {
			if r.NextSlave != 0 || r.PrevSlave != 0 {
				return true, t.say("%v has no master but is in a list of slaves", m)
			}
			continue
		}
		premise = true
		if s.Mounts[r.Master].Flags&model.Shared == 0 {
			return true, t.say("the master of %v, %v, is not shared", m, r.Master)
		}
		if v := checkSlaveList(t, m); v != nil {
			return true, v
		}
		n := 0
		for x := r.Master; x != 0; x = s.Mounts[x].Master {
			if x == m || r.Group != 0 && s.Mounts[x].Group == r.Group || n > len(s.Mounts) {
				return true, t.say("%v receives from its own group, by way of %v", m, x)
			}
			n++
		}
	}
	return premise, nil
}

// checkSlaveList holds the slave m against its neighbours in the list of its
// master, and against its peers.
func checkSlaveList(t *Transition, m model.MountIx) *Violation {
	s := t.After
	r := &s.Mounts[m]
	if r.PrevSlave == 0 && s.Mounts[r.Master].FirstSlave != m ||
		r.PrevSlave != 0 && (s.Mounts[r.PrevSlave].NextSlave != m || s.Mounts[r.PrevSlave].Master != r.Master) ||
		r.NextSlave != 0 && (s.Mounts[r.NextSlave].PrevSlave != m || s.Mounts[r.NextSlave].Master != r.Master) {
		return t.say("%v is not where it should be among the slaves of %v", m, r.Master)
	}
	if r.NextPeer == m || r.Group == 0 {
		return nil
	}
	if s.Mounts[r.NextPeer].Master != r.Master {
		return t.say("%v and its peer %v have different masters", m, r.NextPeer)
	}
	if n := r.NextSlave; n != 0 && s.Mounts[n].Group == r.Group {
		if n != r.NextPeer {
			return t.say("%v is followed by %v in the list of slaves, but by %v in their ring", m, n, r.NextPeer)
		}
		return nil
	}
	// m ends its group's segment: the next peer has to begin it.
	if p := s.Mounts[r.NextPeer].PrevSlave; p != 0 && s.Mounts[p].Group == r.Group {
		return t.say("the peers of %v do not stand together among the slaves of %v", m, r.Master)
	}
	return nil
}

func checkUnmountedAlone(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if r.NS > 0 {
			if r.NextPeer != m && s.Mounts[r.NextPeer].NS <= 0 {
				return true, t.say("the peer %v of %v is not mounted", r.NextPeer, m)
			}
			if r.Master != 0 && s.Mounts[r.Master].NS <= 0 {
				return true, t.say("the master %v of %v is not mounted", r.Master, m)
			}
			continue
		}
		premise = premise || r.NS == 0
		if r.Group != 0 || r.Master != 0 || r.FirstSlave != 0 || r.NextPeer != m || r.Flags&(model.Shared|model.Unbindable) != 0 {
			return true, t.say("%v is not mounted but takes part in propagation", m)
		}
	}
	return premise, nil
}

func checkReceivers(t *Transition) (premise bool, broken *Violation) {
	a := t.attachment()
	if !a.ok || t.Before.Mounts[a.at.M].Flags&model.Shared == 0 {
		return false, nil
	}
	b, s := t.Before, t.After
	for _, n := range t.receiversOf(a.at.M) {
		ns := b.Mounts[n].NS
		if ns <= 0 || b.Spaces[ns].Anon || !b.Under(a.at.D, b.Mounts[n].Root) {
			continue
		}
		premise = true
		c := s.ChildAt(n, a.at.D)
		switch {
		case c == 0 || !t.isNew(c) && c != a.src:
			return true, t.say("%v receives from %v but got no copy of %v", n, a.at.M, a.src)
		case s.Mounts[c].Root != s.Mounts[a.src].Root:
			return true, t.say("%v on %v is not a copy of %v", c, n, a.src)
		}
		if v := checkCopyType(t, a, n, c); v != nil {
			return true, v
		}
		if q := b.ChildAt(n, a.at.D); q != 0 && q != a.src && !above(s, q, c) {
			return true, t.say("%v was mounted where %v got a copy, and is not on top of it", q, n)
		}
	}
	return premise, nil
}

// checkCopyType holds the type of the copy c on receiver n against what n is
// to the parent. Spec 03 §3.6.
func checkCopyType(t *Transition, a *attachment, n, c model.MountIx) *Violation {
	s := t.After
	src, r := &s.Mounts[a.src], &s.Mounts[c]
	if t.Before.Mounts[n].Group == t.Before.Mounts[a.at.M].Group {
		if r.Group != src.Group {
			return t.say("%v is on a peer of %v but is no peer of %v", c, a.at.M, a.src)
		}
		return nil
	}
	if (r.Flags^t.Before.Mounts[n].Flags)&model.Shared != 0 {
		return t.say("%v is on %v but is shared where that is not, or the other way", c, n)
	}
	for x, i := r.Master, 0; x != 0 && i <= len(s.Mounts); x, i = s.Mounts[x].Master, i+1 {
		if x == a.src || s.Mounts[x].Group == src.Group && src.Group != 0 {
			return nil
		}
	}
	return t.say("%v is on a slave of %v but does not receive from %v", c, a.at.M, a.src)
}

// above tells whether x is stacked on y, roots on roots.
func above(s *model.State, x, y model.MountIx) bool {
	for range len(s.Mounts) {
		if x == y {
			return true
		}
		p := s.Mounts[x].Parent
		if p == 0 || s.Mounts[x].MP != s.Mounts[p].Root {
			return false
		}
		x = p
	}
	return false
}
