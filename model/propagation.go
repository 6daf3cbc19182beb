package model

import "slices"

// The relations between mounts that propagation follows: rings of peers and
// lists of slaves, in the kernel's order. Spec 01 §2.3, 03 §§1, 2.

// joinRing puts n, which is alone, in the ring directly after old.
func (s *State) joinRing(n, old MountIx) {
	after := s.Mounts[old].NextPeer
	r := s.touch(n)
	r.PrevPeer, r.NextPeer = old, after
	s.touch(old).NextPeer = n
	s.touch(after).PrevPeer = n
}

// leaveRing takes m out of its ring; it is alone then.
func (s *State) leaveRing(m MountIx) {
	r := s.touch(m)
	s.touch(r.PrevPeer).NextPeer = r.NextPeer
	s.touch(r.NextPeer).PrevPeer = r.PrevPeer
	r.PrevPeer, r.NextPeer = m, m
}

// addSlaveFirst makes m, which has no master, the first slave of master.
func (s *State) addSlaveFirst(m, master MountIx) {
	r, h := s.touch(m), s.touch(master)
	r.Master, r.PrevSlave, r.NextSlave = master, 0, h.FirstSlave
	if h.FirstSlave != 0 {
		s.touch(h.FirstSlave).PrevSlave = m
	}
	h.FirstSlave = m
}

// addSlaveAfter makes m, which has no master, a slave directly after the slave
// old in the list of old's master.
func (s *State) addSlaveAfter(m, old MountIx) {
	r, o := s.touch(m), s.touch(old)
	r.Master, r.PrevSlave, r.NextSlave = o.Master, old, o.NextSlave
	if o.NextSlave != 0 {
		s.touch(o.NextSlave).PrevSlave = m
	}
	o.NextSlave = m
}

// leaveMaster takes m out of its master's list; it has no master then.
func (s *State) leaveMaster(m MountIx) {
	r := s.touch(m)
	if r.Master == 0 {
		return
	}
	if r.PrevSlave != 0 {
		s.touch(r.PrevSlave).NextSlave = r.NextSlave
	} else {
		s.touch(r.Master).FirstSlave = r.NextSlave
	}
	if r.NextSlave != 0 {
		s.touch(r.NextSlave).PrevSlave = r.PrevSlave
	}
	r.Master, r.PrevSlave, r.NextSlave = 0, 0, 0
}

// transferSlaves gives all slaves of m to heir, in their order, in front of
// those that it has; without an heir they lose their master.
// Spec 03 §1.2 step 2d.
func (s *State) transferSlaves(m, heir MountIx) {
	first := s.Mounts[m].FirstSlave
	if first == 0 {
		return
	}
	s.touch(m).FirstSlave = 0
	last := MountIx(0)
	for x := first; x != 0; {
		r := s.touch(x)
		next := r.NextSlave
		r.Master = heir
		if heir == 0 {
			r.PrevSlave, r.NextSlave = 0, 0
		}
		last, x = x, next
	}
	if heir == 0 {
		return
	}
	h := s.touch(heir)
	s.Mounts[last].NextSlave = h.FirstSlave
	if h.FirstSlave != 0 {
		s.touch(h.FirstSlave).PrevSlave = last
	}
	h.FirstSlave = first
}

// stopSharing takes m out of its peer group and returns the mount that takes
// over its slaves and would be its master: the next peer, else its master.
func (s *State) stopSharing(m MountIx) (heir MountIx) {
	r := s.touch(m)
	heir = r.Master
	if r.Flags&Shared == 0 {
		return heir
	}
	if r.NextPeer == m {
		s.groupIDs.release(r.Group)
	} else {
		heir = r.NextPeer
		s.leaveRing(m)
	}
	r.Group = 0
	r.Flags &^= Shared
	s.transferSlaves(m, heir)
	return heir
}

// setType changes the propagation type of one mount to the type that flag, one
// of MS_SHARED, MS_PRIVATE, MS_SLAVE, MS_UNBINDABLE, names. A mount that
// becomes shared has its group id already. Spec 03 §1.2.
func (s *State) setType(m MountIx, flag uint64) {
	r := s.touch(m)
	if flag == MS_SHARED {
		r.Flags = r.Flags&^Unbindable | Shared
		return
	}
	if !s.Sem.BulkPropagation {
		s.setTypeAlone(m, flag)
		return
	}
	heir := s.stopSharing(m)
	s.leaveMaster(m)
	switch flag {
	case MS_SLAVE:
		if heir != 0 {
			s.addSlaveFirst(m, heir)
		}
	case MS_PRIVATE:
		r.Flags &^= Unbindable
	case MS_UNBINDABLE:
		r.Flags |= Unbindable
	}
}

// inventGroups gives a group id to each mount of the tree under m, or to m
// alone, that has none. They are not shared yet. Spec 03 §1.1, §3.1.
func (s *State) inventGroups(m MountIx, recursive bool) {
	for x := m; x != 0; x = s.next(x, m) {
		if s.Mounts[x].Group == 0 {
			s.touch(x).Group = s.groupIDs.take()
		}
		if !recursive {
			return
		}
	}
}

