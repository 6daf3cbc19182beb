package model

// ResolveFlags choose the variant of a path lookup. Spec 02 §3.
type ResolveFlags uint8

const (
	ResolveFollow     = ResolveFlags(walkFollow)     // follow a symlink in the last place
	ResolveDirectory  = ResolveFlags(walkDirectory)  // must be a directory
	ResolveEmpty      = ResolveFlags(walkEmpty)      // "" is the start itself
	ResolveMountpoint = ResolveFlags(walkMountpoint) // as umount2 does: to the topmost mount
)

// Resolve finds the location that a path names for an actor, without making a
// call. Relative paths start at dfd, which may be AT_FDCWD. The state may learn
// a name from it, as it would from a call, so it is not for two goroutines.
func (s *State) Resolve(actor int, dfd int64, path Arg, f ResolveFlags) (Loc, Refusal) {
	return (&call{s, ProcIx(actor), nil}).walk(dfd, path, walkFlags(f))
}

// Capable tells whether an actor has a capability in a user namespace.
// Spec 01 §4.
func (s *State) Capable(actor int, user UserIx, want Caps) bool {
	return s.capable(ProcIx(actor), user, want)
}
