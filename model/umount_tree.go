package model

// umountMode says why a tree is unmounted. Spec 03 §5.
type umountMode uint8

const (
	umountSync      umountMode = 1 << iota // nobody uses it: a plain umount2, or a copy that failed
	umountPropagate                        // also from what receives from the parent
	umountCover                            // submounts may not show what they covered
)

// umountTree takes the tree under m out of its namespace, and with
// umountPropagate what is mounted at the same places on receivers, as far as
// that moves no surviving mount and reveals nothing that a lock covers.
// Spec 03 §5.
func (s *State) umountTree(m MountIx, mode umountMode) {
	if mode&umountPropagate != 0 {
		s.unlockReceivers(m)
	}
	set := s.scratch.umount[:0]
	for x := m; x != 0; x = s.next(x, m) {
		s.work.Visited++
		set = append(set, x)
	}
	if mode&umountPropagate != 0 {
		if s.Sem.BulkPropagation {
			set = s.propagateUmount(set)
		} else {
			set = s.propagateUmountByTrial(set)
		}
	}
	for _, x := range set {
		s.touch(x).Flags |= Umounted
	}
	if s.Sem.BulkPropagation {
		s.makePrivateAll(set)
	}
	for _, x := range set {
		s.leaveNS(x)
	}
	for _, x := range set {
		s.leavePlace(x, mode)
		if !s.Sem.BulkPropagation {
			s.setType(x, MS_PRIVATE)
		}
	}
	s.scratch.umount = set[:0]
}

// leaveNS takes x out of its namespace.
func (s *State) leaveNS(x MountIx) {
	s.work.Destroyed++
	r := s.touch(x)
	if ns := r.NS; ns > 0 {
		s.Spaces[ns].Nr--
	}
	r.NS = 0
}

// leavePlace takes x from its parent. Where both go and x hides something, a
// cover stays; before 7.3, x itself. Spec 03 §5 step 5, 07 §3.9.
func (s *State) leavePlace(x MountIx, mode umountMode) {
	r := s.touch(x)
	if p := r.Parent; p != 0 {
		hides := mode&umountSync == 0 && s.Mounts[p].Flags&Umounted != 0 &&
			(mode&umountCover != 0 || r.Flags&Locked != 0)
		if hides && !s.Sem.CoversUmounted {
			return // stays connected, and goes with its parent
		}
		if hides {
			s.covers = append(s.covers, cover{p, r.MP})
		}
		s.detach(x)
	}
	r.Flags &^= Locked
	s.settleQ.mounts = append(s.settleQ.mounts, x)
}

// unlockReceivers lets the mounts at m's place on receivers go although they
// are LOCKED: who could lock them there could not stop the owner's umount.
// Spec 03 §5 step 1.
func (s *State) unlockReceivers(m MountIx) {
	p, d := s.Mounts[m].Parent, s.Mounts[m].MP
	if p == 0 {
		return
	}
	for n := s.nextDestination(p, p); n != 0; n = s.nextDestination(n, p) {
		if c := s.childAt(n, d); c != 0 {
			s.touch(c).Flags &^= Locked
		}
	}
}

// propagateUmount extends set, a whole tree in preorder, by the mounts that go
// with it elsewhere. The order of what it adds decides the order in which
// survivors inherit slaves. Spec 03 §5.1, 5.2.
func (s *State) propagateUmount(set []MountIx) []MountIx {
	for _, x := range set {
		s.touch(x).mark = markGoing
	}
	tree := len(set)
	candidates := s.gatherCandidates(set)
	for _, y := range candidates {
		if s.Mounts[y].mark&markCandidate != 0 {
			set = s.trimAncestors(y, set)
		}
	}
	for _, y := range candidates {
		s.Mounts[y].mark &^= markClimbed
	}
	for _, y := range candidates {
		if s.Mounts[y].mark&markCandidate != 0 {
			set = s.commitUnlocked(y, set)
		}
	}
	for _, y := range set[tree:] {
		s.reparentSurvivor(y)
	}
	for _, x := range set {
		s.Mounts[x].mark = 0
	}
	for _, y := range candidates {
		s.Mounts[y].mark = 0
	}
	s.scratch.candidates = candidates[:0]
	return set
}

// gatherCandidates finds what is mounted on receivers where a mount of the
// tree is on its parent; the last found is the first in the list.
// Spec 03 §5.1, discovery.
func (s *State) gatherCandidates(tree []MountIx) []MountIx {
	found := s.scratch.candidates[:0]
	for _, x := range tree {
		if s.Mounts[x].mark&markSeen != 0 {
			continue
		}
		s.Mounts[x].mark |= markSeen
		p, d := s.Mounts[x].Parent, s.Mounts[x].MP
		if p == 0 {
			continue
		}
		for n := s.nextDestination(p, p); n != 0; {
			c := s.childAt(n, d)
			if c == 0 {
				n = s.nextDestination(n, p)
				continue
			}
			if s.Mounts[c].mark&markSeen != 0 {
				n = s.skipGroup(n, p)
				continue
			}
			r := s.touch(c)
			r.mark |= markSeen
			if r.mark&markGoing == 0 {
				r.mark |= markCandidate
				found = append(found, c)
			}
			n = s.nextDestination(n, p)
		}
	}
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	return found
}

