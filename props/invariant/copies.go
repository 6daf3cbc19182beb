package invariant

import "mntcheck/model"

// copyInvariants are what copies of trees and of tables promise.
func copyInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "copy-leaves-source",
			Statement: "Making a copy, by bind, open_tree or unshare, changes nothing about what is copied: places, flags, locks, groups.",
			Source:    "spec 01 §2.6, 03 §4; users I1",
			Needs:     Visible, Facts: Places | Groups,
			Check: checkCopySource,
		},
		{
			Name: "copy-isomorphic",
			Statement: "bind and OPEN_TREE_CLONE copy the named mount and, if recursive, all below the named directory but unbindable mounts and what is below these: " +
				"same tree, flags and groups.",
			Source: "spec 03 §4, 04 §3, §10; users I17",
			Needs:  Visible, Facts: Places | Groups,
			Check: checkTreeCopy,
		},
		{
			Name:      "unshare-isomorphic",
			Statement: "unshare and clone with CLONE_NEWNS copy the whole table but mounts of mount namespaces' files: same tree, flags and types, LOCKED kept; root and working directory follow.",
			Source:    "spec 04 §16, 05 §4; users I15",
			Needs:     Visible, Facts: Places | Groups,
			Check: checkTableCopy, WholeTable: true,
		},
		{
			Name:      "unshare-empty",
			Statement: "An empty mount namespace has a copy of the bottom mount and nothing else; root and working directory are there.",
			Source:    "spec 05 §3",
			Needs:     Visible, Facts: Places,
			Check: checkEmptyTable,
		},
		{
			Name:      "unshare-cost",
			Statement: "unshare and clone with CLONE_NEWNS copy each mount of the new table once.",
			Source:    "spec 04 §16; users I11; cocoonstack/sandbox#30",
			Check:     checkTableCost,
		},
	}
}

func checkCopySource(t *Transition) (bool, *Violation) {
	pairs, kind := t.copied()
	if len(pairs) == 0 || kind == noCopy {
		return false, nil
	}
	for _, m := range t.old() {
		o := &t.Before.Mounts[m]
		if o.NS <= 0 || !t.spaceStays(o.NS) {
			continue // unshare left its namespace, or let go of it, and it ended
		}
		if !t.stays(m) {
			return true, t.say("%v is gone since a copy was made", m)
		}
		r := &t.After.Mounts[m]
		locked := model.Locked
		if kind == bindCopy && r.Parent != o.Parent && t.isNew(r.Parent) {
			// The copy slid beneath it.
			locked = 0
		} else if r.Parent != o.Parent || r.MP != o.MP || r.NS != o.NS {
			return true, t.say("%v changed its place since a copy was made", m)
		}
		if d := (r.Flags ^ o.Flags) & (sameFlags&^model.Locked | locked); d != 0 {
			return true, t.say("%v changed in %v since a copy was made", m, flagWords(d))
		}
		if r.Root != o.Root || r.Group != o.Group || r.IDMap != o.IDMap || r.Source != o.Source || r.Master != o.Master && !t.died() {
			return true, t.say("%v changed its root, group, master, idmapping or source since a copy was made", m)
		}
	}
	return true, nil
}

func checkTreeCopy(t *Transition) (bool, *Violation) {
	pairs, kind := t.copied()
	if kind != bindCopy && kind != detachedCopy || len(pairs) == 0 || t.shadows() {
		return false, nil
	}
	c := &treeCheck{t: t, changed: t.Call.Op == model.OpOpenTreeAttr}
	var from model.Loc
	if kind == bindCopy {
		a := t.attachment()
		from, c.recursive = a.from, a.recursive
		c.shared = t.Before.Mounts[a.at.M].Flags&model.Shared != 0
	} else {
		from, _ = t.openedLoc()
		c.recursive = t.openFlags()&model.AT_RECURSIVE != 0
	}
	top := pairs[0].to
	if t.After.Mounts[top].Root != from.D {
		return true, t.say("%v shows another directory than the one that was named", top)
	}
	c.compare(from.M, top, from.D)
	return true, c.broken
}

