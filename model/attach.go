package model

// Marks of Mount.mark.
const (
	markDying     uint8 = 1 << iota // makePrivateAll: in the set that goes
	markMaster                      // propagateMount: a master of a mount that got a copy
	markSeen                        // propagateUmount: met by the discovery
	markCandidate                   // propagateUmount: may go
	markGoing                       // propagateUmount: goes
	markClimbed                     // propagateUmount: a walk upwards passed here
)

// pendingCopy is a copy aimed at its place but not attached yet.
type pendingCopy struct{ copy, on MountIx }

// attachTree puts the tree under src on dentry d of mount p, and copies of it
// everywhere that receives from p. src is new, or the root of an anonymous
// namespace, or a mount with a parent, which is then moved. caller's namespace
// decides whose locks a tree needs that goes into a detached tree.
// Spec 03 §3; the kernel's attach_recursive_mnt.
func (s *State) attachTree(src, p MountIx, d DentryIx, caller NSIx) Refusal {
	moving := s.Mounts[src].Parent != 0
	ns := s.Mounts[p].NS
	owner := s.Spaces[ns].Owner
	if s.Spaces[ns].Anon {
		owner = s.Spaces[caller].Owner
	}
	top := src
	if s.Sem.BulkPropagation {
		top = s.Top(src)
	}
	if s.cannotBeMountpoint(s.Mounts[top].Root) {
		return refuse(RuleRootRemoved, int32(src))
	}
	if !moving {
		if r := s.countMounts(ns, s.treeSize(src)); r.Refused() {
			return r
		}
	}
	var copies []pendingCopy
	if s.Mounts[p].Flags&Shared != 0 {
		s.inventGroups(src, true)
		var r Refusal
		copies, r = s.propagateMount(src, p, d)
		if r.Refused() {
			s.abortAttach(src, ns, copies)
			return r
		}
		for x := src; x != 0; x = s.next(x, src) {
			s.setType(x, MS_SHARED)
		}
	}

	// Commit: nothing fails from here on. Spec 03 §3.4.
	if moving {
		s.detach(src)
	} else if old := s.Mounts[src].NS; old != 0 {
		s.leaveAnonNS(src, old)
	}
	s.commitAttach(src, p, d, owner, true)
	for i := len(copies) - 1; i >= 0; i-- {
		c := copies[i]
		s.Mounts[c.copy].Parent, s.Mounts[c.copy].MP = 0, 0
		s.commitAttach(c.copy, c.on, d, owner, false)
	}
	s.scratch.copies = copies[:0]
	return Refusal{}
}

// commitAttach makes x visible on (p, d). What is mounted there already goes
// on top of x's own stack: x slides beneath it. Spec 03 §3.4 step 4.
func (s *State) commitAttach(x, p MountIx, d DentryIx, owner UserIx, isSource bool) {
	ns := s.Mounts[p].NS
	if s.Spaces[ns].Owner != owner {
		s.lockTree(x)
	}
	above := s.childAt(p, d)
	top := x // before 6.17, the place on x's own root, even if something is there
	if s.Sem.BulkPropagation {
		top = s.Top(x)
	}
	if above != 0 {
		s.detach(above)
	}
	s.attach(x, p, d)
	for m := x; m != 0; m = s.next(m, x) {
		if s.Mounts[m].NS == 0 {
			s.enterNS(m, ns)
		}
	}
	s.Spaces[ns].pending = 0
	if above == 0 {
		return
	}
	s.attach(above, top, s.Mounts[top].Root)
	if s.Mounts[above].Flags&Locked != 0 && s.Sem.LockSlidesBeneath {
		s.touch(x).Flags |= Locked
		if isSource || !s.Sem.CoverStaysLocked {
			s.touch(above).Flags &^= Locked
		}
	}
}

// abortAttach leaves no trace of an attach that failed. Spec 03 §3.2.
func (s *State) abortAttach(src MountIx, ns NSIx, copies []pendingCopy) {
	s.Spaces[ns].pending = 0
	for _, c := range copies {
		s.Spaces[s.Mounts[c.on].NS].pending = 0
	}
	for i := len(copies) - 1; i >= 0; i-- {
		s.dropTree(copies[i].copy)
	}
	s.releaseInventedGroups(src)
	s.scratch.copies = copies[:0]
}

