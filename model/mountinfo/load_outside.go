package mountinfo

import (
	"fmt"

	"mntcheck/model"
)

// This file invents what a mount table shows to be there but does not list.

// bottomType is the filesystem at the bottom of every namespace. Spec 07.
func (l *loader) bottomType() model.FSType {
	sem := l.opt.Semantics
	if sem == nil {
		sem, _ = model.ForRelease(model.DefaultRelease)
	}
	if sem.NullfsRoot {
		return model.Nullfs
	}
	return model.Rootfs
}

// bottom adds the lowest mount of a namespace. All of them show one filesystem.
func (l *loader) bottom(ns model.NSIx, id int) model.MountIx {
	kind := l.bottomType()
	if l.facts.bottomSB == 0 {
		n := model.SuperblockSpec{Type: kind}
		if kind == model.Rootfs {
			n.Flags = model.SBReadOnly | model.SBNoUser
		}
		l.facts.bottomSB = l.b.Superblock(n)
	}
	return l.b.Mount(model.MountSpec{
		ID: int32(id), NS: ns, Root: l.b.Root(l.facts.bottomSB), Source: kind.String(),
	})
}

// unknownFS adds a filesystem of which nothing is known but that it is there.
func (l *loader) unknownFS() model.SBIx {
	return l.b.Superblock(model.SuperblockSpec{Type: model.Opaque, Flags: model.UnknownContent, Name: "unknown"})
}

// makeAbove adds the mount that is the parent of the listed ones. If the
// process's root is listed, that is the bottom of the namespace; if not, the
// mount that the process is chrooted into, and the bottom under it.
func (l *loader) makeAbove() {
	id := 0
	for i, p := range l.parents {
		if e := &l.t.Entries[i]; p < 0 {
			if e.Parent == e.ID {
				return
			}
			id = e.Parent
			break
		}
	}
	if l.root >= 0 {
		l.above = l.bottom(l.ns, id)
		l.facts.rootDir = l.b.Root(l.facts.bottomSB)
		l.facts.above = &AboveRoot{ID: id, Type: l.bottomType().String()}
		return
	}
	bottom := l.bottom(l.ns, 0)
	sb := l.unknownFS()
	l.above = l.b.Mount(model.MountSpec{ID: int32(id), NS: l.ns, Root: l.b.Root(sb), Source: "unknown"})
	l.b.Attach(l.above, bottom, l.b.Root(l.facts.bottomSB))
	l.facts.rootDir = l.b.Dentry(l.b.Root(sb), "chroot", model.Dir)
	l.facts.chroot = &Chrooted{ID: id, mount: l.above}
}

// upstream is a peer group that listed mounts receive from, and that has no
// listed member.
type upstream struct {
	group int
	entry int // the first that receives from it
}

// makeOutside adds the namespaces that listed mounts show to exist: one for all
// the groups that mounts receive from without a listed member, and the pinned ones.
func (l *loader) makeOutside() error {
	groups, err := l.unlistedMasters()
	if err != nil {
		return err
	}
	if len(groups) > 0 {
		l.facts.outside = l.b.Namespace(model.NamespaceSpec{})
		bottom := l.bottom(l.facts.outside, 0)
		sb := l.unknownFS()
		dir := l.b.Root(sb)
		top := l.b.Mount(model.MountSpec{NS: l.facts.outside, Root: dir, Source: "unknown"})
		l.b.Attach(top, bottom, l.b.Root(l.facts.bottomSB))
		for _, g := range groups {
			l.addMaster(g, top, dir)
		}
	}
	for _, p := range l.facts.pins {
		l.bottom(p.ns, 0)
	}
	return nil
}

// addMaster adds a member of a group elsewhere. It shows all of the filesystem,
// so that whatever happens to it could reach the listed slaves.
func (l *loader) addMaster(g upstream, top model.MountIx, dir model.DentryIx) {
	e := &l.t.Entries[g.entry]
	root := l.b.Root(l.sb[g.entry])
	kind := model.Dir
	if e.Root == "" || e.Root[0] != '/' {
		root, kind = l.roots[g.entry], model.RegularFile
	}
	m := l.b.Mount(model.MountSpec{
		NS: l.facts.outside, Root: root, Source: e.Source, Group: int32(g.group), MasterGroup: int32(e.PropagateFrom),
	})
	l.b.Attach(m, top, l.b.Dentry(dir, fmt.Sprintf("group-%d", g.group), kind))
	l.facts.masters = append(l.facts.masters, MasterElsewhere{Group: g.group, ID: e.ID, mount: m})
}

// unlistedMasters finds the groups that are masters and not listed. Where mounts
// disagree about one, or the fields contradict each other, no kernel printed them.
// Spec 06 §1, propagate_from.
func (l *loader) unlistedMasters() ([]upstream, error) {
	listed := map[int]bool{}
	for i := range l.t.Entries {
		if g := l.t.Entries[i].Shared; g != 0 {
			listed[g] = true
		}
	}
	l.facts.groups = len(listed) > 0
	var groups []upstream
	first := map[int]int{}
	for i := range l.t.Entries {
		e := &l.t.Entries[i]
		if e.PropagateFrom != 0 && (e.Master == 0 || listed[e.Master]) {
			return nil, l.errorAt(i, FieldTags, "want propagate_from only next to a master that no listed mount is in, got %s", e.tags())
		}
		if e.PropagateFrom != 0 && !listed[e.PropagateFrom] {
			return nil, l.errorAt(i, FieldTags, "want propagate_from:N with a group that a listed mount is in, got %s", e.tags())
		}
		if e.Master == 0 || listed[e.Master] {
			continue
		}
		at, known := first[e.Master]
		if !known {
			first[e.Master] = i
			groups = append(groups, upstream{e.Master, i})
			continue
		}
		if f := &l.t.Entries[at]; f.PropagateFrom != e.PropagateFrom {
			return nil, l.errorAt(i, FieldTags, "want the same propagate_from for all that have master:%d, got %s here and %s on line %d", e.Master, e.tags(), f.tags(), l.t.line(at))
		}
		if l.sb[at] != l.sb[i] {
			return nil, l.errorAt(i, FieldTags, "want one filesystem for all that have master:%d, got %d:%d here and %d:%d on line %d",
				e.Master, e.Major, e.Minor, l.t.Entries[at].Major, l.t.Entries[at].Minor, l.t.line(at))
		}
	}
	return groups, nil
}

// tags are the optional fields, as they stand in the line.
func (e *Entry) tags() string {
	if b := e.appendTags(nil, ' '); len(b) > 0 {
		return string(b[1:])
	}
	return "none"
}
