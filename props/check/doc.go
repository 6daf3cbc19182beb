// Package check is the engine of the search: it draws cases, runs them on a
// system, and checks every invariant after every call.
//
//	report, err := check.Run(ctx, check.Options{Checks: 10000, Seed: 1})
//
// # One case
//
// A case is a world and a sequence of calls (package draw). Its bytes come from
// a generator that is seeded with the run's seed and the case's number, so that a case
// can be made again alone. Before each call the state is copied; after it, each
// invariant (package invariant) sees the call, its answer, and the states or the
// tables before and after it. Calls that build the world are checked like all
// others.
//
// In worlds above Options.LargeMounts mounts, invariants that read a whole table are
// checked on every Options.EveryK-th call only; the report says so.
//
// A call that failed and left every record as it was is not followed by the
// invariants of a state (INV-n): they were checked on that very state.
//
// # All cores
//
// Workers take cases in order, a few at a time, and share nothing while they
// run them. What they counted is added up in the order of the cases, and ends with
// the lowest case that failed: so the report of a run by count is the same
// for any number of workers.
//
// # Failures
//
// A program that breaks an invariant is shrunken (package shrink): the failure
// has the program before and after that, the violation, the states around the call
// that broke the promise, and a trace that can be written down and replayed.
// A panic in the system is a failure like any other.
//
// # Coverage
//
// The report counts what was generated: calls by errno by the rule that decided,
// and classes of tables. Minima say what a run must reach; Report.Lacks lists
// what it did not.
package check
