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
// A recording of the family namespace may leave out the descriptors of detached
// mounts of a namespace's file, all of them or none: some of these recordings do not
// list them, those of all other families do.
//
// Traces run on several cores; the report does not depend on how many.
//
// # Reducing a trace
//
// Shrink looks for the fewest calls that show a difference. The kernel is not at
// hand when a recording is replayed, so it takes care that the answers of a
// reduced trace are those that the kernel would give:
//
//   - What comes after the first difference cannot have brought it about.
//   - A call that failed left the kernel as it had been, so what came after it
//     was answered as it would have been without it. Two exceptions are kept:
//     calls that spoil the filesystem context that they fail on, and from the
//     first EAGAIN of MNT_EXPIRE on all that fail, since this sets a mark that a
//     look at the mount clears.
//
// This much the recording itself shows (Recorded). Whether a call that succeeded
// mattered, it does not show. What can be said is that it does not matter to the
// system that was replayed on. Without the call that answers all others as
// before, and refuses what it refused by the same rule (SameAnswers); it may
// also have the same tables and actors when the call comes that differs
// (SameView). Where the kernel's answer is carried over to a trace without the
// call, it is assumed that to the kernel it did not matter either: wrong just
// where the difference comes from a call that the kernel minds and the model
// does not. A call without which all tables are the same is the less likely to
// be one. So each reduction is given, and says what it rests on; those that
// assume something are to be run on the kernel first of all.
//
// A final view is known for all of the calls only. There calls are left out
// without which the view is the same.
package replay
