package model

import (
	"cmp"
	"math"
	"slices"
)

// Observer keeps a State of what was seen of a machine that shows tables only,
// such as a kernel. The state holds that and nothing else: no lock, no mark, no
// detached tree, nothing that was unmounted. What such a machine does not tell in
// its tables, which directories there are and what descriptors refer to, its
// caller has to write down as the calls are answered; for that there are the other
// methods, and the calls themselves where they touch no mounts.
//
// Children are in the order of their mountpoints, rings and lists of slaves in
// that of unique ids: the real orders do not show.
type Observer struct{ s *State }

// NewObserver begins with the world in which every trace starts.
func NewObserver(w World) *Observer {
	s := NewState(w)
	s.sweepAt = math.MaxInt // what is not seen may be seen again
	return &Observer{s}
}

// State is what was seen last. It may be read until the next call of a method.
func (o *Observer) State() *State { return o.s }

// SeenMount is a mount as a table shows it.
type SeenMount struct {
	UID         uint64
	NS          NSIx
	Parent      int // its position in the list that Mounts is given; -1: none
	MP          DentryIx
	Root        DentryIx
	Flags       MountFlags // the settable ones and Unbindable
	Source      string
	IDMapped    bool
	Group       int32 // 0: not shared
	MasterGroup int32 // 0: no slave
}

// unending is more references than a program can drop: namespaces end when they
// are seen no more.
const unending = 1 << 20

// Mounts replaces all mounts of namespaces. Those that were there in before keep
// their indexes, by unique id; the journal is what differs from before. It returns
// the indexes, in the list's order.
func (o *Observer) Mounts(before *State, list []SeenMount) []MountIx {
	s := o.s
	s.callNo++
	s.work = Work{}
	at := o.indexes(before, list)
	for m := range s.Mounts {
		if s.Mounts[m].NS != InternalNS {
			s.Mounts[m] = Mount{}
		}
	}
	for d := range s.Dentries {
		s.Dentries[d].FirstMount = 0
	}
	for i := range s.Spaces {
		s.Spaces[i].Nr, s.Spaces[i].Root, s.Spaces[i].Refs = 0, 0, unending
	}
	s.mountIDs, s.groupIDs = idSet{}, idSet{}
	for i := range list {
		o.record(at[i], &list[i])
	}
	o.attachAll(list, at)
	o.linkGroups(list, at)
	o.forgetPlaces(before)
	s.freeMount = 0
	for m := len(s.Mounts) - 1; m > 0; m-- {
		if s.Mounts[m].ID == 0 {
			s.Mounts[m].NextChild, s.freeMount = s.freeMount, MountIx(m)
		}
	}
	o.journal(before)
	return at
}

// indexes finds a record for each mount: its own, or one that was free.
func (o *Observer) indexes(before *State, list []SeenMount) []MountIx {
	s := o.s
	known := make(map[uint64]MountIx, len(before.Mounts))
	for m := range before.Mounts {
		if r := &before.Mounts[m]; r.ID != 0 && r.NS > 0 {
			known[r.UID] = MountIx(m)
		}
	}
	at := make([]MountIx, len(list))
	free := MountIx(1)
	for i := range list {
		if at[i] = known[list[i].UID]; at[i] != 0 {
			continue
		}
		for int(free) < len(before.Mounts) && before.Mounts[free].ID != 0 {
			free++
		}
		at[i] = free
		free++
	}
	for int(free) > len(s.Mounts) {
		s.Mounts = append(s.Mounts, Mount{})
	}
	s.mountHash = make([]MountIx, hashSize(len(s.Mounts)))
	return at
}

func hashSize(n int) int {
	size := 16
	for size < n {
		size *= 2
	}
	return size
}

