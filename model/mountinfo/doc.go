// Package mountinfo reads and writes mount tables in the syntax of
// /proc/PID/mountinfo (spec 06 §1) and the canonical tables of traces, and draws
// them as trees.
//
// An [Entry] is one mount, which is one line; a [Table] is one file; a [Section]
// is the table of one mount namespace in a trace's final.mountinfo. They are plain
// data: they do not know what a mount may do, whether a peer group has another
// member, or whether a table is one that a kernel can get into.
//
// # From a table to a machine and back
//
// [Load] gives a table its meaning: a model.State in which a process has that
// table, so that calls can be tried out on it. A table does not tell all that a
// kernel knows. What it leaves open is decided in favour of the usual, and each such
// decision is an [Assumption]; [Loaded.Relevant] picks those that an answer depends
// on, some of them by asking again with the opposite. [OfProcess] and
// [OfNamespace] go the other way: they write what a process of a State reads.
//
// # Round trip
//
// What is read is written again byte for byte, except that the last line always
// ends in a newline. That holds for optional fields that no kernel prints yet, for
// options nobody here has heard of, and for lines whose escapes differ from those
// of the kernel that the specification describes: file systems print their own
// sources, and releases differ in what they escape. An entry remembers such a line
// and uses it for as long as the fields say what the line says; change a field and
// the line is made anew.
//
// # Refusals
//
// What cannot be a mountinfo line is refused with file, line, column, the field and
// what was expected there, see [Error]. Nothing is skipped or guessed at. Accepted,
// because real machines show them: an empty source, spaces in the superblock's
// options, a parent that is not listed, a file without a newline at its end, a
// table without any line.
//
// # When not to use this package
//
// A program that mounts things for a living (a container runtime, an init system)
// wants to know whether one directory is a mountpoint, and wants it on a machine
// whose table others are changing. github.com/moby/sys/mountinfo is made for that:
// it filters while it reads, and asks the kernel by other means where that is
// quicker. From Linux 6.8 on, statmount and listmount
// answer better still, without any text. This package reads a whole table, keeps all
// of it, and is strict where a runtime has to be lenient. It also does not notice
// that a table changed between two reads of the same file.
//
// It is no parser of /proc/PID/mounts or /etc/fstab either, whose lines are
// different.
package mountinfo
