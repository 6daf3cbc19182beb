package main

import (
	"cmp"
	"fmt"
	"slices"

	"mntcheck/props/check"
	"mntcheck/props/cmd/mntcheck/internal/columns"
)

// callTable counts calls by errno, the most frequent ones first.
func callTable(ops []check.OpCount, outcomes []check.Outcome) *columns.Table {
	c := &columns.Table{Right: []bool{false, true, true}}
	c.Row("CALL", "CALLS", "OK", "REFUSED")
	for _, op := range ops {
		if op.Calls == 0 {
			continue
		}
		errnos := map[string]uint64{}
		for _, o := range outcomes {
			if o.Op == op.Op && o.Errno != "" {
				errnos[o.Errno] += o.Calls
			}
		}
		names := make([]string, 0, len(errnos))
		for name := range errnos {
			names = append(names, name)
		}
		slices.SortFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(errnos[b], errnos[a]), cmp.Compare(a, b)) })
		refused := ""
		for i, name := range names {
			if i > 0 {
				refused += "  "
			}
			refused += name + " " + columns.Number(errnos[name])
		}
		c.Row(op.Op, op.Calls, op.OK, refused)
	}
	return c
}

// rulesReached says how many rules refused a call; listed: which did not is said
// below.
func rulesReached(outcomes []check.Outcome, missing []check.RuleName, listed bool) string {
	reached := map[string]bool{}
	for _, o := range outcomes {
		if o.Rule != "" {
			reached[o.Rule] = true
		}
	}
	hint := ""
	if len(missing) > 0 && !listed {
		hint = "; --unreached lists the others"
	}
	return fmt.Sprintf("%d of %d rules refused a call%s", len(reached), len(reached)+len(missing), hint)
}

// missingTable lists rules that refused no call.
func missingTable(missing []check.RuleName) *columns.Table {
	c := &columns.Table{}
	c.Row("NOT REACHED", "ERRNO", "REFUSES BECAUSE")
	for _, r := range missing {
		c.Row(r.Rule, r.Errno, r.Text)
	}
	return c
}
