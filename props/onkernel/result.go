package onkernel

import (
	"slices"
	"time"

	"mntcheck/props/check"
	"mntcheck/props/invariant"
)

// result makes the report of what was added up.
func (e *engine) result(elapsed time.Duration, interrupted bool) *check.Report {
	t := e.total
	r := &check.Report{
		System: e.profile.Name, Release: e.profile.Release, Seed: e.o.Seed, Cases: e.committed, Calls: t.answers.Calls(),
		Elapsed: elapsed, Workers: e.o.Workers, EveryK: 1, Interrupted: interrupted,
		Coverage: t.answers.Coverage(), Kernel: &check.KernelReport{Ended: t.unsupported, Lost: t.lost},
	}
	r.Coverage.Missing = nil // a kernel does not tell its rules
	for i, v := range e.o.Invariants {
		one := check.InvariantReport{
			Name: v.Name, Statement: v.Statement, Source: v.Source,
			Checks: t.checks[i], Premises: t.premises[i], Breaches: t.breaches[i], Untold: t.untold[i], Verdict: e.verdict(i, v),
		}
		if one.Breaches > 0 {
			known := invariant.KnownOn(v.Name, e.known)
			one.Known, one.KnownSource = known.Why, known.Source
		}
		r.Invariants = append(r.Invariants, one)
	}
	if e.broke != nil && e.broke.invariant == answered {
		r.Invariants = append(r.Invariants, check.InvariantReport{
			Name: answered.Name, Statement: answered.Statement, Source: answered.Source,
			Checks: r.Calls, Premises: r.Calls, Verdict: check.Violated,
		})
	}
	return r
}

func (e *engine) verdict(i int, v *invariant.Invariant) check.Verdict {
	switch {
	case e.broke != nil && (e.broke.invariant == v || slices.Contains(e.broke.also, v.Name)):
		return check.Violated
	case v.Needs == invariant.State:
		return check.NotObservable
	case e.total.breaches[i] > 0:
		return check.KnownBroken
	case e.total.premises[i] == 0:
		return check.NeverApplied
	}
	return check.Held
}
