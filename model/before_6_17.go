package model

import "slices"

// Propagation as it was before 6.17: types change one mount at a time, and
// what an umount takes out elsewhere is found by trying. Spec 03b; the newer
// algorithm is in propagation.go and umount_tree.go.

// isNew tells whether a traversal passes m by, as if it were being made: before
// 6.15, mounts of detached trees too. Spec 03b §5.
func (s *State) isNew(m MountIx) bool {
	ns := s.Mounts[m].NS
	return ns == 0 || !s.Sem.DetachedTrees && ns > 0 && s.Spaces[ns].Anon
}

// setTypeAlone is setType for private, slave and unbindable. The heir is the
// first peer that shows the same directory, else the next one; slaves go to
// the end of its list. Spec 03b §4.
func (s *State) setTypeAlone(m MountIx, flag uint64) {
	r := s.touch(m)
	heir := r.Master
	switch {
	case r.Flags&Shared != 0 && r.NextPeer != m:
		heir = s.peerToInherit(m)
		s.leaveRing(m)
		s.leaveMaster(m)
		s.addSlaveFirst(m, heir)
	case r.Flags&Shared != 0:
		s.groupIDs.release(r.Group)
	}
	r.Group = 0
	r.Flags &^= Shared
	s.appendSlaves(m, heir)
	if flag == MS_SLAVE {
		return // unbindable stays where there was no master to be had
	}
	s.leaveMaster(m)
	r.Flags &^= Unbindable
	if flag == MS_UNBINDABLE {
		r.Flags |= Unbindable
	}
}

func (s *State) peerToInherit(m MountIx) MountIx {
	for x := s.Mounts[m].NextPeer; x != m; x = s.Mounts[x].NextPeer {
		if s.Mounts[x].Root == s.Mounts[m].Root {
			return x
		}
	}
	return s.Mounts[m].NextPeer
}

// appendSlaves gives all slaves of m to heir, at the end of its list; without
// an heir they lose their master.
func (s *State) appendSlaves(m, heir MountIx) {
	if heir == 0 {
		s.transferSlaves(m, 0)
		return
	}
	first := s.Mounts[m].FirstSlave
	if first == 0 {
		return
	}
	s.touch(m).FirstSlave = 0
	for x := first; x != 0; x = s.Mounts[x].NextSlave {
		s.touch(x).Master = heir
	}
	last := s.Mounts[heir].FirstSlave
	if last == 0 {
		s.touch(heir).FirstSlave = first
		return
	}
	for s.Mounts[last].NextSlave != 0 {
		last = s.Mounts[last].NextSlave
	}
	s.touch(last).NextSlave = first
	s.touch(first).PrevSlave = last
}

// skipBehind goes on in member order behind the slaves of m, but for those of
// the last one; peers of m are not skipped. Spec 03b §5.
func (s *State) skipBehind(m, origin MountIx) MountIx {
	last := s.Mounts[m].FirstSlave
	if last == 0 || s.isNew(m) {
		return s.nextDestination(m, origin)
	}
	for s.Mounts[last].NextSlave != 0 {
		last = s.Mounts[last].NextSlave
	}
	return s.nextDestination(last, origin)
}

// Marks of an umount under way; a mount is listed if it is kept or seen.
const (
	markDead      = markGoing
	markListed    = markSeen
	markKept      = markCandidate
	markTentative = markClimbed
)

// umountTrial is the search for what goes with an umount elsewhere.
type umountTrial struct {
	*State
	gone, keep, touched []MountIx
}

// propagateUmountByTrial extends set, a whole tree in preorder, by the mounts
// that go with it elsewhere. Spec 03b §7.
func (s *State) propagateUmountByTrial(set []MountIx) []MountIx {
	t := &umountTrial{State: s}
	for _, x := range set {
		s.touch(x).mark = markDead
	}
	for i := len(set) - 1; i >= 0; i-- {
		t.collect(set[i])
	}
	for i := 0; i < len(t.gone); i++ {
		t.complete(t.gone[i])
	}
	t.reparent()
	for _, x := range append(t.touched, set...) {
		s.Mounts[x].mark = 0
	}
	return append(set, t.gone...)
}

