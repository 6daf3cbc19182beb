package mountinfo

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"mntcheck/model"
)

// LoadOptions say what of a machine its mount table does not.
type LoadOptions struct {
	Semantics *model.Semantics // of the release that is asked about; nil: the default
	MountMax  int32            // fs.mount-max; 0: the kernel's default

	// Userns asks as a caller that has made itself a user namespace, with
	// unshare(CLONE_NEWUSER), and nothing else.
	Userns bool

	// Whole: the table lists a namespace from its bottom on, as OfNamespace
	// and the tables of traces do, so that the process stands on the topmost
	// mount of the stack at "/". A process reads its own root, or what is on
	// that, so without Whole it stands on the lowest listed mount, unless that
	// is a nullfs with something on it.
	Whole bool

	// IsDir and Readlink ask the machine that the table is of, where that is at
	// hand, about a path as the process sees it. known is false where it cannot
	// be told. Readlink knows the targets of symlinks only. nil: nobody to ask.
	IsDir    func(path string) (dir, known bool)
	Readlink func(path string) (target string, known bool)
}

// Loaded is a machine made from a mount table, with the process that read the
// table as actor 1. Actor 2 is another one at the same place: without it the
// mount namespace would end when actor 1 leaves it.
type Loaded struct {
	State  *model.State
	Mounts []model.MountIx // the mount that each entry of the table became

	// Assumptions are all that the state took for granted. An answer depends on
	// few of them: see Relevant.
	Assumptions []Assumption

	opt   LoadOptions
	calls callFacts
}

// Load makes a state of a process's mount table: one mount namespace with the
// mounts that are listed, and what must be there besides. A mount table does not
// tell everything; what it leaves open is decided in favour of the usual, and is
// an Assumption:
//
//   - The mount under the process's root is not listed. It is taken for the
//     bottom of the namespace: nullfs, before 7.0 rootfs. If no listed mount is
//     the process's root, it is chrooted into a directory of an unknown mount.
//   - Locks are not listed: none are set.
//   - Peer groups may have members in other namespaces: none are added. A master
//     that is not listed must be in another namespace: one is invented there.
//   - A mount of another mount namespace's file pins that: it is taken for a newer
//     one with nothing in it.
//   - What is mounted is a directory unless it is the file of a namespace or
//     LoadOptions.IsDir knows better. Names that the table does not show exist
//     and are directories, not symlinks, unless Loaded.Learn finds out more.
//
// Ids of mounts and of peer groups are kept; new ones get the lowest numbers that
// the table leaves free, which need not be those that the machine would give.
//
// An *Error says what in the table cannot be, and where: parents that do not fit
// together, two mounts on one place, a group across filesystems. Nothing is dropped.
func Load(t *Table, opt LoadOptions) (*Loaded, error) {
	l := &loader{
		t: t, opt: opt,
		b:      model.NewBuilder(model.World{Semantics: opt.Semantics, MountMax: opt.MountMax}),
		spaces: map[string]model.DentryIx{},
	}
	l.b.Grow(len(t.Entries))
	if err := l.run(); err != nil {
		return nil, l.positioned(err)
	}
	s, err := l.b.Build()
	if err != nil {
		return nil, l.positioned(err)
	}
	out := &Loaded{State: s, Mounts: l.mounts, Assumptions: l.assumptions(), opt: opt, calls: l.facts}
	if opt.Userns {
		if err := enterUserns(s); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// enterUserns makes the one call that the process is said to have made.
func enterUserns(s *model.State) error {
	call := model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWUSER))
	r, err := s.Do(1, &call)
	if err == nil && r.Errno != 0 {
		err = fmt.Errorf("this process cannot make a user namespace: unshare(CLONE_NEWUSER) is refused with %s, %s", r.Errno, s.Sentence(r.Refusal))
	}
	return err
}

// loader turns entries into what a Builder takes.
type loader struct {
	t   *Table
	opt LoadOptions
	b   *model.Builder

	parents []int // by entry, as Table.Parents has it
	root    int   // the entry that is the process's root; -1: it is not listed
	ns      model.NSIx
	above   model.MountIx // what stands for the parent that is not listed, or none

	sb     []model.SBIx // by entry, and the following four too
	first  []int32      // the first entry with this superblock
	mounts []model.MountIx
	roots  []model.DentryIx
	mps    []model.DentryIx
	spaces map[string]model.DentryIx // files of namespaces, by mnt:[…]
	idmap  model.UserIx

	facts callFacts
}

