package invariant

import "mntcheck/model"

// copyKind is what kind of copy a successful call made.
type copyKind uint8

const (
	noCopy copyKind = iota
	bindCopy
	detachedCopy  // OPEN_TREE_CLONE
	namespaceCopy // OPEN_TREE_NAMESPACE and FSMOUNT_NAMESPACE
	tableCopy     // unshare and clone with CLONE_NEWNS
	emptyCopy     // the same with an empty mount namespace
)

// copied pairs the mounts that a call copied with their copies, those that
// propagation made included. A copy belongs to the mount at the same place of
// what was copied, so this says nothing about which mounts should be there.
func (t *Transition) copied() ([]pair, copyKind) {
	f := &t.facts
	if !f.learn(factCopies) {
		return f.copies, f.copyKind
	}
	f.copies, f.copyKind = f.copies[:0], noCopy
	if !t.ok() || !t.HasState() {
		return nil, noCopy
	}
	switch t.Call.Op {
	case model.OpMount, model.OpMoveMount:
		t.pairAttached()
	case model.OpOpenTree, model.OpOpenTreeAttr, model.OpFsmount:
		if n := t.namespace(); n.ok {
			f.copyKind = namespaceCopy
			f.copies = append(f.copies, pair{n.bottom, n.root})
			if n.from.M != 0 {
				t.pairTree(n.from.M, n.graft)
			}
		} else if t.Call.Op != model.OpFsmount && t.openFlags()&model.OPEN_TREE_CLONE != 0 {
			t.pairDetached()
		}
	case model.OpUnshare, model.OpClone, model.OpClone3:
		t.pairTable()
	}
	return f.copies, f.copyKind
}

func (t *Transition) pairAttached() {
	a := t.attachment()
	if !a.ok {
		return
	}
	if a.kind == attachBind {
		t.facts.copyKind = bindCopy
		t.pairTree(a.from.M, a.src)
	}
	if t.Before.Mounts[a.at.M].Flags&model.Shared == 0 {
		return
	}
	for _, n := range t.receiversOf(a.at.M) {
		if c := t.After.ChildAt(n, a.at.D); t.mounted(n) && c != 0 && t.isNew(c) {
			t.pairTree(a.src, c)
		}
	}
}

func (t *Transition) pairDetached() {
	from, ok := t.openedLoc()
	f := t.resultFile()
	if !ok || f == nil || f.Loc.M == 0 || !t.isNew(f.Loc.M) {
		return
	}
	t.facts.copyKind = detachedCopy
	t.pairTree(from.M, f.Loc.M)
}

func (t *Transition) pairTable() {
	p := t.enteredBy()
	if p == 0 {
		return
	}
	from, to := t.callerNS(), t.After.Procs[p].NS
	t.facts.copyKind = tableCopy
	if t.wantsEmpty() {
		t.facts.copyKind = emptyCopy
	}
	t.pairTree(t.Before.Spaces[from].Root, t.After.Spaces[to].Root)
}

// enteredBy is the process that a call put into a new mount namespace, or none.
func (t *Transition) enteredBy() model.ProcIx {
	p := model.ProcIx(t.Actor)
	if t.Call.Op != model.OpUnshare {
		p = model.ProcIx(t.Result.Value)
	}
	if !t.ok() || p <= 0 || int(p) >= len(t.After.Procs) || !t.isNewSpace(t.After.Procs[p].NS) {
		return 0
	}
	return p
}

// wantsEmpty tells whether unshare or clone was asked for an empty namespace.
func (t *Transition) wantsEmpty() bool {
	f := uint64(t.Call.Args[0].N)
	switch t.Call.Op {
	case model.OpUnshare:
		return f&model.UNSHARE_EMPTY_MNTNS != 0
	case model.OpClone3:
		return f&model.CLONE_EMPTY_MNTNS != 0
	}
	return false
}

// pairTree pairs from with to, and the new mounts below to with what is
// mounted at their places below from. What was mounted is known from Before,
// or for a mount that the call made, from After.
func (t *Transition) pairTree(from, to model.MountIx) {
	f := &t.facts
	start := len(f.copies)
	f.copies = append(f.copies, pair{from, to})
	for i := start; i < len(f.copies); i++ {
		p := f.copies[i]
		n := 0
		for c := t.After.Mounts[p.to].FirstChild; c != 0 && n <= len(t.After.Mounts); c = t.After.Mounts[c].NextChild {
			if n++; !t.isNew(c) {
				continue
			}
			if o := t.originalAt(p.from, t.After.Mounts[c].MP); o != 0 && o != c {
				f.copies = append(f.copies, pair{o, c})
			}
		}
		if len(f.copies) > len(t.After.Mounts)*4 {
			return
		}
	}
}

// originalAt is the mount on a place of a mount that was copied.
func (t *Transition) originalAt(m model.MountIx, d model.DentryIx) model.MountIx {
	if int(m) < len(t.Before.Mounts) && t.Before.Mounts[m].ID != 0 && (!t.stays(m) || !t.isNew(m)) {
		return t.Before.ChildAt(m, d)
	}
	return t.After.ChildAt(m, d)
}

// openFlags are the flags of open_tree and open_tree_attr.
func (t *Transition) openFlags() uint64 { return uint64(uint32(t.Call.Args[2].N)) }

// openedLoc is the location that open_tree names, in Before.
func (t *Transition) openedLoc() (model.Loc, bool) {
	f := t.openFlags()
	var how model.ResolveFlags
	if f&model.AT_SYMLINK_NOFOLLOW == 0 {
		how |= model.ResolveFollow
	}
	if f&model.AT_EMPTY_PATH != 0 {
		how |= model.ResolveEmpty
	}
	at, r := t.Before.Resolve(t.Actor, int64(int32(t.Call.Args[0].N)), t.Call.Args[1], how)
	return at, !r.Refused()
}

// resultFile is the open file behind the descriptor that the call returned.
func (t *Transition) resultFile() *model.File {
	i := t.After.FindFD(model.ProcIx(t.Actor), int(t.Result.Value))
	if i == 0 {
		return nil
	}
	return &t.After.Files[i]
}

// original is the record of a mount that was copied: as it was before the
// call, or for what the call itself made, as it is.
func (t *Transition) original(m model.MountIx) *model.Mount {
	if int(m) < len(t.Before.Mounts) && t.Before.Mounts[m].ID != 0 && (!t.stays(m) || !t.isNew(m)) {
		return &t.Before.Mounts[m]
	}
	return &t.After.Mounts[m]
}

// died tells whether the call ended a mount namespace. Mounts that go with it
// leave their groups, and their slaves are handed over. Spec 04 §21.
func (t *Transition) died() bool {
	if t.facts.learn(factDeaths) {
		t.facts.deaths = false
		for i := range t.Before.Spaces {
			if t.Before.Spaces[i].ID != 0 && !t.spaceStays(model.NSIx(i)) {
				t.facts.deaths = true
			}
		}
	}
	return t.facts.deaths
}
