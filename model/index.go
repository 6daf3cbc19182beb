package model

import (
	"math/bits"
	"slices"
)

// This file holds the three indexes that keep a call's cost independent of
// the size of the table, as the kernel's own hash tables do: the child of a
// mount at a dentry, the child of a dentry by name, and names by text. They
// are chains through the records, so that they copy with them.

// interner numbers strings. Numbers are never given back: the strings of a
// run are few.
type interner struct {
	text    []string
	next    []NameIx
	buckets []NameIx
}

// copyTo shares the texts: they are only ever appended to, and the copy, which
// sees no room behind them, appends elsewhere. So equal texts at the same place
// are a copy of before, to which nothing has come since, here or there.
func (n *interner) copyTo(dst *interner) {
	if len(dst.text) > 0 && len(dst.text) == len(n.text) && &dst.text[0] == &n.text[0] {
		return
	}
	dst.text = n.text[:len(n.text):len(n.text)]
	dst.next = append(dst.next[:0], n.next...)
	dst.buckets = append(dst.buckets[:0], n.buckets...)
}

func hashString(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}

// find returns the number of text, or none.
func (n *interner) find(text string) NameIx {
	if len(n.buckets) == 0 {
		return 0
	}
	for i := n.buckets[hashString(text)&uint32(len(n.buckets)-1)]; i != 0; i = n.next[i] {
		if n.text[i] == text {
			return i
		}
	}
	return 0
}

// intern returns the number of text, a new one where it has none.
func (n *interner) intern(text string) NameIx {
	if i := n.find(text); i != 0 {
		return i
	}
	if len(n.text) == 0 {
		n.text, n.next = append(n.text, ""), append(n.next, 0)
	}
	i := NameIx(len(n.text))
	n.text, n.next = append(n.text, text), append(n.next, 0)
	if len(n.text) > len(n.buckets) {
		n.buckets = make([]NameIx, max(16, 2*len(n.buckets)))
		for j := NameIx(1); j < i; j++ {
			n.link(j)
		}
	}
	n.link(i)
	return i
}

func (n *interner) link(i NameIx) {
	b := &n.buckets[hashString(n.text[i])&uint32(len(n.buckets)-1)]
	n.next[i], *b = *b, i
}

// Name returns the text of an interned string.
func (s *State) Name(n NameIx) string { return s.names.text[n] }

func hashPair(a, b int32) uint32 {
	h := uint64(uint32(a))<<32 | uint64(uint32(b))
	return uint32((h * 0x9E3779B97F4A7C15) >> 32)
}

// childAt is the mount whose parent is p and whose mountpoint is d, or none.
// Where several are there, as before 6.17, it is the one attached last.
func (s *State) childAt(p MountIx, d DentryIx) MountIx {
	if s.Dentries[d].FirstMount == 0 || s.Mounts[p].FirstChild == 0 {
		return 0
	}
	for m := s.mountHash[hashPair(int32(p), int32(d))&uint32(len(s.mountHash)-1)]; m != 0; m = s.Mounts[m].nextHash {
		if r := &s.Mounts[m]; r.Parent == p && r.MP == d {
			return m
		}
	}
	return 0
}

// ChildAt is the mount on dentry d of mount p, or none. Spec 01 §2.4.
func (s *State) ChildAt(p MountIx, d DentryIx) MountIx { return s.childAt(p, d) }

func (s *State) hashMount(m MountIx) {
	r := &s.Mounts[m]
	b := &s.mountHash[hashPair(int32(r.Parent), int32(r.MP))&uint32(len(s.mountHash)-1)]
	r.nextHash, *b = *b, m
}

func (s *State) unhashMount(m MountIx) {
	r := &s.Mounts[m]
	at := &s.mountHash[hashPair(int32(r.Parent), int32(r.MP))&uint32(len(s.mountHash)-1)]
	for *at != m {
		at = &s.Mounts[*at].nextHash
	}
	*at, r.nextHash = r.nextHash, 0
}

