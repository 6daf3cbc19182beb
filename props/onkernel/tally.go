package onkernel

import (
	"mntcheck/props/check"
)

// tally is what was counted, by invariant and at large.
type tally struct {
	checks, premises, breaches, untold []uint64
	lost, unsupported                  uint64 // programs
	answers                            *check.Counter
}

func newTally(invariants int) *tally {
	numbers := func() []uint64 { return make([]uint64, invariants) }
	return &tally{checks: numbers(), premises: numbers(), breaches: numbers(), untold: numbers(), answers: check.NewCounter()}
}

// add adds what another counted.
func (t *tally) add(o *tally) {
	for _, x := range [...]struct{ to, from []uint64 }{
		{t.checks, o.checks}, {t.premises, o.premises}, {t.breaches, o.breaches}, {t.untold, o.untold},
	} {
		for i, n := range x.from {
			x.to[i] += n
		}
	}
	t.lost += o.lost
	t.unsupported += o.unsupported
	t.answers.Add(o.answers)
}
