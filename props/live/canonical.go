package live

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"mntcheck/model"
	"mntcheck/props/system"
)

// snapshot is what a kernel showed of a world, in the kernel's own numbers.
type snapshot struct {
	initial [2]device // those of the two mounts that the world began with
	spaces  []table   // mount namespaces that exist, in the order in which they were made
	places  []place   // of live actors, by number
}

// table is one mount namespace.
type table struct {
	ino    uint64   // of its file
	mounts []mount  // the root of the namespace first
	fds    []holder // descriptors of its file
}

// holder is a descriptor of an actor.
type holder struct{ actor, fd int }

// place is where an actor stands.
type place struct {
	actor     int
	ino       uint64 // of its mount namespace's file
	root, cwd location
}

// location is a directory, seen through a mount.
type location struct {
	mount   uint64 // the unique id
	path    string // from the root of the namespace
	deleted bool
}

// device is a device number as statmount and statx give it.
type device struct{ Major, Minor uint32 }

// mount is one mount as statmount(2) tells of it.
type mount struct {
	id, parent       uint64 // the unique ones; a root mount is its own parent
	idOld, parentOld uint32 // those in /proc/PID/mountinfo
	device           device
	readOnlySB       bool
	attr             uint64 // MOUNT_ATTR_…
	propagation      uint64 // MS_SHARED and so on
	group, master    uint64 // peer groups; 0: none
	root             string // within its filesystem
	point            string // from the namespace's root
	hasPoint         bool   // the kernel knows a path
	fstype, source   string
	hasSource        bool // since Linux 6.13
	untold           bool // its source could not be found out
}

// errOutside is that of a mount whose mountpoint cannot be told.
var errOutside = fmt.Errorf("a mountpoint lies outside of the mount that it is on, and so has no path: %w", errors.ErrUnsupported)

// renderer writes a snapshot in canonical form: see the table in the
// documentation of package model's View, and its viewer, which this agrees with
// byte by byte.
type renderer struct {
	*snapshot
	order  []*mount // in the order of their numbers
	first  []int    // by space: where in order it begins
	number map[uint64]int
	spaceN map[uint64]int // by inode, from 1
	minors map[device]int
	groups map[uint64]int
	users  map[string]int
	out    []byte
}

// view is the canonical view.
func (s *snapshot) view() (model.View, error) {
	r, err := s.render()
	if err != nil {
		return model.View{}, err
	}
	return model.View{Mounts: string(r.out), Actors: r.actors()}, nil
}

// render writes the tables.
func (s *snapshot) render() (*renderer, error) {
	r := &renderer{
		snapshot: s, number: map[uint64]int{}, spaceN: map[uint64]int{},
		minors: map[device]int{s.initial[0]: 1, s.initial[1]: 2}, groups: map[uint64]int{}, users: map[string]int{},
	}
	for i := range s.spaces {
		r.spaceN[s.spaces[i].ino] = i + 1
	}
	for i := range s.spaces {
		r.first = append(r.first, len(r.order))
		if err := r.walk(&s.spaces[i]); err != nil {
			return nil, err
		}
	}
	r.first = append(r.first, len(r.order))
	for i := range s.spaces {
		r.header(i)
		for _, m := range r.order[r.first[i]:r.first[i+1]] {
			r.line(m)
		}
	}
	return r, nil
}

// walk numbers the mounts of a namespace: depth first, the children of a mount
// by the paths of their mountpoints. These begin alike, so that whole paths
// compare as the paths within the mount do.
func (r *renderer) walk(t *table) error {
	children := map[uint64][]*mount{}
	for i := range t.mounts {
		m := &t.mounts[i]
		if !m.hasPoint {
			return errOutside
		}
		if m.parent != m.id {
			children[m.parent] = append(children[m.parent], m)
		}
	}
	before := len(r.order)
	var visit func(m *mount)
	visit = func(m *mount) {
		r.order = append(r.order, m)
		r.number[m.id] = len(r.order)
		below := children[m.id]
		slices.SortFunc(below, func(a, b *mount) int {
			return cmp.Or(strings.Compare(a.point, b.point), cmp.Compare(a.id, b.id))
		})
		for _, c := range below {
			visit(c)
		}
	}
	visit(&t.mounts[0])
	if n := len(r.order) - before; n != len(t.mounts) {
		return fmt.Errorf("the kernel listed %d mounts of a namespace, of which %d hang together", len(t.mounts), n)
	}
	return nil
}

// header is "# ns N actors A,B fds A:F,B:G pins I,J".
func (r *renderer) header(i int) {
	t := &r.spaces[i]
	r.out = append(r.out, "# ns "...)
	r.out = strconv.AppendInt(r.out, int64(i+1), 10)
	sep := " actors "
	item := func(next string, numbers ...int) {
		r.out = append(r.out, sep...)
		for j, n := range numbers {
			if j > 0 {
				r.out = append(r.out, ':')
			}
			r.out = strconv.AppendInt(r.out, int64(n), 10)
		}
		sep = next
	}
	for _, p := range r.places {
		if p.ino == t.ino {
			item(",", p.actor)
		}
	}
	sep = " fds "
	for _, h := range t.fds {
		item(",", h.actor, h.fd)
	}
	sep = " pins "
	file := t.file()
	for j, m := range r.order {
		if m.fstype == "nsfs" && m.root == file {
			item(",", j+1)
		}
	}
	r.out = append(r.out, '\n')
}

// file is the root of a mount of the namespace's file.
func (t *table) file() string { return "mnt:[" + strconv.FormatUint(t.ino, 10) + "]" }

