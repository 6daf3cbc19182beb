// Package live is the kernel itself behind the seam of package system: its calls
// are real system calls, its tables are read from the kernel.
//
//	func main() {
//		live.Main() // in a server: does not return
//		native, err := live.New(ctx, live.Options{})
//		…
//		recordings, err := native.Run(ctx, jobs)
//
// # Client and server
//
// A program that checks a kernel never mounts anything itself. It starts a
// server: its own executable again, as process 1 of a pid namespace and in mount
// and network namespaces of its own. Server and client speak over a pair of
// pipes; whatever ends the client ends the server, and with it every process and
// every mount below it. A server that finds itself in the client's mount
// namespace stops before its first call. The calls that are asked for travel as lines
// of trace syntax, so that a dump of the stream can be read and replayed.
//
// The same server runs as init of a virtual machine, where it is alone: Serve
// takes any stream, and NewClient speaks to it over one.
//
// # Worlds and actors
//
// A world is a mount namespace with one empty tmpfs over the kernel's own root,
// and its actors are processes that have no Go runtime: each was made by a bare
// clone(2) of another one, and does nothing but take system calls out of a piece
// of shared memory, make them, and put the answers back. So descriptors, root,
// working directory and namespaces are exactly those that the calls gave it, and
// unshare(CLONE_NEWUSER), setns and fork mean what they mean in C.
//
// A call that does not come back in time ends the world; the deadline is its
// answer.
//
// # What is seen
//
// Observe reads every mount namespace of the world with listmount(2) and
// statmount(2), where each process stands from /proc, and writes both in the
// canonical form in which the model writes its own. Looking must not change
// anything: no reference is kept, and where a mount has been marked by
// umount2(MNT_EXPIRE), which the next use of it clears, it is looked at from a
// process for which that is no use.
//
// The source of a mount is one thing that statmount(2) does not tell before Linux
// 6.13. It is read from /proc/PID/mountinfo then, of actors, and of a process that
// goes to stand where it may be seen; of a mount in a place that nobody can get to any
// more there is none, and the view has system.Untold instead.
//
// # What it needs
//
// Linux 6.11, and root of the initial user namespace or a user who may make one in
// which it is root. There the worlds are others: they belong to that user
// namespace, their tmpfs is locked to the kernel's own root, and no proc and no
// sysfs is visible in full. The model has such worlds too (model.World), so
// that what a user is answered can be compared as well; the Profile says which
// worlds are made, and asking for the others is an error. A trace that was recorded
// in one says so in its meta section: "world unprivileged".
//
// In the user namespace there is one id, that of root, and so in each that a world
// makes below it. What the kernel's own root has for options, before Linux 7.0, is
// the machine's affair, and shown as it is in the worlds of root: nobody gets there.
//
// A user cannot make worlds where user namespaces are turned off, or a security
// module or a filter of system calls is in the way, in a chroot, where something in
// proc is covered, as in most containers, and before Linux 7.0 where the root
// directory is not mounted on the kernel's own root. An UnreachableError says which
// it is. A virtual machine (Boot) needs none of all this.
//
// # What is shared with the rest of the machine
//
// Some superblocks exist once in a kernel, and a remount of one is seen by all:
// that of the files of namespaces, and up to Linux 6.19 that of the kernel's own
// root, which worlds want read-only. Servers agree on these by file locks, and
// put them back.
package live
