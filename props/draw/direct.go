package draw

import (
	"fmt"

	"mntcheck/model"
)

// directMounts is how many mounts a state drawn directly has, at most.
var directMounts = [NumSizes]int{Small: 8, Medium: 24, Large: 400}

// Direct draws a state without making calls: mounts, groups, locks, namespaces
// and processes that chance puts together, as far as the invariants of spec 01 §6
// allow. It gets to states that random calls hardly ever get to, and to some
// that no calls get to: so what is found wrong with such a state counts only
// once a program of calls has led to it.
//
// An error says which invariant the drawn state would break, and is a mistake
// of this function.
func Direct(src Source, sem *model.Semantics, sizes ...Size) (*model.State, error) {
	b := direct{Builder: model.NewBuilder(model.World{Semantics: sem})}
	b.picker.src = src
	b.align()
	size := b.size(sizes)
	if len(sizes) == 0 && size == Large {
		size = Medium
	}
	b.filesystems()
	b.users = []model.UserIx{b.InitUser()}
	for range b.pick(3) {
		b.users = append(b.users, b.User(b.users[b.pick(len(b.users))]))
	}
	for range 1 + b.pick(3) {
		b.namespace()
	}
	for range b.pick(1 + directMounts[size]) {
		b.mount()
	}
	b.processes()
	s, err := b.Build()
	if err != nil {
		return nil, fmt.Errorf("a state drawn directly: %w", err)
	}
	return s, nil
}

// direct is a state being drawn.
type direct struct {
	*model.Builder
	picker
	sbs    []model.SBIx
	dirs   [][]model.DentryIx // by filesystem, in the order of sbs; the root first
	users  []model.UserIx
	spaces []directSpace
	mounts []directMount
	groups []directGroup // group i has the number i+1
}

type directSpace struct {
	ns    model.NSIx
	owner model.UserIx
	root  int // in mounts
}

type directMount struct {
	m     model.MountIx
	space int // in spaces
	sb    int // in sbs
	root  int // in dirs[sb]
	over  int // the mount on its root, in mounts; 0: none
	taken map[int]bool
}

// directGroup is a peer group. All its members have one master.
type directGroup struct {
	sb            int
	first, master model.MountIx
}

// filesystems makes the kernel's root and some trees of directories. A
// directory comes behind the one that it is in.
func (b *direct) filesystems() {
	b.addFilesystem(model.Nullfs, 0)
	for range 1 + b.pick(4) {
		b.addFilesystem(model.Tmpfs, 1+b.pick(5))
	}
}

func (b *direct) addFilesystem(t model.FSType, dirs int) {
	sb := b.Superblock(model.SuperblockSpec{Type: t})
	tree := []model.DentryIx{b.Root(sb)}
	for range dirs {
		in := tree[b.pick(len(tree))]
		d := b.Dentry(in, components[b.pick(fewComponents)], model.Dir)
		if !contains(tree, d) {
			tree = append(tree, d)
		}
	}
	b.sbs, b.dirs = append(b.sbs, sb), append(b.dirs, tree)
}

func contains(all []model.DentryIx, d model.DentryIx) bool {
	for _, x := range all {
		if x == d {
			return true
		}
	}
	return false
}

// namespace makes one with the kernel's root, and a mount on that.
func (b *direct) namespace() {
	owner := b.users[b.pick(len(b.users))]
	ns := b.Namespace(model.NamespaceSpec{Owner: owner})
	b.spaces = append(b.spaces, directSpace{ns: ns, owner: owner, root: len(b.mounts)})
	space := len(b.spaces) - 1
	spec := model.MountSpec{NS: ns, Root: b.dirs[0][0], Source: "nullfs"}
	if b.foreign(space) {
		spec.Flags |= model.LockAtime
	}
	m := b.Mount(spec)
	b.mounts = append(b.mounts, directMount{m: m, space: space, taken: map[int]bool{}})
	b.mountOn(len(b.mounts)-1, 0, 1+b.pick(len(b.sbs)-1))
}

// foreign tells whether all mounts of a namespace are locked, as those of one
// that was copied for another owner are.
func (b *direct) foreign(space int) bool { return b.spaces[space].owner != b.InitUser() }

// mount puts one somewhere.
func (b *direct) mount() {
	parent := b.pick(len(b.mounts))
	p := &b.mounts[parent]
	places := b.below(p)
	b.mountOn(parent, places[b.pick(len(places))], 1+b.pick(len(b.sbs)-1))
}

