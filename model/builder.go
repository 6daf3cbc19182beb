package model

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
)

// Builder makes a legal State directly, without calls: a mount table that was
// read, or one that a generator drew. What it cannot make is a state that
// breaks an invariant of spec 01 §6: Build says what is wrong with it.
//
// Everything is added in the order that shows: mounts get rising unique ids,
// children of one mount are in the order in which they were attached, peers and
// slaves in the order in which they were added. The first mistake is kept, and
// Build returns it; methods in between return indexes that are of no use then.
//
// Whether a state that was built can be got into by calls is another question.
type Builder struct {
	s      *State
	err    error
	base   MountIx // the first mount that is not the kernel's own
	peers  map[int32]MountIx
	slaves []slaveSpec
	procs  []ProcessSpec // by ProcIx
	devs   bool          // device numbers were given
	claims map[FSType]bool
}

// slaveSpec is a mount whose master is known by its group or by itself.
type slaveSpec struct {
	m, master MountIx
	group     int32
}

// BuildError says why a state that was described is none that a kernel gets
// into.
type BuildError struct {
	Mount MountIx // the mount that is wrong, in the order of adding; or none
	ID    int32   // its id, where it has one
	Msg   string
}

func (e *BuildError) Error() string { return e.Msg }

// NewBuilder starts with no namespace, no process and nothing mounted.
func NewBuilder(w World) *Builder {
	b := &Builder{
		s: newBareState(w), peers: map[int32]MountIx{}, procs: make([]ProcessSpec, 1), claims: map[FSType]bool{},
	}
	b.s.addSysfs(b.s.fixed.InitUser)
	// Who names ids may name those that the kernel's own mounts happened to get.
	for m := range b.s.Mounts {
		b.s.mountIDs.release(b.s.Mounts[m].ID)
		b.s.Mounts[m].ID = 0
	}
	b.base = MountIx(len(b.s.Mounts))
	return b
}

// Grow makes room for so many mounts, before the first is added, each with a
// mountpoint and perhaps a filesystem of its own. It is about speed only.
func (b *Builder) Grow(mounts int) {
	s := b.s
	if len(s.Mounts) > int(b.base) || mounts <= 0 {
		return
	}
	s.Mounts = slices.Grow(s.Mounts, mounts+16)
	s.Dentries = slices.Grow(s.Dentries, 2*mounts)
	s.SBs = slices.Grow(s.SBs, mounts+16)
	size := 1 << bits.Len(uint(mounts+16))
	s.mountHash = make([]MountIx, size) // nothing is mounted yet
	s.rehashDentries(size)
	s.names.text = slices.Grow(s.names.text, mounts)
	s.names.next = slices.Grow(s.names.next, mounts)
	b.peers = make(map[int32]MountIx, mounts)
}

// Fail makes Build return err, unless there was an earlier mistake.
func (b *Builder) Fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *Builder) failAt(m MountIx, format string, args ...any) {
	if b.err == nil {
		b.err = &BuildError{Mount: m, ID: b.s.Mounts[m].ID, Msg: b.words(m) + " " + fmt.Sprintf(format, args...)}
	}
}

// words names a mount as its place in a sentence wants it. A path is not in
// it: the parents may not be known yet.
func (b *Builder) words(m MountIx) string {
	if id := b.s.Mounts[m].ID; id != 0 {
		return fmt.Sprintf("mount %d", id)
	}
	return fmt.Sprintf("the mount added as number %d", m-b.base+1)
}

// UnknownNames makes the state take names that it does not know for directories,
// in superblocks with UnknownContent: a mount table lists no names.
func (b *Builder) UnknownNames() { b.s.unknownNames = true }

// InitUser is the initial user namespace.
func (b *Builder) InitUser() UserIx { return b.s.fixed.InitUser }

// User adds a user namespace below parent.
func (b *Builder) User(parent UserIx) UserIx { return b.s.newUser(b.user(parent)) }

// user is u, or the initial user namespace for none.
func (b *Builder) user(u UserIx) UserIx {
	if u > 0 && int(u) < len(b.s.Users) {
		return u
	}
	if u != 0 {
		b.Fail(fmt.Errorf("user namespace %d does not exist", u))
	}
	return b.s.fixed.InitUser
}

// NamespaceSpec describes a mount namespace.
type NamespaceSpec struct {
	Owner  UserIx // none: the initial user namespace
	Anon   bool   // behind a detached tree; a descriptor from OpenTree keeps it
	Origin NSIx   // Anon: where the tree was copied from; none: from nowhere
}

// Namespace adds a mount namespace. Later ones are newer.
func (b *Builder) Namespace(n NamespaceSpec) NSIx {
	ns := b.s.newNS(b.user(n.Owner), n.Anon)
	if n.Anon && n.Origin > 0 && int(n.Origin) < len(b.s.Spaces) {
		b.s.Spaces[ns].Origin = b.s.Spaces[n.Origin].ID
	}
	return ns
}

// NamespaceFile is the file of a namespace: the root of a mount that pins it.
func (b *Builder) NamespaceFile(ns NSIx) DentryIx { return b.s.Spaces[ns].File }

// UserFile is the file of a user namespace.
func (b *Builder) UserFile(u UserIx) DentryIx { return b.s.userFile(b.user(u)) }

// PidFile is the file of a process.
func (b *Builder) PidFile(p ProcIx) DentryIx { return b.s.pidFile(p) }

// NamespaceLoc is where a descriptor of a namespace refers to. Spec 01 §5.
func (b *Builder) NamespaceLoc(ns NSIx) Loc { return Loc{b.s.fixed.NsfsMount, b.s.Spaces[ns].File} }

