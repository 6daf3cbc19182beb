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

	// Where calls have twins: see repeat.
	twinOf   []int // by actor, in the state before; 0: it stands alone
	outcomes []outcome
	notes    []noted

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
	if e.twins != nil {
		w.twinOf, w.outcomes = make([]int, e.w.actors()+1), make([]outcome, len(e.w.Calls))
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
		if w.e.twins != nil {
			w.findTwins()
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
	if step.Actor >= len(before.Procs) || !before.Procs[step.Actor].Alive || e.twins != nil && w.repeat(call) {
		return nil
	}
	o, err := w.make(before, call)
	if err != nil {
		return err
	}
	w.count(call, o)
	if o.kind != beyondOutcome {
		b := newBirth(number, call)
		o.from = len(w.notes)
		if o.kind == refusedOutcome {
			w.check(e.refused[step.Call.Op], b)
		} else {
			w.check(e.changed[step.Call.Op], b)
		}
		o.to = len(w.notes)
		if o.kind == changedOutcome || o.kind == usedUpOutcome {
			if o.more, err = w.reach(b); err != nil {
				return err
			}
		}
	}
	if e.twins != nil {
		w.outcomes[call] = o
	}
	return nil
}

// make makes a call in a copy of the state, and tells what came of it. Where that
// is another state, within the limits, its key is made.
func (w *worker) make(before *model.State, call int) (o outcome, err error) {
	e := w.e
	step := &e.w.Calls[call]
	if w.stale {
		before.Copy(&w.after)
	}
	w.stale = true
	var r model.Result
	if w.wrap == nil {
		r, err = w.after.Do(step.Actor, &step.Call)
	} else {
		r, err = w.wrap.Do(context.Background(), step.Actor, &step.Call)
	}
	if err != nil {
		return o, fmt.Errorf("world %s: %w", e.w.Name, err)
	}
	w.step.Reset(before, &w.after, step.Actor, &step.Call, r)
	if r.Errno != 0 && w.step.Unchanged() {
		w.stale = false
		return outcome{kind: refusedOutcome}, nil
	}
	if r.Errno == 0 && w.wrap == nil && len(before.Mounts) <= wholeMounts && w.after.SameAs(before) {
		return outcome{kind: sameOutcome}, nil
	}
	beyond := e.w.Limits.beyond(&w.after)
	if beyond < 0 {
		w.key = w.canon.append(w.key[:0], &w.keyer, &w.after)
		beyond = e.w.Limits.beyondReached(w.keyer.Reached())
	}
	switch {
	case beyond >= 0:
		return outcome{kind: beyondOutcome, beyond: beyond}, nil
	case r.Errno != 0:
		return outcome{kind: usedUpOutcome}, nil
	}
	return outcome{kind: changedOutcome}, nil
}

// count counts a call by its outcome.
func (w *worker) count(call int, o outcome) {
	if o.kind == beyondOutcome {
		w.tally.Beyond[o.beyond]++
		return
	}
	ran := &w.ran[w.e.w.Calls[call].Call.Op]
	w.tally.Transitions++
	if o.kind == refusedOutcome || o.kind == usedUpOutcome {
		w.tally.Refused++
	} else {
		w.tally.Succeeded[call]++
	}
	if o.kind == refusedOutcome {
		ran.refused++
	} else {
		ran.changed++
	}
}

// reach looks whether the state that the transition b led to is new. It tells
// whether there is more to the state than its key tells: then what is said of states
// is checked each time that one of its key is met.
func (w *worker) reach(b birth) (more bool, err error) {
	e := w.e
	print := fingerprintOf(w.key)
	if e.keys != nil {
		if err := e.keys.check(print, w.key); err != nil {
			return false, err
		}
	}
	more = w.keyer.Reached().Mounts != w.after.MountCount() || len(w.after.Mounts) > wholeMounts
	if !e.visited.has(print) {
		if n, isNew := e.fresh.add(print, b); isNew {
			w.found(born{print, n})
			return more, nil
		}
	}
	if more {
		w.check(e.ofState, b)
		w.states++
	}
	return more, nil
}

// wholeMounts is the number of records up to which invariants of a state look at
// all mounts, and not only at those that the call touched.
const wholeMounts = 64

// found keeps a new state, and checks what is said of states. It is kept first: a
// check may panic.
func (w *worker) found(b born) {
	e := w.e
	offset := uint32(len(w.out.segment))
	if !e.last() {
		w.out.segment = appendKey(w.out.segment, w.key)
	}
	w.out.states = append(w.out.states, newState{born: b, offset: offset})
	marks := &w.out.states[len(w.out.states)-1].marks
	w.states++
	for bit, i := range e.ofState {
		if w.checkOne(i) {
			*marks |= 1 << bit
		}
	}
	for i := range e.w.Sometimes {
		if e.w.Sometimes[i].Holds(&w.after) {
			w.tally.Sometimes[i]++
			if !e.sometimes[i].Found {
				*marks |= 1 << (sometimesBit + i)
			}
		}
	}
}

// check checks invariants on the transition b. Most of them do not apply.
func (w *worker) check(which []int, b birth) {
	for _, i := range which {
		premise, broken := w.checks[i](&w.step)
		if premise || broken != nil {
			n := noted{i, premise, broken != nil}
			w.add(n)
			if w.e.twins != nil {
				w.notes = append(w.notes, n)
			}
			if broken != nil {
				w.broken[i].least(w.e.depth, b)
			}
		}
	}
}

// checkOne reports whether the invariant is broken.
func (w *worker) checkOne(i int) bool {
	premise, broken := w.checks[i](&w.step)
	w.add(noted{i, premise, broken != nil})
	return broken != nil
}

// add counts what the check of an invariant found.
func (w *worker) add(n noted) {
	if n.premise {
		w.tally.Premises[n.invariant]++
	}
	if n.broken {
		w.tally.Breaches[n.invariant]++
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