// below lists the directories that a mount shows.
func (b *direct) below(p *directMount) (places []int) {
	tree := b.dirs[p.sb]
	for i := range tree {
		for d := tree[i]; ; d = b.DentryAt(d).Parent {
			if d == tree[p.root] {
				places = append(places, i)
				break
			}
			if b.DentryAt(d).Parent == d {
				break
			}
		}
	}
	return places
}

// mountOn puts a mount of filesystem sb on directory at of parent, or on top of
// what is there.
func (b *direct) mountOn(parent, at, sb int) {
	for b.mounts[parent].taken[at] {
		if at != b.mounts[parent].root || b.mounts[parent].over == 0 {
			return // taken below: the place stays as it is
		}
		parent = b.mounts[parent].over
		at = b.mounts[parent].root
	}
	p := &b.mounts[parent]
	root := b.pick(len(b.dirs[sb]))
	spec := model.MountSpec{
		NS: b.spaces[p.space].ns, Parent: p.m, MP: b.dirs[p.sb][at], Root: b.dirs[sb][root],
		Source: "none", Flags: b.flags(p.space),
	}
	b.share(&spec, sb)
	m := b.Mount(spec)
	if g := spec.Group; g != 0 && b.groups[g-1].first == 0 {
		b.groups[g-1].first = m
	}
	p.taken[at] = true
	if at == p.root {
		p.over = len(b.mounts)
	}
	b.mounts = append(b.mounts, directMount{m: m, space: p.space, sb: sb, root: root, taken: map[int]bool{}})
}

// flags draws settable flags, and locks of those that are set.
func (b *direct) flags(space int) (f model.MountFlags) {
	f = model.RelAtime
	for _, x := range [...]struct{ flag, lock model.MountFlags }{
		{model.ReadOnly, model.LockReadOnly}, {model.NoSuid, model.LockNoSuid},
		{model.NoDev, model.LockNoDev}, {model.NoExec, model.LockNoExec},
	} {
		if !b.oneIn(5) {
			continue
		}
		f |= x.flag
		if b.foreign(space) || b.oneIn(3) {
			f |= x.lock
		}
	}
	if b.foreign(space) || b.oneIn(6) {
		f |= model.Locked | model.LockAtime
	}
	return f
}

// share draws the type of propagation: groups and masters are of one
// filesystem, and a group receives from an older group only.
func (b *direct) share(spec *model.MountSpec, sb int) {
	kind := b.pick(6)
	if kind < 2 {
		if b.oneIn(4) {
			spec.Flags |= model.Unbindable
		}
		return
	}
	group := b.groupOf(sb)
	if kind == 2 && group != 0 { // a slave that is not shared
		spec.MasterGroup = int32(group)
		return
	}
	if kind > 3 && group != 0 {
		spec.Group, spec.Master = int32(group), b.groups[group-1].master
		return
	}
	master := model.MountIx(0)
	if group != 0 && b.oneIn(2) {
		master = b.groups[group-1].first
	}
	b.groups = append(b.groups, directGroup{sb: sb, master: master})
	spec.Group, spec.Master = int32(len(b.groups)), master
}

// groupOf is some group of a filesystem, 0 for none.
func (b *direct) groupOf(sb int) (group int) {
	n := 0
	for i := range b.groups {
		if b.groups[i].sb == sb {
			if n++; b.pick(n) == 0 {
				group = i + 1
			}
		}
	}
	return group
}

// processes puts one in each namespace, and some more; not all have the
// capabilities that processes made by calls always have.
func (b *direct) processes() {
	for i := range len(b.spaces) + b.pick(2) {
		space := b.spaces[i%len(b.spaces)]
		n := model.ProcessSpec{NS: space.ns, Caps: model.AllCaps, User: space.owner}
		if b.oneIn(4) {
			n.User = b.users[b.pick(len(b.users))]
		}
		if b.oneIn(2) {
			n.Others = n.User
		}
		if b.oneIn(8) {
			n.Caps = model.Caps(b.pick(1 + int(model.AllCaps)))
		}
		if b.oneIn(5) {
			m := b.mounts[b.pick(len(b.mounts))]
			if m.space == i%len(b.spaces) {
				places := b.below(&m)
				n.Root = model.Loc{M: m.m, D: b.dirs[m.sb][places[b.pick(len(places))]]}
			}
		}
		p := b.Process(n)
		for range b.pick(3) {
			m := b.mounts[b.pick(len(b.mounts))]
			b.Descriptor(p, -1, model.File{Mode: model.PathOnly, Loc: model.Loc{M: m.m, D: b.dirs[m.sb][m.root]}})
		}
	}
}
