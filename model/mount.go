package model

// newMount makes a mount of root that is in no namespace, has no parent and
// is private. Spec 01 §2.6 step 1.
func (s *State) newMount(root DentryIx, source NameIx, f MountFlags) MountIx {
	m := s.freeMount
	if m != 0 {
		s.freeMount = s.Mounts[m].NextChild
	} else {
		m = MountIx(len(s.Mounts))
		s.Mounts = append(s.Mounts, Mount{})
		s.growMountHash()
	}
	s.nextUID++
	s.live++
	s.journal = append(s.journal, Change{M: m})
	s.Mounts[m] = Mount{
		ID: s.mountIDs.take(), UID: s.nextUID, Root: root, Flags: f, Source: source,
		NextPeer: m, PrevPeer: m, stamp: s.callNo,
	}
	s.getDentry(root)
	return m
}

// freeMountRecord ends the life of a mount that is in no namespace and that
// nothing refers to.
func (s *State) freeMountRecord(m MountIx) {
	r := s.touch(m)
	for c := r.FirstChild; c != 0; c = r.FirstChild {
		s.detach(c) // stayed connected to m when both were unmounted
		s.settleQ.mounts = append(s.settleQ.mounts, c)
	}
	s.uncover(func(c cover) bool { return c.M == m })
	s.mountIDs.release(r.ID)
	s.live--
	root := r.Root
	*r = Mount{NextChild: s.freeMount, stamp: r.stamp}
	s.freeMount = m
	s.putDentry(root)
}

// MountCount is the number of mounts, but for the kernel's own: of those in
// namespaces, in detached trees, and unmounted but in use.
func (s *State) MountCount() int { return int(s.live - ownRecords[mountObject]) }

// SBOf is the superblock of a mount.
func (s *State) SBOf(m MountIx) SBIx { return s.Dentries[s.Mounts[m].Root].SB }

// Overmount is the mount that is mounted on m's root, or none. Spec 01 §2.1.
func (s *State) Overmount(m MountIx) MountIx { return s.childAt(m, s.Mounts[m].Root) }

// Top follows the overmounts of m to the topmost. Spec 01 §2.4.
func (s *State) Top(m MountIx) MountIx {
	for o := s.Overmount(m); o != 0; o = s.Overmount(m) {
		m = o
	}
	return m
}

// attach puts m, which has no parent, on dentry d of mount p, as the last of
// p's children. Spec 01 §2.5.
func (s *State) attach(m, p MountIx, d DentryIx) {
	s.work.Attached++
	r, parent := s.touch(m), s.touch(p)
	r.Parent, r.MP = p, d
	r.PrevChild, r.NextChild = parent.LastChild, 0
	if parent.LastChild != 0 {
		s.touch(parent.LastChild).NextChild = m
	} else {
		parent.FirstChild = m
	}
	parent.LastChild = m

	at := &s.Dentries[d]
	r.prevHere, r.nextHere = 0, at.FirstMount
	if at.FirstMount != 0 {
		s.touch(at.FirstMount).prevHere = m
	}
	at.FirstMount = m
	s.hashMount(m)
}

// detach takes m from its parent; it has none then.
func (s *State) detach(m MountIx) {
	s.unhashMount(m)
	r := s.touch(m)
	if r.prevHere != 0 {
		s.touch(r.prevHere).nextHere = r.nextHere
	} else {
		s.Dentries[r.MP].FirstMount = r.nextHere
	}
	if r.nextHere != 0 {
		s.touch(r.nextHere).prevHere = r.prevHere
	}
	parent := s.touch(r.Parent)
	if r.PrevChild != 0 {
		s.touch(r.PrevChild).NextChild = r.NextChild
	} else {
		parent.FirstChild = r.NextChild
	}
	if r.NextChild != 0 {
		s.touch(r.NextChild).PrevChild = r.PrevChild
	} else {
		parent.LastChild = r.PrevChild
	}
	r.Parent, r.MP, r.PrevChild, r.NextChild, r.prevHere, r.nextHere = 0, 0, 0, 0, 0, 0
}

// next is the mount behind m in preorder within the tree under top, or none.
// Spec 01 §2.5.
func (s *State) next(m, top MountIx) MountIx {
	if c := s.Mounts[m].FirstChild; c != 0 {
		return c
	}
	return s.nextSkippingChildren(m, top)
}

func (s *State) nextSkippingChildren(m, top MountIx) MountIx {
	for m != top {
		r := &s.Mounts[m]
		if r.NextChild != 0 {
			return r.NextChild
		}
		m = r.Parent
	}
	return 0
}

// Preorder calls f for the mounts of the tree under m, m first, the children
// of each in the order of their attachment, until f returns false.
func (s *State) Preorder(m MountIx, f func(MountIx) bool) {
	for x := m; x != 0; x = s.next(x, m) {
		if !f(x) {
			return
		}
	}
}

// treeSize is the number of mounts in the tree under m.
func (s *State) treeSize(m MountIx) (n int32) {
	for x := m; x != 0; x = s.next(x, m) {
		n++
	}
	return n
}

// isAncestor reports whether a is m or above it.
func (s *State) isAncestor(a, m MountIx) bool {
	for ; m != 0; m = s.Mounts[m].Parent {
		if m == a {
			return true
		}
	}
	return false
}

// childUnder is spec 01's has_child, or with lockedOnly its locked_child: a
// child of m, or a LOCKED one, at d or below it, or none.
func (s *State) childUnder(m MountIx, d DentryIx, lockedOnly bool) MountIx {
	for c := s.Mounts[m].FirstChild; c != 0; c = s.Mounts[c].NextChild {
		s.work.Visited++
		if (!lockedOnly || s.Mounts[c].Flags&Locked != 0) && s.under(s.Mounts[c].MP, d) {
			return c
		}
	}
	return 0
}

// reachable climbs from location at to mount root.M and tells whether it got
// there at or below root.D. Spec 04 §9.
func (s *State) reachable(at, root Loc) bool {
	for at.M != root.M && s.Mounts[at.M].Parent != 0 {
		at.D, at.M = s.Mounts[at.M].MP, s.Mounts[at.M].Parent
	}
	return at.M == root.M && s.under(at.D, root.D)
}

// uncover forgets covers.
func (s *State) uncover(which func(cover) bool) {
	kept := s.covers[:0]
	for _, c := range s.covers {
		if !which(c) {
			kept = append(kept, c)
		}
	}
	s.covers = kept
}
