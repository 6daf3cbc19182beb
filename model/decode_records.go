package model

func (d *decoder) process() {
	s := d.s
	p := ProcIx(len(s.Procs))
	s.Procs = append(s.Procs, Process{})
	alive := d.uint()
	if alive == 0 {
		return
	}
	r := Process{Alive: true, Caps: Caps(alive - 1)}
	r.User = UserIx(d.ref(userObject))
	r.NS = NSIx(d.ref(nsObject))
	r.FS = FSIx(d.ref(fsObject))
	r.Sysfs = SBIx(d.ref(sbObject))
	r.PidUser, r.ChildUser = UserIx(d.ref(userObject)), UserIx(d.ref(userObject))
	s.Procs[p] = r
	for n := d.uint(); n != 0 && !d.bad; n = d.uint() {
		f := FileIx(d.ref(fileObject))
		s.addFD(p, int32(n), f)
	}
}

func (d *decoder) object(o object) {
	s := d.s
	switch o.kind {
	case mountObject:
		d.mount(MountIx(o.ix))
	case dentryObject:
		d.dentry(DentryIx(o.ix))
	case sbObject:
		r := s.SBs[o.ix]
		r.Type, r.Flags = FSType(d.uint()), SBFlags(d.uint())
		r.Root = DentryIx(d.ref(dentryObject))
		r.Owner = UserIx(d.ref(userObject))
		r.Name = NameIx(d.ref(nameObject))
		s.SBs[o.ix] = r
	case nsObject:
		d.space(NSIx(o.ix))
	case userObject:
		parent := UserIx(d.ref(userObject))
		s.Users[o.ix].Parent = parent
	case fsObject:
		root, cwd := d.loc(), d.loc()
		s.FSs[o.ix].Root, s.FSs[o.ix].Cwd = root, cwd
	case fileObject:
		r := File{Kind: FileKind(d.uint()), Mode: FileMode(d.uint()), Phase: ContextPhase(d.uint()), Type: FSType(d.uint())}
		r.Loc = d.loc()
		r.SB = SBIx(d.ref(sbObject))
		r.User = UserIx(d.ref(userObject))
		r.Picked = DentryIx(d.ref(dentryObject))
		r.Params = d.parameters()
		s.Files[o.ix] = r
	}
}

func (d *decoder) parameters() Parameters {
	said := d.uint()
	return Parameters{said&keyReadOnly != 0, said&keySaysReadOnly != 0, NameIx(d.ref(nameObject))}
}

// mount reads a record. A reference may make a record, which may move this one: so
// references are read before this is written.
func (d *decoder) mount(m MountIx) {
	s := d.s
	flags, has := MountFlags(d.uint()), d.uint()
	root, mp := DentryIx(d.ref(dentryObject)), DentryIx(d.ref(dentryObject))
	parent, ns := MountIx(d.ref(mountObject)), NSIx(d.ref(nsObject))
	source := NameIx(d.ref(nameObject))
	r := &s.Mounts[m]
	r.Flags, r.Root, r.MP, r.Parent, r.NS, r.Source = flags, root, mp, parent, ns, source
	if has >= 2*keySlaves {
		d.bad = true
		return
	}
	if has != 0 {
		d.mountLinks(m, has)
	}
	if flags&Umounted != 0 {
		for c := d.ref(dentryObject); c != 0 && !d.bad; c = d.ref(dentryObject) {
			s.covers = append(s.covers, cover{m, DentryIx(c)})
		}
	}
}

func (d *decoder) mountLinks(m MountIx, has uint64) {
	s := d.s
	if has&keyIDMap != 0 {
		s.Mounts[m].IDMap = UserIx(d.ref(userObject))
	}
	if has&keyGroup != 0 {
		s.Mounts[m].Group = d.group(d.uint())
		next := MountIx(d.ref(mountObject))
		s.Mounts[m].NextPeer, s.Mounts[next].PrevPeer = next, m
	}
	if has&keyMaster != 0 {
		master := MountIx(d.ref(mountObject))
		s.Mounts[m].Master = master
	}
	if has&keyChildren != 0 {
		last := d.list(mountObject, &d.childOf, int32(m), func(prev, c int32) {
			if prev == 0 {
				s.Mounts[m].FirstChild = MountIx(c)
			} else {
				s.Mounts[prev].NextChild = MountIx(c)
			}
			s.Mounts[c].PrevChild, s.Mounts[c].NextChild = MountIx(prev), 0
		})
		s.Mounts[m].LastChild = MountIx(last)
	}
	if has&keySlaves != 0 {
		d.list(mountObject, &d.slaveOf, int32(m), func(prev, c int32) {
			if prev == 0 {
				s.Mounts[m].FirstSlave = MountIx(c)
			} else {
				s.Mounts[prev].NextSlave = MountIx(c)
			}
			s.Mounts[c].PrevSlave, s.Mounts[c].NextSlave = MountIx(prev), 0
		})
	}
}