// treeCheck walks a tree and its copy side by side.
type treeCheck struct {
	t         *Transition
	recursive bool
	shared    bool // attached to a shared mount, all of the copy is shared
	changed   bool // the attributes and the type were changed with the copy
	broken    *Violation
}

// compare takes m with its copy; of m's children, those at d or below it are to
// be copied.
func (c *treeCheck) compare(m, copied model.MountIx, d model.DentryIx) {
	t := c.t
	o, r := &t.Before.Mounts[m], &t.After.Mounts[copied]
	if c.broken = c.one(m, copied, o, r); c.broken != nil {
		return
	}
	y := t.nextNew(r.FirstChild)
	for x := o.FirstChild; x != 0 && c.recursive; x = t.Before.Mounts[x].NextChild {
		if t.Before.Mounts[x].Flags&model.Unbindable != 0 || d != 0 && !t.Before.Under(t.Before.Mounts[x].MP, d) {
			continue
		}
		if y == 0 || t.After.Mounts[y].MP != t.Before.Mounts[x].MP || t.After.Mounts[y].Root != t.Before.Mounts[x].Root {
			c.broken = t.say("%v was not copied, or in another order", x)
			return
		}
		if (t.After.Mounts[y].Flags^t.Before.Mounts[x].Flags)&model.Locked != 0 {
			c.broken = t.say("one of %v and its copy %v is LOCKED", x, y)
			return
		}
		if c.compare(x, y, 0); c.broken != nil {
			return
		}
		y = t.nextNew(t.After.Mounts[y].NextChild)
	}
	if y != 0 {
		c.broken = t.say("%v is a copy of no mount that was to be copied", y)
	}
}

// nextNew is the first mount from m on, among its siblings, that the call made.
func (t *Transition) nextNew(m model.MountIx) model.MountIx {
	for n := 0; m != 0 && n <= len(t.After.Mounts); n++ {
		if t.isNew(m) {
			return m
		}
		m = t.After.Mounts[m].NextChild
	}
	return 0
}

// one compares a mount with its copy.
func (c *treeCheck) one(m, copied model.MountIx, o, r *model.Mount) *Violation {
	if r.Source != o.Source {
		return c.t.say("%v has another source than %v", copied, m)
	}
	if c.changed {
		return nil
	}
	if d := (r.Flags ^ o.Flags) & (model.SettableFlags | model.Shrinkable); d != 0 || r.IDMap != o.IDMap {
		return c.t.say("%v and its copy %v differ in %v, or in their idmapping", m, copied, flagWords(d))
	}
	switch {
	case r.Master != o.Master:
		return c.t.say("%v has another master than %v, its original", copied, m)
	case o.Group != 0 && r.Group != o.Group:
		return c.t.say("%v is no peer of %v, its original", copied, m)
	case o.Group == 0 && (r.Group != 0) != c.shared:
		return c.t.say("%v should be shared if and only if what it is mounted on is", copied)
	}
	return nil
}

func checkTableCopy(t *Transition) (bool, *Violation) {
	_, kind := t.copied()
	if kind != tableCopy || t.shadows() {
		return false, nil
	}
	p := t.enteredBy()
	from, to := t.callerNS(), t.After.Procs[p].NS
	foreign := t.After.Spaces[to].Owner != t.Before.Spaces[from].Owner
	c := &tableCheck{t: t, foreign: foreign}
	c.compare(t.Before.Spaces[from].Root, t.After.Spaces[to].Root)
	if c.broken == nil && int(t.After.Spaces[to].Nr) != c.count {
		return true, t.say("%v has %v mounts where %v were to be copied", to, t.After.Spaces[to].Nr, c.count)
	}
	if c.broken == nil {
		c.follow(p)
	}
	return true, c.broken
}

// tableCheck walks a table and its copy side by side.
type tableCheck struct {
	t       *Transition
	foreign bool
	count   int
	broken  *Violation
}

