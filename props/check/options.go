package check

import (
	"fmt"
	"runtime"
	"time"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// Options say what to check, on what, and for how long.
type Options struct {
	Factory    system.Factory         // nil: the model
	Semantics  *model.Semantics       // nil: those of model.DefaultRelease
	Invariants []*invariant.Invariant // nil: all

	Checks   int           // cases; 0: until Duration is over
	Duration time.Duration // 0: until Checks are done; both 0: DefaultChecks
	Seed     uint64
	Workers  int // 0: one a core

	Sizes     []draw.Size // sizes of worlds; none: all, small ones most often
	Calls     int         // in a case; 0: drawn
	MaxMounts int         // in a world; 0: what its size has
	// Namespaces makes calls that make mount namespaces of a subtree frequent.
	Namespaces bool
	// Direct makes cases start from states that were drawn directly, without
	// calls. What such a case breaks is 'not known to be reachable' and is no
	// violation, unless a program of calls leads there. Only for the model: there
	// must be no Factory.
	Direct bool

	// Strict: what a release is known to break (invariant.Known) is a violation
	// like any other. Else it is counted, and the search goes on.
	Strict bool

	// EveryK and LargeMounts: in worlds of more than LargeMounts mounts,
	// invariants that read a whole table are checked on every EveryK-th call.
	// 0: DefaultEveryK and DefaultLargeMounts; an EveryK of 1: on every call.
	EveryK      int
	LargeMounts int

	FailureDir  string         // where a failing case is written as a trace; "": nowhere
	ShrinkTries int            // 0: shrink.DefaultTries; negative: failures are not shrunken
	Progress    func(Progress) // called now and then, from one goroutine; may be nil
}

// Defaults of Options.
const (
	DefaultChecks      = 1000
	DefaultEveryK      = 16
	DefaultLargeMounts = 64
)

// Progress says how far a run has come.
type Progress struct {
	Cases, Calls uint64
	Elapsed      time.Duration
	Checks       int           // as asked for
	Duration     time.Duration // as asked for
}

// CallsPerSecond is the rate so far.
func (p Progress) CallsPerSecond() float64 { return perSecond(p.Calls, p.Elapsed) }

func perSecond(n uint64, d time.Duration) float64 {
	if d <= 0 {
		return 0
	}
	return float64(n) / d.Seconds()
}

// withDefaults fills in what was left out.
func (o Options) withDefaults() (Options, error) {
	if o.Checks < 0 || o.Duration < 0 || o.Calls < 0 || o.MaxMounts < 0 {
		return o, fmt.Errorf("check: counts and durations cannot be negative: %d cases, %v, %d calls, %d mounts", o.Checks, o.Duration, o.Calls, o.MaxMounts)
	}
	if o.Direct && o.Factory != nil {
		return o, fmt.Errorf("check: states can be drawn directly for the model only")
	}
	if o.Checks == 0 && o.Duration == 0 {
		o.Checks = DefaultChecks
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.EveryK <= 0 {
		o.EveryK = DefaultEveryK
	}
	if o.LargeMounts <= 0 {
		o.LargeMounts = DefaultLargeMounts
	}
	if o.Invariants == nil {
		o.Invariants = invariant.All()
	}
	if o.Semantics == nil {
		sem, err := model.ForRelease(model.DefaultRelease)
		if err != nil {
			return o, err
		}
		o.Semantics = sem
	}
	return o, nil
}

// factory is that of the options, or the model's.
func (o *Options) factory() system.Factory {
	if o.Factory == nil {
		return system.NewModel
	}
	return o.Factory
}

// checker is one of invariants, as strict as the options.
func (o *Options) checker(list []*invariant.Invariant) *Checker {
	c := NewChecker(list)
	if o.Strict {
		c.Strictly()
	}
	return c
}

func (o *Options) limits() draw.Limits {
	return draw.Limits{Sizes: o.Sizes, Calls: o.Calls, MaxMounts: o.MaxMounts, Namespaces: o.Namespaces, Built: o.Direct}
}
