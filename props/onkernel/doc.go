// Package onkernel checks the invariants on what a kernel did: random programs run
// on a system.Runner, such as one of package live, and every call is judged by the
// tables before and after it. No model says what should have been.
//
//	report, err := onkernel.Run(ctx, onkernel.Options{
//		Runner:   func(ctx context.Context) (system.Runner, error) { return live.New(ctx, live.Options{}) },
//		Duration: time.Minute,
//	})
//
// # What can be seen
//
// A kernel shows tables: locks, marks, the order of rings, detached trees and what
// was unmounted are not in them. Invariants of these are not observable, and the
// report says so of each. The others are checked on the state that package observed
// keeps of the tables; where a single call does not tell what one of them takes,
// since the caller stands in a directory that was unmounted, say, the call is
// counted as untold.
//
// # Where programs come from
//
// They are those of package conform, drawn by looking at a model of the kernel's
// release. Where the kernel answers otherwise than that model, a program is a worse
// one, and no more.
//
// # Verdicts
//
// What the kernel's release is known to break (invariant.Known) is counted as
// known. A violation ends the run, and is shrunken on the kernel itself. A call
// that hangs or ends the kernel breaks the promise that every call is answered.
package onkernel