// releaseInventedGroups takes back the ids of inventGroups after a failure.
func (s *State) releaseInventedGroups(m MountIx) {
	for x := m; x != 0; x = s.next(x, m) {
		if r := &s.Mounts[x]; r.Group != 0 && r.Flags&Shared == 0 {
			s.groupIDs.release(r.Group)
			s.touch(x).Group = 0
		}
	}
}

// makePrivateAll takes mounts that leave their namespaces out of all
// propagation at once, so that no slave passes from one dying mount to
// another: the heir of each is the first survivor, peers before masters.
// Spec 03 §1.4.
func (s *State) makePrivateAll(set []MountIx) {
	for _, m := range set {
		s.touch(m).mark = markDying
	}
	heirs := s.heirs(set)
	for _, m := range set {
		// The slaves that are in the set themselves go first.
		for x := s.Mounts[m].FirstSlave; x != 0; {
			next := s.Mounts[x].NextSlave
			if s.Mounts[x].mark == markDying {
				s.leaveMaster(x)
			}
			x = next
		}
		s.transferSlaves(m, max(heirs[m], 0))
	}
	for _, m := range set {
		r := s.touch(m)
		if r.Flags&Shared != 0 {
			if r.NextPeer == m {
				s.groupIDs.release(r.Group)
			} else {
				s.leaveRing(m)
			}
		}
		s.leaveMaster(m)
		r.Group = 0
		r.Flags &^= Shared | Unbindable
		r.mark = 0
	}
}

// noHeir is that of a mount whose slaves nobody takes over.
const noHeir MountIx = -1

// heirs finds, by mount, who outside of the dying set takes over its slaves: the
// first of its peers in ring order, then its master, the master's peers, and so on.
// What was passed on the way there has the same heir, so that each mount is looked
// at once.
func (s *State) heirs(set []MountIx) []MountIx {
	of := slices.Grow(s.scratch.heirs[:0], len(s.Mounts))[:len(s.Mounts)]
	for _, m := range set {
		of[m] = 0
	}
	for _, m := range set {
		passed, heir := s.scratch.passed[:0], noHeir
	climb:
		for x := m; x != 0; x = s.Mounts[x].Master {
			for p := x; ; {
				switch {
				case s.Mounts[p].mark != markDying:
					heir = p
					break climb
				case of[p] != 0:
					heir = of[p]
					break climb
				}
				passed = append(passed, p)
				s.work.Visited++
				if p = s.Mounts[p].NextPeer; p == x {
					break
				}
			}
		}
		for _, p := range passed {
			of[p] = heir
		}
		s.scratch.passed = passed[:0]
	}
	s.scratch.heirs = of
	return of
}

// groupOrder calls f for the members of each group that receives from p, p's
// own first, each beginning with the first member that the walk meets; new
// mounts are not descended into. f returns false to stop. Spec 03 §2.1.
func (s *State) groupOrder(p MountIx, f func(first MountIx) bool) bool {
	if !f(p) {
		return false
	}
	for x := p; ; {
		if !s.isNew(x) {
			for slave := s.Mounts[x].FirstSlave; slave != 0; {
				segment := s.Mounts[slave].Group
				head := slave
				for slave = s.Mounts[slave].NextSlave; segment != 0 && slave != 0 &&
					s.Mounts[slave].Group == segment; slave = s.Mounts[slave].NextSlave {
				}
				if !s.groupOrder(head, f) {
					return false
				}
			}
		}
		if x = s.Mounts[x].NextPeer; x == p {
			return true
		}
	}
}

// afterSlaves goes on in member order from m without going to its slaves.
// Spec 03 §2.2.
func (s *State) afterSlaves(m, origin MountIx) MountIx {
	for {
		if s.Mounts[m].Master == s.Mounts[origin].Master {
			if n := s.Mounts[m].NextPeer; n != origin {
				return n
			}
			return 0
		}
		if n := s.Mounts[m].NextSlave; n != 0 {
			return n
		}
		m = s.Mounts[m].Master
	}
}

// nextDestination goes on in member order: m's slaves first, then what comes
// after them. It starts with m = origin and ends with none.
func (s *State) nextDestination(m, origin MountIx) MountIx {
	s.work.Visited++
	if c := s.Mounts[m].FirstSlave; c != 0 && (s.Sem.DetachedTrees || !s.isNew(m)) {
		return c
	}
	return s.afterSlaves(m, origin)
}

// skipGroup goes on in member order behind everything that receives from m:
// its slaves, and the following peers of m with theirs. Spec 03 §5.1, discovery.
func (s *State) skipGroup(m, origin MountIx) MountIx {
	s.work.Visited++
	n := s.afterSlaves(m, origin)
	for n != 0 && s.peers(m, n) {
		n = s.afterSlaves(n, origin)
	}
	return n
}

// Receives tells whether x receives events of p: p, or a peer of p, is on the
// chain x, its master, the master's master, … Spec 01 §2.2.
func (s *State) Receives(x, p MountIx) bool {
	if x == p {
		return false
	}
	for ; x != 0; x = s.Mounts[x].Master {
		if x == p || s.peers(x, p) {
			return true
		}
	}
	return false
}

// peers tells whether a and b are in one peer group.
func (s *State) peers(a, b MountIx) bool {
	return a == b || s.Mounts[a].Group != 0 && s.Mounts[a].Group == s.Mounts[b].Group
}
