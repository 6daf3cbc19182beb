package invariant

import (
	"strings"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
)

// Checks of systems that show their mount tables only.

func splitLines(s string) []string { return strings.Split(strings.TrimSuffix(s, "\n"), "\n") }

// parsed are the sections of a view, and what is wrong with it.
type parsed struct {
	view     *model.View // nil: nothing was read
	sections []mountinfo.Section
	broken   *Violation
}

// tables are the sections of a view; each is read once.
func (t *Transition) tables(v *model.View, at *parsed) ([]mountinfo.Section, *Violation) {
	if v == nil || at.view != v {
		*at = parsed{view: v}
		at.sections, at.broken = readTables(v)
	}
	return at.sections, at.broken
}

func readTables(v *model.View) ([]mountinfo.Section, *Violation) {
	if v == nil {
		return nil, nil
	}
	sections, err := mountinfo.ParseSections("view", []byte(v.Mounts))
	if err != nil {
		return nil, &Violation{Message: "the mount tables cannot be read: " + err.Error()}
	}
	return sections, nil
}

func (t *Transition) afterTables() ([]mountinfo.Section, *Violation) {
	_, after := t.Views()
	return t.tables(after, &t.afterRead)
}

func line(e *mountinfo.Entry) string { return "\"" + e.String() + "\"" }

func checkTreeOfTables(t *Transition) (bool, *Violation) {
	sections, broken := t.afterTables()
	if broken != nil {
		return true, broken
	}
	for i := range sections {
		s := &sections[i]
		ids := map[int]int{}
		roots := 0
		for j := range s.Entries {
			ids[s.Entries[j].ID] = j
		}
		for j := range s.Entries {
			e := &s.Entries[j]
			if e.Parent == e.ID {
				roots++
				continue
			}
			p, ok := ids[e.Parent]
			if !ok {
				return true, &Violation{Message: "the parent of " + line(e) + " is not in its table"}
			}
			if parent := &s.Entries[p]; !below(e.Mountpoint, parent.Mountpoint) {
				return true, &Violation{Message: line(e) + " is not mounted in its parent, " + line(parent)}
			}
		}
		if roots != 1 && len(s.Entries) > 0 {
			return true, &Violation{Message: "a table has not one root: " + string(s.AppendHeader(nil))}
		}
	}
	return len(sections) > 0, nil
}

// below tells whether a mountpoint is that of the parent or in it. Where a name
// was removed, a path tells nothing.
func below(point, parent string) bool {
	const deleted = "//deleted"
	if parent == "/" || strings.Contains(point, deleted) || strings.Contains(parent, deleted) {
		return true
	}
	return point == parent || strings.HasPrefix(point, parent+"/")
}

func checkUniqueMountpointOfTables(t *Transition) (bool, *Violation) {
	sections, broken := t.afterTables()
	if broken != nil {
		return true, broken
	}
	type place struct {
		parent int
		point  string
	}
	premise := false
	for i := range sections {
		seen, children := map[place]bool{}, map[int]int{}
		for j := range sections[i].Entries {
			e := &sections[i].Entries[j]
			if e.Parent == e.ID || strings.HasSuffix(e.Mountpoint, "//deleted") {
				continue
			}
			p := place{e.Parent, e.Mountpoint}
			children[e.Parent]++
			premise = premise || children[e.Parent] > 1
			if seen[p] {
				return true, &Violation{Message: line(e) + " is not alone on its mountpoint"}
			}
			seen[p] = true
		}
	}
	return premise, nil
}

func checkGroupFSOfTables(t *Transition) (bool, *Violation) {
	sections, broken := t.afterTables()
	if broken != nil {
		return true, broken
	}
	type device struct{ major, minor int }
	groups := map[int]device{}
	premise := false
	for i := range sections {
		for j := range sections[i].Entries {
			e := &sections[i].Entries[j]
			for _, g := range [...]int{e.Shared, e.Master} {
				if g == 0 {
					continue
				}
				d := device{e.Major, e.Minor}
				if other, ok := groups[g]; ok {
					premise = true
					if other != d {
						return true, &Violation{Message: line(e) + " is of another filesystem than others of its group"}
					}
				}
				groups[g] = d
			}
		}
	}
	return premise, nil
}

