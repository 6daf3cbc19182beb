package model

import (
	"encoding/binary"
	"errors"
)

// ErrKey is what DecodeKey returns for bytes that are no key.
var ErrKey = errors.New("not a key of a state")

// DecodeKey makes a state of a key. It has the same key, and the same future;
// ids are counted anew. sem must be the semantics of the state that the key is
// of.
func DecodeKey(key []byte, sem *Semantics) (*State, error) {
	s := new(State)
	if err := NewDecoder(sem).Decode(key, s); err != nil {
		return nil, err
	}
	return s, nil
}

// Decoder makes states of keys, one after the other, without new memory for
// each. It keeps the names that it has met, so that states share them.
type Decoder struct {
	base *State // the kernel's own objects, which keys do not describe, and all names
	d    decoder
}

// NewDecoder makes a Decoder of keys of states with the given semantics.
func NewDecoder(sem *Semantics) *Decoder { return &Decoder{base: newBareState(World{Semantics: sem})} }

// Decode makes s the state that key describes, as DecodeKey does, and uses the
// memory of s again where it suffices. After an error s is of no use but for
// this.
func (k *Decoder) Decode(key []byte, s *State) error {
	k.base.Copy(s)
	d := &k.d
	d.begin(k.base, s, key)
	d.run()
	bad := d.bad || d.left() > 0
	d.s, d.in = nil, nil
	if bad {
		return ErrKey
	}
	return nil
}

// decoder follows the walk of a Keyer.
type decoder struct {
	s      *State
	names  *interner // of all states that were decoded
	in     []byte
	at     int // of it: what was read
	bad    bool
	ix     [numKinds][]int32 // by number: index in the state
	queue  []object
	groups []int32
	spaces []spaceOrder // by NSIx

	// In whose list each mount, slave and directory entry was found.
	childOf, slaveOf, entryOf []int32

	seen []uint8 // scratch of acyclic
}

// spaceOrder is what a key says of a namespace that stands for its ids.
type spaceOrder struct {
	rank   uint64 // 1 + that of a real namespace by its id; 0: it is anonymous
	origin NSIx   // of an anonymous one
}

// begin makes the decoder forget what it decoded before.
func (d *decoder) begin(base, s *State, key []byte) {
	d.s, d.names, d.in, d.at, d.bad = s, &base.names, key, 0, false
	for kind := range d.ix {
		d.ix[kind] = append(d.ix[kind][:0], 0)
		for i := range ownRecords[kind] {
			d.ix[kind] = append(d.ix[kind], 1+i)
		}
	}
	d.queue, d.groups = d.queue[:0], d.groups[:0]
	d.spaces = append(d.spaces[:0], spaceOrder{})
	d.childOf, d.slaveOf, d.entryOf = d.childOf[:0], d.slaveOf[:0], d.entryOf[:0]
}

// uint reads a number; nearly all are small.
func (d *decoder) uint() uint64 {
	if at := d.at; at < len(d.in) && d.in[at] < 0x80 {
		d.at++
		return uint64(d.in[at])
	}
	return d.largeUint()
}

func (d *decoder) largeUint() uint64 {
	n, size := binary.Uvarint(d.in[d.at:])
	if size <= 0 {
		d.bad = true
		return 0
	}
	d.at += size
	return n
}

// left is how many bytes were not read yet.
func (d *decoder) left() int { return len(d.in) - d.at }

func (d *decoder) run() {
	s := d.s
	s.MountMax = int32(d.uint())
	s.SBs[s.SBOf(s.fixed.NsfsMount)].Flags = SBFlags(d.uint())
	s.unknownNames = d.uint() != 0
	if s.Sem.NSIDs != RisingIDs {
		s.nextAge = d.uint()
	}
	for i := range s.initialSBs {
		s.initialSBs[i] = SBIx(d.ref(sbObject))
	}
	s.fixed.Sysfs = SBIx(d.ref(sbObject))
	for n := d.uint(); n > 1 && !d.bad; n-- {
		d.process()
	}
	for len(d.queue) > 0 && !d.bad {
		o := d.queue[len(d.queue)-1]
		d.queue = d.queue[:len(d.queue)-1]
		d.object(o)
	}
	if !d.bad && !d.coherent() {
		d.bad = true
	}
	if !d.bad {
		d.finish()
	}
}

// ref reads a reference; a new number makes a record, to be read later.
func (d *decoder) ref(kind objectKind) int32 {
	n := d.uint()
	if n < uint64(len(d.ix[kind])) {
		return d.ix[kind][n]
	}
	if n > uint64(len(d.ix[kind])) || d.bad {
		d.bad = true
		return 0
	}
	ix := d.newRecord(kind)
	d.ix[kind] = append(d.ix[kind], ix)
	if kind != nameObject {
		d.queue = append(d.queue, object{kind, ix})
	}
	return ix
}

