package model

import (
	"errors"
	"fmt"
)

// Build returns the state. The error says which invariant of spec 01 §6 what
// was added would break; a *BuildError where it is about one mount. The Builder
// is of no use after it.
func (b *Builder) Build() (*State, error) {
	if b.s == nil {
		return nil, errors.New("this Builder has built its state already")
	}
	for _, step := range []func(){
		b.giveIDs, b.findRoots, b.checkMounts, b.linkSlaves, b.checkGroups, b.placeProcesses, b.checkAlive,
	} {
		if b.err != nil {
			return nil, b.err
		}
		step()
	}
	if b.err != nil {
		return nil, b.err
	}
	s := b.s
	b.s = nil
	s.journal, s.work = s.journal[:0], Work{}
	s.sweepAt = max(s.sweepAt, 2*int(s.dentries)+64)
	return s, nil
}

// giveIDs numbers the mounts that were added without an id, and the kernel's
// own, which nobody sees, behind them; the kernel's own filesystems get device
// numbers that were not given.
func (b *Builder) giveIDs() {
	s := b.s
	for m := int(b.base); m < len(s.Mounts); m++ {
		if s.Mounts[m].ID == 0 {
			s.Mounts[m].ID = s.mountIDs.take()
		}
	}
	for m := 1; m < int(b.base); m++ {
		s.Mounts[m].ID = s.mountIDs.take()
	}
	if !b.devs {
		return
	}
	for sb := range s.SBs {
		if r := &s.SBs[sb]; SBIx(sb) <= s.fixed.Sysfs && sb > 0 && !b.claims[r.Type] {
			s.lastMinor++
			r.Minor = s.lastMinor
		}
	}
}

// findRoots: each namespace has one mount without a parent, and the chain of
// parents of every other ends there. INV-1.
func (b *Builder) findRoots() {
	s := b.s
	for m := b.base; int(m) < len(s.Mounts); m++ {
		r := &s.Mounts[m]
		if r.NS == 0 && r.Parent != 0 {
			b.failAt(m, "is unmounted, but has a parent")
		}
		if r.NS == 0 || r.Parent != 0 {
			continue
		}
		if root := s.Spaces[r.NS].Root; root != 0 {
			b.failAt(m, "and %s have no parent, both in one mount namespace: it has one root", b.words(root))
		}
		s.Spaces[r.NS].Root = m
	}
	for ns := 1; ns < len(s.Spaces); ns++ {
		r := &s.Spaces[ns]
		if r.Root == 0 {
			b.Fail(fmt.Errorf("mount namespace %d has no root", r.Age))
			return
		}
		if n := s.treeSize(r.Root); n != r.Nr {
			b.Fail(fmt.Errorf("mount namespace %d has %d mounts, but %d are in the tree under its root", r.Age, r.Nr, n))
		}
	}
}

// checkMounts is what can be told of each mount by itself.
func (b *Builder) checkMounts() {
	s := b.s
	for m := b.base; int(m) < len(s.Mounts); m++ {
		r := &s.Mounts[m]
		if r.Parent != 0 && s.IsDir(r.Root) != s.IsDir(r.MP) { // INV-4
			b.failAt(m, "has a root that is a %s on a mountpoint that is a %s", s.kindWord(r.Root), s.kindWord(r.MP))
		}
		if r.Flags&Locked != 0 && r.Parent == 0 && r.NS != 0 { // INV-10
			b.failAt(m, "is locked to its parent, but has none")
		}
		if r.Flags&Shared != 0 && r.Flags&Unbindable != 0 { // INV-6
			b.failAt(m, "is shared:%d and unbindable at once", r.Group)
		}
		if r.Flags&Umounted != 0 && r.Flags&Shared != 0 { // INV-17
			b.failAt(m, "is unmounted, but shared:%d", r.Group)
		}
		for _, l := range attributeLocks { // INV-11
			if r.Flags&l.lock != 0 && r.Flags&l.flag == 0 {
				b.failAt(m, "has %s locked, but is not %s", l.name, l.name)
			}
		}
		if d := &s.Dentries[r.Root]; d.Kind == MntNSFile && r.NS > 0 && !s.Spaces[r.NS].Anon &&
			s.Spaces[d.Obj].ID <= s.Spaces[r.NS].ID { // INV-14
			b.failAt(m, "pins a mount namespace that is not newer than the one it is in")
		}
		if r.IDMap < 0 || int(r.IDMap) >= len(s.Users) {
			b.failAt(m, "is idmapped by a user namespace that was not added")
		}
	}
}

func (s *State) kindWord(d DentryIx) string {
	if s.IsDir(d) {
		return "directory"
	}
	return "file"
}

