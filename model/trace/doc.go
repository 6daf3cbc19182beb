// Package trace reads and writes traces: what a program asked of the mount
// API, what it was answered, and the mount tables that were left behind.
//
// A trace is a [txtar] archive whose sections use notations that people already
// read: strace's for the calls, mountinfo's for the tables.
//
//	Recorded on a Linux kernel.
//	-- meta --
//	kernel 7.3.4
//	family namespace
//	-- initial.mountinfo --
//	1 1 0:1 / / rw - nullfs nullfs rw
//	2 1 0:2 / / rw,relatime - tmpfs none rw
//	-- trace --
//	1 mkdir("/a", 0755) = 0
//	1 open_tree(AT_FDCWD, "/a", OPEN_TREE_NAMESPACE) = 3
//	-- final.mountinfo --
//	# ns 1 actors 1
//	…
//	-- actors --
//	1 ns 1 root 2 / cwd 2 /
//
// [Parse] reads one, [Trace.Format] writes it, and what is in canonical form
// comes out byte for byte as it went in: the calls are not kept as text but
// printed again from their values, so each recorded trace tests parser and
// printer against each other. Comments and blank lines between the calls
// stay with the call below them.
//
// A program is a trace without answers: its calls alone, in an archive or as a
// plain list with one call a line. [ParseProgram] reads it. There an argument
// can be the result of an earlier call, $1 that of the first:
//
//	open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE)
//	move_mount($1, "", AT_FDCWD, "/b", MOVE_MOUNT_F_EMPTY_PATH)
//
// [ParseCall] and [ParseLine] read a single call; which arguments it takes they
// know from the signature table of package model alone. They take what strace
// prints and what people write by hand: any spacing, numbers in any of C's
// notations in place of flags, comments as in C, fields of struct mount_attr
// in any order or left out.
//
// Tables and actors are kept as text here: package mountinfo reads the tables.
//
// Whatever is malformed is answered with an [Error], which names the place and
// what was expected there. There is no input on which this package panics, and
// what it does not understand it refuses: nothing is skipped.
//
// [txtar]: https://pkg.go.dev/golang.org/x/tools/txtar
package trace
