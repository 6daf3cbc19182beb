package explore

import (
	"cmp"
	"slices"
	"time"
)

// report makes the report of what was added up.
func (e *engine) report() (*Report, error) {
	r := &Report{
		World: e.w.Name, Release: e.sem.Release, Calls: len(e.w.Calls),
		States: uint64(e.births.states), Transitions: e.total.Transitions, Refused: e.total.Refused,
		Layers: e.layers, Depth: e.covered, Complete: e.complete, Stopped: e.stopped, Narrowed: e.o.Depth > 0 || e.o.Limits != (Limits{}),
		IgnoreOrder: e.o.IgnoreOrder, Skipped: e.o.skipped, Reduction: 1, Elapsed: e.earlier + time.Since(e.begun), Workers: e.o.Workers, Memory: e.memory, Spilled: e.spilled,
	}
	if e.keys == nil {
		r.Collision = CollisionProbability(r.States)
	}
	if e.symmetry != nil {
		r.Reduction = len(e.symmetry.exchanges)
	}
	for i, n := range e.total.Beyond {
		if *e.w.Limits.field(i) > 0 {
			r.Beyond = append(r.Beyond, Count{limitNames[i], n})
		}
	}
	for i, n := range e.total.Succeeded {
		if n == 0 {
			r.NeverSucceeded = append(r.NeverSucceeded, stepText(e.w.Calls[i]))
		}
	}
	if err := e.reportInvariants(r); err != nil {
		return nil, err
	}
	for i, s := range e.w.Sometimes {
		program, err := e.shortest(e.sometimes[i])
		if err != nil {
			return nil, err
		}
		r.Sometimes = append(r.Sometimes, SometimesReport{
			Name: s.Name, Statement: s.Statement, Reached: e.sometimes[i].Found, States: e.total.Sometimes[i], Shortest: program,
		})
	}
	return r, nil
}

func (e *engine) shortest(f finding) ([]string, error) {
	if !f.Found {
		return nil, nil
	}
	program, err := e.program(f)
	return stepTexts(program), err
}

// reportInvariants adds the verdicts, and the violations in the order of their
// programs.
func (e *engine) reportInvariants(r *Report) error {
	type broken struct {
		i int
		f finding
	}
	var list []broken
	for i, v := range e.o.Invariants {
		shortest, err := e.shortest(e.broken[i])
		if err != nil {
			return err
		}
		row := InvariantReport{
			Name: v.Name, Statement: v.Statement, Source: v.Source, Checks: e.total.Checks[i], Premises: e.total.Premises[i],
			Breaches: e.total.Breaches[i], Verdict: e.total.verdict(i, e.known[i], e.o.Strict), Shortest: shortest,
		}
		if k := e.known[i]; k != nil && row.Breaches > 0 {
			row.Known, row.KnownSource = k.Why, k.Source
		}
		r.Invariants = append(r.Invariants, row)
		if e.broken[i].Found && (e.known[i] == nil || e.o.Strict) {
			list = append(list, broken{i, e.broken[i]})
		}
	}
	if e.panicked.Found {
		list = append(list, broken{-1, e.panicked.finding})
	}
	slices.SortStableFunc(list, func(a, b broken) int {
		return cmp.Or(cmp.Compare(a.f.Layer, b.f.Layer), cmp.Compare(a.f.Birth, b.f.Birth))
	})
	for _, b := range list {
		v, err := e.violation(b.i, b.f)
		if err != nil {
			return err
		}
		r.Violations = append(r.Violations, v)
	}
	return nil
}
