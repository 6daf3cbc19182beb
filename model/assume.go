package model

// Assumption is something that a state took for granted because the table it
// was made from cannot tell.
type Assumption struct {
	Path string // the name that was taken for a directory
}

// assume stands in for the directory entries of a real host, which no mount
// table lists: a name that is not known is taken for a directory.
func (c *call) assume(at Loc, name string) DentryIx {
	if !c.unknownNames || c.Dentries[at.D].Flags&Immutable != 0 || c.SBs[c.Dentries[at.D].SB].Flags&UnknownContent == 0 {
		return 0
	}
	d := c.newDentry(c.Dentries[at.D].SB, at.D, c.names.intern(name), Dir, 0)
	c.assumed = append(c.assumed, Assumption{Path: c.LocPath(Loc{at.M, d})})
	return d
}

// Assumptions lists what the last call took for granted. It is valid until the
// next call.
func (s *State) Assumptions() []Assumption { return s.assumed }