// SuperblockSpec describes a filesystem.
type SuperblockSpec struct {
	Type         FSType
	Flags        SBFlags // besides those that the type brings
	Owner        UserIx  // none: the initial user namespace
	Name         string  // as mountinfo shows the type; empty: the type's own
	Major, Minor int32   // 0:0: the next free number
	Opts         string  // what mountinfo shows behind rw or ro
}

// Superblock adds a filesystem with an empty root directory. The kernel has one
// nsfs, one pidfs and one initial sysfs: the first of each that is asked for is
// that, a second nsfs or pidfs a mistake.
func (b *Builder) Superblock(n SuperblockSpec) SBIx {
	sb, first := b.kernelsOwn(n.Type), !b.claims[n.Type]
	switch {
	case sb != 0 && first:
		b.claims[n.Type] = true
	case sb != 0 && n.Type != Sysfs:
		b.Fail(fmt.Errorf("a second %s: there is one in a machine", n.Type))
		return sb
	default:
		sb = b.s.newSB(n.Type, n.Type.sbFlags(), b.user(n.Owner))
		if n.Type == Nullfs {
			b.s.Dentries[b.s.SBs[sb].Root].Flags |= Immutable
		}
	}
	r := &b.s.SBs[sb]
	r.Flags |= n.Flags
	if n.Name != "" {
		r.Name = b.s.names.intern(n.Name)
	}
	if n.Opts != "" {
		r.Opts = b.s.names.intern(n.Opts)
	}
	if n.Major != 0 || n.Minor != 0 {
		b.devs = true
		r.Major, r.Minor = n.Major, n.Minor
		if n.Major == 0 && n.Minor < 1<<20 { // minor numbers have 20 bits
			b.s.lastMinor = max(b.s.lastMinor, n.Minor)
		}
	}
	return sb
}

// kernelsOwn is the superblock that the machine has from the start, or none.
func (b *Builder) kernelsOwn(t FSType) SBIx {
	switch t {
	case Nsfs:
		return b.s.SBOf(b.s.fixed.NsfsMount)
	case Pidfs:
		return b.s.SBOf(b.s.fixed.PidfsMount)
	case Sysfs:
		return b.s.fixed.Sysfs
	}
	return 0
}

// Root is the root directory of a filesystem.
func (b *Builder) Root(sb SBIx) DentryIx { return b.s.SBs[sb].Root }

// Dentry finds or makes what path names below directory dir, and the
// directories on the way. "" and "/" name dir itself. It is a directory, a
// regular file, or with a target a symlink; an existing one keeps its kind.
func (b *Builder) Dentry(dir DentryIx, path string, kind DentryKind) DentryIx {
	d := dir
	for path != "" {
		name, rest, _ := strings.Cut(path, "/")
		path = rest
		if name == "" {
			continue
		}
		k := Dir
		if strings.Trim(rest, "/") == "" {
			k = kind
		}
		d = b.child(d, name, k)
	}
	return d
}

func (b *Builder) child(dir DentryIx, name string, kind DentryKind) DentryIx {
	if !b.s.IsDir(dir) {
		b.Fail(fmt.Errorf("%q is to be in %s, which is no directory", name, b.s.dentryPath(dir)))
		return dir
	}
	if d := b.s.lookupChild(dir, name); d != 0 {
		return d
	}
	return b.s.newDentry(b.s.Dentries[dir].SB, dir, b.s.names.intern(name), kind, 0)
}

// Symlink makes a symlink of that name in directory dir.
func (b *Builder) Symlink(dir DentryIx, name, target string) DentryIx {
	d := b.child(dir, name, Symlink)
	b.s.Dentries[d].Obj = int32(b.s.names.intern(target))
	return d
}

// Special makes a file that stands alone, in no directory, such as those of
// nsfs. text is what mountinfo shows as the root of a mount of it.
func (b *Builder) Special(sb SBIx, text string) DentryIx {
	d := b.s.newDentry(sb, 0, 0, RegularFile, 0)
	b.ShowAs(d, text)
	return d
}

// ShowAs says what mountinfo shows as the root of a mount of d, a file that
// stands alone: mnt:[4026532112]. Without it the number is made up.
func (b *Builder) ShowAs(d DentryIx, text string) { b.s.Dentries[d].Name = b.s.names.intern(text) }

// Remove makes d a file or directory that was removed while it was in use. It
// can be the root of a mount, no mountpoint. Spec 01 §1.2.
func (b *Builder) Remove(d DentryIx) {
	r := &b.s.Dentries[d]
	if r.Parent == d || r.Flags&Unlinked != 0 {
		return
	}
	b.s.unlinkDentry(d)
	b.s.Dentries[d].Flags |= Unlinked | CantMount
}

// SetKind changes what d is: a mount table tells files from directories late.
func (b *Builder) SetKind(d DentryIx, kind DentryKind) {
	if b.s.Dentries[d].FirstChild == 0 {
		b.s.Dentries[d].Kind = kind
	}
}

// DentryAt is the record of d as it is by now.
func (b *Builder) DentryAt(d DentryIx) Dentry { return b.s.Dentries[d] }

// SetOpts makes mounts of d show super options of their own, as btrfs does for
// its subvolumes. State.SuperOptions finds them.
func (b *Builder) SetOpts(d DentryIx, opts string) {
	if r := &b.s.Dentries[d]; r.Kind == Dir || r.Kind == RegularFile {
		r.Obj = int32(b.s.names.intern(opts))
	}
}
