package invariant

import "mntcheck/model"

// fixInvariants are promises that the kernel did not always keep: each was
// broken in some releases and mended since (known.go says in which). They are
// narrow, so that the wider ones say something about those releases as well.
func fixInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "copy-keeps-unbindable",
			Statement: "A copy that is made for a new mount namespace is unbindable if and only if its original is.",
			Source:    "spec 01 §2.6, 07 §3.1; changelog 7.2.11",
			Needs:     Visible, Facts: Places,
			Check: checkKeepsUnbindable,
		},
		{
			Name:      "slave-or-unbindable",
			Statement: "No mount is a slave and unbindable.",
			Source:    "spec 01 §2.2, 04 §13, 07 §3.7; changelog 7.2.11",
			OfState:   true,
			Needs:     Visible,
			Check:     checkSlaveOrUnbindable,
		},
		{
			Name:      "slides-locked",
			Statement: "What slides beneath a LOCKED mount becomes LOCKED, so that taking it out reveals nothing later.",
			Source:    "spec 03 §3, 07 §3.22; changelog 7.2.11; users I5",
			Check:     checkSlidesLocked,
		},
		{
			Name:      "covered-stays-locked",
			Statement: "A LOCKED mount stays LOCKED when a copy that propagation makes slides beneath it.",
			Source:    "spec 03 §3, 07 §3.22; users I5",
			Check:     checkCoveredStaysLocked,
		},
		{
			Name:      "umount-not-busy",
			Statement: "An umount without MNT_DETACH takes out nothing that is in use, wherever it is mounted.",
			Source:    "spec 03 §5.3, 07 §3.5; changelog 7.2.11",
			Needs:     Visible, Facts: Places | Groups,
			Check: checkNotBusy,
		},
	}
}

func checkKeepsUnbindable(t *Transition) (premise bool, broken *Violation) {
	pairs, kind := t.copied()
	if kind != tableCopy && !t.namespace().ok {
		return false, nil
	}
	for _, p := range pairs {
		o, r := t.original(p.from), &t.After.Mounts[p.to]
		premise = premise || o.Flags&model.Unbindable != 0
		if (o.Flags^r.Flags)&model.Unbindable != 0 && !t.shadows() {
			return true, t.say("one of %v and its copy %v is unbindable", p.from, p.to)
		}
	}
	return premise, nil
}

func checkSlaveOrUnbindable(t *Transition) (premise bool, broken *Violation) {
	for _, m := range t.scope() {
		r := &t.After.Mounts[m]
		if r.Flags&model.Unbindable == 0 {
			continue
		}
		if premise = true; r.Master != 0 {
			return true, t.say("%v is unbindable, and a slave of %v", m, r.Master)
		}
	}
	return premise, nil
}

func checkSlidesLocked(t *Transition) (premise bool, broken *Violation) {
	a := t.attachment()
	if !a.ok {
		return false, nil
	}
	arrive := func(n model.MountIx) *Violation {
		over := t.Before.ChildAt(n, a.at.D)
		if over == 0 || t.Before.Mounts[over].Flags&model.Locked == 0 || !t.mounted(over) || !t.mounted(n) {
			return nil
		}
		x := t.After.ChildAt(n, a.at.D)
		if x == 0 || x == over {
			return nil
		}
		if premise = true; t.After.Mounts[x].Flags&model.Locked == 0 {
			return t.say("%v slid beneath %v, which is LOCKED, and is not", x, over)
		}
		return nil
	}
	if broken = arrive(a.at.M); broken != nil || t.Before.Mounts[a.at.M].Flags&model.Shared == 0 {
		return premise, broken
	}
	for _, n := range t.receiversOf(a.at.M) {
		if broken = arrive(n); broken != nil {
			break
		}
	}
	return premise, broken
}

func checkCoveredStaysLocked(t *Transition) (premise bool, broken *Violation) {
	a := t.attachment()
	if !a.ok || t.Before.Mounts[a.at.M].Flags&model.Shared == 0 {
		return false, nil
	}
	for _, n := range t.receiversOf(a.at.M) {
		over := t.Before.ChildAt(n, a.at.D)
		if n == a.at.M || over == 0 || t.Before.Mounts[over].Flags&model.Locked == 0 || !t.mounted(over) || !t.mounted(n) {
			continue
		}
		if x := t.After.ChildAt(n, a.at.D); x == over || over == a.src {
			continue
		}
		if premise = true; t.After.Mounts[over].Flags&model.Locked == 0 {
			return true, t.say("%v lost its lock to what slid beneath it on %v", over, n)
		}
	}
	return premise, nil
}

func checkNotBusy(t *Transition) (premise bool, broken *Violation) {
	if t.Call.Op != model.OpUmount2 || t.Call.Args[1].N&model.MNT_DETACH != 0 {
		return false, nil
	}
	u := t.umount()
	if !u.ok || len(u.gone) == 0 {
		return false, nil
	}
	for p := range t.Before.Procs {
		if !t.Before.Procs[p].Alive {
			continue
		}
		fs := &t.Before.FSs[t.Before.Procs[p].FS]
		for _, m := range u.gone {
			if fs.Root.M == m || fs.Cwd.M == m {
				return true, t.say("%v was unmounted while it is the root or working directory of actor %v", m, p)
			}
		}
	}
	for i := range t.Before.Files {
		if r := &t.Before.Files[i]; r.Refs > 0 {
			for _, m := range u.gone {
				if r.Loc.M == m {
					return true, t.say("%v was unmounted while a descriptor is open in it", m)
				}
			}
		}
	}
	return true, nil
}

// shadows tells whether somewhere several mounts are mounted directly at one
// place, before or after the call. No release does that since 6.17 (INV-2); where
// one does, a mount cannot be matched with its copy by its place.
func (t *Transition) shadows() bool {
	if t.After.Sem.BulkPropagation {
		return false
	}
	if t.facts.learn(factShadows) {
		t.facts.shadows = shadowed(t.Before) || shadowed(t.After)
	}
	return t.facts.shadows
}

func shadowed(s *model.State) bool {
	for i := range s.Mounts {
		r := &s.Mounts[i]
		if r.ID != 0 && r.Parent != 0 && r.NS > 0 && s.ChildAt(r.Parent, r.MP) != model.MountIx(i) {
			return true
		}
	}
	return false
}
