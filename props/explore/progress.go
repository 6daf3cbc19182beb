package explore

import (
	"sync"
	"sync/atomic"
	"time"

	"mntcheck/model"
)

// progressState is what a search shows while it runs; workers add to it.
type progressState struct {
	mu          sync.Mutex
	at          Progress // as of the beginning of the layer
	layerBegun  time.Time
	expanded    atomic.Uint64
	found       atomic.Uint64
	transitions atomic.Uint64
	base        atomic.Int64 // memory that is taken but for what the layer finds
	fresh       *fresh
}

// begin begins a layer.
func (p *progressState) begin(e *engine) {
	states := uint64(e.births.states)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.at = Progress{
		Depth: e.depth, Frontier: uint64(len(e.layer.refs)), States: states, Transitions: e.total.Transitions,
		Spilled: e.layer.spilled, Expected: e.expected(),
	}
	p.layerBegun = time.Now()
	p.expanded.Store(0)
	p.found.Store(0)
	p.transitions.Store(0)
	p.fresh = &e.fresh
	p.base.Store(e.visited.bytes() + e.layer.memory() + e.keys.bytes())
}

// expected is how many states the world is documented to have on this release,
// in these bounds; 0: not known.
func (e *engine) expected() uint64 {
	sem := e.w.Semantics
	if sem == nil {
		sem, _ = model.ForRelease(model.DefaultRelease)
	}
	if sem == nil || sem.Release != e.sem.Release || e.o.Depth > 0 || e.o.Limits != (Limits{}) || e.o.Unreduced || e.o.IgnoreOrder {
		return 0
	}
	return e.w.States
}

// chunk adds what was done with a chunk of states.
func (p *progressState) chunk(states, found int, transitions uint64) {
	p.expanded.Add(uint64(states))
	p.found.Add(uint64(found))
	p.transitions.Add(transitions)
}

// show is how far the search has come.
func (p *progressState) show(begun time.Time, earlier time.Duration) Progress {
	p.mu.Lock()
	defer p.mu.Unlock()
	at := p.at
	at.Expanded = p.expanded.Load()
	at.States += p.found.Load()
	at.Transitions += p.transitions.Load()
	at.Memory = p.base.Load()
	if p.fresh != nil {
		at.Memory += p.fresh.bytes()
	}
	at.Elapsed = earlier + time.Since(begun)
	at.LayerTime = time.Since(p.layerBegun)
	return at
}

// progressEvery is the time between two calls of Options.Progress.
const progressEvery = 200 * time.Millisecond

// watch calls Options.Progress until the function that it returns is called.
func (e *engine) watch() (done func()) {
	if e.o.Progress == nil {
		return func() {}
	}
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				e.o.Progress(e.progress.show(e.begun, e.earlier))
			}
		}
	}()
	return func() { close(stop); <-stopped }
}

// noteMemory keeps the most memory that states took.
func (e *engine) noteMemory(run *layerRun) {
	e.memory = max(e.memory, e.progress.base.Load()+run.inMem.Load())
	e.spilled = max(e.spilled, e.layer.spilled+run.next.spilled)
}
