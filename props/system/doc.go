// Package system is the seam of mntcheck: whatever can make a mount call and
// show its mount tables is a System, and can be checked.
//
// The executable model is one; so are a real kernel, a recorded trace, or
// somebody else's implementation of the mount API. Invariants, generators and
// the shrinker know systems only through this package. A system is made by a
// Factory, since shrinking a failure starts over hundreds of times.
package system
