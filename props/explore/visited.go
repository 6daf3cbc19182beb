package explore

import (
	"math/bits"
	"sync"
)

// visited is the set of the states of all layers that are complete: a flat
// table of fingerprints with open addressing, 12 bytes a slot. It changes
// between layers only, so that workers read it without locks.
type visited struct {
	parts [shards]visitedPart
}

type visitedPart struct {
	slots []packed
	used  int
}

// The table is filled up to 7/8, and then grown by a sixth: so it is never filled
// less than 3/4, and takes 14 to 16 bytes a state, but for the smallest.
const (
	fillNumerator, fillDenominator = 7, 8
	growth                         = 6
	minSlots                       = 16
)

// slotOf spreads hashes evenly over any number of slots.
func slotOf(hash uint64, slots int) int {
	hi, _ := bits.Mul64(hash, uint64(slots))
	return int(hi)
}

func (v *visited) has(f fingerprint) bool {
	slots := v.parts[f.shard()].slots
	if len(slots) == 0 {
		return false
	}
	p := f.packed()
	for i := p.slot(len(slots)); ; {
		switch slots[i] {
		case p:
			return true
		case packed{}:
			return false
		}
		if i++; i == len(slots) {
			i = 0
		}
	}
}

func (p *visitedPart) add(f fingerprint) { p.put(f.packed()) }

func (p *visitedPart) put(f packed) {
	i := f.slot(len(p.slots))
	for p.slots[i] != (packed{}) {
		if p.slots[i] == f {
			return
		}
		if i++; i == len(p.slots) {
			i = 0
		}
	}
	p.slots[i] = f
	p.used++
}

// reserve makes room for n more.
func (p *visitedPart) reserve(n int) {
	want := (p.used + n) * fillDenominator / fillNumerator
	if want < len(p.slots) {
		return
	}
	old := p.slots
	p.slots, p.used = make([]packed, max(minSlots, want+1, len(old)+len(old)/growth)), 0
	for _, f := range old {
		if f != (packed{}) {
			p.put(f)
		}
	}
}

// merge adds what a layer found new.
func (v *visited) merge(from *fresh, workers int) {
	eachShard(workers, func(i int) {
		p, n := &v.parts[i], &from.parts[i]
		p.reserve(len(n.births))
		for s := range n.slots {
			if n.slots[s].birth != 0 {
				p.add(n.slots[s].print)
			}
		}
	})
}

// bytes is the memory that the table takes.
func (v *visited) bytes() (n int64) {
	for i := range v.parts {
		n += int64(len(v.parts[i].slots)) * 12
	}
	return n
}

// len is the number of states.
func (v *visited) len() (n int) {
	for i := range v.parts {
		n += v.parts[i].used
	}
	return n
}

// eachShard calls f for each shard, several at once.
func eachShard(workers int, f func(shard int)) { eachIndex(workers, shards, f) }

// eachIndex calls f for 0 to n-1, several at once.
func eachIndex(workers, n int, f func(i int)) {
	var wait sync.WaitGroup
	workers = max(1, min(workers, n))
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n; i += workers {
				f(i)
			}
		})
	}
	wait.Wait()
}
