// Mntcheck is a model checker for Linux mount tables.
//
//	mntcheck check                 search for calls that break an invariant
//	mntcheck explain CALL          show what a call would do to a mount table
//	mntcheck run FILE              make the calls of a program, and print the answers
//	mntcheck replay PATH...        compare recorded traces with the model
//	mntcheck --version             say whose rules it knows
//
// It calls no mount API of the machine that it runs on, needs no privileges, and
// runs on any operating system: it makes the calls on the executable model of
// package mntcheck/model.
//
// # Examples
//
//	mntcheck check --duration 60s
//	mntcheck check --invariant 'NS-*' --seed 1 --checks 1000
//	mntcheck explain 'open_tree(AT_FDCWD, "/var/lib/x", OPEN_TREE_NAMESPACE|AT_RECURSIVE)'
//	mntcheck explain --mountinfo table.txt 'pivot_root("/mnt", "/mnt/old")'
//	mntcheck explain --userns 'unshare(CLONE_NEWNS)' 'umount2("/proc", MNT_DETACH)'
//	strace -o calls.txt … ; mntcheck run calls.txt
//	mntcheck replay traces.tar.gz
//
// # Exit status
//
// 0: nothing was violated, everything agrees, the question was answered (a call
// that would fail is an answer). 1: an invariant was violated, or a trace
// disagrees. 2: the command line is wrong, or input could not be read; the message
// on standard error says where, as file:line:column.
//
// Ctrl-C ends check in order: it prints what was covered until then. A second
// one ends it at once.
//
// # Output
//
// Text is for people, and may change. Lines that begin with a mark are about a
// mount that a call added (+), removed (-) or changed (~), or about one that a
// broken invariant speaks of (!). On a terminal they have colours, unless
// NO_COLOR is set, and a search that takes longer than two seconds shows how far
// it is; neither is written to a file or a pipe.
//
// With --json each command prints one object on standard output and nothing
// else. The objects are Go types, whose comments say what each field holds:
//
//	check       Checked, which is mntcheck/props/check.Report with the command to repeat
//	explain     Answer of package internal/explain, below this one
//	run         Execution
//	replay      mntcheck/props/replay.Report
//	--version   Version
//
// Text of mounts and calls in these objects is what the text output shows:
// mountinfo's syntax for tables, strace's for calls. Counts are numbers; times
// are nanoseconds, as their names say.
package main
