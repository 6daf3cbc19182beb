package explore

import (
	"context"
	"fmt"

	"mntcheck/model"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// worker expands states. It is for one goroutine, and keeps its memory from one
// state to the next.
type worker struct {
	e       *engine
	decoder *model.Decoder
	before  model.State
	after   model.State
	wrap    system.Stateful // of after; nil: calls are made on it directly
	step    invariant.Transition
	keyer   model.Keyer
	canon   canonizer
	key     []byte
	read    []byte // of a state that was read from disk
	stale   bool   // after is no copy of the state before

	// By invariant.
	checks []func(*invariant.Transition) (bool, *invariant.Violation)

	ran      [model.NumOps]checkRuns
	states   uint64 // new ones that were checked
	tally    *tally
	broken   []finding // by invariant, as to its transitions
	panicked panicFinding
	out      chunkOutput
}

// checkRuns is how often the invariants of a call were checked, all that
// engine.changed and engine.refused have for it.
type checkRuns struct{ changed, refused uint64 }

// panicFinding is the first call that panicked.
type panicFinding struct {
	finding
	text string
}

// chunkOutput is what expanding one chunk of states found new.
type chunkOutput struct {
	segment []byte
	states  []newState
}

// newState is a state that a worker was the first to find; whether it keeps its
// place in the layer is known when the layer is done.
type newState struct {
	born
	offset uint32 // of its key
	// The invariants of engine.ofState that it breaks, bit by bit, and from
	// sometimesBit on the kinds of states that no earlier layer had.
	marks uint64
}

func (e *engine) newWorker() *worker {
	w := &worker{
		e: e, decoder: model.NewDecoder(e.sem), tally: newTally(len(e.o.Invariants), len(e.w.Calls), len(e.w.Sometimes)),
		broken: make([]finding, len(e.o.Invariants)), canon: newCanonizer(e.symmetry),
	}
	for _, v := range e.o.Invariants {
		w.checks = append(w.checks, v.Check)
	}
	if e.o.system != nil {
		w.wrap = e.o.system(&w.after)
	}
	return w
}

// chunk expands the states from lo to hi-1 of the layer.
func (w *worker) chunk(lo, hi int) (chunkOutput, error) {
	w.out = chunkOutput{}
	for n := lo; n < hi; n++ {
		key, err := w.e.layer.key(n, w.read)
		if err != nil {
			return w.out, err
		}
		if w.e.layer.onDisk(n) {
			w.read = key[:0]
		}
		if err := w.decoder.Decode(key, &w.before); err != nil {
			return w.out, fmt.Errorf("state %d of layer %d: %w", n, w.e.depth, err)
		}
		for call := 0; call < len(w.e.w.Calls); {
			if call, err = w.expand(&w.before, n, call); err != nil {
				return w.out, err
			}
		}
	}
	return w.out, nil
}

// expand makes the calls from first on in a state, up to one that panics. It
// returns the number of the call to go on with.
func (w *worker) expand(before *model.State, number, first int) (call int, err error) {
	defer func() {
		if p := recover(); p != nil {
			w.panicked.note(w.e.depth, newBirth(number, call), fmt.Sprint(p))
			w.after = model.State{} // whatever it was in the middle of
			call++
		}
	}()
	w.stale = true
	for call = first; call < len(w.e.w.Calls); call++ {
		if err := w.transition(before, number, call); err != nil {
			return call, err
		}
	}
	return call, nil
}

func (p *panicFinding) note(layer int, b birth, text string) {
	if !p.Found || layer == p.Layer && b < p.Birth {
		p.finding, p.text = finding{true, layer, b}, text
	}
}

// transition makes one call in a state, checks it, and looks whether the state
// that it leads to is new.
func (w *worker) transition(before *model.State, number, call int) error {
	e := w.e
	step := &e.w.Calls[call]
	if step.Actor >= len(before.Procs) || !before.Procs[step.Actor].Alive {
		return nil
	}
	if w.stale {
		before.Copy(&w.after)
	}
	w.stale = true
	var r model.Result
	var err error
	if w.wrap == nil {
		r, err = w.after.Do(step.Actor, &step.Call)
	} else {
		r, err = w.wrap.Do(context.Background(), step.Actor, &step.Call)
	}
	if err != nil {
		return fmt.Errorf("world %s: %w", e.w.Name, err)
	}
	b := newBirth(number, call)
	w.step.Reset(before, &w.after, step.Actor, &step.Call, r)
	if r.Errno != 0 && w.step.Unchanged() {
		w.stale = false
		w.tally.Transitions++
		w.tally.Refused++
		w.check(e.refused[step.Call.Op], b)
		w.ran[step.Call.Op].refused++
		return nil
	}
	if r.Errno == 0 && w.wrap == nil && len(before.Mounts) <= wholeMounts && w.after.SameAs(before) {
		w.tally.Transitions++
		w.tally.Succeeded[call]++
		w.check(e.changed[step.Call.Op], b)
		w.ran[step.Call.Op].changed++
		return nil
	}
	beyond := e.w.Limits.beyond(&w.after)
	var reached model.Reached
	if beyond < 0 {
		w.key = w.canon.append(w.key[:0], &w.keyer, &w.after)
		reached = w.keyer.Reached()
		beyond = e.w.Limits.beyondReached(reached)
	}
	if beyond >= 0 {
		w.tally.Beyond[beyond]++
		return nil
	}
	w.tally.Transitions++
	if r.Errno != 0 {
		w.tally.Refused++
	} else {
		w.tally.Succeeded[call]++
	}
	w.check(e.changed[step.Call.Op], b)
	w.ran[step.Call.Op].changed++
	print := fingerprintOf(w.key)
	if e.keys != nil {
		if err := e.keys.check(print, w.key); err != nil {
			return err
		}
	}
	if !e.visited.has(print) {
		if n, isNew := e.fresh.add(print, b); isNew {
			w.found(born{print, n})
			return nil
		}
	}
	// What is said of a state was checked when that was found, unless there is
	// more to it than its key tells.
	if reached.Mounts != liveMounts(&w.after) || len(w.after.Mounts) > wholeMounts {
		w.check(e.ofState, b)
		w.states++
	}
	return nil
}

// wholeMounts is the number of records up to which invariants of a state look at
// all mounts, and not only at those that the call touched.
const wholeMounts = 64

// found keeps a new state, and checks what is said of states.
func (w *worker) found(b born) {
	e := w.e
	s := newState{born: b, offset: uint32(len(w.out.segment))}
	w.states++
	for bit, i := range e.ofState {
		if w.checkOne(i) {
			s.marks |= 1 << bit
		}
	}
	for i := range e.w.Sometimes {
		if e.w.Sometimes[i].Holds(&w.after) {
			w.tally.Sometimes[i]++
			if !e.sometimes[i].Found {
				s.marks |= 1 << (sometimesBit + i)
			}
		}
	}
	if !e.last() {
		w.out.segment = appendKey(w.out.segment, w.key)
	}
	w.out.states = append(w.out.states, s)
}

// check checks invariants on the transition b. Most of them do not apply.
func (w *worker) check(which []int, b birth) {
	for _, i := range which {
		premise, broken := w.checks[i](&w.step)
		if premise || broken != nil {
			w.note(i, premise, broken != nil)
			if broken != nil {
				w.broken[i].least(w.e.depth, b)
			}
		}
	}
}

// checkOne reports whether the invariant is broken.
func (w *worker) checkOne(i int) bool {
	premise, broken := w.checks[i](&w.step)
	w.note(i, premise, broken != nil)
	return broken != nil
}

// note counts what the check of an invariant found.
func (w *worker) note(i int, premise, broken bool) {
	if premise {
		w.tally.Premises[i]++
	}
	if broken {
		w.tally.Breaches[i]++
	}
}

// counted is the tally of the worker, with the checks that it made.
func (w *worker) counted() *tally {
	count := func(which []int, n uint64) {
		for _, i := range which {
			w.tally.Checks[i] += n
		}
	}
	for op, n := range w.ran {
		count(w.e.changed[op], n.changed)
		count(w.e.refused[op], n.refused)
	}
	count(w.e.ofState, w.states)
	w.ran, w.states = [model.NumOps]checkRuns{}, 0
	return w.tally
}

// ofState tells whether an invariant looks at nothing but the state after a
// call, in small worlds: then it need not be checked again on a transition to a
// state that is known. A test holds that they do not look at more.
func ofState(v *invariant.Invariant) bool {
	switch v.Name {
	case "INV-1", "INV-2", "INV-3", "INV-4", "INV-5", "INV-6", "INV-7", "INV-8", "INV-9", "INV-15", "INV-16", "INV-17",
		"slave-or-unbindable":
		return true
	}
	return false
}

// sometimesBit is the first bit of newState.marks that is about kinds of states.
const sometimesBit = 32

// maxSometimes is how many kinds of states there are bits for.
const maxSometimes = 32
