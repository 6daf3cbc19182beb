package explore

import (
	"mntcheck/props/check"
	"mntcheck/props/invariant"
)

// tally is what workers count. Those of several workers add up to the same sums
// whoever did what.
type tally struct {
	Transitions, Refused uint64
	Beyond               [len(limitNames)]uint64
	Checks, Premises     []uint64 // by invariant
	Breaches             []uint64
	Succeeded            []uint64 // by call
	Sometimes            []uint64 // by kind of state: states
}

func newTally(invariants, calls, sometimes int) *tally {
	return &tally{
		Checks: make([]uint64, invariants), Premises: make([]uint64, invariants), Breaches: make([]uint64, invariants),
		Succeeded: make([]uint64, calls), Sometimes: make([]uint64, sometimes),
	}
}

// take adds what from counted, and empties that.
func (t *tally) take(from *tally) {
	t.Transitions += from.Transitions
	t.Refused += from.Refused
	from.Transitions, from.Refused = 0, 0
	for _, p := range [...]struct{ to, from []uint64 }{
		{t.Beyond[:], from.Beyond[:]}, {t.Checks, from.Checks}, {t.Premises, from.Premises}, {t.Breaches, from.Breaches},
		{t.Succeeded, from.Succeeded}, {t.Sometimes, from.Sometimes},
	} {
		for i, n := range p.from {
			p.to[i] += n
		}
		clear(p.from)
	}
}

// finding is the first place at which something was found: a broken invariant,
// or a state of a kind that has to be reachable. Places are ordered by the layer,
// and in it by the birth; the call of the birth is the last of the program.
type finding struct {
	Found bool
	Layer int // of the state before the call
	Birth birth
}

func (f *finding) least(layer int, b birth) {
	if !f.Found || layer < f.Layer || layer == f.Layer && b < f.Birth {
		*f = finding{true, layer, b}
	}
}

// verdict is what counts and findings say about an invariant.
func (t *tally) verdict(i int, known *invariant.Known, strict bool) check.Verdict {
	switch {
	case t.Breaches[i] > 0 && (known == nil || strict):
		return check.Violated
	case t.Breaches[i] > 0:
		return check.KnownBroken
	case t.Premises[i] == 0:
		return check.NeverApplied
	}
	return check.Held
}