func checkFailureOfTables(t *Transition) (bool, *Violation) {
	before, after := t.Views()
	if before == nil || after == nil {
		return false, nil
	}
	if t.Call.Op == model.OpUmount2 && t.Result.Errno == model.EAGAIN {
		return true, nil
	}
	if *before != *after {
		what := firstDifference(before.Mounts, after.Mounts)
		if before.Mounts == after.Mounts {
			what = firstDifference(before.Actors, after.Actors)
		}
		return true, &Violation{Message: "the call failed, but " + what}
	}
	if t.HasState() && len(t.After.Journal()) > 0 {
		return true, t.say("the call failed, but %v is another mount than before, or its peer group another group", t.After.Journal()[0].M)
	}
	return true, nil
}

// newSection is the section of the namespace that the call made: the one that
// its descriptor refers to.
func (t *Transition) newSection(sections []mountinfo.Section) *mountinfo.Section {
	if !t.ok() || !t.makesNamespace() {
		return nil
	}
	for i := range sections {
		for _, fd := range sections[i].FDs {
			if fd.Actor == t.Actor && int64(fd.FD) == t.Result.Value {
				return &sections[i]
			}
		}
	}
	return nil
}

func checkShapeOfTables(t *Transition) (bool, *Violation) {
	sections, broken := t.afterTables()
	if broken != nil {
		return true, broken
	}
	s := t.newSection(sections)
	if s == nil || len(s.Entries) == 0 {
		return false, nil
	}
	root := &s.Entries[0]
	children := 0
	for i := range s.Entries[1:] {
		if e := &s.Entries[i+1]; e.Parent == root.ID {
			children++
			if e.Mountpoint != "/" {
				return true, &Violation{Message: line(e) + " is not mounted on the root"}
			}
		}
	}
	if children != 1 {
		return true, &Violation{Message: "the root of the new namespace, " + line(root) + ", has not one child"}
	}
	if own := t.callerSection(sections); own != nil && len(own.Entries) > 0 {
		if e := &own.Entries[0]; e.Minor != root.Minor || e.Root != root.Root || e.FSType != root.FSType {
			return true, &Violation{Message: "the root of the new namespace, " + line(root) + ", is no copy of " + line(e)}
		}
	}
	return true, nil
}

// callerSection is the section of the caller's namespace.
func (t *Transition) callerSection(sections []mountinfo.Section) *mountinfo.Section {
	for i := range sections {
		for _, a := range sections[i].Actors {
			if a == t.Actor {
				return &sections[i]
			}
		}
	}
	return nil
}

func checkNoPinsOfTables(t *Transition) (bool, *Violation) {
	sections, broken := t.afterTables()
	if broken != nil {
		return true, broken
	}
	s := t.newSection(sections)
	if s == nil {
		return false, nil
	}
	for i := range s.Entries {
		if kind, _, ok := s.Entries[i].NamespaceFile(); ok && kind == "mnt" {
			return true, &Violation{Message: line(&s.Entries[i]) + " of the new namespace is of the file of a mount namespace"}
		}
	}
	return true, nil
}

// checkSourceOfTables and checkNoPropagationOfTables compare the tables of all
// namespaces that were there before. The new one comes last, so that all
// numbers before it stay.
func checkSourceOfTables(t *Transition) (bool, *Violation) {
	return t.compareSections(func(was, is *mountinfo.Section) *Violation {
		for j := range was.Entries {
			if x, y := was.Entries[j], is.Entries[j]; !x.Same(y) {
				return &Violation{Message: line(&x) + " became " + line(&y)}
			}
		}
		return nil
	})
}

func checkNoPropagationOfTables(t *Transition) (bool, *Violation) {
	return t.compareSections(func(was, is *mountinfo.Section) *Violation { return nil })
}

func (t *Transition) compareSections(entries func(was, is *mountinfo.Section) *Violation) (bool, *Violation) {
	after, broken := t.afterTables()
	if broken != nil {
		return true, broken
	}
	b, _ := t.Views()
	before, broken := t.tables(b, &t.beforeRead)
	if broken != nil {
		return true, broken
	}
	if t.newSection(after) == nil || len(before) == 0 {
		return false, nil
	}
	if len(after) != len(before)+1 {
		return true, &Violation{Message: "the call made other than one namespace"}
	}
	for i := range before {
		if len(before[i].Entries) != len(after[i].Entries) {
			return true, &Violation{Message: "another namespace than the new one has more or fewer mounts: " + string(after[i].AppendHeader(nil))}
		}
		if v := entries(&before[i], &after[i]); v != nil {
			return true, v
		}
	}
	return true, nil
}
