package invariant

import "mntcheck/model"

// namespace is the mount namespace that a successful open_tree with
// OPEN_TREE_NAMESPACE, or fsmount with FSMOUNT_NAMESPACE, made.
// R, G, C, M and D are the names that spec 05 has for these.
type namespace struct {
	ok        bool
	ns        model.NSIx    // N
	root      model.MountIx // R, in After
	graft     model.MountIx // G, in After; none where R does not have one child only
	caller    model.NSIx    // C
	bottom    model.MountIx // C.root
	user      model.UserIx  // U
	foreign   bool
	recursive bool
	from      model.Loc // (M,D), in Before; of fsmount none
	sb        model.SBIx

	examined int                             // mounts that choosing what to copy has to look at
	want     []step                          // what has to be copied, in preorder, [0] is M; of fsmount empty
	images   []model.MountIx                 // by want: the mount of N that stands for it, found by its place
	imageOf  map[model.MountIx]model.MountIx // the same by the mount copied, made when first asked for
	trees    []model.MountIx                 // the mounts of N as they are, in preorder from R
}

// step is a mount that has to be copied, and where its parent stands in the
// same list.
type step struct {
	m      model.MountIx
	parent int
}

// namespace finds out what the call made, and what it should have.
func (t *Transition) namespace() *namespace {
	n := &t.facts.grafted
	if !t.facts.learn(factNamespace) {
		return n
	}
	*n = namespace{want: n.want[:0], images: n.images[:0], trees: n.trees[:0]}
	if !t.ok() || !t.HasState() || !t.makesNamespace() {
		return n
	}
	f := t.resultFile()
	if f == nil || t.After.Dentries[f.Loc.D].Kind != model.MntNSFile {
		return n
	}
	n.ns = model.NSIx(t.After.Dentries[f.Loc.D].Obj)
	if !t.isNewSpace(n.ns) {
		return n
	}
	n.root = t.After.Spaces[n.ns].Root
	if r := &t.After.Mounts[n.root]; r.FirstChild == r.LastChild {
		n.graft = r.FirstChild
	} else {
		n.graft = t.After.Overmount(n.root)
	}
	n.caller = t.callerNS()
	n.bottom = t.Before.Spaces[n.caller].Root
	n.user = t.Before.Procs[t.Actor].User
	n.foreign = n.user != t.Before.Spaces[n.caller].Owner
	if t.Call.Op == model.OpFsmount {
		n.sb = t.contextSB()
	} else {
		n.recursive = t.openFlags()&model.AT_RECURSIVE != 0
		from, ok := t.openedLoc()
		if !ok {
			return n
		}
		n.from, n.sb = from, t.Before.SBOf(from.M)
		t.selectCopies(n)
		t.findImages(n)
	}
	walk(t.After, n.root, func(m model.MountIx) bool {
		n.trees = append(n.trees, m)
		return true
	})
	n.ok = true
	return n
}

// makesNamespace tells whether the call's flags ask for a namespace.
func (t *Transition) makesNamespace() bool {
	switch t.Call.Op {
	case model.OpOpenTree, model.OpOpenTreeAttr:
		return t.openFlags()&model.OPEN_TREE_NAMESPACE != 0
	case model.OpFsmount:
		return uint64(uint32(t.Call.Args[1].N))&model.FSMOUNT_NAMESPACE != 0
	}
	return false
}

func (t *Transition) contextSB() model.SBIx {
	if i := t.Before.FindFD(model.ProcIx(t.Actor), int(int32(t.Call.Args[0].N))); i != 0 {
		return t.Before.Files[i].SB
	}
	return 0
}

// selectCopies lists what spec 05 §1.3 says is copied: M, and below the
// children of M that are at or below D everything but the pruned subtrees.
func (t *Transition) selectCopies(n *namespace) {
	s := t.Before
	n.want = append(n.want, step{n.from.M, -1})
	if !n.recursive {
		return
	}
	for c := s.Mounts[n.from.M].FirstChild; c != 0; c = s.Mounts[c].NextChild {
		n.examined++
		if s.Under(s.Mounts[c].MP, n.from.D) {
			t.selectBelow(n, c, 0)
		}
	}
}

func (t *Transition) selectBelow(n *namespace, m model.MountIx, parent int) {
	n.examined++
	if pruned(t.Before, m, n.foreign) {
		return
	}
	n.want = append(n.want, step{m, parent})
	at := len(n.want) - 1
	for c := t.Before.Mounts[m].FirstChild; c != 0; c = t.Before.Mounts[c].NextChild {
		t.selectBelow(n, c, at)
	}
}

func (t *Transition) findImages(n *namespace) {
	for i, w := range n.want {
		m := n.graft
		if i > 0 {
			if m = n.images[w.parent]; m != 0 {
				m = t.After.ChildAt(m, t.Before.Mounts[w.m].MP)
			}
		}
		n.images = append(n.images, m)
	}
}

// pruned tells whether a mount is left out of a copy, with what is below it.
func pruned(s *model.State, m model.MountIx, foreign bool) bool {
	r := &s.Mounts[m]
	return r.Flags&model.Unbindable != 0 && !foreign || isPin(s, m)
}

// isPin tells whether m is a mount of the file of a mount namespace.
func isPin(s *model.State, m model.MountIx) bool {
	return s.Dentries[s.Mounts[m].Root].Kind == model.MntNSFile
}

// lockedStack tells whether something that is stacked on the root of a
// namespace is LOCKED. Spec 05 §1.2 step 3.
func lockedStack(s *model.State, ns model.NSIx) bool {
	for x, n := s.Overmount(s.Spaces[ns].Root), 0; x != 0 && n <= len(s.Mounts); x, n = s.Overmount(x), n+1 {
		if s.Mounts[x].Flags&model.Locked != 0 {
			return true
		}
	}
	return false
}
