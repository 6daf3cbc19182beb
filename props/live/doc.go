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
// namespace stops before its first call.
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
// # What it needs
//
// Linux 6.11, and root of the initial user namespace: in a namespace that a user
// made, the first mount of a world would be locked to the kernel's own root, and a
// trace that unmounts it would be answered otherwise. A virtual machine (Boot)
// needs no privileges.
//
// # What is shared with the rest of the machine
//
// Some superblocks exist once in a kernel, and a remount of one is seen by all:
// that of the files of namespaces, and up to Linux 6.19 that of the kernel's own
// root, which worlds want read-only. Servers agree on these by file locks, and
// put them back.
package live
