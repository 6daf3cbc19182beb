// Package reproduce turns a trace into a program that stands alone, for a bug
// report: whoever reads the report needs nothing of this project to run it.
//
// Go writes a Go program that makes the system calls themselves, in the order of
// the trace, and compares each answer with the recorded one. It can say every
// call that a trace can. Its calls are written from the signature table of package
// model; what is written here per call is its number, and where the kernel's own
// call takes more arguments than the one that the trace names.
//
// Shell writes a script of util-linux commands, which is shorter to read but says
// less: no command opens a descriptor for the next one, and a shell stays one
// process. A call that no command makes is refused with an error that says where it
// is, and nothing is written.
//
// # The world of a program
//
// Both build the world in which traces start: a mount namespace of their own, in
// which everything is private, and whose only mounts are an empty tmpfs and below
// it the kernel's own root. Before the first call they make sure that the
// namespace is their own, and end with status 2 if it is not. Some differences from
// the recorded world are beyond user space: before 7.0 the kernel's own root may be
// writable and hold files, and in a user namespace the tmpfs is locked in place.
//
// # Actors
//
// A Go process has several threads. That is harmless as long as one actor makes the
// calls: it is one thread, locked, which has a root, a working directory, a
// descriptor table and a mount namespace of its own. User namespaces refuse
// processes of several threads, though, fork copies one thread only, and a pidfd is
// of a whole process. Traces with any of these get actors that are processes
// of a single thread: forked by a raw clone, they never come back to the Go runtime,
// but make the calls that main leaves for them in shared memory. In both ways a
// descriptor has the number in the program that it has in the trace.
package reproduce