// record writes what a mount is; where it is comes later.
func (o *Observer) record(m MountIx, n *SeenMount) {
	s := o.s
	r := &s.Mounts[m]
	*r = Mount{
		ID: int32(m), UID: n.UID, Root: n.Root, NS: n.NS, Flags: n.Flags & (SettableFlags | Unbindable),
		Source: s.names.intern(n.Source), Group: n.Group, NextPeer: m, PrevPeer: m,
	}
	s.mountIDs.reserve(r.ID)
	if n.Group != 0 {
		r.Flags |= Shared
		s.groupIDs.reserve(n.Group)
	}
	if n.IDMapped {
		r.IDMap = s.fixed.InitUser // whose mapping it is does not show
	}
	s.nextUID = max(s.nextUID, n.UID)
	s.Spaces[n.NS].Nr++
	if n.Parent < 0 {
		s.Spaces[n.NS].Root = m
	}
}

func (o *Observer) attachAll(list []SeenMount, at []MountIx) {
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(list[a].MP, list[b].MP), cmp.Compare(list[a].UID, list[b].UID))
	})
	for _, i := range order {
		if n := &list[i]; n.Parent >= 0 {
			o.s.attach(at[i], at[n.Parent], n.MP)
		}
	}
}

// linkGroups makes rings and lists of slaves. The master of a slave is the oldest
// mount that is seen of the group.
func (o *Observer) linkGroups(list []SeenMount, at []MountIx) {
	s := o.s
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(list[a].UID, list[b].UID) })
	first := map[int32]MountIx{}
	for _, i := range order {
		if g := list[i].Group; g != 0 && first[g] == 0 {
			first[g] = at[i]
		} else if g != 0 {
			s.joinRing(at[i], s.Mounts[first[g]].PrevPeer)
		}
	}
	for _, i := range order {
		if g := list[i].MasterGroup; g != 0 {
			s.Mounts[at[i]].Master = first[g]
		}
	}
	last := map[MountIx]MountIx{}
	listed := make([]bool, len(s.Mounts))
	for _, i := range order {
		for m := at[i]; s.Mounts[m].Master != 0 && !listed[m]; m = s.Mounts[m].NextPeer {
			listed[m] = true
			r := &s.Mounts[m]
			if r.PrevSlave = last[r.Master]; r.PrevSlave == 0 {
				s.Mounts[r.Master].FirstSlave = m
			} else {
				s.Mounts[r.PrevSlave].NextSlave = m
			}
			last[r.Master] = m
		}
	}
}

// forgetPlaces puts what refers to a mount that is seen no more nowhere, and
// counts the users of the others.
func (o *Observer) forgetPlaces(before *State) {
	s := o.s
	place := func(l *Loc) {
		if l.M <= 0 || int(l.M) >= len(s.Mounts) {
			return
		}
		gone := s.Mounts[l.M].ID == 0
		if !gone && int(l.M) < len(before.Mounts) && before.Mounts[l.M].ID != 0 {
			gone = before.Mounts[l.M].UID != s.Mounts[l.M].UID
		}
		if gone {
			*l = o.Nowhere()
		}
		s.Mounts[l.M].Refs++
	}
	for i := range s.FSs {
		if s.FSs[i].Users > 0 {
			place(&s.FSs[i].Root)
			place(&s.FSs[i].Cwd)
		}
	}
	for i := range s.Files {
		if s.Files[i].Refs > 0 {
			place(&s.Files[i].Loc)
		}
	}
}

// journal notes the mounts that are not as they were.
func (o *Observer) journal(before *State) {
	s := o.s
	s.journal = s.journal[:0]
	for m := 1; m < max(len(s.Mounts), len(before.Mounts)); m++ {
		var was, is Mount
		if m < len(before.Mounts) && before.Mounts[m].ID != 0 {
			was = before.Mounts[m]
		}
		if m < len(s.Mounts) && s.Mounts[m].ID != 0 {
			is = s.Mounts[m]
		}
		if seen(was) != seen(is) {
			s.journal = append(s.journal, Change{M: MountIx(m), Old: was})
		}
	}
}

// seen is a record without what an observation makes up anew each time.
func seen(r Mount) Mount {
	r.nextHere, r.prevHere, r.nextHash, r.stamp, r.mark, r.Refs = 0, 0, 0, 0, 0, 0
	return r
}

