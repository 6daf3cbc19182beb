package explore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"mntcheck/model"
	"mntcheck/props/invariant"
)

// engine explores one world. Between layers it is one goroutine; while a layer
// is expanded, workers share it and change only what says so.
type engine struct {
	o   *Options
	w   *World
	sem *model.Semantics

	symmetry *symmetry // nil: nothing is interchangeable
	twins    [][]int   // by call, by actor: the same call by that actor; see twinCalls
	known    []*invariant.Known
	changed  [model.NumOps][]int // invariants to check on a call that changed something
	refused  [model.NumOps][]int // … on one that did not
	ofState  []int               // … on a state that is new

	visited visited
	fresh   fresh     // changed by workers
	keys    *exactSet // changed by workers; nil: only fingerprints are kept
	layer   frontier
	depth   int // of the layer
	births  *birthLog
	check   *checkpoint // nil: none is kept

	layers    []Layer
	total     *tally
	broken    []finding // by invariant
	sometimes []finding // by kind of state
	panicked  panicFinding
	stopped   string
	complete  bool
	covered   int // calls of the programs that were checked

	begun    time.Time
	earlier  time.Duration // that runs before the checkpoint took
	memory   int64         // the most so far
	spilled  int64
	progress progressState
}

func newEngine(w *World, o *Options) (*engine, error) {
	e := &engine{o: o, w: w, sem: o.Semantics, begun: time.Now()}
	first, err := w.start(e.sem)
	if err != nil {
		return nil, err
	}
	e.chooseInvariants()
	if e.symmetry, err = newSymmetry(w, first, o); err != nil {
		return nil, err
	}
	if !o.apart && o.system == nil {
		e.twins = twinCalls(w)
	}
	if o.KeepKeys {
		e.keys = newExactSet()
	}
	e.total = newTally(len(o.Invariants), len(w.Calls), len(w.Sometimes))
	e.broken = make([]finding, len(o.Invariants))
	e.sometimes = make([]finding, len(w.Sometimes))
	if o.Checkpoint != "" {
		if e.check, err = openCheckpoint(e); err != nil {
			return nil, err
		}
		if e.check.resumed {
			return e, nil
		}
	}
	if e.births == nil {
		if e.births, err = newBirthLog(); err != nil {
			return nil, err
		}
	}
	if err := e.begin(first); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// begin makes the first state the first layer.
func (e *engine) begin(first *model.State) error {
	worker := e.newWorker()
	key := worker.canon.append(nil, &worker.keyer, first)
	e.layer = frontier{segments: []segment{{data: appendKey(nil, key)}}, refs: []keyRef{{}}}
	e.births.layer()
	e.births.add(0)
	print := fingerprintOf(key)
	p := &e.visited.parts[print.shard()]
	p.reserve(1)
	p.add(print)
	e.layers = []Layer{{States: 1}}
	if e.check != nil {
		e.check.add(print)
	}
	for i := range e.w.Sometimes {
		if e.w.Sometimes[i].Holds(first) {
			e.total.Sometimes[i]++
			e.sometimes[i] = finding{true, -1, 0}
		}
	}
	if e.check != nil {
		e.check.note(e)
		return e.check.save(e) // so that there is one to go on with, however soon the end comes
	}
	return nil
}

// chooseInvariants sorts invariants by the calls that they can matter to.
func (e *engine) chooseInvariants() {
	e.known = make([]*invariant.Known, len(e.o.Invariants))
	for i, v := range e.o.Invariants {
		e.known[i] = invariant.KnownOn(v.Name, e.sem)
		if ofState(v) {
			e.ofState = append(e.ofState, i)
			continue
		}
		for op := range e.changed {
			if v.Calls != nil && !slices.Contains(v.Calls, model.Op(op)) {
				continue
			}
			e.changed[op] = append(e.changed[op], i)
			if !v.OfState && !v.OfChanges {
				e.refused[op] = append(e.refused[op], i)
			}
		}
	}
}

func (e *engine) close() {
	e.layer.close()
	if e.births != nil {
		e.births.close()
	}
	if e.check != nil {
		e.check.close()
	}
}

// errStop ends the search in order; engine.stopped says why.
var errStop = errors.New("stopped")

func (e *engine) run(ctx context.Context) (*Report, error) {
	done := e.watch()
	err := e.explore(ctx)
	done()
	unsaved := new(saveError)
	if err != nil && !errors.Is(err, errStop) && !errors.As(err, &unsaved) {
		return nil, err
	}
	if e.check != nil && unsaved.error == nil {
		if err := e.check.save(e); err != nil {
			unsaved.error = err
		}
	}
	r, err := e.report()
	if err == nil && unsaved.error != nil {
		err = unsaved
	}
	return r, err
}

// explore expands layer after layer.
func (e *engine) explore(ctx context.Context) error {
	for !e.complete {
		if e.w.Depth > 0 && e.depth >= e.w.Depth || !e.o.KeepGoing && e.violated() {
			return nil
		}
		if err := e.expandLayer(ctx); err != nil {
			return err
		}
		if e.check != nil {
			if err := e.check.layerDone(e); err != nil {
				_ = e.stop("the checkpoint could not be written")
				return &saveError{err}
			}
		}
	}
	return nil
}

// last tells whether the states that are found now are not expanded any more.
func (e *engine) last() bool { return e.w.Depth > 0 && e.depth+1 >= e.w.Depth }

// chunkSize is how many states a worker takes at once: few where a layer is
// small, so that all have work.
func (e *engine) chunkSize() int {
	if e.o.chunk > 0 {
		return e.o.chunk
	}
	return max(1, min(256, len(e.layer.refs)/(8*e.o.Workers)))
}

// layerRun is a layer being expanded.
type layerRun struct {
	size    int // states in a chunk
	chunks  []chunkOutput
	next    frontier
	mu      sync.Mutex // of held and next's file
	held    []int      // segments that are in memory, where there is a limit
	inMem   atomic.Int64
	taken   atomic.Int64 // the chunk to do next
	failed  atomic.Bool
	workers []*worker
}

// expandLayer makes every call in every state of the layer, and puts what it
// finds new in the layer's place.
func (e *engine) expandLayer(ctx context.Context) error {
	if e.o.Memory > 0 && e.visited.bytes()+e.layer.memory() > e.o.Memory/2 {
		if err := e.layer.writeAll(); err != nil { // leaves room for what is found
			return err
		}
	}
	run := &layerRun{size: e.chunkSize()}
	run.chunks = make([]chunkOutput, (len(e.layer.refs)+run.size-1)/run.size)
	run.next.segments = make([]segment, len(run.chunks))
	e.progress.begin(e)
	errs := make([]error, e.o.Workers)
	var wait sync.WaitGroup
	for range errs {
		run.workers = append(run.workers, e.newWorker())
	}
	for i, w := range run.workers {
		wait.Go(func() { errs[i] = e.work(ctx, run, w) })
	}
	wait.Wait()
	defer run.next.close()
	if err := errors.Join(errs...); err != nil {
		if errors.Is(err, errStop) {
			e.abandon(run)
			return errStop
		}
		return err
	}
	return e.finishLayer(run)
}

// work expands chunks until there are no more.
func (e *engine) work(ctx context.Context, run *layerRun, w *worker) error {
	for !run.failed.Load() {
		c := int(run.taken.Add(1)) - 1
		if c >= len(run.chunks) {
			return nil
		}
		err := ctx.Err()
		if err != nil {
			err = e.stop("interrupted")
		} else {
			err = e.workChunk(run, w, c)
		}
		if err != nil {
			run.failed.Store(true)
			return err
		}
	}
	return nil
}

func (e *engine) workChunk(run *layerRun, w *worker, c int) error {
	lo := c * run.size
	hi := min(lo+run.size, len(e.layer.refs))
	before := w.tally.Transitions
	out, err := w.chunk(lo, hi)
	if err != nil {
		return err
	}
	if int64(len(out.segment)) >= maxSegment {
		return fmt.Errorf("world %s: %d states lead to more than can be kept at once", e.w.Name, hi-lo)
	}
	s := &run.next.segments[c]
	*s = segment{data: out.segment, size: int64(len(out.segment))}
	out.segment = nil
	run.chunks[c] = out
	e.progress.chunk(hi-lo, len(out.states), w.tally.Transitions-before)
	used := run.inMem.Add(s.size + int64(len(out.states))*newStateSize)
	if e.o.Memory > 0 {
		return e.keepLimit(run, c, used)
	}
	return nil
}

// newStateSize is about the memory that a state takes while its layer is found,
// besides its key, in bytes: a newState, its slot and birth in fresh, its place.
const newStateSize = 40 + 52 + 56

// keepLimit moves what a layer found to disk when three quarters of the limit of
// memory are reached, and ends the search when that is not enough.
func (e *engine) keepLimit(run *layerRun, c int, used int64) error {
	base := e.progress.base.Load()
	run.mu.Lock()
	defer run.mu.Unlock()
	run.held = append(run.held, c)
	if base+used <= e.o.Memory/4*3 {
		return nil
	}
	for _, i := range run.held {
		s := &run.next.segments[i]
		if s.size == 0 {
			continue
		}
		if err := run.next.write(s); err != nil {
			return err
		}
		used = run.inMem.Add(-s.size)
	}
	run.held = run.held[:0]
	if base+used > e.o.Memory {
		return e.stop("the fingerprints of the states reached the limit of memory")
	}
	return nil
}

func (e *engine) stop(why string) error {
	e.progress.mu.Lock()
	defer e.progress.mu.Unlock()
	e.stopped = why
	return errStop
}

// abandon ends the search within a layer. What its workers found broken counts,
// though there may be a shorter or earlier case.
func (e *engine) abandon(run *layerRun) {
	e.noteMemory(run)
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
	for c := range run.chunks {
		for i := range run.chunks[c].states {
			if s := &run.chunks[c].states[i]; s.marks != 0 {
				e.noteMarks(&place{birth: e.fresh.birth(s.born), marks: s.marks})
			}
		}
	}
}

// violated tells whether something was found that ends a search.
func (e *engine) violated() bool {
	for i := range e.broken {
		if e.broken[i].Found && (e.known[i] == nil || e.o.Strict) {
			return true
		}
	}
	return e.panicked.Found
}
