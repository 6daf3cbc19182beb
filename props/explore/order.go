package explore

import (
	"fmt"
	"slices"

	"mntcheck/props/invariant"
)

// ordered are the invariants whose verdict can depend on orders, that of a peer
// ring, of a list of slaves or of children, and on which of the peers is the
// master of a slave. A call that does what it should, but changes an order,
// breaks each of them: so a state that stands for others with other orders does
// not tell what they would say there.
var ordered = []string{
	"NS-11", "NS-12", "copy-isomorphic", "copy-leaves-source", "failed-changes-nothing", "type-change", "unshare-isomorphic",
	// These make further calls, and compare orders behind them.
	"NS-18", "NS-20",
}

// withoutOrders leaves out the invariants whose verdict can depend on orders.
func (o Options) withoutOrders() (Options, error) {
	if !o.Semantics.BulkPropagation {
		return o, fmt.Errorf("explore: before Linux 6.17 the order in which mounts were made decides which of those at one place is on top, so orders cannot be ignored on %s",
			o.Semantics.Release)
	}
	kept := []*invariant.Invariant{}
	for _, v := range o.Invariants {
		if slices.Contains(ordered, v.Name) {
			o.skipped = append(o.skipped, v.Name)
			continue
		}
		kept = append(kept, v)
	}
	o.Invariants = kept
	return o, nil
}