// linkSlaves makes the lists of slaves. The members of a peer group stand side
// by side there, in the order of their ring. INV-8.
func (b *Builder) linkSlaves() {
	s := b.s
	for i := range b.slaves {
		n := &b.slaves[i]
		if n.master == 0 {
			n.master = b.peers[n.group]
		}
		if n.master == 0 {
			b.failAt(n.m, "has master:%d, a peer group in which there is no mount", n.group)
			return
		}
		if m := s.Mounts[n.m].Master; m != 0 {
			b.failAt(n.m, "has two masters, %s and %s", b.words(m), b.words(n.master))
			return
		}
		if s.Mounts[n.master].Flags&Shared == 0 {
			b.failAt(n.m, "is a slave of %s, which is not shared", b.words(n.master))
			return
		}
		s.Mounts[n.m].Master = n.master
	}
	last := make(map[MountIx]MountIx, len(b.slaves))
	for _, n := range b.slaves {
		if s.Mounts[n.m].PrevSlave != 0 || s.Mounts[n.master].FirstSlave == n.m {
			continue // with its group
		}
		for x := n.m; ; {
			r := &s.Mounts[x]
			if r.Master != n.master {
				b.failAt(x, "and %s are peers, shared:%d, but do not have the same master", b.words(n.m), r.Group)
				return
			}
			if tail := last[n.master]; tail != 0 {
				s.Mounts[tail].NextSlave, r.PrevSlave = x, tail
			} else {
				s.Mounts[n.master].FirstSlave = x
			}
			last[n.master] = x
			if x = r.NextPeer; x == n.m {
				break
			}
		}
	}
}

// checkGroups: peers, and masters and slaves, show the same filesystem, peers
// have one master between them, and no group receives from itself. INV-7, INV-8.
func (b *Builder) checkGroups() {
	s := b.s
	for m := b.base; int(m) < len(s.Mounts); m++ {
		r := &s.Mounts[m]
		if r.NextPeer != m && s.SBOf(r.NextPeer) != s.SBOf(m) {
			b.failAt(m, "and %s are peers, shared:%d, of different filesystems", b.words(r.NextPeer), r.Group)
		}
		if (s.Mounts[r.NextPeer].Master == 0) != (r.Master == 0) {
			b.failAt(m, "and %s are peers, shared:%d, but only one of them has a master", b.words(r.NextPeer), r.Group)
		}
		if r.Master != 0 && s.SBOf(r.Master) != s.SBOf(m) {
			b.failAt(m, "and its master, %s, are of different filesystems", b.words(r.Master))
		}
	}
	// Each walk upwards stamps the groups it comes by, so that all walks
	// together are as long as there are groups.
	stamps := make(map[int32]MountIx, len(b.peers))
	for i := range b.slaves {
		start := b.slaves[i].m
		for x := start; s.Mounts[x].Master != 0; {
			x = s.Mounts[x].Master
			g := s.Mounts[x].Group
			if by, seen := stamps[g]; seen {
				if by == start {
					b.failAt(start, "receives from peer group %d, which receives from itself", g)
					return
				}
				break
			}
			stamps[g] = start
		}
	}
}

// placeProcesses gives the processes their roots and working directories.
func (b *Builder) placeProcesses() {
	s := b.s
	for p := 1; p < len(s.Procs); p++ {
		n := &b.procs[p]
		if n.SharesFS != 0 {
			fs := s.Procs[n.SharesFS].FS
			s.FSs[fs].Users++
			s.Procs[p].FS = fs
			continue
		}
		if n.Root.M == 0 {
			top := s.Top(s.Spaces[n.NS].Root)
			n.Root = Loc{top, s.Mounts[top].Root}
		}
		if n.Cwd.M == 0 {
			n.Cwd = n.Root
		}
		for _, at := range []Loc{n.Root, n.Cwd} {
			if at.M < b.base || int(at.M) >= len(s.Mounts) || at.D <= 0 || int(at.D) >= len(s.Dentries) ||
				s.Dentries[at.D].SB != s.SBOf(at.M) || !s.IsDir(at.D) {
				b.Fail(fmt.Errorf("process %d: its root or working directory is not a directory of a mount that was added", p))
				return
			}
		}
		s.Procs[p].FS = s.newFS(n.Root, n.Cwd)
	}
	s.journal = s.journal[:0]
}

// checkAlive: what nothing refers to would be gone already. Spec 01 §3, 04 §21.
func (b *Builder) checkAlive() {
	s := b.s
	kept := make([]bool, len(s.Spaces))
	for i := range s.Files {
		if f := &s.Files[i]; f.Refs > 0 && f.Mode&NeedUnmount != 0 && s.anonRoot(f.Loc.M) {
			kept[s.Mounts[f.Loc.M].NS] = true
		}
	}
	for ns := 1; ns < len(s.Spaces); ns++ {
		switch r := &s.Spaces[ns]; {
		case r.Anon && !kept[ns]:
			b.failAt(r.Root, "is the root of a detached tree that no descriptor keeps")
		case !r.Anon && r.Refs == 0:
			b.Fail(fmt.Errorf("mount namespace %d has no process, no descriptor and no mount that keeps it", r.Age))
		}
	}
	for m := b.base; int(m) < len(s.Mounts); m++ {
		if r := &s.Mounts[m]; r.NS == 0 && r.Refs == 0 {
			b.failAt(m, "is unmounted, and nothing keeps it")
		}
	}
}
