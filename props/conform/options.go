package conform

import (
	"context"
	"fmt"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/system"
)

// RunnerFactory starts a kernel to compare with. An error says that it cannot
// be reached, or what it lacks.
type RunnerFactory func(ctx context.Context) (system.Runner, error)

// Options say what to compare, and for how long.
type Options struct {
	Runner    RunnerFactory
	Semantics *model.Semantics // nil: those that SemanticsOf finds for the kernel
	Families  []*Family        // none: all of which the release has the calls

	Checks   int           // programs; 0: until Duration is over
	Duration time.Duration // 0: until Checks are done; both 0: DefaultChecks
	Seed     uint64
	Workers  int // runners at once; 0: one

	// MaxDifferences is how many kinds of difference end the run; 0:
	// DefaultMaxDifferences, negative: none do. What is found again, the same
	// call answered in the same two ways under the same rule, is one kind.
	MaxDifferences int

	Dir         string               // where differences are written as traces; "": nowhere
	ShrinkTries int                  // programs made on the kernel to make a difference smaller; 0: DefaultShrinkTries; negative: none
	ShrinkTime  time.Duration        // the longest that may take, each; 0: DefaultShrinkTime
	Progress    func(check.Progress) // called now and then, from one goroutine; may be nil
}

// Defaults of Options.
const (
	DefaultChecks         = 1000
	DefaultMaxDifferences = 5
	DefaultShrinkTries    = 2000
	DefaultShrinkTime     = time.Minute
)

// withDefaults fills in what was left out, but for the rules: these depend on
// the kernel.
func (o Options) withDefaults() (Options, error) {
	if o.Runner == nil {
		return o, fmt.Errorf("conform: no kernel to compare with: Options.Runner is nil")
	}
	if o.Checks < 0 || o.Duration < 0 {
		return o, fmt.Errorf("conform: counts and durations cannot be negative: %d programs, %v", o.Checks, o.Duration)
	}
	if o.Checks == 0 && o.Duration == 0 {
		o.Checks = DefaultChecks
	}
	if o.Workers = max(o.Workers, 1); o.Checks > 0 {
		o.Workers = min(o.Workers, o.Checks) // the others would start a kernel for nothing
	}
	if o.MaxDifferences == 0 {
		o.MaxDifferences = DefaultMaxDifferences
	}
	if o.ShrinkTries == 0 {
		o.ShrinkTries = DefaultShrinkTries
	}
	if o.ShrinkTime <= 0 {
		o.ShrinkTime = DefaultShrinkTime
	}
	return o, nil
}