// list reads references up to the 0 that ends them, and lets link join each to
// the one before it. Nothing may be in the lists of two owners.
func (d *decoder) list(kind objectKind, in *[]int32, owner int32, link func(prev, x int32)) (last int32) {
	for x := d.ref(kind); x != 0 && !d.bad; x = d.ref(kind) {
		d.listOnce(in, x, owner)
		link(last, x)
		last = x
	}
	return last
}

func (d *decoder) group(n uint64) int32 {
	for uint64(len(d.groups)) < n && n <= uint64(d.left()) {
		d.groups = append(d.groups, d.s.groupIDs.take())
	}
	if n > uint64(len(d.groups)) {
		d.bad = true
		return 0
	}
	if n == 0 {
		return 0
	}
	return d.groups[n-1]
}

func (d *decoder) dentry(x DentryIx) {
	s := d.s
	what := d.uint()
	r := Dentry{Kind: DentryKind(what % (1 << keyKindBits)), Flags: DentryFlags(what >> keyKindBits % (1 << keyFlagBits))}
	if what >= 2*keyHasEntries || what&keyHasEntries != 0 && r.Kind != Dir {
		d.bad = true
		return
	}
	r.SB = SBIx(d.ref(sbObject))
	if r.Parent = DentryIx(d.ref(dentryObject)); r.Parent == 0 {
		r.Parent = x
	} else {
		r.Name = NameIx(d.ref(nameObject))
	}
	switch r.Kind {
	case Symlink:
		r.Obj = d.ref(nameObject)
	case MntNSFile:
		r.Obj = d.ref(nsObject)
		s.Spaces[r.Obj].File = x
	case UserNSFile:
		r.Obj = d.ref(userObject)
		s.Users[r.Obj].File = x
	case PidFile:
		r.Obj = int32(d.uint())
		if r.Obj <= 0 || int(r.Obj) >= len(s.Procs) {
			d.bad = true
			return
		}
		s.Procs[r.Obj].Pid = x
	}
	if r.Flags&Unlinked != 0 {
		s.SBs[r.SB].removed = true
	}
	own := &s.Dentries[x]
	own.Kind, own.Flags, own.SB, own.Parent, own.Name, own.Obj = r.Kind, r.Flags, r.SB, r.Parent, r.Name, r.Obj
	if what&keyHasEntries == 0 {
		return
	}
	d.list(dentryObject, &d.entryOf, int32(x), func(prev, c int32) {
		if prev == 0 {
			s.Dentries[x].FirstChild = DentryIx(c)
		} else {
			s.Dentries[prev].nextChild = DentryIx(c)
		}
		s.Dentries[c].prevChild = DentryIx(prev)
	})
}

func (d *decoder) space(ns NSIx) {
	s := d.s
	owner := UserIx(d.ref(userObject))
	root := MountIx(d.ref(mountObject))
	r := MountNS{Owner: owner, Root: root, File: s.Spaces[ns].File}
	switch d.uint() {
	case 0:
		d.spaces[ns].rank = 1 + d.uint()
		if s.Sem.NSIDs != RisingIDs {
			r.Age = d.uint()
		}
	case 1:
		r.Anon = true
	case 2:
		r.Anon = true
		r.Origin = goneOrigin
	case 3:
		r.Anon = true
		origin := NSIx(d.ref(nsObject))
		d.spaces[ns].origin = origin
	default:
		d.bad = true
	}
	r.File = s.Spaces[ns].File
	s.Spaces[ns] = r
}

// goneOrigin is the id of a namespace that is gone, whichever it was.
const goneOrigin = 1 << 63
