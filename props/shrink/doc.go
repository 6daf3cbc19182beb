// Package shrink makes a program of calls smaller for as long as it still
// fails: the one shrinker that everything in mntcheck shares.
//
// What "fails" means is the caller's, as a predicate over programs:
//
//	small, stats := shrink.Program(program, func(p []model.Step) bool {
//		return violates(p, "INV-4")
//	}, shrink.Options{})
//
// The shrinker drops runs of steps, whole actors, and steps with all that
// depends on them; it gives the steps of one actor to another; and it makes
// arguments plainer, guided by the signature table alone: flags bit by bit,
// paths by their components, descriptors to AT_FDCWD. It starts over until nothing helps any
// more, or until it has asked the predicate often enough.
//
// References among steps stay right: when a step goes, those behind it are
// counted anew, and a reference to what is gone becomes -1, which is no
// descriptor. So do the numbers of actors, which count the forks before them.
//
// It is deterministic, and a program that it returns has failed when the
// predicate was last asked.
package shrink
