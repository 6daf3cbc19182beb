// Package observed keeps a model.State of what a system shows that shows mount
// tables only, such as a kernel, so that invariants can be checked on what it did,
// with no model in between.
//
//	f := new(observed.Follower)
//	err := f.Start(world, view, identity)
//	…
//	err = f.Follow(actor, &call, result, view, identity) // after each call
//	f.Describe(&transition)
//
// # What is in it
//
// Mounts, their places, flags, groups and namespaces are those of the view, and
// nothing else: the follower never works out what a call should have done to them.
// What has no table is written down as the kernel answers: a mkdir that succeeded
// made a directory, an open that returned 3 made descriptor 3, of what the path
// leads to in the tables of before. Where a process stands, which user namespace it
// is in, and who owns a namespace, the system says (model.Identity).
//
// Of the model it uses the records, path lookup, and what calls do to directories and
// descriptors; never to mounts. Where that does not fit what the system answered, it
// has lost track.
//
// # What is not
//
// Locks, marks of MNT_EXPIRE, users of mounts, the order of children, rings and
// slaves do not show. Mounts of detached trees and unmounted ones do not either:
// descriptors and directories in them are nowhere, and invariant.Facts tell of each
// transition what it lacks for that.
//
// # Losing track
//
// A follower that cannot say what it sees, such as a path that it has never heard
// of, says so and follows no more. That is no finding: tables alone can still be
// looked at.
package observed
