package invariant

import "mntcheck/model"

// spaceInvariants are about mount namespaces, detached trees and what is in
// neither.
func spaceInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "INV-13",
			Statement: "A detached tree has one root without parent, no process is in it, and it receives no mounts by propagation.",
			Source:    "spec 01 §6 INV-13; propagation into detached trees, 6.15-rc1, commit 130e696aa68b",
			Check:     checkAnonymous,
		},
		{
			Name:      "INV-14",
			Statement: "A mount of a mount namespace's file is attached only from an older namespace, and no copy by propagation or by a new namespace has one.",
			Source:    "spec 01 §6 INV-14; spec 04 §23; snapd#17376",
			Needs:     Visible, Facts: Places | Groups,
			Check: checkPins,
		},
		{
			Name:      "INV-17",
			Statement: "An unmounted mount is in no namespace, has neither parent nor children, is private, and not LOCKED.",
			Source:    "spec 01 §6 INV-17",
			Check:     checkUnmounted,
		},
		{
			Name:      "unmounted-non-revealing",
			Statement: "Where a locked mount, or any of a dissolved tree, is taken out with its parent, the parent's users see it still or an empty stand-in, not what it covered.",
			Source:    "spec 01 §2.7; selftest mntns_cleanup, commit 1c3e8cef79ea; users I5",
			Check:     checkCovers,
		},
	}
}

func checkAnonymous(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for i := range s.Spaces {
		ns := model.NSIx(i)
		r := &s.Spaces[ns]
		if r.ID == 0 || !r.Anon {
			continue
		}
		premise = true
		if s.Mounts[r.Root].ID == 0 || s.Mounts[r.Root].NS != ns || s.Mounts[r.Root].Parent != 0 {
			return true, t.say("the root of %v, %v, has a parent or is not in it", ns, r.Root)
		}
		if t.isNewSpace(ns) || r.Nr <= t.Before.Spaces[ns].Nr {
			continue
		}
		if a := t.attachment(); a.ok && t.Before.Mounts[a.at.M].NS == ns {
			continue // it is the target
		}
		return true, t.say("%v received mounts: it has %v, and had %v", ns, r.Nr, t.Before.Spaces[ns].Nr)
	}
	for p := range s.Procs {
		if r := &s.Procs[p]; r.Alive && s.Spaces[r.NS].Anon {
			return true, t.say("actor %v is in %v", p, r.NS)
		}
	}
	return premise, nil
}

func checkPins(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, c := range s.Journal() {
		m := c.M
		r := &s.Mounts[m]
		if r.ID == 0 || r.NS <= 0 || !isPin(s, m) || !t.isNew(m) && t.Before.Mounts[m].NS == r.NS {
			continue
		}
		premise = true
		a := t.attachment()
		target := a.ok && t.Before.Mounts[a.at.M].NS == r.NS
		if t.isNew(m) && !target && !(s.Spaces[r.NS].Anon && t.isNewSpace(r.NS)) {
			return true, t.say("%v is a copy of a mount of a mount namespace's file", m)
		}
		if target {
			k, from := model.NSIx(s.Dentries[r.Root].Obj), t.callerNS()
			if s.Spaces[k].ID <= t.Before.Spaces[from].ID {
				return true, t.say("%v keeps %v, which is not newer than %v, from where it was attached", m, k, from)
			}
			if a.src != 0 && !inTree(s, m, a.src) {
				return true, t.say("%v is a copy of a mount of a mount namespace's file", m)
			}
		}
	}
	return premise, nil
}

// inTree tells whether m is top or below it.
func inTree(s *model.State, m, top model.MountIx) bool {
	for range len(s.Mounts) {
		if m == top {
			return true
		}
		if m == 0 {
			return false
		}
		m = s.Mounts[m].Parent
	}
	return false
}

func checkUnmounted(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	for _, m := range t.scope() {
		r := &s.Mounts[m]
		if r.Flags&model.Umounted == 0 {
			if r.NS == 0 {
				return true, t.say("%v is in no namespace but was not unmounted", m)
			}
			continue
		}
		premise = true
		if r.NS != 0 || r.Parent != 0 || r.FirstChild != 0 || r.Flags&(model.Shared|model.Unbindable|model.Locked) != 0 || r.Master != 0 {
			return true, t.say("%v was unmounted but has a namespace, a parent, children, a propagation type or a lock", m)
		}
	}
	return premise, nil
}

func checkCovers(t *Transition) (premise bool, broken *Violation) {
	if len(t.After.Journal()) < 2 || t.Call.Op == model.OpUmount2 && t.Call.Args[1].N&model.MNT_DETACH == 0 {
		return false, nil // of an umount that is not lazy nobody uses a parent
	}
	for _, m := range t.old() {
		r := &t.Before.Mounts[m]
		p := r.Parent
		if p == 0 || t.mounted(m) || r.NS <= 0 || t.mounted(p) || !t.stays(p) {
			continue
		}
		if r.Flags&model.Locked == 0 && !t.dissolved(r.NS) || t.unlockedByUmount(m) || t.removed(r.MP) {
			continue
		}
		premise = true
		if is := &t.After.Mounts[m]; is.Parent == p && is.MP == r.MP {
			continue // before 7.3 it stays there, unmounted
		}
		if !t.After.Covered(model.Loc{M: p, D: r.MP}) {
			return true, t.say("%v is gone with its parent, %v, where what it covered shows", m, p)
		}
	}
	return premise, nil
}

// dissolved tells whether a detached tree ended with its last descriptor.
func (t *Transition) dissolved(ns model.NSIx) bool {
	return t.Before.Spaces[ns].Anon && !t.spaceStays(ns)
}

// removed tells whether the call removed the directory entry d.
func (t *Transition) removed(d model.DentryIx) bool {
	return t.After.Dentries[d].Flags&(model.Unlinked|model.CantMount) != 0
}

// unlockedByUmount tells whether umount2 let m go although it is LOCKED, as it
// does at the place of its target on receivers. Spec 03 §5 step 1.
func (t *Transition) unlockedByUmount(m model.MountIx) bool {
	u := t.umount()
	if !u.ok {
		return false
	}
	r := &t.Before.Mounts[u.target]
	if t.Before.Mounts[m].MP != r.MP {
		return false
	}
	for _, n := range t.receiversOf(r.Parent) {
		if n == t.Before.Mounts[m].Parent {
			return true
		}
	}
	return false
}