// growMountHash keeps a bucket for each record.
func (s *State) growMountHash() {
	if len(s.Mounts) <= len(s.mountHash) {
		return
	}
	// Each chain splits in two, in its order, so that the newest of several
	// children at one place stays first.
	old := len(s.mountHash)
	size := max(16, 2*old)
	s.mountHash = slices.Grow(s.mountHash, size-old)[:size]
	clear(s.mountHash[old:])
	for i, m := range s.mountHash[:old] {
		low, high := &s.mountHash[i], &s.mountHash[i+old]
		for m != 0 {
			r := &s.Mounts[m]
			if hashPair(int32(r.Parent), int32(r.MP))&uint32(old) == 0 {
				*low, low = m, &r.nextHash
			} else {
				*high, high = m, &r.nextHash
			}
			m = r.nextHash
		}
		*low, *high = 0, 0
	}
}

// lookupChild is the dentry of that name in directory d, or none.
func (s *State) lookupChild(d DentryIx, name string) DentryIx {
	n := s.names.find(name)
	if n == 0 || len(s.dentryHash) == 0 {
		return 0
	}
	for c := s.dentryHash[hashPair(int32(d), int32(n))&uint32(len(s.dentryHash)-1)]; c != 0; c = s.Dentries[c].nextHash {
		if r := &s.Dentries[c]; r.Parent == d && r.Name == n {
			return c
		}
	}
	return 0
}

func (s *State) hashDentry(c DentryIx) {
	if s.dentries > int32(len(s.dentryHash)) {
		s.rehashDentries(max(16, 2*len(s.dentryHash)))
	}
	r := &s.Dentries[c]
	b := &s.dentryHash[hashPair(int32(r.Parent), int32(r.Name))&uint32(len(s.dentryHash)-1)]
	r.nextHash, *b = *b, c
}

func (s *State) unhashDentry(c DentryIx) {
	r := &s.Dentries[c]
	at := &s.dentryHash[hashPair(int32(r.Parent), int32(r.Name))&uint32(len(s.dentryHash)-1)]
	for *at != c {
		at = &s.Dentries[*at].nextHash
	}
	*at, r.nextHash = r.nextHash, 0
}

// reserveDentryHash empties the index of dentries by name, and makes room for n.
func (s *State) reserveDentryHash(n int) {
	size := 16
	for size < n {
		size *= 2
	}
	s.dentryHash = slices.Grow(s.dentryHash[:0], size)[:size]
	clear(s.dentryHash)
}

func (s *State) rehashDentries(size int) {
	old := s.dentryHash
	s.dentryHash = make([]DentryIx, size)
	for _, c := range old {
		for c != 0 {
			r := &s.Dentries[c]
			next := r.nextHash
			b := &s.dentryHash[hashPair(int32(r.Parent), int32(r.Name))&uint32(size-1)]
			r.nextHash, *b = *b, c
			c = next
		}
	}
}

// idSet hands out the lowest free number from 1 on, as the kernel does for
// mount ids and peer groups.
type idSet struct {
	used []uint64
	low  int // no word before it has a free bit
}

// maxTrackedID bounds the memory of an idSet. Numbers above it occur only in
// tables that were loaded; they are never the lowest free one.
const maxTrackedID = 1 << 20

func (i *idSet) copyTo(dst *idSet) {
	dst.used = append(dst.used[:0], i.used...)
	dst.low = i.low
}

func (i *idSet) take() int32 {
	for ; i.low < len(i.used); i.low++ {
		if free := ^i.used[i.low]; free != 0 {
			bit := bits.TrailingZeros64(free)
			i.used[i.low] |= 1 << bit
			return int32(i.low*64+bit) + 1
		}
	}
	i.used = append(i.used, 1)
	return int32(i.low*64) + 1
}

// reserve marks id as used; it reports whether it was free.
func (i *idSet) reserve(id int32) bool {
	if id < 1 || id > maxTrackedID {
		return id >= 1
	}
	word, bit := int(id-1)/64, (id-1)%64
	for len(i.used) <= word {
		i.used = append(i.used, 0)
	}
	if i.used[word]&(1<<bit) != 0 {
		return false
	}
	i.used[word] |= 1 << bit
	return true
}

func (i *idSet) release(id int32) {
	if id < 1 || id > maxTrackedID {
		return
	}
	word := int(id-1) / 64
	i.used[word] &^= 1 << ((id - 1) % 64)
	i.low = min(i.low, word)
}
