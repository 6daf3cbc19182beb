// Package model is an executable specification of the Linux mount API.
//
// A State is a machine as far as mounts can tell: filesystems with their
// directories and files, mounts, peer groups, mount and user namespaces,
// processes and descriptors. A Call is a system call as a value; State.Do makes
// it and returns the kernel's answer, and the rule that decided where it is
// refused.
//
// # How to read it
//
// Each rule is in one place, in the order in which the kernel applies it, and
// names the section of the specification that states it. What the rules share
// is below them:
//
//	state.go         what there is
//	path.go          path resolution across mounts
//	clone.go         copies of mounts and trees
//	propagation.go   peers, slaves, change of type, who receives from whom
//	attach.go        attaching a tree, and its copies on receivers
//	umount_tree.go   unmounting, and what goes elsewhere with it
//	namespace.go     mount namespaces, and when they end
//	before_6_17.go   propagation as it was before 6.17
//	view.go, key.go  the two canonical forms: what user space sees, and all
//	                 that decides the future
//
// The calls are in a file each, or with their family, and step.go is the table
// of them: sys_mount.go, bind.go, move.go, remount.go, umount.go,
// pivot_root.go, open_tree.go, fscontext.go, mount_setattr.go, unshare.go,
// setns.go, files.go, chdir.go.
//
// Comments cite the written semantics that the rules were first taken from as
// 'spec 03 §5.1'. Where a real kernel was seen to do otherwise, the rule says
// what the kernel does.
//
// # State is flat
//
// A state is a set of slices whose records refer to each other by index, with
// no maps and no pointers between them. Copying the slices copies the state. A
// call costs what the kernel's own algorithm has to touch, not what the table
// holds: look-ups go through hash chains as they do in the kernel.
//
// # Version is data
//
// What differs between releases is a field of Semantics that says what it
// decides. Code asks for the rule, never for a version number.
//
// # What it leaves out
//
// Calls do not overlap. There are no security modules, no permissions beyond
// capabilities, no automounts, and no contents of files.
package model