func (t *umountTrial) mark(m MountIx, mark uint8) {
	t.touch(m).mark |= mark
	t.touched = append(t.touched, m)
}

func (t *umountTrial) has(m MountIx, mark uint8) bool { return t.Mounts[m].mark&mark != 0 }

// collect tries the mounts at x's place on all receivers; where one goes, its
// parent gets another chance. Spec 03b §7.3.
func (t *umountTrial) collect(x MountIx) {
	p, d := t.Mounts[x].Parent, t.Mounts[x].MP
	if t.has(x, markListed) || p == 0 {
		return
	}
	t.mark(x, markListed)
	for n := t.nextDestination(p, p); n != 0; {
		c := t.childAt(n, d)
		if c == 0 {
			n = t.nextDestination(n, p)
			continue
		}
		if t.has(c, markListed) {
			n = t.skipBehind(n, p)
			continue
		}
		if t.has(c, markDead) {
			t.mark(c, markListed)
		} else {
			for y := c; t.try(y); {
				if y = t.Mounts[y].Parent; !t.has(y, markListed) {
					break
				}
			}
		}
		n = t.nextDestination(n, p)
	}
}

// try tells whether it made progress with y: took it, or found that only its
// lock holds it. Spec 03b §7.2.
func (t *umountTrial) try(y MountIx) bool {
	if t.has(y, markDead|markTentative) {
		return false
	}
	for k := t.Mounts[y].FirstChild; k != 0; k = t.Mounts[k].NextChild {
		t.work.Visited++
		if t.has(k, markDead) || t.Mounts[k].MP == t.Mounts[y].Root {
			continue
		}
		if !t.has(k, markListed) || !t.has(k, markTentative) {
			t.keepLast(y)
			return false
		}
	}
	t.mark(y, markTentative)
	if t.Mounts[y].Flags&Locked != 0 {
		t.keepLast(y)
		return true
	}
	t.take(y)
	return true
}

func (t *umountTrial) keepLast(y MountIx) {
	if t.has(y, markKept) {
		t.keep = slices.DeleteFunc(t.keep, func(k MountIx) bool { return k == y })
	}
	t.mark(y, markKept|markListed)
	t.keep = append(t.keep, y)
}

func (t *umountTrial) take(y MountIx) {
	if t.has(y, markKept) {
		t.keep = slices.DeleteFunc(t.keep, func(k MountIx) bool { return k == y })
	}
	t.mark(y, markDead)
	t.Mounts[y].mark &^= markTentative | markKept | markListed
	t.gone = append(t.gone, y)
}

// complete decides about the children of a mount that goes: those on its root
// stay, the LOCKED ones strictly inside go with it. Spec 03b §7.4.
func (t *umountTrial) complete(g MountIx) {
	for k := t.Mounts[g].FirstChild; k != 0; k = t.Mounts[k].NextChild {
		if t.has(k, markDead) {
			continue
		}
		if t.Mounts[k].MP == t.Mounts[g].Root {
			t.keepLast(k)
		} else {
			t.take(k)
		}
	}
}

// reparent lets what stays fall down to the first mount below it that stays.
// Spec 03b §7.5.
func (t *umountTrial) reparent() {
	for _, k := range t.keep {
		t.Mounts[k].mark &^= markTentative
		p, d := t.Mounts[k].Parent, t.Mounts[k].MP
		for t.has(p, markDead) {
			p, d = t.Mounts[p].Parent, t.Mounts[p].MP
		}
		if p != t.Mounts[k].Parent {
			t.detach(k)
			t.attach(k, p, d)
		}
	}
}
