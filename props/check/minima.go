package check

import (
	"fmt"

	"mntcheck/model"
)

// Minima say what a run has to reach to be worth its name. Of each listed
// thing there have to be so many.
type Minima struct {
	Ops      map[model.Op]uint64   // successful calls
	Rules    map[model.Rule]uint64 // calls that the rule refused
	Classes  map[Class]uint64      // tables of the class
	Premises uint64                // of each invariant that can be observed
	Sizes    map[int]uint64        // tables of at least so many mounts
}

// Lacks lists, a sentence each, what the run did not reach of m.
func (r *Report) Lacks(m Minima) (lacks []string) {
	need := func(got, want uint64, format string, args ...any) {
		if got < want {
			lacks = append(lacks, fmt.Sprintf("%s: %d, want at least %d", fmt.Sprintf(format, args...), got, want))
		}
	}
	ok := map[string]uint64{}
	for _, c := range r.Coverage.Ops {
		ok[c.Op] = c.OK
	}
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		need(ok[op.String()], m.Ops[op], "successful calls of %s", op)
	}
	refused := map[string]uint64{}
	for _, c := range r.Coverage.Outcomes {
		refused[c.Rule] += c.Calls
	}
	for _, rule := range model.Rules() {
		need(refused[rule.String()], m.Rules[rule], "calls that rule %s (%s) decided", rule, rule.Errno())
	}
	for i, c := range r.Coverage.Classes {
		need(c.N, m.Classes[Class(i)], "tables of class %q", c.Name)
	}
	for size, want := range m.Sizes {
		n := uint64(0)
		for _, b := range r.Coverage.Sizes {
			if b.Min >= size {
				n += b.N
			}
		}
		need(n, want, "tables of at least %d mounts", size)
	}
	for _, v := range r.Invariants {
		if v.Verdict != NotObservable && v.Verdict != Violated {
			need(v.Premises, m.Premises, "calls to which %s applies", v.Name)
		}
	}
	return lacks
}
