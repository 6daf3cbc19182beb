// Mntcheck is a model checker for Linux mount tables.
//
//	mntcheck check                 search for calls that break an invariant
//	mntcheck explore               check every state of a small world
//	mntcheck explain CALL          show what a call would do to a mount table
//	mntcheck run FILE              make the calls of a program, and print the answers
//	mntcheck replay PATH...        compare recorded traces with the model
//	mntcheck conform               compare a kernel with the model, on random programs
//	mntcheck record [PROGRAM...]   record what a kernel answers, as traces
//	mntcheck releases [R1 R2]      print the rules in which kernel releases differ
//	mntcheck reproduce TRACE       turn a trace into a program that stands alone
//	mntcheck --version             say whose rules it knows
//
// All but conform and record call no mount API of the machine that they run on,
// need no privileges, and run on any operating system: they make the calls on the
// executable model of package mntcheck/model. conform and record make them on a kernel:
// the running one, in namespaces of their own, or one that they boot in QEMU (--kernel);
// so does check where it is given --native or --kernel.
//
// # Examples
//
//	mntcheck check --duration 60s
//	mntcheck check --invariant 'NS-*' --seed 1 --checks 1000
//	mntcheck check --kernel bzImage --duration 60s
//	mntcheck explain 'open_tree(AT_FDCWD, "/var/lib/x", OPEN_TREE_NAMESPACE|AT_RECURSIVE)'
//	mntcheck explain --mountinfo table.txt 'pivot_root("/mnt", "/mnt/old")'
//	mntcheck explain --userns 'unshare(CLONE_NEWNS)' 'umount2("/proc", MNT_DETACH)'
//	strace -o calls.txt … ; mntcheck run calls.txt
//	mntcheck replay traces.tar.gz
//	mntcheck replay --shrink disagreeing.txtar
//	mntcheck explain --release all 'unshare(UNSHARE_EMPTY_MNTNS)'
//	mntcheck releases 6.18 7.2.13
//	mntcheck conform --duration 60s --tap
//	mntcheck conform --kernel bzImage --release 7.3 --family namespace
//	mntcheck record --checks 150 -o corpus
//	mntcheck reproduce --sh trace.txtar
//	mntcheck explore --world reveal --release 7.0 --strict
//
// # Exit status
//
// 0: nothing was violated, everything agrees, the question was answered (a call
// that would fail is an answer). 1: an invariant was violated, or a kernel or a
// trace disagrees with the model. 2: the command line is wrong, or input could not
// be read; the message on standard error says where, as file:line:column. 3: the
// kernel cannot be reached, or lacks what is asked; the message says why.
//
// Ctrl-C ends check, explore, conform and record in order: they print, or have written,
// what was done until then. A second one ends them at once.
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
//	explain     Answer of package internal/explain, below this one; Across with --release all
//	run         Execution
//	replay      mntcheck/props/replay.Report
//	explore     Explored; with --worlds, a list of ListedWorld, with --compare, a ComparedWorld
//	reproduce   Reproducer
//	conform     Conformance, which is mntcheck/props/conform.Report with the command to repeat
//	record      Recordings
//	releases    ReleaseTable
//	--version   Version
//
// Text of mounts and calls in these objects is what the text output shows:
// mountinfo's syntax for tables, strace's for calls. Counts are numbers; times
// are nanoseconds, as their names say.
package main
