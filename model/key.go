package model

import (
	"encoding/binary"
	"slices"
	"strings"
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
	out    []byte            // all the room there is
	end    int               // of what is written
	num    [numKinds][]int32 // by kind, by index: number in this key, 0: not met
	nums   []int32           // all of num, one kind behind the other
	unmet  []int32           // nums as it is before a walk
	count  [numKinds]int32
	sysfs  int // of the superblocks that were met
	queue  []object
	groups groupNumbers
	ranks  []NSIx
	sorted []DentryIx

	rename  map[string]string // by component of a name; nil: names are as they are
	renamed map[string]string // names that were looked up in it
}

// Rename makes a Keyer that gives keys as if the names of directories and
// files, and each component of other strings, were what rename has for them.
// The keys that a state has under all exchanges of some names, compared, tell
// whether two states differ in these names only.
func (k *Keyer) Rename(rename map[string]string) { k.rename, k.renamed = rename, map[string]string{} }

// name is the text of a name, after renaming.
func (k *Keyer) name(n NameIx) string {
	text := k.s.names.text[n]
	if k.rename == nil {
		return text
	}
	other, ok := k.renamed[text]
	if !ok {
		other = k.renamePath(text)
		k.renamed[text] = other
	}
	return other
}

func (k *Keyer) renamePath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if to, ok := k.rename[p]; ok {
			parts[i] = to
		}
	}
	return strings.Join(parts, "/")
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
	k.s, k.out, k.end = s, to[:cap(to)], len(to)
	k.begin()
	k.rankNamespaces()
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
	k.s = nil
	return k.out[:k.end]
}

// begin forgets what was met in another walk.
func (k *Keyer) begin() {
	s := k.s
	sizes := [numKinds]int{
		len(s.Mounts), len(s.Dentries), len(s.SBs), len(s.Spaces), len(s.Users), len(s.FSs), len(s.Files), len(s.names.text),
	}
	for kind, n := range sizes {
		if len(k.num[kind]) < n {
			k.makeRoom(&sizes)
			break
		}
	}
	copy(k.nums, k.unmet)
	k.count = ownRecords
	k.queue, k.sysfs = k.queue[:0], 0
	k.groups.reset()
}

// makeRoom makes room for the numbers of so many records, and some more.
func (k *Keyer) makeRoom(sizes *[numKinds]int) {
	all := 0
	for kind := range sizes {
		sizes[kind] = max(len(k.num[kind]), sizes[kind]+sizes[kind]/2, 1+int(ownRecords[kind]))
		all += sizes[kind]
	}
	k.nums, k.unmet = make([]int32, all), make([]int32, all)
	at := 0
	for kind, n := range sizes {
		k.num[kind] = k.nums[at : at+n]
		for i := range ownRecords[kind] + 1 {
			k.unmet[at+int(i)] = i
		}
		at += n
	}
}

// Reached counts what a walk met. The kernel's own objects are not counted.
type Reached struct {
	Mounts      int // in namespaces, in detached trees, and unmounted ones that are in use
	Filesystems int // but for sysfs, of which the kernel has its own
	Namespaces  int // mount namespaces, and those behind detached trees
	Users       int // user namespaces, but for the initial one
}

// Reached counts what the state of the last key has.
func (k *Keyer) Reached() Reached {
	n := func(kind objectKind) int { return int(k.count[kind] - ownRecords[kind]) }
	return Reached{Mounts: n(mountObject), Filesystems: n(sbObject) - k.sysfs, Namespaces: n(nsObject), Users: n(userObject)}
}

// ownRecords is how many objects of each kind are the kernel's own. Every state
// has them, as its first records, so keys number them as they are and do not
// describe them.
var ownRecords = [numKinds]int32{mountObject: 5, dentryObject: 7, sbObject: 5, userObject: 1}

// uint writes a number. Nearly all are small; writing those costs no call, and
// no append, whose result would have to be stored in the Keyer each time.
func (k *Keyer) uint(n uint64) {
	if n < 0x80 && k.end < len(k.out) {
		k.out[k.end] = byte(n)
		k.end++
		return
	}
	k.largeUint(n)
}

func (k *Keyer) largeUint(n uint64) {
	k.out = binary.AppendUvarint(k.out[:k.end], n)
	k.end, k.out = len(k.out), k.out[:cap(k.out)]
}

func (k *Keyer) text(text string) {
	k.uint(uint64(len(text)))
	if len(k.out)-k.end < len(text) {
		k.out = slices.Grow(k.out[:k.end], len(text))
		k.out = k.out[:cap(k.out)]
	}
	k.end += copy(k.out[k.end:], text)
}

