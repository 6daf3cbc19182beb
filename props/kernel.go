package props

import (
	"context"
	"testing"

	"mntcheck/props/check"
	"mntcheck/props/onkernel"
	"mntcheck/props/system"
)

// CheckKernel makes random programs on a kernel that start starts, such as one of
// package live, and checks the invariants on what its mount tables show, with no
// model in between. A broken invariant fails the test with the smallest program
// that was found on that kernel, and the line that repeats the run. So does a
// kernel that cannot be started.
//
// Of the options these apply: Checks, Duration, Seed, Invariants, Add, Strict,
// Workers and FailureDir. The report says which invariants were not observable.
func CheckKernel(t testing.TB, start func(context.Context) (system.Runner, error), opts ...Option) *check.Report {
	t.Helper()
	s := settle(t, opts)
	c := &s.check
	if c.Semantics != nil || c.Sizes != nil || c.Calls != 0 || c.Namespaces || c.Direct || s.minima != nil {
		t.Fatal("props: CheckKernel has no use for options about releases, worlds, calls and minima")
	}
	r, err := onkernel.Run(t.Context(), onkernel.Options{
		Runner: start, Invariants: c.Invariants, Checks: c.Checks, Duration: c.Duration, Seed: c.Seed,
		Workers: c.Workers, Strict: c.Strict, FailureDir: c.FailureDir,
	})
	ranWell(t, c.Seed, err)
	if r.Failure != nil {
		t.Errorf("Linux %s: %s\nTo repeat: %s", r.Release, r.Failure, again(t, r.Failure))
	}
	return r
}
