package model

// Identity is what tells the things of a View apart from one view to the next:
// a view counts them anew each time. Which numbers these are is up to the machine;
// equal ones are the same thing.
type Identity struct {
	Mounts []MountIdentity // in the order of the view's lines
	Spaces []SpaceIdentity // mount namespaces, in the order of the view's sections
	Users  []uint64        // by line of View.Actors: the user namespace that the actor is in
}

// MountIdentity are the numbers of one mount. All but ID may be given again when
// what they stood for is gone.
type MountIdentity struct {
	ID            uint64 // unique, rising, never reused
	Device        uint64 // of the filesystem
	Group, Master uint64 // peer groups; 0: none
	File          uint64 // of a mount of a user namespace's file: the namespace; else 0
}

// SpaceIdentity are the numbers of one mount namespace.
type SpaceIdentity struct {
	ID    uint64 // unique, never reused
	Owner uint64 // the user namespace that it belongs to
}

// Identity returns the numbers of what View shows.
func (s *State) Identity() Identity {
	v := newViewer(s)
	v.number()
	x := Identity{Mounts: make([]MountIdentity, len(v.order)), Spaces: make([]SpaceIdentity, len(v.spaces))}
	for i, m := range v.order {
		r := &s.Mounts[m]
		one := MountIdentity{ID: r.UID, Device: uint64(s.SBs[s.SBOf(m)].Minor), Group: uint64(r.Group)}
		if r.Master != 0 {
			one.Master = uint64(s.Mounts[r.Master].Group)
		}
		if d := &s.Dentries[r.Root]; d.Kind == UserNSFile {
			one.File = uint64(d.Obj)
		}
		x.Mounts[i] = one
	}
	for i, ns := range v.spaces {
		x.Spaces[i] = SpaceIdentity{ID: s.Spaces[ns].ID, Owner: uint64(s.Spaces[ns].Owner)}
	}
	for p := range s.Procs {
		if s.Procs[p].Alive {
			x.Users = append(x.Users, uint64(s.Procs[p].User))
		}
	}
	return x
}