// Nowhere is the place of what is not seen: an unmounted mount, or one of a
// detached tree. No path leads on from there.
func (o *Observer) Nowhere() Loc { return Loc{o.s.fixed.AnonMount, o.s.fixed.AnonDentry} }

// NamespaceLoc is where a descriptor of a namespace refers to. Spec 01 §5.
func (o *Observer) NamespaceLoc(ns NSIx) Loc { return Loc{o.s.fixed.NsfsMount, o.s.Spaces[ns].File} }

// Filesystem adds a filesystem with nothing in it, of a type as mountinfo shows
// it.
func (o *Observer) Filesystem(name string) SBIx {
	t, ok := fsTypeByName(name)
	if !ok {
		t = Opaque
	}
	sb := o.s.newSB(t, t.sbFlags(), o.s.fixed.InitUser)
	o.s.SBs[sb].Name = o.s.names.intern(name)
	return sb
}

// Nsfs is the filesystem of the files of namespaces.
func (o *Observer) Nsfs() SBIx { return o.s.SBOf(o.s.fixed.NsfsMount) }

// ReadOnlySB notes whether a filesystem is read-only.
func (o *Observer) ReadOnlySB(sb SBIx, ro bool) {
	o.s.SBs[sb].Flags &^= SBReadOnly
	if ro {
		o.s.SBs[sb].Flags |= SBReadOnly
	}
}

// Entry is the dentry of that name in directory d, or none.
func (o *Observer) Entry(d DentryIx, name string) DentryIx { return o.s.lookupChild(d, name) }

// Removed finds a dentry of a filesystem that was removed, by the path that it is
// still shown with; none where there is not exactly one.
func (o *Observer) Removed(sb SBIx, path string) (found DentryIx) {
	for i := range o.s.Dentries {
		d := DentryIx(i)
		if r := &o.s.Dentries[i]; d == 0 || r.SB != sb || r.Kind == 0 || !o.s.gone(d) || o.s.dentryPath(d) != path {
			continue
		}
		if found != 0 {
			return 0
		}
		found = d
	}
	return found
}

// Path is the path of a dentry as the fourth field of mountinfo has it.
func (o *Observer) Path(d DentryIx) string { return o.s.dentryPath(d) }

// Space adds a mount namespace; its mounts come with Mounts.
func (o *Observer) Space(id uint64, owner UserIx) NSIx {
	ns := o.s.newNS(owner, false)
	o.s.Spaces[ns].ID, o.s.Spaces[ns].Refs = id, unending
	return ns
}

// EndSpace removes a mount namespace that is seen no more.
func (o *Observer) EndSpace(ns NSIx) {
	file := o.s.Spaces[ns].File
	for i := range o.s.Files {
		if f := &o.s.Files[i]; f.Refs > 0 && f.Loc.D == file {
			f.Loc = o.Nowhere()
		}
	}
	o.s.freeNSRecord(ns)
}

// User adds a user namespace below parent.
func (o *Observer) User(parent UserIx) UserIx { return o.s.newUser(parent) }

// UserFile is the file of a user namespace.
func (o *Observer) UserFile(u UserIx) DentryIx { return o.s.userFile(u) }

// Fork adds a process, which has the descriptors of another and stands where that
// does.
func (o *Observer) Fork(of ProcIx) ProcIx { return (&call{o.s, of, nil}).newProcess(false) }

// Exit ends a process.
func (o *Observer) Exit(p ProcIx) { (&call{o.s, p, nil}).exit() }

// Place notes in which namespaces a process is, and where it stands.
func (o *Observer) Place(p ProcIx, ns NSIx, user UserIx, root, cwd Loc) {
	r := &o.s.Procs[p]
	r.NS, r.User = ns, user
	f := &o.s.FSs[r.FS]
	f.Root, f.Cwd = root, cwd
}

// Descriptor gives a process a descriptor. One of that number is replaced.
func (o *Observer) Descriptor(p ProcIx, n int32, f File) {
	c := &call{o.s, p, nil}
	_, _ = c.close(int64(n))
	o.s.addFD(p, n, o.s.newFile(f))
}
