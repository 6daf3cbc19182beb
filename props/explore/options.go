package explore

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"mntcheck/model"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// Options say how to explore a world.
type Options struct {
	Semantics  *model.Semantics       // nil: the world's
	Invariants []*invariant.Invariant // nil: all; empty: none
	Workers    int                    // 0: one a core
	Depth      int                    // 0: the world's
	Limits     Limits                 // those that are not 0 go before the world's

	// Strict: what a release is known to break (invariant.Known) is a violation
	// like any other. Else it is counted, and the search goes on.
	Strict bool
	// KeepGoing: a violation does not end the search at the end of its layer.
	KeepGoing bool
	// Unreduced: names that the world declares interchangeable are told apart.
	Unreduced bool
	// IgnoreOrder takes states for one that differ only in the orders of peer rings,
	// of slave lists and of children: there are fewer then. Invariants whose verdict
	// can depend on these orders are left out (Report.Skipped).
	IgnoreOrder bool
	// KeepKeys keeps the key of every state in memory, and fails where two states
	// have one fingerprint: so a collision is ruled out, at ten times the memory.
	KeepKeys bool

	// Memory is how many bytes states may take in memory; 0: no limit. The
	// states that wait to be expanded go to disk when it is reached; when the
	// fingerprints alone reach it, the search ends.
	Memory int64
	// Checkpoint is a file with which the search can be gone on with after its
	// end, however that came; "": none. One that is there already is gone on
	// with, unless it is damaged, or of another search or version of the program, or
	// another process keeps its search there. Files beside it have its name and an ending.
	Checkpoint string
	// CheckpointNote, in JSON, is kept in the checkpoint for who goes on with it;
	// nil: none. The function CheckpointNote reads it.
	CheckpointNote []byte
	// CheckpointEvery is the time between checkpoints, which are made at the end
	// of a layer; 0: DefaultCheckpointEvery.
	CheckpointEvery time.Duration

	Progress func(Progress) // called now and then, from one goroutine; may be nil

	// system wraps each state for the call that is made on it; nil: the model
	// itself. Tests put faults in here.
	system func(*model.State) system.Stateful
	// skipped are names of invariants that IgnoreOrder left out.
	skipped []string
	chunk   int  // states that a worker takes at once; 0: chosen by their number
	apart   bool // calls of actors that stand alike are made for each of them
}

// DefaultCheckpointEvery is the time between checkpoints.
const DefaultCheckpointEvery = 10 * time.Second

// Progress says how far a search has come.
type Progress struct {
	Depth       int    // of the layer that is being expanded: calls that lead to its states
	Frontier    uint64 // states of that layer
	Expanded    uint64 // of them, those that are done
	States      uint64 // found so far
	Transitions uint64
	Memory      int64 // bytes that states take in memory
	Spilled     int64 // bytes on disk
	Elapsed     time.Duration
	LayerTime   time.Duration // since the layer was begun
	// Expected is how many states the world is documented to have; 0: it does
	// not say, or that is of another release or other bounds.
	Expected uint64
}

// TransitionsPerSecond is the rate so far.
func (p Progress) TransitionsPerSecond() float64 { return perSecond(p.Transitions, p.Elapsed) }

// LayerLeft estimates how long the rest of the layer takes; 0: not known yet.
func (p Progress) LayerLeft() time.Duration {
	if p.Expanded == 0 {
		return 0
	}
	return time.Duration(float64(p.LayerTime) / float64(p.Expanded) * float64(p.Frontier-p.Expanded))
}

// Left estimates how long the search takes from now on, where it is documented
// how many states there are; 0: nobody knows. It takes states to be found at the
// rate that they were found at so far.
func (p Progress) Left() time.Duration {
	if p.States == 0 || p.States >= p.Expected {
		return 0
	}
	return time.Duration(float64(p.Elapsed) / float64(p.States) * float64(p.Expected-p.States))
}

func perSecond(n uint64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// withDefaults fills in what was left out.
func (o Options) withDefaults(w *World) (Options, *World, error) {
	if o.Depth < 0 || o.Workers < 0 || o.Memory < 0 {
		return o, nil, fmt.Errorf("explore: depth, workers and memory cannot be negative: %d, %d, %d", o.Depth, o.Workers, o.Memory)
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Invariants == nil {
		o.Invariants = invariant.All()
	}
	if o.Semantics == nil {
		o.Semantics = w.Semantics
	}
	if o.Semantics == nil {
		sem, err := model.ForRelease(model.DefaultRelease)
		if err != nil {
			return o, nil, err
		}
		o.Semantics = sem
	}
	if o.IgnoreOrder {
		var err error
		if o, err = o.withoutOrders(); err != nil {
			return o, nil, err
		}
	}
	if o.CheckpointEvery == 0 {
		o.CheckpointEvery = DefaultCheckpointEvery
	}
	bounded := *w
	if o.Depth > 0 {
		bounded.Depth = o.Depth
	}
	for i := range limitNames {
		if n := *o.Limits.field(i); n > 0 {
			*bounded.Limits.field(i) = n
		}
	}
	return o, &bounded, nil
}

// Run explores a world, layer by layer. Cancelling ctx ends it in order: the
// report then says what was covered. So it does where the checkpoint cannot be
// written, beside the error.
func Run(ctx context.Context, w *World, o Options) (*Report, error) {
	o, w, err := o.withDefaults(w)
	if err != nil {
		return nil, err
	}
	e, err := newEngine(w, &o)
	if err != nil {
		return nil, err
	}
	defer e.close()
	return e.run(ctx)
}