// ref writes the number of an object, 0 for none, and queues it when it is new.
// It is not for names.
func (k *Keyer) ref(kind objectKind, ix int32) { k.uint(k.number(kind, ix)) }

// refName writes the number of a name, and its text where it is new.
func (k *Keyer) refName(name NameIx) {
	n := k.num[nameObject][name]
	if n != 0 || name == 0 {
		k.uint(uint64(n))
		return
	}
	k.count[nameObject]++
	n = k.count[nameObject]
	k.num[nameObject][name] = n
	k.uint(uint64(n))
	k.text(k.name(name))
}

// number is the number of an object, 0 for none; one that is new is queued.
func (k *Keyer) number(kind objectKind, ix int32) uint64 {
	n := k.num[kind][ix] // record 0 is none, and never met
	if n == 0 && ix != 0 {
		n = k.meet(kind, ix)
	}
	return uint64(n)
}

// meet numbers a new object.
func (k *Keyer) meet(kind objectKind, ix int32) int32 {
	k.count[kind]++
	k.num[kind][ix] = k.count[kind]
	k.queue = append(k.queue, object{kind, ix})
	return k.count[kind]
}

// record is room for the fixed part of a record: writing there needs no look at
// how much room there is, and what was written is counted once.
type record [7 * binary.MaxVarintLen64]byte

func (k *Keyer) room() *record {
	if len(k.out)-k.end < len(record{}) {
		k.out = slices.Grow(k.out[:k.end], 2*len(record{}))
		k.out = k.out[:cap(k.out)]
	}
	return (*record)(k.out[k.end:])
}

// put writes a number at place i, and returns the place behind it.
func (b *record) put(i int, n uint64) int {
	if n < 0x80 {
		b[i] = byte(n)
		return i + 1
	}
	return i + binary.PutUvarint(b[i:], n)
}

func (k *Keyer) loc(l Loc) {
	b := k.room()
	i := b.put(0, k.number(mountObject, int32(l.M)))
	i = b.put(i, k.number(dentryObject, int32(l.D)))
	k.end += i
}

// rankNamespaces orders the real namespaces by their ids: calls compare these.
func (k *Keyer) rankNamespaces() {
	k.ranks = k.ranks[:0]
	last, rising := uint64(0), true
	for i := range k.s.Spaces {
		if r := &k.s.Spaces[i]; r.ID != 0 && !r.Anon {
			k.ranks = append(k.ranks, NSIx(i))
			last, rising = r.ID, rising && last < r.ID
		}
	}
	if rising {
		return
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

// mount writes children and slaves as lists, in their order; the rest of the
// links follows from these.
func (k *Keyer) mount(m MountIx) {
	s := k.s
	r := &s.Mounts[m]
	b := k.room()
	i := b.put(0, uint64(r.Flags))
	i = b.put(i, k.number(dentryObject, int32(r.Root)))
	i = b.put(i, k.number(dentryObject, int32(r.MP)))
	i = b.put(i, k.number(mountObject, int32(r.Parent)))
	i = b.put(i, k.number(nsObject, int32(r.NS)))
	k.end += i
	k.refName(r.Source)
	b = k.room()
	i = b.put(0, k.number(userObject, int32(r.IDMap)))
	i = b.put(i, uint64(k.groups.of(r.Group)))
	i = b.put(i, k.number(mountObject, int32(r.NextPeer)))
	i = b.put(i, k.number(mountObject, int32(r.Master)))
	k.end += i
	for c := r.FirstChild; c != 0; c = s.Mounts[c].NextChild {
		k.uint(k.number(mountObject, int32(c)))
	}
	k.uint(0)
	for c := r.FirstSlave; c != 0; c = s.Mounts[c].NextSlave {
		k.uint(k.number(mountObject, int32(c)))
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

// dentry writes the entries of a directory by name: their order in the record
// is that of their creation, which nothing depends on.
func (k *Keyer) dentry(d DentryIx) {
	s := k.s
	r := &s.Dentries[d]
	parent := r.Parent
	if parent == d {
		parent = 0
	}
	b := k.room()
	i := b.put(0, uint64(r.Kind))
	i = b.put(i, uint64(r.Flags))
	i = b.put(i, k.number(sbObject, int32(r.SB)))
	i = b.put(i, k.number(dentryObject, int32(parent)))
	k.end += i
	k.refName(r.Name)
	switch r.Kind {
	case Symlink:
		k.refName(NameIx(r.Obj))
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
