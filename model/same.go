package model

import "slices"

// SameAs tells whether s, a copy of before on which one call was made, is what
// before is: no record changed, or each changed back. Then both have the same
// key. It may say false of states with the same key.
//
// Of mounts it looks at those in the journal. Others have at most other users
// than before, which are counted from the rest.
func (s *State) SameAs(before *State) bool {
	for i := range s.journal {
		c := &s.journal[i]
		r := s.Mounts[c.M]
		if r.stamp = c.Old.stamp; r != c.Old {
			return false
		}
	}
	return s.nextAge == before.nextAge &&
		slices.Equal(s.FSs, before.FSs) && slices.Equal(s.FDs, before.FDs) && slices.Equal(s.Files, before.Files) &&
		slices.Equal(s.Procs, before.Procs) && slices.Equal(s.Spaces, before.Spaces) && slices.Equal(s.covers, before.covers) &&
		slices.Equal(s.Dentries, before.Dentries) && slices.Equal(s.SBs, before.SBs) && slices.Equal(s.Users, before.Users)
}
