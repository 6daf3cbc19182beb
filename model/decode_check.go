package model

// listOnce notes that x is in the list of owner; nothing may be in two.
func (d *decoder) listOnce(in *[]int32, x, owner int32) {
	for int(x) >= len(*in) {
		*in = append(*in, 0)
	}
	if (*in)[x] != 0 {
		d.bad = true
	}
	(*in)[x] = owner
}

func listedIn(in []int32, x int) int32 {
	if x < len(in) {
		return in[x]
	}
	return 0
}

// coherent tells whether the records that a key described fit together, so that
// a damaged key cannot make a state that calls would go astray in.
func (d *decoder) coherent() bool {
	return d.coherentMounts() && d.coherentDentries() && d.coherentRest()
}

func (d *decoder) coherentMounts() bool {
	s := d.s
	for i := 1; i < len(s.Mounts); i++ {
		r := &s.Mounts[i]
		if int(r.NS) >= len(s.Spaces) || r.Root == 0 || r.NextPeer == 0 ||
			s.Mounts[r.NextPeer].PrevPeer != MountIx(i) || r.PrevPeer == 0 ||
			listedIn(d.childOf, i) != int32(r.Parent) || listedIn(d.slaveOf, i) != int32(r.Master) ||
			(r.Parent != 0) != (r.MP != 0) || r.NS < 0 && i > 5 {
			return false
		}
	}
	return d.acyclic(len(s.Mounts), func(i int) int { return int(s.Mounts[i].Parent) }) &&
		d.acyclic(len(s.Mounts), func(i int) int { return int(s.Mounts[i].Master) })
}

func (d *decoder) coherentDentries() bool {
	s := d.s
	for i := 1; i < len(s.Dentries); i++ {
		r := &s.Dentries[i]
		listed := listedIn(d.entryOf, i)
		inDirectory := r.Parent != DentryIx(i) && r.Flags&Unlinked == 0
		switch {
		case r.Kind < Dir || r.Kind > AnonFile || r.SB == 0,
			inDirectory && (listed != int32(r.Parent) || r.Name == 0),
			!inDirectory && listed != 0,
			r.Kind == Symlink && s.Name(NameIx(r.Obj)) == "",
			(r.Kind == MntNSFile || r.Kind == UserNSFile) && r.Obj == 0:
			return false
		}
	}
	return d.acyclic(len(s.Dentries), func(i int) int {
		if p := int(s.Dentries[i].Parent); p != i {
			return p
		}
		return 0
	})
}

func (d *decoder) coherentRest() bool {
	s := d.s
	for i := 1; i < len(s.SBs); i++ {
		if r := &s.SBs[i]; r.Type < Tmpfs || r.Type > Opaque || r.Root == 0 || r.Owner == 0 || r.Name == 0 {
			return false
		}
	}
	for i := 1; i < len(s.Spaces); i++ {
		root := s.Spaces[i].Root
		if s.Spaces[i].Owner == 0 || root == 0 || s.Mounts[root].NS != NSIx(i) || s.Mounts[root].Parent != 0 {
			return false
		}
	}
	for _, p := range s.Procs {
		if p.Alive && (p.User == 0 || p.PidUser == 0 || p.ChildUser == 0 || p.Sysfs == 0 || s.SBs[p.Sysfs].Type != Sysfs || p.NS == 0 || p.FS == 0 || s.Spaces[p.NS].Anon) {
			return false
		}
	}
	for i := 1; i < len(s.FSs); i++ {
		if f := &s.FSs[i]; f.Root.M == 0 || f.Root.D == 0 || f.Cwd.M == 0 || f.Cwd.D == 0 {
			return false
		}
	}
	for i := 1; i < len(s.Files); i++ {
		if f := &s.Files[i]; f.Loc.M == 0 || f.Loc.D == 0 || int(f.Type) > int(Opaque) {
			return false
		}
	}
	for i := 1; i < len(s.FDs); i++ {
		if f := &s.FDs[i]; f.File == 0 || f.Num < firstFD || f.Num >= maxFDs {
			return false
		}
	}
	return d.acyclic(len(s.Users), func(i int) int { return int(s.Users[i].Parent) })
}

// acyclic tells whether following up, which ends at 0, ends from everywhere.
func (d *decoder) acyclic(n int, up func(int) int) bool {
	const onPath, done = 1, 2
	state := append(d.seen[:0], make([]uint8, n)...)
	d.seen = state
	for i := 1; i < n; i++ {
		for x := i; x != 0 && state[x] != done; x = up(x) {
			if state[x] == onPath {
				return false
			}
			state[x] = onPath
		}
		for x := i; x != 0 && state[x] != done; x = up(x) {
			state[x] = done
		}
	}
	return true
}
