package model

import (
	"encoding/binary"
	"slices"
)

// AppendKey appends the canonical key of s: everything that decides what calls
// will do from now on, and nothing else. Two states have the same key if they
// differ only in ids, device and group numbers. Locks, the orders of rings,
// slave lists and children, detached trees, descriptors, user namespaces and
// the trees of files are in it. DecodeKey makes a state of it again, so it is
// also the compact encoding in which states are kept.
//
// The order in which mountinfo lists mounts, that of their unique ids, is not
// in it: no call depends on it.
func (s *State) AppendKey(to []byte) []byte { return new(Keyer).Append(to, s) }

// Keyer makes keys, one after the other, without new memory for each.
//
// A key is a walk over all that the actors can reach. Objects are numbered in
// the order in which the walk meets them; a reference to the next free number
// is a new object, whose record follows in the order of a queue. So equal
// shapes give equal bytes, and a reader can follow the same walk.
type Keyer struct {
	s      *State
	out    []byte
	num    [numKinds][]int32 // by kind, by index: number in this key, 0: not met
	count  [numKinds]int32
	queue  []object
	groups map[int32]int32
	ranks  []NSIx
	sorted []DentryIx
}

// objectKind is a kind of record that keys refer to.
type objectKind uint8

const (
	mountObject objectKind = iota
	dentryObject
	sbObject
	nsObject
	userObject
	fsObject
	fileObject
	nameObject
	numKinds
)

type object struct {
	kind objectKind
	ix   int32
}

// Append appends the key of s.
func (k *Keyer) Append(to []byte, s *State) []byte {
	k.s, k.out = s, to
	for kind, n := range [numKinds]int{
		len(s.Mounts), len(s.Dentries), len(s.SBs), len(s.Spaces), len(s.Users), len(s.FSs), len(s.Files), len(s.names.text),
	} {
		k.num[kind] = append(k.num[kind][:0], make([]int32, n)...)
		k.count[kind] = 0
	}
	k.queue = k.queue[:0]
	clear(k.groups)
	k.rankNamespaces()
	for _, f := range s.fixedObjects() {
		k.count[f.kind]++
		k.num[f.kind][f.ix] = k.count[f.kind]
	}
	k.header()
	for p := 1; p < len(s.Procs); p++ {
		k.process(&s.Procs[p])
	}
	for len(k.queue) > 0 {
		// The queue is used as a stack: any fixed order will do, and this one
		// needs no second index.
		o := k.queue[len(k.queue)-1]
		k.queue = k.queue[:len(k.queue)-1]
		k.object(o)
	}
	return k.out
}

// fixedObjects are the kernel's own: every state has them, so keys number them
// first and do not describe them.
func (s *State) fixedObjects() []object {
	f := &s.fixed
	var all []object
	for _, m := range [...]MountIx{f.NsfsMount, f.PidfsMount, f.AnonMount, f.StandInDir, f.StandInFile} {
		all = append(all, object{mountObject, int32(m)}, object{dentryObject, int32(s.Mounts[m].Root)},
			object{sbObject, int32(s.SBOf(m))})
	}
	return append(all, object{dentryObject, int32(f.LinkDentry)}, object{userObject, int32(f.InitUser)})
}

func (k *Keyer) uint(n uint64) { k.out = binary.AppendUvarint(k.out, n) }

// ref writes the number of an object, 0 for none, and queues it when it is new.
func (k *Keyer) ref(kind objectKind, ix int32) {
	if ix == 0 {
		k.uint(0)
		return
	}
	n := k.num[kind][ix]
	if n == 0 {
		k.count[kind]++
		n = k.count[kind]
		k.num[kind][ix] = n
		k.uint(uint64(n))
		if kind == nameObject {
			text := k.s.names.text[ix]
			k.uint(uint64(len(text)))
			k.out = append(k.out, text...)
			return
		}
		k.queue = append(k.queue, object{kind, ix})
		return
	}
	k.uint(uint64(n))
}

func (k *Keyer) loc(l Loc) {
	k.ref(mountObject, int32(l.M))
	k.ref(dentryObject, int32(l.D))
}

// rankNamespaces orders the real namespaces by their ids: calls compare these.
func (k *Keyer) rankNamespaces() {
	k.ranks = k.ranks[:0]
	for i := range k.s.Spaces {
		if r := &k.s.Spaces[i]; r.ID != 0 && !r.Anon {
			k.ranks = append(k.ranks, NSIx(i))
		}
	}
	slices.SortFunc(k.ranks, func(a, b NSIx) int {
		if k.s.Spaces[a].ID < k.s.Spaces[b].ID {
			return -1
		}
		return 1
	})
}

func (k *Keyer) header() {
	s := k.s
	k.uint(uint64(s.MountMax))
	k.uint(uint64(s.SBs[s.SBOf(s.fixed.NsfsMount)].Flags))
	guess := uint64(0)
	if s.unknownNames {
		guess = 1
	}
	k.uint(guess)
	if s.Sem.NSIDs != RisingIDs {
		k.uint(s.nextAge) // the ids to come are no longer above all others
	}
	for _, sb := range s.initialSBs {
		k.ref(sbObject, int32(sb))
	}
	k.ref(sbObject, int32(s.fixed.Sysfs))
	k.uint(uint64(len(s.Procs)))
}

func (k *Keyer) process(p *Process) {
	if !p.Alive {
		k.uint(0)
		return
	}
	k.uint(1 + uint64(p.Caps))
	k.ref(userObject, int32(p.User))
	k.ref(nsObject, int32(p.NS))
	k.ref(fsObject, int32(p.FS))
	for fd := p.FirstFD; fd != 0; fd = k.s.FDs[fd].Next {
		k.uint(uint64(k.s.FDs[fd].Num))
		k.ref(fileObject, int32(k.s.FDs[fd].File))
	}
	k.uint(0)
}

