package model

import (
	"fmt"
	"slices"
)

// MountSpec describes a mount. Spec 01 §2.
type MountSpec struct {
	ID     int32    // 0: the lowest that is free when all are known
	NS     NSIx     // none: unmounted, and kept by a descriptor or a process
	Parent MountIx  // none: the root of its namespace, or Attach tells later
	MP     DentryIx // of the parent's filesystem
	Root   DentryIx
	Flags  MountFlags // settable ones, locks, Shrinkable, Unbindable
	Source string
	IDMap  UserIx

	Group       int32   // peer group; 0: not shared
	Master      MountIx // a mount that was added already; none: not a slave, or
	MasterGroup int32   // its master is the first that was or will be added to this group
}

// builderFlags are those that a MountSpec may have.
const builderFlags = SettableFlags | AttributeLocks | Locked | Shrinkable | Unbindable | ExpiryMark

// Mount adds a mount.
func (b *Builder) Mount(n MountSpec) MountIx {
	s := b.s
	if n.Root <= 0 || int(n.Root) >= len(s.Dentries) {
		b.Fail(fmt.Errorf("mount %d has no root", n.ID))
		return b.base
	}
	m := s.newMount(n.Root, s.names.intern(n.Source), n.Flags&builderFlags)
	s.journal = s.journal[:0]
	s.mountIDs.release(s.Mounts[m].ID)
	r := &s.Mounts[m]
	r.ID, r.IDMap = n.ID, n.IDMap
	if n.ID != 0 && !s.mountIDs.reserve(n.ID) {
		b.failAt(m, "is there twice: ids are unique")
	}
	if extra := n.Flags &^ builderFlags; extra != 0 {
		b.failAt(m, "has flags %#x that a mount is not made with: sharing is Group, and a mount without NS is unmounted", uint32(extra))
	}
	switch {
	case n.NS > 0 && int(n.NS) < len(s.Spaces):
		s.enterNS(m, n.NS)
	case n.NS != 0:
		b.failAt(m, "is in a mount namespace that was not added")
	default:
		r.Flags |= Umounted
	}
	b.propagation(m, n)
	if n.Parent != 0 {
		b.Attach(m, n.Parent, n.MP)
	}
	return m
}

// propagation puts m in its peer group's ring, behind those that were added
// before; its place among the slaves is found when all are known.
func (b *Builder) propagation(m MountIx, n MountSpec) {
	s := b.s
	if n.Group != 0 {
		s.Mounts[m].Group = n.Group
		s.Mounts[m].Flags |= Shared
		first, known := b.peers[n.Group]
		switch {
		case known:
			s.joinRing(m, s.Mounts[first].PrevPeer)
		case s.groupIDs.reserve(n.Group):
			b.peers[n.Group] = m
		default:
			b.failAt(m, "is in peer group %d: want a number from 1 on", n.Group)
		}
	}
	switch {
	case n.Master != 0:
		b.SetMaster(m, n.Master)
	case n.MasterGroup != 0:
		b.slaves = append(b.slaves, slaveSpec{m: m, group: n.MasterGroup})
	}
}

// SetMaster makes m, which was added without a master, a slave of master, which
// may have been added after it.
func (b *Builder) SetMaster(m, master MountIx) {
	if master < b.base || int(master) >= len(b.s.Mounts) {
		b.failAt(m, "has a master that was not added")
		return
	}
	b.slaves = append(b.slaves, slaveSpec{m: m, master: master})
}

// OrderPeers puts all members of a peer group, which were added, in another order
// in their ring.
func (b *Builder) OrderPeers(ring ...MountIx) {
	s := b.s
	members := 0
	named := make(map[MountIx]bool, len(ring))
	for i, m := range ring {
		group := s.Mounts[m].Group
		if group == 0 || group != s.Mounts[ring[0]].Group || named[m] {
			b.failAt(m, "is to be ordered among the peers of %s, but is none, or is named twice", b.words(ring[0]))
			return
		}
		named[m] = true
		if i == 0 {
			for x := s.Mounts[m].NextPeer; x != m; x = s.Mounts[x].NextPeer {
				members++
			}
		}
	}
	if len(ring) != members+1 {
		b.Fail(fmt.Errorf("the order of a peer group names %d mounts, but %d are in it", len(ring), members+1))
		return
	}
	for i, m := range ring {
		next := ring[(i+1)%len(ring)]
		s.Mounts[m].NextPeer, s.Mounts[next].PrevPeer = next, m
	}
	b.peers[s.Mounts[ring[0]].Group] = ring[0]
}

// OrderSlaves says in which order slaves of one master, which were added, stand in
// its list; those that are not named come behind them. Peers stand together, in
// the order of their ring, from the one that is named first on.
func (b *Builder) OrderSlaves(list ...MountIx) {
	rank := map[MountIx]int{}
	for i, m := range list {
		rank[m] = i - len(list)
	}
	slices.SortStableFunc(b.slaves, func(x, y slaveSpec) int { return rank[x.m] - rank[y.m] })
}

