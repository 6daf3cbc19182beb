package invariant

import (
	"slices"

	"mntcheck/model"
)

// authorityInvariants are about whose mounts a call may change.
func authorityInvariants() []*Invariant {
	return []*Invariant{
		{
			Name: "unrelated-namespaces",
			Statement: "Mounts of another mount namespace than the caller's come, move and go by propagation, with a removed mountpoint, or with their namespace; " +
				"their attributes do not change.",
			Source: "spec 03 §§3, 5, 04 §§19, 21; users I1; lxc#1547, youki#3733",
			Needs:  Visible, Facts: Places | Groups,
			Check: checkUnrelated,
		},
		{
			Name: "authority",
			Statement: "A call changes a mount only if the caller has CAP_SYS_ADMIN over the owner of its namespace, " +
				"or by propagation, removal of the mountpoint, or the end of a namespace; detached trees belong to who holds their descriptor.",
			Source: "spec 01 §4; users I18; CVE-2025-38499, commit 12f147ddd6de",
			Needs:  Visible, Facts: Places | Groups,
			Check: checkAuthority,
		},
	}
}

// change is what happened to a mount of Before.
type change uint8

const (
	changedPlace      change = 1 << iota // another parent or mountpoint, or gone
	changedAttributes                    // flags that are set by mount_setattr and remount, the idmapping
	changedType                          // shared, unbindable, or another group; not: lost its master
)

// changeOf compares a mount with what it was.
func (t *Transition) changeOf(m model.MountIx) (c change) {
	o := &t.Before.Mounts[m]
	if !t.stays(m) || t.After.Mounts[m].NS != o.NS {
		return changedPlace
	}
	r := &t.After.Mounts[m]
	if r.Parent != o.Parent || r.MP != o.MP {
		c |= changedPlace
	}
	if (r.Flags^o.Flags)&model.SettableFlags != 0 || r.IDMap != o.IDMap {
		c |= changedAttributes
	}
	if (r.Flags^o.Flags)&(model.Shared|model.Unbindable) != 0 || r.Group != o.Group || r.Master != o.Master && r.Master != 0 && o.Master == 0 {
		c |= changedType
	}
	return c
}

// changed is a mount of Before that is not what it was.
type changed struct {
	m    model.MountIx
	what change
}

// changes lists the mounts in real namespaces that the call changed.
func (t *Transition) changes() []changed {
	f := &t.facts
	if f.learn(factChanges) {
		f.changes = f.changes[:0]
		for _, m := range t.old() {
			if ns := t.Before.Mounts[m].NS; ns <= 0 || t.Before.Spaces[ns].Anon {
				continue
			}
			if c := t.changeOf(m); c != 0 {
				f.changes = append(f.changes, changed{m, c})
			}
		}
	}
	return f.changes
}

// brought tells whether a change of place came about without being asked for:
// by propagation, with a directory entry, or with the end of a namespace.
func (t *Transition) brought(m model.MountIx) bool {
	o := &t.Before.Mounts[m]
	if !t.spaceStays(o.NS) {
		return true
	}
	switch t.Call.Op {
	case model.OpRmdir, model.OpUnlink, model.OpRename:
		for x := m; x != 0; x = t.Before.Mounts[x].Parent {
			if d := t.Before.Mounts[x].MP; d != 0 && t.removed(d) {
				return true
			}
		}
	case model.OpUmount2:
		u := t.umount()
		if !u.ok {
			return false
		}
		// It went as a candidate, or slid down where one went.
		for x := m; x != 0; x = t.Before.Mounts[x].Parent {
			if slices.Contains(u.candidates, x) {
				return true
			}
			if t.mounted(m) && x != m && t.mounted(x) {
				return false
			}
		}
	case model.OpMount, model.OpMoveMount:
		// Something new slid beneath it, on a receiver.
		a := t.attachment()
		return a.ok && t.mounted(m) && o.MP == a.at.D && slices.Contains(t.receiversOf(a.at.M), o.Parent)
	}
	return false
}

func checkUnrelated(t *Transition) (premise bool, broken *Violation) {
	if len(t.After.Journal()) == 0 {
		return false, nil
	}
	own := t.callerNS()
	for _, x := range t.changes() {
		m, c, ns := x.m, x.what, t.Before.Mounts[x.m].NS
		if ns == own {
			continue
		}
		premise = true
		if c&changedPlace != 0 && !t.brought(m) && !t.shadows() {
			return true, t.say("%v of %v was moved or taken out, and not by propagation", m, ns)
		}
		if c&changedAttributes != 0 {
			return true, t.say("%v of %v changed its attributes", m, ns)
		}
	}
	for _, j := range t.After.Journal() {
		r := &t.After.Mounts[j.M]
		if r.ID == 0 || r.NS <= 0 || r.NS == own || !t.isNew(j.M) || t.isNewSpace(r.NS) || t.After.Spaces[r.NS].Anon {
			continue
		}
		premise = true
		if !t.arrived(j.M) {
			return true, t.say("%v came to be in %v, and not by propagation", j.M, r.NS)
		}
	}
	return premise, nil
}

// arrived tells whether a new mount is a part of a copy that propagation made.
func (t *Transition) arrived(m model.MountIx) bool {
	a := t.attachment()
	if !a.ok {
		return false
	}
	for range len(t.After.Mounts) {
		p := t.After.Mounts[m].Parent
		if p == 0 {
			return false
		}
		if !t.isNew(p) {
			return t.After.Mounts[m].MP == a.at.D && (p == a.at.M || slices.Contains(t.receiversOf(a.at.M), p))
		}
		m = p
	}
	return false
}

func checkAuthority(t *Transition) (premise bool, broken *Violation) {
	if len(t.After.Journal()) == 0 {
		return false, nil
	}
	for _, x := range t.changes() {
		m, c, ns := x.m, x.what, t.Before.Mounts[x.m].NS
		premise = true
		if t.callerMay(ns) {
			continue
		}
		if c&changedPlace != 0 && t.brought(m) {
			c &^= changedPlace
			if !t.mounted(m) {
				continue // unmounted, it is private
			}
		}
		if c != 0 {
			return true, t.say("%v was changed by actor %v, who has no power over %v", m, t.Actor, ns)
		}
	}
	return premise, nil
}

// callerMay tells whether the caller had CAP_SYS_ADMIN over a namespace, before
// the call or with the credentials that the call gave it.
func (t *Transition) callerMay(ns model.NSIx) bool {
	return t.Before.Capable(t.Actor, t.Before.Spaces[ns].Owner, model.CapSysAdmin)
}
