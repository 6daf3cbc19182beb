package explain

import (
	"io"

	"mntcheck/model"
)

// DrawCall draws what the last call of a state did: each namespace in which
// something changed, before and after. The mounts in marked, of after or where
// they are gone of before, are marked with "!".
func DrawCall(w io.Writer, before, after *model.State, marked []model.MountIx) error {
	a := &Answer{before: before, after: after, changes: diff(before, after)}
	for _, m := range marked {
		a.exclaim(m)
	}
	a.spaces()
	t := &text{w: w, a: a}
	t.spaces()
	return t.err
}

// exclaim marks a mount, whether it changed or not.
func (a *Answer) exclaim(m model.MountIx) {
	found := false
	for i := range a.changes {
		c := &a.changes[i]
		if c.m != m {
			continue
		}
		found = true
		c.what = append([]string{signWords[c.sign]}, c.what...)
		c.matters = true
	}
	if found {
		return
	}
	for _, s := range []*model.State{a.after, a.before} {
		if int(m) < len(s.Mounts) && s.Mounts[m].ID != 0 && s.Mounts[m].NS > 0 {
			sign := "~"
			if s == a.before {
				sign = "-"
			}
			a.changes = append(a.changes, change{ns: s.Mounts[m].NS, sign: sign, m: m, matters: true})
			return
		}
	}
}

// signWords say in a note what "!" takes the place of.
var signWords = map[string]string{"+": "new", "-": "removed", "~": "changed"}