// line is one mount in mountinfo's fields.
func (r *renderer) line(m *mount) {
	o := strconv.AppendInt(r.out, int64(r.number[m.id]), 10)
	o = strconv.AppendInt(append(o, ' '), int64(r.number[m.parent]), 10)
	o = strconv.AppendInt(append(o, " 0:"...), int64(r.minor(m.device)), 10)
	o = r.appendRoot(append(o, ' '), m)
	o = escape(append(o, ' '), m.point, false)
	o = appendOptions(append(o, ' '), m.attr)
	if m.group != 0 {
		o = strconv.AppendInt(append(o, " shared:"...), int64(r.groupNumber(m.group)), 10)
	}
	if m.master != 0 {
		o = strconv.AppendInt(append(o, " master:"...), int64(r.groupNumber(m.master)), 10)
	}
	if m.propagation&model.MS_UNBINDABLE != 0 {
		o = append(o, " unbindable"...)
	}
	o = append(append(o, " - "...), m.fstype...)
	if m.untold {
		o = append(append(o, ' '), system.Untold...)
	} else {
		o = escape(append(o, ' '), m.source, true)
	}
	if m.readOnlySB {
		o = append(o, " ro\n"...)
	} else {
		o = append(o, " rw\n"...)
	}
	r.out = o
}

func (r *renderer) minor(d device) int {
	if r.minors[d] == 0 {
		r.minors[d] = len(r.minors) + 1
	}
	return r.minors[d]
}

func (r *renderer) groupNumber(id uint64) int {
	if r.groups[id] == 0 {
		r.groups[id] = len(r.groups) + 1
	}
	return r.groups[id]
}

// appendRoot is the fourth field.
func (r *renderer) appendRoot(o []byte, m *mount) []byte {
	if m.fstype == "nsfs" {
		if inode, ok := bracketed(m.root, "mnt:["); ok {
			return append(strconv.AppendInt(append(o, "mnt:["...), int64(r.spaceN[inode]), 10), ']')
		}
		if _, ok := bracketed(m.root, "user:["); ok {
			if r.users[m.root] == 0 {
				r.users[m.root] = len(r.users) + 1
			}
			return append(strconv.AppendInt(append(o, "user:["...), int64(r.users[m.root]), 10), ']')
		}
	}
	return escape(o, m.root, false)
}

// bracketed reads a number such as that of "mnt:[4026531841]".
func bracketed(text, prefix string) (uint64, bool) {
	rest, ok := strings.CutPrefix(text, prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(rest, "]"), 10, 64)
	return n, err == nil
}

// mountOptions are the options in the kernel's order; the access time is a field
// of its own among them.
var mountOptions = [...]struct {
	mask, value uint64
	name        string
}{
	{model.MOUNT_ATTR_NOSUID, model.MOUNT_ATTR_NOSUID, ",nosuid"},
	{model.MOUNT_ATTR_NODEV, model.MOUNT_ATTR_NODEV, ",nodev"},
	{model.MOUNT_ATTR_NOEXEC, model.MOUNT_ATTR_NOEXEC, ",noexec"},
	{model.MOUNT_ATTR__ATIME, model.MOUNT_ATTR_NOATIME, ",noatime"},
	{model.MOUNT_ATTR_NODIRATIME, model.MOUNT_ATTR_NODIRATIME, ",nodiratime"},
	{model.MOUNT_ATTR__ATIME, model.MOUNT_ATTR_RELATIME, ",relatime"},
	{model.MOUNT_ATTR_NOSYMFOLLOW, model.MOUNT_ATTR_NOSYMFOLLOW, ",nosymfollow"},
	{model.MOUNT_ATTR_IDMAP, model.MOUNT_ATTR_IDMAP, ",idmapped"},
}

func appendOptions(o []byte, attr uint64) []byte {
	if attr&model.MOUNT_ATTR_RDONLY != 0 {
		o = append(o, "ro"...)
	} else {
		o = append(o, "rw"...)
	}
	for _, x := range mountOptions {
		if attr&x.mask == x.value {
			o = append(o, x.name...)
		}
	}
	return o
}

// actors is the section that tells where each actor stands.
func (r *renderer) actors() string {
	var o []byte
	for _, p := range r.places {
		o = strconv.AppendInt(o, int64(p.actor), 10)
		o = strconv.AppendInt(append(o, " ns "...), int64(r.spaceN[p.ino]), 10)
		o = r.appendLocation(append(o, " root "...), p.root)
		o = r.appendLocation(append(o, " cwd "...), p.cwd)
		o = append(o, '\n')
	}
	return string(o)
}

// appendLocation is a mount and the path within its filesystem, or "- -" where
// the mount is in no listed namespace.
func (r *renderer) appendLocation(o []byte, l location) []byte {
	n := r.number[l.mount]
	if n == 0 {
		return append(o, "- -"...)
	}
	m := r.order[n-1]
	o = append(strconv.AppendInt(o, int64(n), 10), ' ')
	at := len(o)
	if m.root != "/" {
		o = escape(o, m.root, false)
	}
	inner, inside := strings.CutPrefix(l.path, strings.TrimSuffix(m.point, "/"))
	if !inside { // the directory was moved out of the mount: its path begins at the filesystem's root
		inner = l.path
	}
	if inner != "/" {
		o = escape(o, inner, false)
	}
	if l.deleted {
		o = append(o, "//deleted"...)
	}
	if len(o) == at {
		o = append(o, '/')
	}
	return o
}

// escape writes what would break a line of mountinfo in octal.
func escape(o []byte, text string, hash bool) []byte {
	for i := range len(text) {
		switch ch := text[i]; {
		case ch == ' ' || ch == '\t' || ch == '\n' || ch == '\\' || hash && ch == '#':
			o = append(o, '\\', '0'+ch>>6, '0'+ch>>3&7, '0'+ch&7)
		default:
			o = append(o, ch)
		}
	}
	return o
}
