package explain

import (
	"mntcheck/model"
	"mntcheck/props/invariant"
)

// namespaceInvariants are those that say what a call that makes a namespace of
// a tree promises: spec 05's.
const namespaceInvariants = "NS-*"

// The verdicts on an invariant.
const (
	Holds        = "holds"
	Violated     = "violated"
	DoesNotApply = "does not apply"
)

// verdicts holds the invariants of new namespaces against the call.
func verdicts(before, after *model.State, actor int, c *model.Call, r model.Result) []Verdict {
	all, err := invariant.ByGlob(namespaceInvariants)
	if err != nil {
		return nil
	}
	t := invariant.NewTransition(before, after, actor, c, r)
	list := make([]Verdict, 0, len(all))
	for _, inv := range all {
		v := Verdict{Name: inv.Name, Statement: inv.Statement, Verdict: Holds}
		premise, broken := inv.Check(t)
		switch {
		case broken != nil:
			v.Verdict, v.Message = Violated, broken.Message
		case !premise:
			v.Verdict = DoesNotApply
		}
		list = append(list, v)
	}
	return list
}