func (l *loader) run() error {
	for _, step := range []func() error{
		l.findRoot, l.checkNumbers, l.makeFilesystems, l.makeRoots, l.makeMounts, l.makeOutside, l.attachMounts, l.decideKinds,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	l.addProcess()
	return nil
}

// errorAt is an error about a field of entry i.
func (l *loader) errorAt(i int, f Field, format string, args ...any) error {
	return &Error{File: l.t.Name, Line: l.t.line(i), Field: f, Msg: fmt.Sprintf(format, args...)}
}

// positioned adds the line to what the Builder says of a mount.
func (l *loader) positioned(err error) error {
	var at *Error
	if errors.As(err, &at) {
		return err
	}
	var wrong *model.BuildError
	if errors.As(err, &wrong) {
		for i, m := range l.mounts {
			if m == wrong.Mount && m != 0 {
				return l.errorAt(i, NoField, "%s", wrong.Msg)
			}
		}
	}
	return &Error{File: l.t.Name, Msg: err.Error()}
}

// findRoot finds the entry that the process's root is. All chains of parents end
// there, or else at one mount that is not listed. Spec 06 §1.
func (l *loader) findRoot() error {
	l.ns = l.b.Namespace(model.NamespaceSpec{}) // the oldest
	var err error
	if l.parents, err = l.t.Parents(); err != nil {
		return err
	}
	var roots []int
	for i, p := range l.parents {
		if p < 0 {
			roots = append(roots, i)
		}
	}
	if len(roots) == 0 {
		return &Error{File: l.t.Name, Msg: "want at least one mount, got none: the root of this process is not mounted any more"}
	}
	first := &l.t.Entries[roots[0]]
	for _, i := range roots[1:] {
		e := &l.t.Entries[i]
		if e.Parent != first.Parent || e.Parent == e.ID {
			return l.errorAt(i, FieldParent, "want one mount above all others, got parent %d here and parent %d on line %d, and neither is listed: was the table cut, or changed while it was read?",
				e.Parent, first.Parent, l.t.line(roots[0]))
		}
	}
	l.root = -1
	if len(roots) == 1 && first.Mountpoint == "/" {
		l.root = roots[0]
	} else if first.Parent == first.ID {
		return l.errorAt(roots[0], FieldMountpoint, "want / for a mount without a parent, %s", got(first.Mountpoint))
	}
	return nil
}

// checkNumbers refuses numbers that the kernel's own types do not hold.
func (l *loader) checkNumbers() error {
	for i := range l.t.Entries {
		e := &l.t.Entries[i]
		for _, n := range [...]struct {
			value int
			field Field
			low   int
		}{
			{e.ID, FieldID, 1}, {e.Parent, FieldParent, 0}, {e.Major, FieldDevice, 0}, {e.Minor, FieldDevice, 0},
			{e.Shared, FieldTags, 0}, {e.Master, FieldTags, 0}, {e.PropagateFrom, FieldTags, 0},
		} {
			if n.value < n.low || n.value > math.MaxInt32 {
				return l.errorAt(i, n.field, "want a number from %d to %d, got %d", n.low, math.MaxInt32, n.value)
			}
		}
		if e.Major == 0 && e.Minor == 0 {
			return l.errorAt(i, FieldDevice, "want the number of a device; no filesystem has 0:0")
		}
	}
	return nil
}

// makeMounts adds the listed mounts, which are in the order of their creation,
// behind what is under them all.
func (l *loader) makeMounts() error {
	l.makeAbove()
	l.mounts = make([]model.MountIx, len(l.t.Entries))
	for i := range l.t.Entries {
		e := &l.t.Entries[i]
		n := model.MountSpec{
			ID: int32(e.ID), NS: l.ns, Root: l.roots[i], Source: e.Source,
			Group: int32(e.Shared), MasterGroup: int32(e.Master),
		}
		if e.Unbindable {
			n.Flags = model.Unbindable
		}
		l.readOptions(e, &n)
		l.mounts[i] = l.b.Mount(n)
	}
	return nil
}

// mountFlags are the mount options that the model knows. Spec 06 §1, field 6.
var mountFlags = [...]struct {
	name string
	flag model.MountFlags
}{
	{"rw", 0}, {"ro", model.ReadOnly}, {"nosuid", model.NoSuid}, {"nodev", model.NoDev}, {"noexec", model.NoExec},
	{"noatime", model.NoAtime}, {"nodiratime", model.NoDirAtime}, {"relatime", model.RelAtime},
	{"nosymfollow", model.NoSymFollow},
}

func (l *loader) readOptions(e *Entry, n *model.MountSpec) {
	if e.Options == "rw,relatime" && e.Unknown == "" { // most are
		n.Flags |= model.RelAtime
		return
	}
	for o := range e.Options.All() {
		known := o == "idmapped"
		if known {
			if l.idmap == 0 {
				l.idmap = l.b.User(0) // whose mapping it is cannot be told
			}
			n.IDMap = l.idmap
		}
		for _, f := range mountFlags {
			if f.name == o {
				n.Flags |= f.flag
				known = true
			}
		}
		if !known {
			l.facts.unknownWord(o)
		}
	}
	for word := range strings.FieldsSeq(e.Unknown) {
		l.facts.unknownWord(word)
	}
}

// attachMounts puts each mount in its place: its mountpoint, less that of its
// parent, is a path below the parent's root.
func (l *loader) attachMounts() error {
	l.mps = make([]model.DentryIx, len(l.t.Entries))
	for i, p := range l.parents {
		e := &l.t.Entries[i]
		parent, from, root := l.above, "/", model.DentryIx(0)
		if p >= 0 {
			parent, from, root = l.mounts[p], l.t.Entries[p].Mountpoint, l.roots[p]
		} else if root = l.facts.rootDir; parent == 0 {
			continue // its own parent: the bottom of the namespace
		}
		below, ok := pathBelow(e.Mountpoint, from)
		if !ok {
			return l.errorAt(i, FieldMountpoint, "want a path in %s, which its parent, mount %d, is mounted on, %s", from, e.Parent, got(e.Mountpoint))
		}
		if below != "" && p >= 0 && !strings.HasPrefix(l.t.Entries[p].Root, "/") {
			return l.errorAt(i, FieldMountpoint, "want %s itself, because what is mounted there, mount %d, is a file; %s", from, e.Parent, got(e.Mountpoint))
		}
		l.mps[i] = l.b.Dentry(root, below, model.Dir)
		l.b.Attach(l.mounts[i], parent, l.mps[i])
	}
	return nil
}

// pathBelow is path without the directory dir that it is in, or "" for dir.
func pathBelow(path, dir string) (below string, ok bool) {
	if dir == "/" {
		return strings.TrimPrefix(path, "/"), strings.HasPrefix(path, "/")
	}
	below, ok = strings.CutPrefix(path, dir)
	if below == "" || !ok {
		return "", ok
	}
	return below[1:], below[0] == '/'
}

// addProcess adds actor 1, who is root with all capabilities, and actor 2, who
// stands for the rest of the machine.
func (l *loader) addProcess() {
	n := model.ProcessSpec{NS: l.ns, Caps: model.AllCaps}
	switch {
	case l.root < 0:
		n.Root = model.Loc{M: l.above, D: l.facts.rootDir}
	case !l.opt.Whole && !l.onNullfs():
		n.Root = model.Loc{M: l.mounts[l.root], D: l.roots[l.root]}
	}
	l.b.Process(n)
	l.b.Process(n)
	if l.facts.outside != 0 {
		l.b.Process(model.ProcessSpec{NS: l.facts.outside, Caps: model.AllCaps}) // keeps that namespace
	}
	l.b.UnknownNames()
}

// onNullfs tells whether the lowest listed mount is nullfs, with a mount on it:
// nobody lives there. Actor 1 is put on the top of the stack then.
func (l *loader) onNullfs() bool {
	if l.t.Entries[l.root].FSType != "nullfs" {
		return false
	}
	for i, p := range l.parents {
		if p == l.root && l.t.Entries[i].Mountpoint == "/" {
			l.facts.stacked = true
			return true
		}
	}
	return false
}