func (d *decoder) newRecord(kind objectKind) int32 {
	s := d.s
	switch kind {
	case mountObject:
		m := MountIx(len(s.Mounts))
		s.nextUID++
		s.live++
		s.Mounts = append(s.Mounts, Mount{ID: s.mountIDs.take(), UID: s.nextUID, NextPeer: m, PrevPeer: m})
		s.growMountHash()
		return int32(m)
	case dentryObject:
		s.Dentries = append(s.Dentries, Dentry{})
		s.dentries++
		return int32(len(s.Dentries) - 1)
	case sbObject:
		s.lastMinor++
		s.SBs = append(s.SBs, Superblock{Minor: s.lastMinor})
		return int32(len(s.SBs) - 1)
	case nsObject:
		s.Spaces = append(s.Spaces, MountNS{})
		d.spaces = append(d.spaces, spaceOrder{})
		return int32(len(s.Spaces) - 1)
	case userObject:
		s.Users = append(s.Users, UserNS{live: true})
		return int32(len(s.Users) - 1)
	case fsObject:
		s.FSs = append(s.FSs, FSStruct{})
		return int32(len(s.FSs) - 1)
	case fileObject:
		s.Files = append(s.Files, File{})
		return int32(len(s.Files) - 1)
	default:
		n := d.uint()
		if n > uint64(d.left()) {
			d.bad = true
			return 0
		}
		name := d.name(d.in[d.at : d.at+int(n)])
		d.at += int(n)
		return int32(name)
	}
}

// name is the number of a name, the same in all states that are decoded.
func (d *decoder) name(text []byte) NameIx {
	if n := d.names.find(string(text)); n != 0 {
		return n
	}
	n := d.names.intern(string(text))
	d.names.copyTo(&d.s.names)
	return n
}

func (d *decoder) loc() Loc { return Loc{MountIx(d.ref(mountObject)), DentryIx(d.ref(dentryObject))} }

// finish fills in what follows from the records.
func (d *decoder) finish() {
	s := d.s
	d.numberSpaces()
	s.reserveDentryHash(int(s.dentries))
	for i := 1; i < len(s.Dentries); i++ {
		if r := &s.Dentries[i]; r.Parent != DentryIx(i) && r.SB != 0 && r.Flags&Unlinked == 0 {
			s.hashDentry(DentryIx(i))
		}
	}
	for i := 1; i < len(s.Mounts); i++ {
		r := &s.Mounts[i]
		if r.NS > 0 {
			s.Spaces[r.NS].Nr++
		}
		if r.Parent != 0 {
			at := &s.Dentries[r.MP]
			r.nextHere = at.FirstMount
			if at.FirstMount != 0 {
				s.Mounts[at.FirstMount].prevHere = MountIx(i)
			}
			at.FirstMount = MountIx(i)
			s.hashMount(MountIx(i))
		}
		s.getDentry(r.Root)
	}
	for p := range s.Procs {
		r := &s.Procs[p]
		if !r.Alive {
			continue
		}
		s.Spaces[r.NS].Refs++
		s.FSs[r.FS].Users++
		for fd := r.FirstFD; fd != 0; fd = s.FDs[fd].Next {
			s.Files[s.FDs[fd].File].Refs++
		}
	}
	for i := range s.FSs {
		if s.FSs[i].Users > 0 {
			s.getLoc(s.FSs[i].Root)
			s.getLoc(s.FSs[i].Cwd)
		}
	}
	for i := range s.Files {
		if s.Files[i].Refs > 0 {
			s.getLoc(s.Files[i].Loc)
			s.getDentry(s.Files[i].Picked)
		}
	}
	for i := range s.Users {
		u := UserIx(i)
		for p := s.Users[u].Parent; p != 0 && int(s.Users[u].Level) < len(s.Users); p = s.Users[p].Parent {
			s.Users[u].Level++
		}
	}
}

// numberSpaces gives namespaces ids in the order of their ranks.
func (d *decoder) numberSpaces() {
	s := d.s
	age := uint64(0)
	for rank := range uint64(len(d.spaces)) {
		for ns := range d.spaces {
			if d.spaces[ns].rank != 1+rank {
				continue
			}
			if s.Sem.NSIDs == RisingIDs {
				age++
				s.Spaces[ns].Age = age
			}
			s.Spaces[ns].ID = s.Sem.nsID(s.Spaces[ns].Age)
		}
	}
	if s.Sem.NSIDs == RisingIDs {
		s.nextAge = age
	}
	for i := 1; i < len(s.Spaces); i++ {
		r := &s.Spaces[i]
		if r.Anon {
			s.nextAge++
			r.Age, r.ID = s.nextAge, s.Sem.nsID(s.nextAge)
			if o := d.spaces[i].origin; o != 0 {
				r.Origin = s.Spaces[o].ID
			}
		} else if r.File == 0 {
			file := s.newDentry(s.SBOf(s.fixed.NsfsMount), 0, 0, MntNSFile, int32(i))
			s.Spaces[i].File = file
		}
	}
}
