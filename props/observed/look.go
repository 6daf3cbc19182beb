package observed

import (
	"slices"
	"strings"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
)

// looking reads one view.
type looking struct {
	*Follower
	s        *model.State
	sections []mountinfo.Section
	places   []place
	id       model.Identity

	entries []*mountinfo.Entry // of all sections, by number from 1
	section []int              // by the same: the section
	known   map[uint64]model.MountIx
	devices map[uint64]model.SBIx // in this view
	list    []model.SeenMount
	at      []model.MountIx // by the same as list: their records
}

func (l *looking) run() error {
	for i := range l.sections {
		for j := range l.sections[i].Entries {
			l.entries = append(l.entries, &l.sections[i].Entries[j])
			l.section = append(l.section, i)
		}
	}
	if len(l.id.Mounts) != len(l.entries) || len(l.id.Spaces) != len(l.sections) || len(l.id.Users) != len(l.places) {
		return lost("the view has no numbers to tell things apart by")
	}
	for _, step := range []func() error{
		l.namesUsers, l.namesSpaces, l.filesystems, l.roots, l.mountpoints, l.mounts, l.holders, l.actors,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	l.finish()
	return nil
}

// namesUsers finds the user namespaces that are shown. A new one is that of a
// process that asked for it.
func (l *looking) namesUsers() error {
	shown := map[uint64]model.UserIx{}
	find := func(id uint64) bool {
		u, ok := l.users[id]
		if !ok {
			switch {
			case l.call.call == nil || l.call.result.Errno != 0:
				return false
			case l.call.call.Op != model.OpUnshare && l.call.call.Op != model.OpClone && l.call.call.Op != model.OpClone3:
				return false
			}
			u = l.obs.User(l.before.Procs[l.call.actor].User)
			l.users[id] = u
			l.several = true
		}
		shown[id] = u
		return true
	}
	for _, id := range l.id.Users {
		if !find(id) {
			return lost("a user namespace is one that nobody made")
		}
	}
	for i := range l.id.Spaces {
		if owner := l.id.Spaces[i].Owner; owner == 0 || !find(owner) {
			return lost("who owns a mount namespace is not known")
		}
	}
	// Those above a namespace that is shown are there; others may have ended, and
	// their number be given again.
	above := map[model.UserIx]bool{}
	for _, u := range shown {
		for ; u != 0; u = l.s.Users[u].Parent {
			above[u] = true
		}
	}
	for id, u := range l.users {
		if !above[u] {
			delete(l.users, id)
		}
	}
	return nil
}

// namesSpaces finds the mount namespaces that are shown, and ends the others.
func (l *looking) namesSpaces() error {
	shown := map[uint64]bool{}
	for _, x := range l.id.Spaces {
		shown[x.ID] = true
	}
	for id, ns := range l.spaces {
		if !shown[id] {
			l.obs.EndSpace(ns)
			delete(l.spaces, id)
		}
	}
	for _, x := range l.id.Spaces {
		if _, ok := l.spaces[x.ID]; !ok {
			l.spaces[x.ID] = l.obs.Space(x.ID, l.users[x.Owner])
		}
	}
	return nil
}

// filesystems finds out of which filesystem each mount is: that of a mount that
// is known, of one of the same device, or a new one where the call made one.
func (l *looking) filesystems() error {
	l.known = map[uint64]model.MountIx{}
	for m := range l.before.Mounts {
		if r := &l.before.Mounts[m]; r.ID != 0 && r.NS > 0 {
			l.known[r.UID] = model.MountIx(m)
		}
	}
	l.devices = map[uint64]model.SBIx{}
	for i := range l.entries {
		if m := l.known[l.id.Mounts[i].ID]; m != 0 {
			l.devices[l.id.Mounts[i].Device] = l.before.SBOf(m)
		}
	}
	for i, e := range l.entries {
		device := l.id.Mounts[i].Device
		if _, ok := l.devices[device]; ok {
			continue
		}
		sb, err := l.arrived(e, i)
		if err != nil {
			return err
		}
		l.devices[device] = sb
	}
	for device, sb := range l.devices {
		l.Follower.devices[device] = sb
	}
	for i, e := range l.entries {
		l.obs.ReadOnlySB(l.devices[l.id.Mounts[i].Device], e.SuperOptions.ReadOnly())
	}
	return nil
}

// arrived is the filesystem of a mount of which no other is shown.
func (l *looking) arrived(e *mountinfo.Entry, i int) (model.SBIx, error) {
	seen := l.Follower.devices[l.id.Mounts[i].Device]
	if e.FSType == "nsfs" {
		return l.obs.Nsfs(), nil
	}
	if l.call.call == nil {
		return seen, nil // the world's own
	}
	c := l.call.call
	fresh := func() model.SBIx { return l.obs.Filesystem(e.FSType) }
	switch c.Op {
	case model.OpMount:
		const other = model.MS_REMOUNT | model.MS_BIND | model.MS_MOVE | model.MS_SHARED | model.MS_PRIVATE | model.MS_SLAVE | model.MS_UNBINDABLE
		if c.Args[3].N&other != 0 {
			break
		}
		if single := e.FSType == "sysfs" || e.FSType == "proc"; single && seen != 0 && l.typeOf(seen) == e.FSType {
			return seen, nil
		}
		return fresh(), nil
	case model.OpFsmount, model.OpMoveMount:
		top := e.Parent >= 1 && e.Parent <= len(l.entries) && l.known[l.id.Mounts[e.Parent-1].ID] != 0
		if sb := l.carried(); sb != 0 && l.typeOf(sb) == e.FSType && (top || c.Op == model.OpFsmount) {
			return sb, nil
		}
	}
	if seen == 0 || l.tangled || l.typeOf(seen) != e.FSType {
		return 0, lost("%q is of a filesystem that was never seen", e)
	}
	return seen, nil
}

// carried is the filesystem behind the first descriptor of the call.
func (l *looking) carried() model.SBIx {
	i := l.before.FindFD(model.ProcIx(l.call.actor), int(int32(l.call.call.Args[0].N)))
	if i == 0 {
		return 0
	}
	return l.before.Files[i].SB
}

func (l *looking) typeOf(sb model.SBIx) string { return l.s.Name(l.s.SBs[sb].Name) }

// roots finds what each mount shows of its filesystem.
func (l *looking) roots() error {
	l.list = make([]model.SeenMount, len(l.entries))
	for i, e := range l.entries {
		id := &l.id.Mounts[i]
		n := &l.list[i]
		*n = model.SeenMount{
			UID: id.ID, NS: l.spaces[l.id.Spaces[l.section[i]].ID], Parent: e.Parent - 1, Flags: flagsOf(e), Source: e.Source,
			IDMapped: e.Options.Has("idmapped"), Group: int32(id.Group), MasterGroup: int32(id.Master),
		}
		if e.Parent == e.ID {
			n.Parent = -1
			if m := l.known[n.UID]; m != 0 && l.before.Spaces[l.before.Mounts[m].NS].ID != l.id.Spaces[l.section[i]].ID {
				return lost("a mount namespace has got another id")
			}
		}
		if e.ID != i+1 || e.Parent < 1 || e.Parent > len(l.entries) || (e.Shared != 0) != (n.Group != 0) || (e.Master != 0) != (n.MasterGroup != 0) {
			return lost("%q is not numbered as views are", e)
		}
		var err error
		if n.Root, err = l.root(e, i); err != nil {
			return err
		}
	}
	return nil
}

func (l *looking) root(e *mountinfo.Entry, i int) (model.DentryIx, error) {
	kind, number, special := e.NamespaceFile()
	m := l.known[l.id.Mounts[i].ID]
	switch {
	case special && e.FSType == "nsfs" && kind == "mnt":
		if number < 1 || number > uint64(len(l.sections)) {
			return 0, lost("%q is of a namespace that is not listed", e)
		}
		return l.s.Spaces[l.spaces[l.id.Spaces[number-1].ID]].File, nil
	case m != 0 && special:
		return l.before.Mounts[m].Root, nil
	case special && e.FSType == "nsfs" && kind == "user":
		u, ok := l.users[l.id.Mounts[i].File]
		if !ok {
			return 0, lost("%q is of a user namespace that is not known", e)
		}
		return l.obs.UserFile(u), nil
	case special:
		return 0, lost("%q is of a file that is not followed", e)
	case m != 0:
		if d := l.before.Mounts[m].Root; l.obs.Path(d) == e.Root {
			return d, nil
		}
		return 0, lost("%q showed something else before", e)
	}
	if d := l.lookup(l.devices[l.id.Mounts[i].Device], e.Root); d != 0 {
		return d, nil
	}
	return 0, lost("%q shows a directory that is not known", e)
}

// mountpoints finds where each mount is mounted: where it was if that is still
// called so, else at what is called so.
func (l *looking) mountpoints() error {
	for i, e := range l.entries {
		n := &l.list[i]
		if n.Parent < 0 {
			continue
		}
		parent := l.entries[n.Parent]
		point := strings.TrimSuffix(e.Mountpoint, deletedSuffix)
		inner, ok := strings.CutPrefix(point, strings.TrimSuffix(parent.Mountpoint, "/"))
		if inner = strings.TrimSuffix(inner, "/"); !ok || inner != "" && inner[0] != '/' {
			return lost("%q is not mounted in its parent", e)
		}
		root := l.list[n.Parent].Root
		if m := l.known[n.UID]; m != 0 && l.before.Mounts[m].Parent == l.known[l.list[n.Parent].UID] && l.before.Mounts[m].Parent != 0 {
			if was, ok := l.inner(l.before.Mounts[m].MP, root); ok && was == inner {
				n.MP = l.before.Mounts[m].MP
				continue
			}
		}
		if n.MP = l.below(root, inner); n.MP == 0 {
			return lost("%q is mounted on a directory that is not known", e)
		}
	}
	return nil
}

func (l *looking) mounts() error {
	l.at = l.obs.Mounts(&l.before, l.list)
	return nil
}

// holders looks up who has descriptors of namespaces. What the call returned may be
// one of a namespace that it made; all others are known: where such a one is
// nowhere, it is of a mount of the file.
func (l *looking) holders() error {
	for i := range l.sections {
		ns := l.spaces[l.id.Spaces[i].ID]
		at := l.obs.NamespaceLoc(ns)
		for _, h := range l.sections[i].FDs {
			p := model.ProcIx(h.Actor)
			if h.Actor < 1 || int(p) >= len(l.s.Procs) || !l.s.Procs[p].Alive || l.s.FindFD(p, h.FD) == 0 {
				return lost("descriptor %d of actor %d is not known", h.FD, h.Actor)
			}
			if l.made(h) {
				l.obs.Descriptor(p, int32(h.FD), model.File{Kind: model.PlainFile, Mode: model.PathOnly, Loc: at})
			}
		}
	}
	return nil
}

// made tells whether a descriptor is that of a namespace that the call made.
func (l *looking) made(h mountinfo.FD) bool {
	c, r := l.call.call, l.call.result
	if c == nil || r.Errno != 0 || h.Actor != l.call.actor || int64(h.FD) != r.Value {
		return false
	}
	switch c.Op {
	case model.OpOpenTree, model.OpOpenTreeAttr:
		return c.Args[2].N&model.OPEN_TREE_NAMESPACE != 0
	case model.OpFsmount:
		return c.Args[1].N&model.FSMOUNT_NAMESPACE != 0
	}
	return false
}

// actors puts the processes where they stand.
func (l *looking) actors() error {
	alive := 0
	for p := range l.s.Procs {
		if l.s.Procs[p].Alive {
			alive++
		}
	}
	if alive != len(l.places) {
		return lost("there are %d actors, and %d are known", len(l.places), alive)
	}
	for i, at := range l.places {
		p := model.ProcIx(at.actor)
		if at.actor < 1 || at.actor >= len(l.s.Procs) || !l.s.Procs[p].Alive || at.ns < 1 || at.ns > len(l.sections) {
			return lost("actor %d is not known, or its namespace is not", at.actor)
		}
		was := l.s.FSs[l.s.Procs[p].FS]
		ns := l.spaces[l.id.Spaces[at.ns-1].ID]
		l.obs.Place(p, ns, l.users[l.id.Users[i]], l.loc(at.root, was.Root), l.loc(at.cwd, was.Cwd))
	}
	return nil
}

// finish notes what is known of the view as a whole.
func (l *looking) finish() {
	f := l.Follower
	f.old, f.number = f.number, make(map[uint64]int32, len(l.list))
	f.groups, f.shadows = true, false
	type at struct {
		parent int
		point  model.DentryIx
	}
	taken := make(map[at]bool, len(l.list))
	for i := range l.list {
		here := at{l.list[i].Parent, l.list[i].MP}
		f.shadows = f.shadows || here.parent >= 0 && taken[here]
		taken[here] = true
		f.number[l.list[i].UID] = int32(i + 1)
		group := l.list[i].MasterGroup
		f.groups = f.groups && (group == 0 || slices.ContainsFunc(l.list, func(n model.SeenMount) bool { return n.Group == group }))
	}
}

// flagsOf are the flags that a line shows.
func flagsOf(e *mountinfo.Entry) (flags model.MountFlags) {
	if e.Options.ReadOnly() {
		flags |= model.ReadOnly
	}
	for _, o := range [...]struct {
		name string
		flag model.MountFlags
	}{
		{"nosuid", model.NoSuid}, {"nodev", model.NoDev}, {"noexec", model.NoExec}, {"noatime", model.NoAtime},
		{"nodiratime", model.NoDirAtime}, {"relatime", model.RelAtime}, {"nosymfollow", model.NoSymFollow},
	} {
		if e.Options.Has(o.name) {
			flags |= o.flag
		}
	}
	if e.Unbindable {
		flags |= model.Unbindable
	}
	return flags
}
