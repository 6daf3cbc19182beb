package props_test

import (
	"math/rand/v2"
	"testing"

	"mntcheck/model"
	"mntcheck/props"
	"mntcheck/props/check"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
)

// TestReleases searches the rules of every release: each breaks only what it is
// known to break.
func TestReleases(t *testing.T) {
	for _, release := range model.Releases() {
		t.Run(release, func(t *testing.T) {
			t.Parallel()
			props.Check(t, nil, props.Release(release), props.Sizes(draw.Small, draw.Medium))
		})
	}
}

// TestReveal finds, from a random seed, that 7.0 and 7.1 let an unprivileged
// caller see what a mount covers, with a program of a few calls; and does not
// find it where that was mended.
func TestReveal(t *testing.T) {
	for _, test := range []struct {
		release string
		reveals bool
	}{{"7.0", true}, {"7.1", true}, {"7.2", false}, {"7.3", false}} {
		sem, err := model.ForRelease(test.release)
		if err != nil {
			t.Fatal(err)
		}
		o := check.Options{Semantics: sem, Seed: rand.Uint64(), Checks: 2000, Strict: true}
		if o.Invariants, err = invariant.ByGlob("NS-8"); err != nil {
			t.Fatal(err)
		}
		r, err := check.Run(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case !test.reveals && r.Failure != nil:
			t.Errorf("%s:\n%s", test.release, r.Failure)
		case test.reveals && r.Failure == nil:
			t.Errorf("%s, seed %d: nothing was revealed in %d cases", test.release, o.Seed, r.Cases)
		case test.reveals && len(r.Failure.Program) > 10: // most often 4
			t.Errorf("%s, seed %d: the smallest program has %d calls:\n%s", test.release, o.Seed, len(r.Failure.Program), r.Failure)
		}
	}
}
