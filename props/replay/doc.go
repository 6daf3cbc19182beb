// Package replay runs recorded traces on a system, and compares: each answer,
// call by call, and the final view.
//
//	report, err := replay.Run(ctx, replay.Options{Paths: []string{"testdata"}})
//
// A trace is run up to the first call that is answered differently; a trace
// agrees when all answers, the final tables and the actors are the same. What a
// system cannot do (a release whose rules it does not know, a call that it
// does not make, a world that is not the one in which traces start) is not a
// difference: such traces are counted as not supported and listed with the reason.
//
// Traces run on several cores; the report does not depend on how many.
package replay
