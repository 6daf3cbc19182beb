package model

// World is what a State starts as.
type World struct {
	Semantics *Semantics // nil: those of DefaultRelease
	MountMax  int32      // fs.mount-max; 0: the kernel's default
	// Unprivileged: the world is one that a user has made who is not root. The
	// user namespace that it starts in is not the initial one, and what the kernel
	// has from there was locked when it came. A Builder does not look at it.
	Unprivileged bool
}

// defaultMountMax is the kernel's default of fs.mount-max. Spec 04 §22.
const defaultMountMax = 100_000

// NewState makes the world in which every trace starts: one namespace, the
// kernel's own root, an empty tmpfs mounted over it, everything private, and
// actor 1, who is root there with every capability.
//
// An unprivileged one differs in three things, and all else follows from the
// rules. All that is the world's belongs to a user namespace below the initial
// one. The attributes of the kernel's own root are locked, as those of every mount
// that a user namespace gets from another. And the tmpfs is locked to it, since
// what was there before was, and pivot_root hands that on. Spec 03 §3.5, 04 §9.
func NewState(w World) *State {
	s := newBareState(w)
	user := s.fixed.InitUser
	if w.Unprivileged {
		user = s.newUser(user)
	}
	s.addSysfs(user)
	root := SBFlags(SBNoUser)
	kind := Nullfs
	if !s.Sem.NullfsRoot {
		kind, root = Rootfs, SBReadOnly
	}
	rootSB := s.newSB(kind, root, s.fixed.InitUser)
	if kind == Nullfs {
		s.Dentries[s.SBs[rootSB].Root].Flags |= Immutable
	}
	none, own := s.names.intern("none"), s.names.intern(kind.String())
	ns := s.newNS(user, false)
	bottom := s.newMount(s.SBs[rootSB].Root, own, 0)
	s.fillNS(ns, bottom)
	topSB := s.newSB(Tmpfs, Tmpfs.sbFlags(), user)
	s.initialSBs = [2]SBIx{rootSB, topSB}
	top := s.newMount(s.SBs[topSB].Root, none, RelAtime)
	if w.Unprivileged {
		s.lockTree(bottom)
		s.touch(top).Flags |= Locked
	}
	s.attach(top, bottom, s.Mounts[bottom].Root)
	s.enterNS(top, ns)
	s.addInit(user, ns, Loc{top, s.Mounts[top].Root})
	s.endCall()
	return s
}

// addInit makes actor 1.
func (s *State) addInit(user UserIx, ns NSIx, at Loc) ProcIx {
	p := ProcIx(len(s.Procs))
	s.Procs = append(s.Procs, Process{Alive: true, Caps: AllCaps, User: user, NS: ns, FS: s.newFS(at, at),
		Sysfs: s.fixed.Sysfs, PidUser: user, ChildUser: user})
	s.Spaces[ns].Refs++
	return p
}

// newBareState makes a state with the kernel's own filesystems only.
func newBareState(w World) *State {
	s := &State{Sem: w.Semantics, MountMax: w.MountMax}
	if s.Sem == nil {
		s.Sem, _ = ForRelease(DefaultRelease)
	}
	if s.MountMax == 0 {
		s.MountMax = defaultMountMax
	}
	s.Mounts, s.Dentries, s.SBs = make([]Mount, 1, 16), make([]Dentry, 1, 32), make([]Superblock, 1, 16)
	s.Spaces, s.Users, s.Procs = make([]MountNS, 1, 4), make([]UserNS, 1, 4), make([]Process, 1, 4)
	s.FSs, s.FDs, s.Files = make([]FSStruct, 1, 4), make([]FD, 1, 8), make([]File, 1, 8)
	s.growMountHash()
	s.sweepAt = 256
	s.callNo = 1

	s.Users = append(s.Users, UserNS{live: true})
	s.fixed.InitUser = 1
	internal := func(t FSType, f SBFlags) MountIx {
		sb := s.newSB(t, f, s.fixed.InitUser)
		m := s.newMount(s.SBs[sb].Root, s.names.intern(t.String()), 0)
		r := &s.Mounts[m]
		r.NS = InternalNS
		s.mountIDs.release(r.ID)
		r.ID = -int32(m) // ids that people see begin with the namespace's own mounts
		return m
	}
	s.fixed.NsfsMount = internal(Nsfs, 0)
	s.fixed.PidfsMount = internal(Pidfs, SBNoUser)
	s.fixed.AnonMount = internal(AnonInode, SBNoUser)
	s.fixed.AnonDentry = s.newDentry(s.SBOf(s.fixed.AnonMount), 0, 0, AnonFile, 0)
	s.fixed.LinkDentry = s.newDentry(s.SBOf(s.fixed.AnonMount), 0, 0, Symlink, int32(s.names.intern("magic")))
	s.fixed.StandInDir = internal(Nullfs, SBNoUser)
	s.Dentries[s.Mounts[s.fixed.StandInDir].Root].Flags |= Immutable
	s.fixed.StandInFile = internal(AnonInode, SBNoUser)
	s.Dentries[s.Mounts[s.fixed.StandInFile].Root].Kind = RegularFile
	return s
}

// addSysfs makes the sysfs of the network namespace that a world starts in, which
// user owns.
func (s *State) addSysfs(user UserIx) { s.fixed.Sysfs = s.newSB(Sysfs, Sysfs.sbFlags(), user) }

// fsTypes names the types and says what a new superblock of each may do.
var fsTypes = [...]struct {
	name    string
	flags   SBFlags
	mounted bool // mount(2) and fsopen(2) know it
}{
	Tmpfs:     {"tmpfs", AllowIDMap | UserNSMount, true},
	Ramfs:     {"ramfs", UserNSMount, true},
	Proc:      {"proc", UserNSMount | UserNSRestricted, true},
	Sysfs:     {"sysfs", UserNSMount | UserNSRestricted, true},
	Nullfs:    {"nullfs", SBNoUser, false},
	Rootfs:    {"rootfs", 0, false},
	Nsfs:      {"nsfs", 0, false},
	Pidfs:     {"pidfs", SBNoUser, false},
	AnonInode: {"anon_inodefs", SBNoUser, false},
	Opaque:    {"opaque", 0, false},
}

// String is the type's name as mountinfo shows it.
func (t FSType) String() string { return fsTypes[t].name }

func (t FSType) sbFlags() SBFlags { return fsTypes[t].flags }

// fsTypeByName finds a type that can be mounted.
func fsTypeByName(name string) (FSType, bool) {
	for t := range fsTypes {
		if fsTypes[t].mounted && fsTypes[t].name == name {
			return FSType(t), true
		}
	}
	return 0, false
}
