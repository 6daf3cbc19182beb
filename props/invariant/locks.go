package invariant

import "mntcheck/model"

// lockInvariants are about LOCKED and the attribute locks.
func lockInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "INV-10",
			Statement: "A LOCKED mount of a namespace has a parent there, and in a namespace that was made for another owner all mounts but the root are LOCKED.",
			Source:    "spec 01 §6 INV-10; users I5; commit 8f502d5b9e33",
			Check:     checkLocked,
		},
		{
			Name:      "INV-11",
			Statement: "An attribute that is locked is set, and a copy has every attribute lock of what it was copied from.",
			Source:    "spec 01 §6 INV-11; users I6; runc#1523, criu#3127",
			Check:     checkAttributeLocks,
		},
		{
			Name:      "locks-sticky",
			Statement: "No call clears an attribute lock of a mount, or changes an attribute that is locked.",
			Source:    "spec 01 §2.1 and INV-11; users I6; CVE-2014-5206",
			Check:     checkSticky,
		},
	}
}

func checkLocked(t *Transition) (premise bool, broken *Violation) {
	s := t.After
	if t.has()&model.Locked != 0 {
		for _, m := range t.scope() {
			r := &s.Mounts[m]
			if r.Flags&model.Locked == 0 || r.NS <= 0 {
				continue // of unmounted ones, INV-17 tells
			}
			premise = true
			if r.Parent == 0 || s.Mounts[r.Parent].NS != r.NS {
				return true, t.say("%v is LOCKED but has no parent in its namespace", m)
			}
		}
	}
	ns := t.madeSpace()
	if ns == 0 || t.Before.Spaces[t.callerNS()].Owner == s.Spaces[ns].Owner {
		return premise, nil
	}
	var loose model.MountIx
	root := s.Spaces[ns].Root
	walk(s, root, func(m model.MountIx) bool {
		if m != root && s.Mounts[m].Flags&model.Locked == 0 {
			loose = m
		}
		return loose == 0
	})
	if loose != 0 {
		return true, t.say("%v is not LOCKED in %v, which was made for another owner", loose, ns)
	}
	return true, nil
}

// madeSpace is the mount namespace that the call made, or none. Anonymous ones
// do not count.
func (t *Transition) madeSpace() model.NSIx {
	switch t.Call.Op {
	case model.OpOpenTree, model.OpOpenTreeAttr, model.OpFsmount:
		if n := t.namespace(); n.ok {
			return n.ns
		}
	case model.OpUnshare, model.OpClone, model.OpClone3:
		if p := t.enteredBy(); p != 0 {
			return t.After.Procs[p].NS
		}
	}
	return 0
}

// attributeLocks pairs each lock with the flag that it locks.
var attributeLocks = [...]struct{ lock, flag model.MountFlags }{
	{model.LockReadOnly, model.ReadOnly},
	{model.LockNoDev, model.NoDev},
	{model.LockNoSuid, model.NoSuid},
	{model.LockNoExec, model.NoExec},
}

func checkAttributeLocks(t *Transition) (premise bool, broken *Violation) {
	if len(t.Before.Mounts) <= small && (t.has()|t.had())&model.AttributeLocks == 0 {
		return false, nil // in a large world an original may have locks that is in neither
	}
	s := t.After
	for _, m := range t.scope() {
		f := s.Mounts[m].Flags
		if f&model.AttributeLocks == 0 {
			continue
		}
		premise = true
		for _, l := range attributeLocks {
			if f&l.lock != 0 && f&l.flag == 0 {
				return true, t.say("%v has %v but not %v", m, flagWords(l.lock), flagWords(l.flag))
			}
		}
	}
	pairs, _ := t.copied()
	for _, p := range pairs {
		have, want := s.Mounts[p.to].Flags, t.original(p.from).Flags&model.AttributeLocks
		if want == 0 {
			continue
		}
		premise = true
		if have&want != want && !t.shadows() {
			return true, t.say("%v is a copy of %v but lacks its %v", p.to, p.from, flagWords(want&^have))
		}
	}
	return premise, nil
}

// atimeFlags are one attribute with several values.
const atimeFlags = model.NoAtime | model.NoDirAtime | model.RelAtime

func checkSticky(t *Transition) (premise bool, broken *Violation) {
	if t.Unchanged() || t.had()&model.AttributeLocks == 0 {
		return false, nil
	}
	for _, m := range t.old() {
		was := t.Before.Mounts[m].Flags
		if was&model.AttributeLocks == 0 || !t.stays(m) {
			continue
		}
		premise = true
		is := t.After.Mounts[m].Flags
		if lost := was & model.AttributeLocks &^ is; lost != 0 {
			return true, t.say("%v lost its %v", m, flagWords(lost))
		}
		for _, l := range attributeLocks {
			if was&l.lock != 0 && is&l.flag == 0 {
				return true, t.say("%v lost %v although it is locked", m, flagWords(l.flag))
			}
		}
		if was&model.LockAtime != 0 && (was^is)&atimeFlags != 0 {
			return true, t.say("the access time flags of %v changed from %v to %v although they are locked", m, flagWords(was&atimeFlags), flagWords(is&atimeFlags))
		}
	}
	return premise, nil
}
