package model

import (
	"slices"
	"strings"
)

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
	b := k.room()
	i := b.put(0, 1+uint64(p.Caps))
	i = b.put(i, k.number(userObject, int32(p.User)))
	i = b.put(i, k.number(nsObject, int32(p.NS)))
	i = b.put(i, k.number(fsObject, int32(p.FS)))
	i = b.put(i, k.number(sbObject, int32(p.Sysfs)))
	i = b.put(i, k.number(userObject, int32(p.PidUser)))
	i = b.put(i, k.number(userObject, int32(p.ChildUser)))
	k.end += i
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
		if r.Type == Sysfs {
			k.sysfs++
		}
		b := k.room()
		i := b.put(0, uint64(r.Type))
		i = b.put(i, uint64(r.Flags))
		i = b.put(i, k.number(dentryObject, int32(r.Root)))
		i = b.put(i, k.number(userObject, int32(r.Owner)))
		k.end += i
		k.refName(r.Name)
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
		k.ref(dentryObject, int32(r.Picked))
		k.parameters(&r.Params)
	}
}

// parameters writes them in two numbers, the first of which is mostly 0.
func (k *Keyer) parameters(p *Parameters) {
	said := uint64(0)
	if p.ReadOnly {
		said |= keyReadOnly
	}
	if p.SaysReadOnly {
		said |= keySaysReadOnly
	}
	k.uint(said)
	k.refName(p.Source)
}

const (
	keyReadOnly = 1 << iota
	keySaysReadOnly
)

// What a mount has besides its place: most have little of it, and its record then
// is short.
const (
	keyIDMap = 1 << iota
	keyGroup
	keyMaster
	keyChildren
	keySlaves
)

func (r *Mount) keyHas() (has uint64) {
	if r.IDMap != 0 {
		has |= keyIDMap
	}
	if r.Group != 0 {
		has |= keyGroup
	}
	if r.Master != 0 {
		has |= keyMaster
	}
	if r.FirstChild != 0 {
		has |= keyChildren
	}
	if r.FirstSlave != 0 {
		has |= keySlaves
	}
	return has
}

// mount writes children and slaves as lists, in their order; the rest of the
// links follows from these.
func (k *Keyer) mount(m MountIx) {
	r := &k.s.Mounts[m]
	has := r.keyHas()
	b := k.room()
	i := b.put(0, uint64(r.Flags))
	i = b.put(i, has)
	i = b.put(i, k.number(dentryObject, int32(r.Root)))
	i = b.put(i, k.number(dentryObject, int32(r.MP)))
	i = b.put(i, k.number(mountObject, int32(r.Parent)))
	i = b.put(i, k.number(nsObject, int32(r.NS)))
	k.end += i
	k.refName(r.Source)
	if has != 0 {
		k.mountLinks(r, has)
	}
	if r.Flags&Umounted != 0 {
		k.covers(m)
	}
}

func (k *Keyer) mountLinks(r *Mount, has uint64) {
	s := k.s
	if has&keyIDMap != 0 {
		k.ref(userObject, int32(r.IDMap))
	}
	if has&keyGroup != 0 {
		k.uint(uint64(k.groups.of(r.Group)))
		k.ref(mountObject, int32(r.NextPeer))
	}
	if has&keyMaster != 0 {
		k.ref(mountObject, int32(r.Master))
	}
	if has&keyChildren != 0 {
		for c := r.FirstChild; c != 0; c = s.Mounts[c].NextChild {
			k.ref(mountObject, int32(c))
		}
		k.uint(0)
	}
	if has&keySlaves != 0 {
		for c := r.FirstSlave; c != 0; c = s.Mounts[c].NextSlave {
			k.ref(mountObject, int32(c))
		}
		k.uint(0)
	}
}

// covers writes the places of m that submounts were taken out of with it.
func (k *Keyer) covers(m MountIx) {
	k.sorted = k.sorted[:0]
	for _, c := range k.s.covers {
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

// groupNumbers numbers peer groups in the order in which they are met.
type groupNumbers struct {
	small [64]int32 // by id: the ids of a small world are small
	large map[int32]int32
	count int32
}

func (g *groupNumbers) reset() {
	if g.count == 0 {
		return
	}
	clear(g.small[:])
	clear(g.large)
	g.count = 0
}

func (g *groupNumbers) of(id int32) int32 {
	if id == 0 {
		return 0
	}
	var n int32
	if id > 0 && int(id) < len(g.small) {
		n = g.small[id]
	} else {
		n = g.large[id]
	}
	if n != 0 {
		return n
	}
	g.count++
	if id > 0 && int(id) < len(g.small) {
		g.small[id] = g.count
		return g.count
	}
	if g.large == nil {
		g.large = map[int32]int32{}
	}
	g.large[id] = g.count
	return g.count
}

// The kind of a dentry, its flags, and whether it has entries are one number.
const (
	keyKindBits   = 3
	keyFlagBits   = 3
	keyHasEntries = 1 << (keyKindBits + keyFlagBits)
)

// dentry writes the entries of a directory by name: their order in the record
// is that of their creation, which nothing depends on.
func (k *Keyer) dentry(d DentryIx) {
	r := &k.s.Dentries[d]
	what := uint64(r.Kind) | uint64(r.Flags)<<keyKindBits
	if r.FirstChild != 0 {
		what |= keyHasEntries
	}
	b := k.room()
	i := b.put(0, what)
	i = b.put(i, k.number(sbObject, int32(r.SB)))
	if r.Parent == d { // it has no name
		i = b.put(i, 0)
		k.end += i
	} else {
		i = b.put(i, k.number(dentryObject, int32(r.Parent)))
		k.end += i
		k.refName(r.Name)
	}
	switch r.Kind {
	case Symlink:
		k.refName(NameIx(r.Obj))
	case MntNSFile:
		k.ref(nsObject, r.Obj)
	case UserNSFile:
		k.ref(userObject, r.Obj)
	case PidFile:
		k.uint(uint64(r.Obj))
	}
	if r.FirstChild != 0 {
		k.entries(r)
	}
}

func (k *Keyer) entries(r *Dentry) {
	k.sorted = k.sorted[:0]
	for c := r.FirstChild; c != 0; c = k.s.Dentries[c].nextChild {
		k.sorted = append(k.sorted, c)
	}
	k.sortDentries()
	for _, c := range k.sorted {
		k.ref(dentryObject, int32(c))
	}
	k.uint(0)
}

func (k *Keyer) sortDentries() {
	if len(k.sorted) < 2 {
		return
	}
	slices.SortFunc(k.sorted, k.compareDentries)
}

// compareDentries compares names where the directory is the same, else paths.
func (k *Keyer) compareDentries(a, b DentryIx) int {
	s := k.s
	x, y := &s.Dentries[a], &s.Dentries[b]
	var c int
	if x.Parent == y.Parent {
		c = strings.Compare(k.name(x.Name), k.name(y.Name))
	} else {
		c = strings.Compare(k.path(a), k.path(b))
	}
	if c == 0 {
		c = int(a - b)
	}
	return c
}

// path is a dentry's path in its filesystem, after renaming.
func (k *Keyer) path(d DentryIx) string {
	path := k.s.dentryPath(d)
	if k.rename == nil {
		return path
	}
	return k.renamePath(path)
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
