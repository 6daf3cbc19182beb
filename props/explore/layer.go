package explore

import (
	"cmp"
	"slices"
)

// place is a state of the next layer: its birth, its key, and its fingerprint.
type place struct {
	birth birth
	key   keyRef
	print fingerprint
	marks uint64
}

// finishLayer puts what was found new in its order, and makes it the layer.
//
// Workers take chunks of states in order, so what a chunk found has rising
// births, and stays where it is unless an earlier transition led to it as well,
// which a worker looked at later. Those few are sorted in where they belong.
func (e *engine) finishLayer(run *layerRun) error {
	transitions := e.total.Transitions
	for _, w := range run.workers {
		for i := range w.broken {
			if w.broken[i].Found {
				e.broken[i].least(w.broken[i].Layer, w.broken[i].Birth)
			}
		}
		if w.panicked.Found {
			e.panicked.note(w.panicked.Layer, w.panicked.Birth, w.panicked.text)
		}
		e.total.take(w.counted())
	}
	e.noteMemory(run)
	stay := make([][]place, len(run.chunks))
	moved := make([][]place, len(run.chunks))
	eachIndex(e.o.Workers, len(run.chunks), func(c int) { stay[c], moved[c] = e.places(run, c) })
	strangers := slices.Concat(moved...)
	slices.SortFunc(strangers, func(a, b place) int { return cmp.Compare(a.birth, b.birth) })

	next := &run.next
	n := len(strangers)
	for _, s := range stay {
		n += len(s)
	}
	if !e.last() {
		next.refs = make([]keyRef, 0, n)
	}
	e.births.layer()
	put := func(p *place) {
		e.births.add(p.birth)
		if e.check != nil {
			e.check.add(p.print)
		}
		if !e.last() {
			next.refs = append(next.refs, p.key)
		}
		if p.marks != 0 {
			e.noteMarks(p)
		}
	}
	for c := range stay {
		end := newBirth((c+1)*run.size, 0)
		for i := range stay[c] {
			for len(strangers) > 0 && strangers[0].birth < stay[c][i].birth {
				put(&strangers[0])
				strangers = strangers[1:]
			}
			put(&stay[c][i])
		}
		for len(strangers) > 0 && strangers[0].birth < end {
			put(&strangers[0])
			strangers = strangers[1:]
		}
		stay[c] = nil
	}
	if err := e.births.flush(); err != nil {
		return err
	}
	e.visited.merge(&e.fresh, e.o.Workers)
	e.fresh.reset()
	e.layers[e.depth].Transitions = e.total.Transitions - transitions
	e.layers = append(e.layers, Layer{States: uint64(n)})
	e.layer.close()
	e.layer, run.next = run.next, frontier{}
	e.depth++
	e.covered = e.depth
	if n == 0 {
		e.complete = true
		e.layers = e.layers[:len(e.layers)-1]
	}
	return nil
}

// places tells those states of a chunk that stay there from those that were born
// in another.
func (e *engine) places(run *layerRun, c int) (stay, moved []place) {
	states := run.chunks[c].states
	stay = make([]place, 0, len(states))
	lo, hi := newBirth(c*run.size, 0), newBirth((c+1)*run.size, 0)
	for i := range states {
		s := &states[i]
		p := place{e.fresh.birth(s.born), keyRef{uint32(c), s.offset}, s.print, s.marks}
		if p.birth >= lo && p.birth < hi {
			stay = append(stay, p)
		} else {
			moved = append(moved, p)
		}
	}
	run.chunks[c].states = nil
	return stay, moved
}

// noteMarks notes where a state breaks an invariant, or is the first of a kind.
func (e *engine) noteMarks(p *place) {
	for bit, i := range e.ofState {
		if p.marks&(1<<bit) != 0 {
			e.broken[i].least(e.depth, p.birth)
		}
	}
	for i := range e.sometimes {
		if p.marks&(1<<(sometimesBit+i)) != 0 {
			e.sometimes[i].least(e.depth, p.birth)
		}
	}
}
