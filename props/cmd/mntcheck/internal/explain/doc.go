// Package explain answers what one call would do to a mount table.
//
// Ask makes the call on a copy of a state and gives an Answer: what was
// answered, what changed in which namespace, and for a refusal the rule that
// decided, the checks that would have come after it, and calls that would
// clear the way. For a call that makes a mount namespace of a tree it also says
// which mounts were copied and which were left out and why, and holds the
// mounts that were worked on against those of the way that a program takes
// without such a call: unshare, bind, pivot_root, umount.
//
// AskAcross asks the same of every known kernel release, gathers those that
// answer alike, and finds the rules that make the others differ: it takes the
// rules of the newer release back, one by one, until the answers are the same.
//
// An Answer is plain data with JSON names. Answer.Write draws it for people.
package explain
