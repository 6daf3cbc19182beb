package invariant

import (
	"slices"

	"mntcheck/model"
)

// umountInvariants are what umount2 promises about what goes with a mount.
func umountInvariants() []*Invariant {
	const text = "Documentation/filesystems/propagate_umount.txt"
	return []*Invariant{
		{
			Name:      "umount-non-shifting",
			Statement: "No mount that survives an umount changes its visible location: at most it slides down a stack.",
			Source:    "spec 03 §5.1 (a), §5.2; " + text + "; commit f0d0ba19985d; users I14",
			Needs:     Visible, Facts: Places | Groups,
			Check: checkNonShifting,
		},
		{
			Name:      "umount-non-revealing",
			Statement: "An umount takes a LOCKED mount elsewhere only together with its parent, so nothing that it covers shows.",
			Source:    "spec 03 §5.1 (b); " + text + "; commit 8f502d5b9e33; users I5, I14",
			Check:     checkNonRevealing,
		},
		{
			Name:      "umount-maximal",
			Statement: "An umount takes out the tree it names, and of what is at the same places on receivers the largest set that neither shifts nor reveals anything, and nothing else.",
			Source:    "spec 03 §5.1; " + text + "; users I14",
			Needs:     Visible, Facts: Places | Groups | Unlocked,
			Check: checkMaximal,
		},
	}
}

func checkNonShifting(t *Transition) (premise bool, broken *Violation) {
	u := t.umount()
	if !u.ok {
		return false, nil
	}
	b, s := t.Before, t.After
	for _, m := range t.old() {
		r := &b.Mounts[m]
		if r.NS <= 0 || r.Parent == 0 || !t.mounted(m) {
			continue
		}
		at := model.Loc{M: r.Parent, D: r.MP}
		for range len(b.Mounts) {
			if t.mounted(at.M) {
				break
			}
			if at.D != b.Mounts[at.M].Root {
				return true, t.say("%v survives inside of %v, which is gone", m, at.M)
			}
			at = model.Loc{M: b.Mounts[at.M].Parent, D: b.Mounts[at.M].MP}
		}
		if is := &s.Mounts[m]; is.Parent != at.M || is.MP != at.D {
			return true, t.say("%v survives, but is mounted elsewhere, on %v", m, is.Parent)
		}
	}
	return true, nil
}

func checkNonRevealing(t *Transition) (premise bool, broken *Violation) {
	u := t.umount()
	if !u.ok {
		return false, nil
	}
	for _, m := range u.gone {
		r := &t.Before.Mounts[m]
		if r.Flags&model.Locked == 0 || slices.Contains(u.tree, m) || t.unlocked(u, m) {
			continue
		}
		premise = true
		if t.mounted(r.Parent) {
			return true, t.say("%v was LOCKED and is gone, but its parent %v is not", m, r.Parent)
		}
	}
	return premise, nil
}

func checkMaximal(t *Transition) (bool, *Violation) {
	u := t.umount()
	if !u.ok {
		return false, nil
	}
	for _, m := range u.gone {
		if slices.Contains(u.tree, m) || slices.Contains(u.largest, m) {
			continue
		}
		if slices.Contains(u.candidates, m) {
			return true, t.say("%v is gone, but had to stay: something survives in it, or it is LOCKED", m)
		}
		return true, t.say("%v is gone, but is not at the place of a mount that was unmounted, on a receiver", m)
	}
	for _, set := range [...][]model.MountIx{u.tree, u.largest} {
		for _, m := range set {
			if t.mounted(m) {
				return true, t.say("%v is still mounted, and had to go", m)
			}
		}
	}
	return true, nil
}