// trimAncestors makes the set non-shifting: where a mount survives strictly
// inside of candidates, these stay. Only survivors on a candidate's own root
// can slide down into its place. A candidate without children goes at once,
// unless it is LOCKED. Spec 03 §5.1 (a), phase 1.
func (s *State) trimAncestors(y MountIx, set []MountIx) []MountIx {
	children, survivor, inside := 0, false, false
	for c := s.Mounts[y].FirstChild; c != 0; c = s.Mounts[c].NextChild {
		s.work.Visited++
		mark := s.Mounts[c].mark
		if mark&markGoing != 0 {
			continue
		}
		children++
		if mark&markCandidate == 0 {
			survivor = true
			inside = inside || s.Mounts[c].MP != s.Mounts[y].Root
		}
	}
	if survivor {
		for z, p := y, s.Mounts[y].Parent; s.Mounts[p].mark&markCandidate != 0; z, p = p, s.Mounts[p].Parent {
			if s.Mounts[z].mark&markClimbed != 0 {
				break
			}
			s.Mounts[z].mark |= markClimbed
			if s.Mounts[z].MP != s.Mounts[p].Root {
				s.Mounts[p].mark &^= markCandidate
			}
		}
		if inside {
			s.Mounts[y].mark &^= markCandidate
		}
		return set
	}
	if children == 0 && s.Mounts[y].Flags&Locked == 0 {
		set = s.commitUmount(y, set)
	}
	return set
}

// commitUnlocked makes the set non-revealing: from y upwards, a chain of
// candidates goes up to the highest that is not LOCKED, or whole where its
// parent goes too. Spec 03 §5.1 (b), phase 2.
func (s *State) commitUnlocked(y MountIx, set []MountIx) []MountIx {
	cut, z := y, y
	for s.Mounts[z].mark&markCandidate != 0 {
		s.Mounts[z].mark &^= markCandidate
		parent := s.Mounts[z].Parent
		if s.Mounts[z].Flags&Locked == 0 {
			cut = parent
		}
		z = parent
	}
	if s.Mounts[z].mark&markGoing != 0 {
		cut = z
	}
	for ; y != cut; y = s.Mounts[y].Parent {
		set = s.commitUmount(y, set)
	}
	return set
}

func (s *State) commitUmount(y MountIx, set []MountIx) []MountIx {
	s.Mounts[y].mark = s.Mounts[y].mark&^markCandidate | markGoing
	return append(set, y)
}

// reparentSurvivor lets what survives on top of y slide down to the place of
// the lowest mount of the stack that goes. Spec 03 §5.2.
func (s *State) reparentSurvivor(y MountIx) {
	o := s.Overmount(y)
	if o == 0 || s.Mounts[o].mark&markGoing != 0 {
		return
	}
	b := y
	for s.Mounts[s.Mounts[b].Parent].mark&markGoing != 0 {
		b = s.Mounts[b].Parent
	}
	p, d := s.Mounts[b].Parent, s.Mounts[b].MP
	s.detach(o)
	// b still stands at the place; it leaves it in the same operation.
	s.attach(o, p, d)
}

// busy tells whether a plain umount of m must fail: m has children, or somebody
// uses it, or uses a mount that would have to go with it elsewhere. The caller's
// own reference to m is not counted in Refs. Spec 03 §5.3.
func (s *State) busy(m MountIx) (user MountIx) {
	if s.Mounts[m].FirstChild != 0 || s.Mounts[m].Refs > 0 {
		return m
	}
	p, d := s.Mounts[m].Parent, s.Mounts[m].MP
	if p == 0 {
		return 0
	}
	for n := s.nextDestination(p, p); n != 0; n = s.nextDestination(n, p) {
		c := s.childAt(n, d)
		if c == 0 || s.Sem.ChainedBusy && s.Mounts[n].MP == d && s.receivesOrIs(s.Mounts[n].Parent, p) {
			continue
		}
		if user := s.chainBusy(c, m, p, d); user != 0 {
			return user
		}
	}
	return 0
}

// chainBusy looks for a user in the chain c, the mount at d on c, the one at d
// on that, …, as long as each receives from p: these go together where they
// go. Elements that would survive are not looked at. Spec 03 §5.3 step 3.
func (s *State) chainBusy(c, m, p MountIx, d DentryIx) MountIx {
	if !s.Sem.ChainedBusy {
		return s.copyBusy(c)
	}
	chain := s.scratch.chain[:0]
	for x := c; x != 0; {
		chain = append(chain, x)
		if !s.Receives(x, p) {
			break
		}
		x = s.childAt(x, d)
	}
	s.scratch.chain = chain
	extra := false // an element further up has a child that is not of the chain
	for i := len(chain) - 1; i >= 0; i-- {
		x := chain[i]
		next := MountIx(0)
		if i+1 < len(chain) {
			next = chain[i+1]
		}
		goes, other := true, false
		for k := s.Mounts[x].FirstChild; k != 0; k = s.Mounts[k].NextChild {
			s.work.Visited++
			if k == m || k == next {
				continue
			}
			other = true
			if s.Mounts[k].MP != s.Mounts[x].Root {
				goes = false
			}
		}
		if next != 0 && next != s.Overmount(x) && extra {
			goes = false
		}
		if goes && s.Mounts[x].Refs > 0 {
			return x
		}
		extra = extra || other
	}
	return 0
}

// copyBusy looks at one copy by itself: it counts where nothing, or only an
// overmount, is on it. Spec 03b §8.2.
func (s *State) copyBusy(c MountIx) MountIx {
	first := s.Mounts[c].FirstChild
	alone := first == 0 || s.Mounts[first].NextChild == 0 && first == s.Overmount(c)
	if alone && s.Mounts[c].Refs > 0 {
		return c
	}
	return 0
}

func (s *State) receivesOrIs(x, p MountIx) bool { return x == p || s.Receives(x, p) }