func (k *Keyer) object(o object) {
	s := k.s
	switch o.kind {
	case mountObject:
		k.mount(MountIx(o.ix))
	case dentryObject:
		k.dentry(DentryIx(o.ix))
	case sbObject:
		r := &s.SBs[o.ix]
		k.uint(uint64(r.Type))
		k.uint(uint64(r.Flags))
		k.ref(dentryObject, int32(r.Root))
		k.ref(userObject, int32(r.Owner))
		k.ref(nameObject, int32(r.Name))
	case nsObject:
		k.space(NSIx(o.ix))
	case userObject:
		k.ref(userObject, int32(s.Users[o.ix].Parent))
	case fsObject:
		k.loc(s.FSs[o.ix].Root)
		k.loc(s.FSs[o.ix].Cwd)
	case fileObject:
		r := &s.Files[o.ix]
		k.uint(uint64(r.Kind))
		k.uint(uint64(r.Mode))
		k.uint(uint64(r.Phase))
		k.uint(uint64(r.Type))
		k.loc(r.Loc)
		k.ref(sbObject, int32(r.SB))
		k.ref(userObject, int32(r.User))
	}
}

// mount writes children and slaves as lists, in their order; the rest of the
// links follows from these.
func (k *Keyer) mount(m MountIx) {
	s := k.s
	r := &s.Mounts[m]
	k.uint(uint64(r.Flags))
	k.ref(dentryObject, int32(r.Root))
	k.ref(dentryObject, int32(r.MP))
	k.ref(mountObject, int32(r.Parent))
	k.ref(nsObject, int32(r.NS))
	k.ref(nameObject, int32(r.Source))
	k.ref(userObject, int32(r.IDMap))
	k.uint(uint64(k.group(r.Group)))
	k.ref(mountObject, int32(r.NextPeer))
	k.ref(mountObject, int32(r.Master))
	for c := r.FirstChild; c != 0; c = s.Mounts[c].NextChild {
		k.ref(mountObject, int32(c))
	}
	k.uint(0)
	for c := r.FirstSlave; c != 0; c = s.Mounts[c].NextSlave {
		k.ref(mountObject, int32(c))
	}
	k.uint(0)
	if r.Flags&Umounted != 0 {
		k.sorted = k.sorted[:0]
		for _, c := range s.covers {
			if c.M == m {
				k.sorted = append(k.sorted, c.D)
			}
		}
		k.sortDentries()
		for _, d := range k.sorted {
			k.ref(dentryObject, int32(d))
		}
		k.uint(0)
	}
}

func (k *Keyer) group(g int32) int32 {
	if g == 0 {
		return 0
	}
	if k.groups == nil {
		k.groups = map[int32]int32{}
	}
	n := k.groups[g]
	if n == 0 {
		n = int32(len(k.groups) + 1)
		k.groups[g] = n
	}
	return n
}

// dentry writes the entries of a directory by name: their order in the record
// is that of their creation, which nothing depends on.
func (k *Keyer) dentry(d DentryIx) {
	s := k.s
	r := &s.Dentries[d]
	k.uint(uint64(r.Kind))
	k.uint(uint64(r.Flags))
	k.ref(sbObject, int32(r.SB))
	parent := r.Parent
	if parent == d {
		parent = 0
	}
	k.ref(dentryObject, int32(parent))
	k.ref(nameObject, int32(r.Name))
	switch r.Kind {
	case Symlink:
		k.ref(nameObject, r.Obj)
	case MntNSFile:
		k.ref(nsObject, r.Obj)
	case UserNSFile:
		k.ref(userObject, r.Obj)
	case PidFile:
		k.uint(uint64(r.Obj))
	case Dir:
		k.sorted = k.sorted[:0]
		for c := r.FirstChild; c != 0; c = s.Dentries[c].nextChild {
			k.sorted = append(k.sorted, c)
		}
		k.sortDentries()
		for _, c := range k.sorted {
			k.ref(dentryObject, int32(c))
		}
		k.uint(0)
	}
}

func (k *Keyer) sortDentries() {
	if len(k.sorted) < 2 {
		return
	}
	s := k.s
	slices.SortFunc(k.sorted, func(a, b DentryIx) int {
		x, y := s.dentryPath(a), s.dentryPath(b)
		if s.Dentries[a].Parent == s.Dentries[b].Parent {
			x, y = s.Name(s.Dentries[a].Name), s.Name(s.Dentries[b].Name)
		}
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return int(a - b)
	})
}

// space writes the rank of the id: only the order of ids is ever looked at.
// Which namespace a detached tree comes from matters as long as that lives.
func (k *Keyer) space(ns NSIx) {
	s := k.s
	r := &s.Spaces[ns]
	k.ref(userObject, int32(r.Owner))
	k.ref(mountObject, int32(r.Root))
	if !r.Anon {
		k.uint(0)
		k.uint(uint64(slices.Index(k.ranks, ns)))
		if s.Sem.NSIDs != RisingIDs {
			k.uint(r.Age)
		}
		return
	}
	if r.Origin == 0 {
		k.uint(1)
		return
	}
	for _, o := range k.ranks {
		if s.Spaces[o].ID == r.Origin {
			k.uint(3)
			k.ref(nsObject, int32(o))
			return
		}
	}
	k.uint(2) // made from a namespace that is gone
}