// countMounts reserves room for n mounts in ns. Spec 03 §3.1 step 2, 04 §22.
func (s *State) countMounts(ns NSIx, n int32) Refusal {
	r := &s.Spaces[ns]
	if r.Nr+r.pending+n > s.MountMax {
		return refuse(RuleMountMax, int32(ns), r.Nr+r.pending, n)
	}
	r.pending += n
	return Refusal{}
}

// propagateMount makes the copies of src for all that receive from p: a peer
// of p gets a peer of src, the first of a group of slaves a slave of the copy
// upstream of it, the others of that group peers of that one. Spec 03 §3.2.
func (s *State) propagateMount(src, p MountIx, d DentryIx) (copies []pendingCopy, failed Refusal) {
	copies = s.scratch.copies[:0]
	marked := s.scratch.marked[:0]
	mark := func(m MountIx) {
		if m != 0 && s.Mounts[m].mark == 0 {
			s.Mounts[m].mark = markMaster
			marked = append(marked, m)
		}
	}
	mark(s.Mounts[p].Master)
	last := src
	s.groupOrder(p, func(first MountIx) bool {
		mode := cloneMakeShared
		if first != p {
			mode = cloneSlave
			if s.Mounts[first].Flags&Shared != 0 {
				mode |= cloneMakeShared
			}
		}
		for n := first; ; {
			s.work.Visited++
			if n != p && s.takesCopies(n, d) {
				if mode&cloneSlave != 0 {
					last = s.findSource(n, last, src)
				}
				c, r := s.copyTree(last, s.Mounts[last].Root, mode)
				if r.Refused() {
					failed = r
					return false
				}
				s.Mounts[c].Parent, s.Mounts[c].MP = n, d
				copies = append(copies, pendingCopy{c, n})
				mark(s.Mounts[n].Master)
				last = c
				if r := s.countMounts(s.Mounts[n].NS, s.treeSize(c)); r.Refused() {
					failed = r
					return false
				}
				mode = cloneMakeShared
			}
			if n = s.Mounts[n].NextPeer; n == first {
				return true
			}
		}
	})
	for _, m := range marked {
		s.Mounts[m].mark = 0
	}
	s.scratch.marked = marked[:0]
	return copies, failed
}

// takesCopies tells whether receiver n gets a copy of what is mounted on d: not
// if this very operation made it, if d is outside of what it shows, or if it
// is part of a detached tree. Spec 03 §3.2.
func (s *State) takesCopies(n MountIx, d DentryIx) bool {
	ns := s.Mounts[n].NS
	return ns != 0 && !s.Spaces[ns].Anon && s.under(d, s.Mounts[n].Root)
}

// findSource is the copy that receiver n's own copy becomes a slave of: the
// one made for the nearest group upstream that got one. Spec 03 §3.3.
func (s *State) findSource(n, last, src MountIx) MountIx {
	m := n
	var q MountIx
	for {
		q = s.Mounts[m].Master
		if q == 0 || s.Mounts[q].mark&markMaster != 0 {
			break
		}
		m = q
	}
	for !s.peers(last, src) {
		s.work.Visited++
		on := s.Mounts[last].Parent
		if s.Mounts[on].Master == q {
			if !s.peers(on, m) {
				last = s.Mounts[last].Master
			}
			break
		}
		last = s.Mounts[last].Master
	}
	return last
}

// enterNS makes m, which is in none, a member of ns.
func (s *State) enterNS(m MountIx, ns NSIx) {
	s.touch(m).NS = ns
	s.Spaces[ns].Nr++
}

// leaveAnonNS takes the tree under root out of its anonymous namespace, which
// ends with it: the tree is about to be attached.
func (s *State) leaveAnonNS(root MountIx, ns NSIx) {
	for m := root; m != 0; m = s.next(m, root) {
		s.touch(m).NS = 0
	}
	s.freeNSRecord(ns)
}

// cannotBeMountpoint tells whether nothing can be mounted on d any more.
func (s *State) cannotBeMountpoint(d DentryIx) bool {
	return s.Dentries[d].Flags&CantMount != 0 || s.gone(d)
}
