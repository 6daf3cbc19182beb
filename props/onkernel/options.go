package onkernel

import (
	"errors"
	"fmt"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/conform"
	"mntcheck/props/invariant"
)

// Options say what to check on which kernel, and for how long.
type Options struct {
	Runner     conform.RunnerFactory
	Invariants []*invariant.Invariant // nil: all
	Families   []*conform.Family      // none: all of which the release has the calls

	Checks   int           // programs; 0: until Duration is over
	Duration time.Duration // 0: until Checks are done; both 0: DefaultChecks
	Seed     uint64
	Workers  int // runners at once; 0: one

	// Strict: what the kernel's release is known to break (invariant.Known) is a
	// violation like any other.
	Strict bool

	FailureDir  string               // where a failing program is written as a trace; "": nowhere
	ShrinkTries int                  // programs made on the kernel to make it smaller; 0: DefaultShrinkTries; negative: none
	ShrinkTime  time.Duration        // the longest that may take; 0: DefaultShrinkTime
	Progress    func(check.Progress) // called now and then, from one goroutine; may be nil
}

// Defaults of Options.
const (
	DefaultChecks      = 1000
	DefaultShrinkTries = 2000
	DefaultShrinkTime  = time.Minute
)

func (o Options) withDefaults() (Options, error) {
	if o.Runner == nil {
		return o, errors.New("onkernel: no kernel to check: Options.Runner is nil")
	}
	if o.Checks < 0 || o.Duration < 0 {
		return o, fmt.Errorf("onkernel: counts and durations cannot be negative: %d programs, %v", o.Checks, o.Duration)
	}
	if o.Checks == 0 && o.Duration == 0 {
		o.Checks = DefaultChecks
	}
	if o.Workers = max(o.Workers, 1); o.Checks > 0 {
		o.Workers = min(o.Workers, o.Checks) // the others would start a kernel for nothing
	}
	if o.Invariants == nil {
		o.Invariants = invariant.All()
	}
	if o.ShrinkTries == 0 {
		o.ShrinkTries = DefaultShrinkTries
	}
	if o.ShrinkTime <= 0 {
		o.ShrinkTime = DefaultShrinkTime
	}
	return o, nil
}

// rules are those of a kernel's release: what is known of it, nil where nothing is,
// and those that programs are drawn by.
func rules(release string) (known, drawn *model.Semantics, err error) {
	if known, err = conform.SemanticsOf(release); err == nil {
		return known, known, nil
	}
	drawn, err = model.ForRelease(model.DefaultRelease)
	return nil, drawn, err
}