func (c *tableCheck) compare(m, copied model.MountIx) {
	t := c.t
	o, r := &t.Before.Mounts[m], &t.After.Mounts[copied]
	c.count++
	if c.broken = c.one(m, o, r, copied); c.broken != nil {
		return
	}
	x, y := o.FirstChild, r.FirstChild
	for ; x != 0; x = t.Before.Mounts[x].NextChild {
		if isPin(t.Before, x) {
			continue
		}
		if y == 0 || t.After.Mounts[y].MP != t.Before.Mounts[x].MP {
			c.broken = t.say("%v was not copied, or in another order", x)
			return
		}
		if c.compare(x, y); c.broken != nil {
			return
		}
		y = t.After.Mounts[y].NextChild
	}
	if y != 0 {
		c.broken = t.say("%v is a copy of no mount", y)
	}
}

// one compares a mount with its copy.
func (c *tableCheck) one(m model.MountIx, o, r *model.Mount, copied model.MountIx) *Violation {
	t := c.t
	flags, keep := r.Flags^o.Flags, model.SettableFlags|model.Shrinkable
	if !c.foreign {
		keep |= model.Locked | model.AttributeLocks | model.Shared
	} else if missing := locksDue(o.Flags) &^ r.Flags; t.whole() && (missing != 0 || o.Parent != 0 && r.Flags&model.Locked == 0) {
		return t.say("%v, the copy of %v for another owner, lacks locks", copied, m)
	}
	group, master := o.Group, o.Master
	if c.foreign {
		if group = 0; o.Group != 0 {
			master = m
		}
	}
	switch {
	case r.Root != o.Root || r.Source != o.Source || r.IDMap != o.IDMap:
		return t.say("%v is no copy of %v: root, source or idmapping differ", copied, m)
	case flags&keep != 0:
		return t.say("%v and its copy %v differ in %v", m, copied, flagWords(flags&keep))
	case r.Group != group && !t.died(), !t.sameMaster(r.Master, master) && !t.died():
		return t.say("%v, the copy of %v, has another peer group or master than such a copy has", copied, m)
	}
	return nil
}

// follow tells whether the process stands on the copies of what it stood on.
func (c *tableCheck) follow(p model.ProcIx) {
	t := c.t
	was, is := t.Before.FSs[t.Before.Procs[t.Actor].FS], t.After.FSs[t.After.Procs[p].FS]
	pairs, _ := t.copied()
	for _, l := range [...]struct {
		was, is model.Loc
		what    string
	}{{was.Root, is.Root, "root"}, {was.Cwd, is.Cwd, "working directory"}} {
		want := l.was
		for _, x := range pairs {
			if x.from == l.was.M {
				want.M = x.to
			}
		}
		if l.is != want {
			c.broken = t.say("the %v of actor %v is on %v, not on %v", l.what, int(p), l.is.M, want.M)
			return
		}
	}
}

func checkEmptyTable(t *Transition) (bool, *Violation) {
	_, kind := t.copied()
	if kind != emptyCopy {
		return false, nil
	}
	p := t.enteredBy()
	ns := t.After.Procs[p].NS
	root := t.After.Spaces[ns].Root
	if t.After.Spaces[ns].Nr != 1 || t.After.Mounts[root].FirstChild != 0 {
		return true, t.say("%v has more than one mount", ns)
	}
	if t.After.Mounts[root].Root != t.Before.Mounts[t.Before.Spaces[t.callerNS()].Root].Root {
		return true, t.say("%v is no copy of the bottom mount", root)
	}
	at := model.Loc{M: root, D: t.After.Mounts[root].Root}
	if fs := t.After.FSs[t.After.Procs[p].FS]; fs.Root != at || fs.Cwd != at {
		return true, t.say("actor %v does not stand on %v", int(p), root)
	}
	return true, nil
}

func checkTableCost(t *Transition) (bool, *Violation) {
	if _, kind := t.copied(); kind != tableCopy && kind != emptyCopy {
		return false, nil
	}
	ns := t.After.Procs[t.enteredBy()].NS
	if made, nr := t.After.Work().Copied, t.After.Spaces[ns].Nr; made != int(nr) {
		return true, t.say("%v mounts were copied for %v, which has %v", made, ns, nr)
	}
	return true, nil
}
