package explore

import "sync"

// birth says by which transition a state was found: the number of the state
// before among those of its layer, and the number of the call. Of several the
// least is kept, whichever worker came first: so everything that follows from
// it is the same for any number of workers.
type birth uint64

// callBits is the room for the number of a call in a birth.
const callBits = 16

func newBirth(parent, call int) birth { return birth(uint64(parent)<<callBits | uint64(call)) }

func (b birth) parent() int { return int(b >> callBits) }
func (b birth) call() int   { return int(b & (1<<callBits - 1)) }

// fresh is the set of the states that are found while one layer is expanded,
// with their births.
type fresh struct {
	parts [shards]freshPart
}

type freshPart struct {
	mu     sync.Mutex
	slots  []freshSlot
	births []birth
}

type freshSlot struct {
	print fingerprint
	birth uint32 // 1 + its number in births; 0: the slot is free
}

// born names the birth of a state that was found: its number in the part of
// its fingerprint.
type born struct {
	print  fingerprint
	number uint32
}

// add adds a state that was found by b, and reports whether it is new.
func (n *fresh) add(f fingerprint, b birth) (number uint32, isNew bool) {
	p := &n.parts[f.shard()]
	p.mu.Lock()
	defer p.mu.Unlock()
	if (len(p.births)+1)*4 > len(p.slots)*3 {
		p.grow()
	}
	i := p.find(f)
	if at := p.slots[i].birth; at != 0 {
		if p.births[at-1] > b {
			p.births[at-1] = b
		}
		return at - 1, false
	}
	p.births = append(p.births, b)
	p.slots[i] = freshSlot{f, uint32(len(p.births))}
	return uint32(len(p.births) - 1), true
}

// find is the slot of f, or the free one where it belongs.
func (p *freshPart) find(f fingerprint) int {
	i := slotOf(f.lo, len(p.slots))
	for p.slots[i].birth != 0 && p.slots[i].print != f {
		if i++; i == len(p.slots) {
			i = 0
		}
	}
	return i
}

func (p *freshPart) grow() {
	old := p.slots
	p.slots = make([]freshSlot, max(minSlots, 2*len(old)))
	for _, s := range old {
		if s.birth != 0 {
			p.slots[p.find(s.print)] = s
		}
	}
}

// birth is the least birth of a state; no worker may be adding any more.
func (n *fresh) birth(b born) birth { return n.parts[b.print.shard()].births[b.number] }

func (n *fresh) len() (count int) {
	for i := range n.parts {
		count += len(n.parts[i].births)
	}
	return count
}

// reset empties the set; it keeps the memory of small ones.
func (n *fresh) reset() {
	for i := range n.parts {
		n.parts[i].reset()
	}
}

func (p *freshPart) reset() {
	p.mu.Lock() // bytes may be asked for at any time
	defer p.mu.Unlock()
	if len(p.slots) > 1<<12 {
		p.slots, p.births = nil, nil
		return
	}
	clear(p.slots)
	p.births = p.births[:0]
}

// bytes is the memory that the set takes; workers may be adding.
func (n *fresh) bytes() (size int64) {
	for i := range n.parts {
		p := &n.parts[i]
		p.mu.Lock()
		size += int64(len(p.slots))*24 + int64(cap(p.births))*8
		p.mu.Unlock()
	}
	return size
}
