// Package invariant states what must hold whatever is called on whatever mount
// table: values, each with a name, one sentence, the document or the bug that
// it comes from, and a check of one call.
//
//	t := invariant.NewTransition(before, after, actor, &call, result)
//	for _, v := range invariant.All() {
//		premise, broken := v.Check(t)
//		…
//	}
//
// # What there is
//
// INV-1 to INV-18 hold for any state. NS-1 to NS-24 are the promises of
// OPEN_TREE_NAMESPACE and, where they make sense there, of FSMOUNT_NAMESPACE.
// The rest are the promises of single calls: a call that fails changes nothing,
// umount2 takes out exactly what it should, a copy leaves its source alone,
// mounts of others change by propagation only. Source says where each comes
// from; "users" there is the list of what engineers asked for, and the bugs are
// named by the tracker that they were reported in.
//
// # Premises
//
// Check tells whether the invariant had anything to say about the call. Who runs
// many counts that: an invariant whose premise never held has not passed, it
// was not tried.
//
// # Independence
//
// A check recomputes what should be from the records before and after, by the
// definition in the specification and not by the model's algorithms: what
// umount2 takes out is a fixpoint here, receivers are found by a search, copies
// are matched with originals by their places. Of the model it uses the records,
// the index of children, and path resolution. Some promises are about
// what happens later (who enters stands on the graft, closing the descriptor
// ends the namespace). Their checks go on with a private copy of the state.
//
// # Systems that show tables only
//
// Needs says what an invariant takes. State: locks, marks, rings, detached trees or
// costs, which no kernel shows. Tables: one view, or two. Visible: a state that holds
// what tables show and nothing else, as package observed keeps it, and the Facts that
// are named: not every call of a kernel tells where its paths lead. Of a full state
// such a check sees more, and then it looks at that as well. [Transition.Sees] tells
// whether an invariant can be checked on a transition. That this is declared rightly
// is tested: on drawn programs and under every fault, what is seen to be broken is
// broken, what is seen to apply applies, and where nothing is hidden, the other way
// round; and each of these invariants catches a fault in what is seen.
//
// # Cost
//
// Most checks look at the operation first and are done. In worlds of up to 64
// mount records they look at all mounts, in larger ones at those that the call
// touched, which the state's journal tells. WholeTable marks the few that
// cannot; in large worlds they may be made on every k-th call. What several
// invariants want to know is worked out once in a Transition. Checking
// allocates nothing where nothing is broken and the call made no namespace.
//
// # Able to fail
//
// The tests put several dozen faults into the model, and each invariant has to catch
// one; testdata/faults.golden is the matrix, with the smallest program for each.
package invariant
