package invariant

import (
	"slices"

	"mntcheck/model"
)

// umount is what a successful umount2 took out, and what spec 03 §5.1 says
// about that. The sets are worked out from their definition, as fixpoints.
type umount struct {
	ok     bool
	target model.MountIx

	tree       []model.MountIx // U: the tree under the target
	candidates []model.MountIx // A: what is at the same places on receivers, without U
	largest    []model.MountIx // A': the largest part of A that neither shifts nor reveals
	gone       []model.MountIx // what left its namespace, without what ended with a namespace
}

// umount finds out. Where the call did not take out a mount, as umount2 of the
// root directory without MNT_DETACH does not, the result is not ok.
func (t *Transition) umount() *umount {
	u := &t.facts.taken
	if !t.facts.learn(factUmount) {
		return u
	}
	*u = umount{tree: u.tree[:0], candidates: u.candidates[:0], largest: u.largest[:0], gone: u.gone[:0]}
	if !t.HasState() || !t.ok() || t.Call.Op != model.OpUmount2 {
		return u
	}
	how := model.ResolveMountpoint
	if t.Call.Args[1].N&model.UMOUNT_NOFOLLOW == 0 {
		how |= model.ResolveFollow
	}
	at, r := t.Before.Resolve(t.Actor, model.AT_FDCWD, t.Call.Args[0], how)
	if r.Refused() || t.mounted(at.M) && !t.anyGone() {
		return u
	}
	u.ok, u.target = true, at.M
	walk(t.Before, at.M, func(m model.MountIx) bool {
		u.tree = append(u.tree, m)
		return true
	})
	t.findCandidates(u)
	t.findLargest(u)
	for _, m := range t.old() {
		if ns := t.Before.Mounts[m].NS; ns > 0 && !t.mounted(m) && t.spaceStays(ns) {
			u.gone = append(u.gone, m)
		}
	}
	return u
}

func (t *Transition) anyGone() bool {
	for _, c := range t.After.Journal() {
		if c.Old.NS > 0 && !t.mounted(c.M) {
			return true
		}
	}
	return false
}

// findCandidates collects, for every mount of the tree, what is mounted at its
// place on all that receives from its parent.
func (t *Transition) findCandidates(u *umount) {
	b := t.Before
	for _, x := range u.tree {
		p, d := b.Mounts[x].Parent, b.Mounts[x].MP
		if p == 0 || b.Mounts[p].Flags&model.Shared == 0 && b.Mounts[p].FirstSlave == 0 {
			continue
		}
		for _, n := range t.receiversOf(p) {
			if c := b.ChildAt(n, d); c != 0 && !slices.Contains(u.tree, c) && !slices.Contains(u.candidates, c) {
				u.candidates = append(u.candidates, c)
			}
		}
	}
}

// unlocked tells whether the umount lets c go whatever its LOCKED says: it is
// at the target's own place on a receiver. Spec 03 §5 step 1.
func (t *Transition) unlocked(u *umount, c model.MountIx) bool {
	r := &t.Before.Mounts[u.target]
	if t.Before.Mounts[c].MP != r.MP || r.Parent == 0 {
		return false
	}
	return slices.Contains(t.receiversOf(r.Parent), t.Before.Mounts[c].Parent)
}

// findLargest takes from the candidates, until nothing more has to go, first
// those that something survives strictly inside of, then those that are LOCKED
// to a parent that stays.
func (t *Transition) findLargest(u *umount) {
	b := t.Before
	in := append(u.largest, u.candidates...)
	goes := func(m model.MountIx) bool { return slices.Contains(in, m) || slices.Contains(u.tree, m) }
	for again := true; again; {
		again = false
		for i := 0; i < len(in); i++ {
			y := in[i]
			for c := b.Mounts[y].FirstChild; c != 0; c = b.Mounts[c].NextChild {
				if b.Mounts[c].MP != b.Mounts[y].Root && t.leavesSurvivor(c, goes) {
					in = slices.Delete(in, i, i+1)
					i--
					again = true
					break
				}
			}
		}
	}
	for again := true; again; {
		again = false
		for i := 0; i < len(in); i++ {
			y := in[i]
			if b.Mounts[y].Flags&model.Locked != 0 && !goes(b.Mounts[y].Parent) && !t.unlocked(u, y) {
				in = slices.Delete(in, i, i+1)
				i--
				again = true
			}
		}
	}
	u.largest = in
}

// leavesSurvivor tells whether something will stand where c is: c itself, or
// what is on top of it and slides down.
func (t *Transition) leavesSurvivor(c model.MountIx, goes func(model.MountIx) bool) bool {
	for range len(t.Before.Mounts) {
		if c == 0 {
			return false
		}
		if !goes(c) {
			return true
		}
		c = t.Before.Overmount(c)
	}
	return true
}
