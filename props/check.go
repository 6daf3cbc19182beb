package props

import (
	"context"
	"errors"
	"testing"

	"mntcheck/props/check"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// Check makes random mount tables and calls on systems of a factory, nil for
// the model, and checks every invariant after every call. A broken invariant
// fails the test with the smallest program that was found, and the line that repeats
// the run. It returns the report, whose counts say what the run was worth.
func Check(t testing.TB, factory system.Factory, opts ...Option) *check.Report {
	t.Helper()
	s := settle(t, opts)
	s.check.Factory = factory
	r, err := check.Run(t.Context(), s.check)
	ranWell(t, s.check.Seed, err)
	if r.Failure != nil && !r.Failure.Reachable {
		t.Logf("%s\nTo repeat: %s", r.Failure, again(t, r.Failure))
		return r
	}
	if r.Failure != nil {
		t.Errorf("%s\nTo repeat: %s", r.Failure, again(t, r.Failure))
		return r
	}
	if s.minima != nil {
		for _, lack := range r.Lacks(*s.minima) {
			t.Errorf("seed %d: %s", r.Seed, lack)
		}
	}
	return r
}

// ranWell ends the test if there is nothing to report. A failure that could not be
// written down is told of all the same.
func ranWell(t testing.TB, seed uint64, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.As(err, new(*check.SaveError)):
		t.Errorf("props: seed %d: %v", seed, err)
	default:
		t.Fatalf("props: seed %d: %v", seed, err)
	}
}

// allCalls is more calls than an input has bytes for: the bytes end the case.
const allCalls = 1 << 30

// fuzzEveryK: under the fuzzer, invariants that read whole tables are checked on
// every k-th call only, in worlds of any size. It tries so many inputs that all calls
// have their turn, and a failure is looked at again with all of them.
const fuzzEveryK = 8

// Fuzz is the body of a fuzz target: bytes are decoded to worlds and calls on
// systems of a factory, nil for the model, and every invariant is checked after
// every call. Nothing of an input is skipped, whatever its bytes.
func Fuzz(f *testing.F, factory system.Factory, opts ...Option) {
	f.Helper()
	s := settle(f, opts)
	s.check.Factory = factory
	if s.check.Calls == 0 {
		s.check.Calls = allCalls
	}
	s.check.EveryK, s.check.LargeMounts = fuzzEveryK, 1
	for _, seed := range seeds() {
		f.Add(seed)
	}
	runner, err := check.NewRunner(s.check)
	if err != nil {
		f.Fatalf("props: %v", err)
	}
	ctx := context.Background()
	source := new(draw.Padded)
	f.Fuzz(func(t *testing.T, data []byte) {
		source.Reset(data)
		broken, err := runner.Run(ctx, source)
		if err != nil {
			t.Fatalf("props: %v", err)
		}
		if broken == nil {
			return
		}
		failure, err := runner.Failure(ctx, broken)
		if err != nil {
			t.Fatalf("props: shrinking: %v", err)
		}
		t.Errorf("%s", failure)
	})
}