// Attach puts m, which has no parent yet, on dentry d of mount p, as the last
// of p's children.
func (b *Builder) Attach(m, p MountIx, d DentryIx) {
	s := b.s
	if p < b.base || int(p) >= len(s.Mounts) || d <= 0 || int(d) >= len(s.Dentries) {
		b.failAt(m, "has a parent or a mountpoint that was not added")
		return
	}
	switch {
	case s.Mounts[m].Parent != 0:
		b.failAt(m, "has a parent already, %s", b.words(s.Mounts[m].Parent))
	case p == m || s.Mounts[m].FirstChild != 0 && s.isAncestor(m, p):
		b.failAt(m, "and %s are each other's parents", b.words(p))
	case s.Mounts[p].NS != s.Mounts[m].NS:
		b.failAt(m, "is in another mount namespace than its parent, %s", b.words(p))
	case s.Dentries[d].SB != s.SBOf(p):
		b.failAt(m, "has a mountpoint that is not in the filesystem of its parent, %s", b.words(p))
	case s.childAt(p, d) != 0:
		b.failAt(m, "is at the same place of %s as %s: a place takes one mount, the next goes on top of that", b.words(p), b.words(s.childAt(p, d)))
	case s.cannotBeMountpoint(d):
		b.failAt(m, "is mounted on what was removed")
	default:
		s.attach(m, p, d)
	}
}

// Covered tells whether the path of m leads to another mount: something is
// mounted on it, or above it on the way.
func (b *Builder) Covered(m MountIx) bool {
	s := b.s
	if s.Overmount(m) != 0 {
		return true
	}
	for s.Mounts[m].Parent != 0 {
		p, d := s.Mounts[m].Parent, s.Mounts[m].MP
		if d == s.Mounts[p].Root {
			m = p // m is on p's root: what matters is whether p is covered elsewhere
			continue
		}
		for d = s.Dentries[d].Parent; ; d = s.Dentries[d].Parent {
			if s.childAt(p, d) != 0 {
				return true
			}
			if d == s.Mounts[p].Root || s.Dentries[d].Parent == d {
				break
			}
		}
		m = p
	}
	return false
}

// ProcessSpec describes a process.
type ProcessSpec struct {
	NS        NSIx
	User      UserIx // none: the initial user namespace
	Others    UserIx // owner of its pid and network namespaces, for mounts of proc and sysfs; none: the initial one
	Caps      Caps   // effective, in its own user namespace
	Root, Cwd Loc    // none: the top of the stack on the root of NS; Cwd none: Root
	SharesFS  ProcIx // an earlier process whose root and working directory it shares
}

// Process adds a process: actors are numbered from 1 in the order of adding.
func (b *Builder) Process(n ProcessSpec) ProcIx {
	p := ProcIx(len(b.s.Procs))
	if n.NS <= 0 || int(n.NS) >= len(b.s.Spaces) || b.s.Spaces[n.NS].Anon {
		b.Fail(fmt.Errorf("process %d is in no mount namespace", p))
		n.NS = 0
	}
	if n.SharesFS < 0 || n.SharesFS >= p {
		b.Fail(fmt.Errorf("process %d shares its root with process %d, which was not added before it", p, n.SharesFS))
		n.SharesFS = 0
	}
	others, sysfs := b.user(n.Others), b.s.fixed.Sysfs
	if others != b.s.fixed.InitUser {
		sysfs = b.s.newSB(Sysfs, Sysfs.sbFlags(), others)
	}
	b.s.Procs = append(b.s.Procs, Process{Alive: true, Caps: n.Caps & AllCaps, User: b.user(n.User), NS: n.NS,
		Sysfs: sysfs, PidUser: others, ChildUser: others})
	b.procs = append(b.procs, n)
	b.s.Spaces[n.NS].Refs++
	return p
}

// Descriptor gives process p a descriptor n, or the lowest free one for n < 0,
// of an open file.
func (b *Builder) Descriptor(p ProcIx, n int, f File) int {
	s := b.s
	if p <= 0 || int(p) >= len(s.Procs) || f.Loc.M <= 0 || int(f.Loc.M) >= len(s.Mounts) || f.Loc.D <= 0 || int(f.Loc.D) >= len(s.Dentries) {
		b.Fail(fmt.Errorf("descriptor %d of process %d: no such process or location", n, p))
		return -1
	}
	if n < 0 {
		for n = firstFD; s.findFD(p, int64(n)) != 0; n++ {
		}
	}
	if n < firstFD || n >= maxFDs || s.findFD(p, int64(n)) != 0 {
		b.Fail(fmt.Errorf("descriptor %d of process %d: want a free one from %d to %d", n, p, firstFD, maxFDs-1))
		return -1
	}
	if f.Kind == 0 {
		f.Kind = PlainFile
	}
	s.addFD(p, int32(n), s.newFile(f))
	return n
}

// ShareDescriptor gives process p, under the same number, the open file behind
// descriptor n of process of: as fork does.
func (b *Builder) ShareDescriptor(p, of ProcIx, n int) {
	s := b.s
	f := FileIx(0)
	if min(p, of) > 0 && int(max(p, of)) < len(s.Procs) {
		f = s.findFD(of, int64(n))
	}
	if f == 0 || s.findFD(p, int64(n)) != 0 {
		b.Fail(fmt.Errorf("process %d cannot share descriptor %d of process %d: want one that is open there, and free here", p, n, of))
		return
	}
	s.Files[f].Refs++
	s.addFD(p, int32(n), f)
}

// OpenTree gives process p the descriptor that keeps the detached tree under
// root, which is the root of an anonymous namespace. Spec 01 §5.
func (b *Builder) OpenTree(p ProcIx, root MountIx) int {
	return b.Descriptor(p, -1, File{Mode: PathOnly | NeedUnmount, Loc: Loc{root, b.s.Mounts[root].Root}})
}
