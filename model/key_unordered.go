package model

import (
	"cmp"
	"slices"
)

// Unordered puts the children of each mount, the members of each peer group and
// its slaves in an order that follows from the rest of the state, and makes the
// first member of a group the master of all slaves that the group has. So states
// that differ in nothing but these orders become one: their keys are equal
// then. The state that comes out has the same tables, groups and masters'
// groups as before; whether calls lead to just that one is another question.
//
// The order is that in which k would number mounts if it followed neither
// rings nor slave lists, and children by their mountpoints. Names count as k
// renames them. Children of one mountpoint, which kernels before 6.17 can make,
// stay in their order.
func (s *State) Unordered(k *Keyer) {
	o := unordering{s: s, k: k}
	o.sortChildren()
	o.number()
	o.sortGroups()
	o.sortSlaves()
}

// unordering is the work of Unordered.
type unordering struct {
	s       *State
	k       *Keyer
	rank    []int32   // by mount: its place in the order
	master  []MountIx // by mount: what it was
	members []MountIx // of all peer groups, group by group, by rank
}

// inUse calls f for the mounts that the state has.
func (o *unordering) inUse(f func(m MountIx, r *Mount)) {
	for i := 1; i < len(o.s.Mounts); i++ {
		if r := &o.s.Mounts[i]; r.ID != 0 {
			f(MountIx(i), r)
		}
	}
}

func (o *unordering) sortChildren() {
	s := o.s
	o.k.s = s
	var children []MountIx
	o.inUse(func(m MountIx, r *Mount) {
		if r.FirstChild == r.LastChild {
			return
		}
		children = children[:0]
		for c := r.FirstChild; c != 0; c = s.Mounts[c].NextChild {
			children = append(children, c)
		}
		slices.SortStableFunc(children, func(a, b MountIx) int {
			if s.Mounts[a].MP == s.Mounts[b].MP {
				return 0
			}
			return o.k.compareDentries(s.Mounts[a].MP, s.Mounts[b].MP)
		})
		r.FirstChild, r.LastChild = children[0], children[len(children)-1]
		for i, c := range children {
			s.Mounts[c].PrevChild, s.Mounts[c].NextChild = before(children, i), behind(children, i)
		}
	})
	o.k.s = nil
}

// before and behind are the neighbours of an element, none at the ends.
func before(list []MountIx, i int) MountIx {
	if i == 0 {
		return 0
	}
	return list[i-1]
}

func behind(list []MountIx, i int) MountIx {
	if i+1 == len(list) {
		return 0
	}
	return list[i+1]
}

// number ranks mounts, and leaves them without rings and masters. What only
// those lead to comes last.
func (o *unordering) number() {
	s := o.s
	o.rank, o.master = make([]int32, len(s.Mounts)), make([]MountIx, len(s.Mounts))
	o.inUse(func(m MountIx, r *Mount) {
		o.master[m] = r.Master
		r.NextPeer, r.PrevPeer = m, m
		r.Master, r.FirstSlave, r.NextSlave, r.PrevSlave = 0, 0, 0, 0
	})
	o.k.Append(nil, s)
	o.inUse(func(m MountIx, _ *Mount) {
		if o.rank[m] = o.k.num[mountObject][m]; o.rank[m] == 0 {
			o.rank[m] = int32(len(s.Mounts)) + int32(m)
		}
	})
}

func (o *unordering) sortGroups() {
	s := o.s
	o.inUse(func(m MountIx, r *Mount) {
		if r.Group != 0 {
			o.members = append(o.members, m)
		}
	})
	slices.SortFunc(o.members, func(a, b MountIx) int {
		return cmp.Or(cmp.Compare(s.Mounts[a].Group, s.Mounts[b].Group), cmp.Compare(o.rank[a], o.rank[b]))
	})
	for i, m := range o.members {
		if i > 0 && s.Mounts[o.members[i-1]].Group == s.Mounts[m].Group {
			s.joinSorted(m, o.members[i-1])
		}
	}
}

// joinSorted puts m, which is alone, in the ring behind last. It keeps no
// journal: no call is being made.
func (s *State) joinSorted(m, last MountIx) {
	first := s.Mounts[last].NextPeer
	s.Mounts[last].NextPeer, s.Mounts[m].PrevPeer = m, last
	s.Mounts[m].NextPeer, s.Mounts[first].PrevPeer = first, m
}

// leader is the first member of m's peer group, or m itself.
func (o *unordering) leader(m MountIx) MountIx {
	group := o.s.Mounts[m].Group
	if group == 0 {
		return m
	}
	i, _ := slices.BinarySearchFunc(o.members, group, func(x MountIx, g int32) int { return cmp.Compare(o.s.Mounts[x].Group, g) })
	return o.members[i]
}

// sortSlaves makes the lists of slaves: peers stand together, in the order of
// their ring, as the kernel has them.
func (o *unordering) sortSlaves() {
	s := o.s
	var all []MountIx
	o.inUse(func(m MountIx, r *Mount) {
		if o.master[m] != 0 {
			r.Master = o.leader(o.master[m])
			all = append(all, m)
		}
	})
	slices.SortFunc(all, func(a, b MountIx) int {
		return cmp.Or(
			cmp.Compare(o.rank[s.Mounts[a].Master], o.rank[s.Mounts[b].Master]),
			cmp.Compare(o.rank[o.leader(a)], o.rank[o.leader(b)]),
			cmp.Compare(o.rank[a], o.rank[b]))
	})
	for i, m := range all {
		r := &s.Mounts[m]
		if p := before(all, i); p != 0 && s.Mounts[p].Master == r.Master {
			r.PrevSlave, s.Mounts[p].NextSlave = p, m
			continue
		}
		s.Mounts[r.Master].FirstSlave = m
	}
}
