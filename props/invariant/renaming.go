package invariant

import "mntcheck/model"

// renamingInvariants are about what canonical forms do not depend on.
func renamingInvariants() []*Invariant {
	return []*Invariant{{
		Name:       "canonical-renaming",
		Statement:  "The canonical view does not depend on the numbers that mounts, peer groups and namespaces have.",
		Source:     "trace format, canonical mount tables",
		Check:      checkRenaming,
		WholeTable: true,
	}}
}

// checkRenaming looks at the calls that make namespaces: they change more than
// most, and are few; views are dear.
func checkRenaming(t *Transition) (bool, *Violation) {
	if !t.HasState() || !t.ok() || t.madeSpace() == 0 {
		return false, nil
	}
	s, ok := t.tryOut()
	if !ok {
		return false, nil
	}
	var lastID, lastGroup int32
	for i := range s.Mounts {
		lastID, lastGroup = max(lastID, s.Mounts[i].ID), max(lastGroup, s.Mounts[i].Group)
	}
	for i := range s.Mounts {
		if r := &s.Mounts[i]; r.ID != 0 {
			r.ID = lastID + 1 - r.ID
			r.UID = r.UID*3 + 7
			if r.Group != 0 {
				r.Group = lastGroup + 1 - r.Group
			}
		}
	}
	for i := range s.Spaces {
		if s.Spaces[i].ID != 0 {
			s.Spaces[i].ID = 1<<40 - s.Spaces[i].ID
		}
	}
	view := t.viewAfter()
	if renamed := s.View(); renamed != *view {
		return true, &Violation{Message: "the canonical view changes when ids do: " + firstDifference(view.Mounts, renamed.Mounts)}
	}
	return true, nil
}

// viewAfter is the second of Views. The first is not made for it, which takes as
// long.
func (t *Transition) viewAfter() *model.View {
	if t.after != nil || t.views != nil {
		_, view := t.Views()
		return view
	}
	view := t.After.View()
	return &view
}

// firstDifference shows the first line in which two texts differ.
func firstDifference(a, b string) string {
	x, y := splitLines(a), splitLines(b)
	for i := range max(len(x), len(y)) {
		var p, q string
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		if p != q {
			return "\"" + p + "\" became \"" + q + "\""
		}
	}
	return "the same text"
}
