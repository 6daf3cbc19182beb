package model

import (
	"bytes"
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
	to, _ = k.append(to, s, nil)
	return to
}

// AppendLesser appends the key of s where it is less than another key, byte by byte,
// and reports whether it is. It ends as soon as it sees that it is not.
func (k *Keyer) AppendLesser(to []byte, s *State, than []byte) ([]byte, bool) {
	return k.append(to, s, than)
}

// append appends the key of s, if it is less than bound; nil: in any case.
func (k *Keyer) append(to []byte, s *State, bound []byte) (key []byte, less bool) {
	at := len(to)
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
		if bound == nil {
			continue
		}
		n := min(k.end-at, len(bound))
		c := bytes.Compare(k.out[at:at+n], bound[:n])
		if at, bound = at+n, bound[n:]; c < 0 {
			bound = nil
		} else if c > 0 {
			break
		}
	}
	k.s = nil
	return k.out[:k.end], bound == nil
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
