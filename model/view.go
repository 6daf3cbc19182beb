package model

import (
	"bytes"
	"slices"
	"strconv"
)

// View is what user space can see of the mounts of a machine, in canonical
// form: equal text means equal views. Locks, the order of rings and slave
// lists, and detached trees are not in it.
type View struct {
	Mounts string // every mount namespace's table, in mountinfo's syntax
	Actors string // where each actor stands
}

// View returns the canonical view. Namespaces are in the order of their
// creation; in each, mounts come depth first, the children of a mount sorted by
// the path of their mountpoint in it. Ids, device numbers and peer groups are
// counted from 1 along that order.
func (s *State) View() View {
	v := newViewer(s)
	v.number()
	v.out = make([]byte, 0, 64*len(v.order)+48*len(v.spaces)) // mostly enough
	for i, ns := range v.spaces {
		v.section(i, ns)
	}
	return View{Mounts: string(v.out), Actors: v.actors()}
}

// viewer prints a view.
type viewer struct {
	*State
	spaces  []NSIx    // real namespaces by age
	nsNum   []int32   // by NSIx, from 1
	id      []int32   // by MountIx, from 1; 0: not in a table
	order   []MountIx // the mounts in the order of their ids
	first   []int     // by position in spaces: where in order it begins
	minors  []int32   // by SBIx
	minor   int32
	groups  map[int32]int32
	userNum map[int32]int
	out     []byte
}

func newViewer(s *State) *viewer {
	v := &viewer{
		State: s, nsNum: make([]int32, len(s.Spaces)), id: make([]int32, len(s.Mounts)),
		minors: make([]int32, len(s.SBs)),
	}
	for _, sb := range s.initialSBs {
		if sb != 0 {
			v.minor++
			v.minors[sb] = v.minor
		}
	}
	v.spaces = s.Namespaces()
	for i, ns := range v.spaces {
		v.nsNum[ns] = int32(i + 1)
	}
	return v
}

// Namespaces lists the mount namespaces that are not anonymous, the oldest first.
func (s *State) Namespaces() []NSIx {
	var all []NSIx
	for i := range s.Spaces {
		if r := &s.Spaces[i]; r.ID != 0 && !r.Anon {
			all = append(all, NSIx(i))
		}
	}
	slices.SortFunc(all, func(a, b NSIx) int {
		if s.Spaces[a].Age < s.Spaces[b].Age {
			return -1
		}
		return 1
	})
	return all
}

// number gives the mounts their ids.
func (v *viewer) number() {
	for _, ns := range v.spaces {
		v.first = append(v.first, len(v.order))
		v.walk(v.Spaces[ns].Root)
	}
	v.first = append(v.first, len(v.order))
}

func (v *viewer) walk(m MountIx) {
	v.order = append(v.order, m)
	v.id[m] = int32(len(v.order))
	for _, c := range v.sortedChildren(m) {
		v.walk(c)
	}
}

// sortedChildren are the children of m by the path of their mountpoint.
func (s *State) sortedChildren(m MountIx) []MountIx {
	first := s.Mounts[m].FirstChild
	if first == 0 {
		return nil
	}
	if s.Mounts[first].NextChild == 0 {
		return []MountIx{first}
	}
	type child struct {
		m    MountIx
		path []byte
	}
	var all []child
	for c := first; c != 0; c = s.Mounts[c].NextChild {
		all = append(all, child{c, s.appendPath(nil, s.Mounts[c].MP, s.Mounts[m].Root)})
	}
	slices.SortFunc(all, func(a, b child) int {
		if c := bytes.Compare(a.path, b.path); c != 0 {
			return c
		}
		if s.Mounts[a.m].UID < s.Mounts[b.m].UID {
			return -1
		}
		return 1
	})
	ms := make([]MountIx, len(all))
	for i := range all {
		ms[i] = all[i].m
	}
	return ms
}

func (v *viewer) section(i int, ns NSIx) {
	v.header(i, ns)
	for _, m := range v.order[v.first[i]:v.first[i+1]] {
		v.line(m)
	}
}

// header is "# ns N actors A,B fds A:F,B:G pins I,J".
func (v *viewer) header(i int, ns NSIx) {
	v.out = append(v.out, "# ns "...)
	v.out = strconv.AppendInt(v.out, int64(i+1), 10)
	sep := " actors "
	for p := 1; p < len(v.Procs); p++ {
		if v.Procs[p].Alive && v.Procs[p].NS == ns {
			v.out = strconv.AppendInt(append(v.out, sep...), int64(p), 10)
			sep = ","
		}
	}
	file := v.Spaces[ns].File
	sep = " fds "
	for p := 1; p < len(v.Procs); p++ {
		for fd := v.Procs[p].FirstFD; fd != 0; fd = v.FDs[fd].Next {
			if v.Files[v.FDs[fd].File].Loc.D == file {
				v.out = strconv.AppendInt(append(v.out, sep...), int64(p), 10)
				v.out = strconv.AppendInt(append(v.out, ':'), int64(v.FDs[fd].Num), 10)
				sep = ","
			}
		}
	}
	if v.Spaces[ns].Refs > 0 {
		sep = " pins "
		for j, m := range v.order {
			if v.Mounts[m].Root == file {
				v.out = strconv.AppendInt(append(v.out, sep...), int64(j+1), 10)
				sep = ","
			}
		}
	}
	v.out = append(v.out, '\n')
}

// line is one mount in mountinfo's fields.
func (v *viewer) line(m MountIx) {
	r := &v.Mounts[m]
	parent := m
	if r.Parent != 0 {
		parent = r.Parent
	}
	sb := v.SBOf(m)
	o := v.out
	o = append(strconv.AppendInt(o, int64(v.id[m]), 10), ' ')
	o = append(strconv.AppendInt(o, int64(v.id[parent]), 10), " 0:"...)
	o = append(strconv.AppendInt(o, int64(v.minorOf(sb)), 10), ' ')
	v.out = o
	v.out = v.appendRoot(v.out, r.Root)
	v.out = append(v.out, ' ')
	at := len(v.out)
	if r.Parent != 0 {
		v.out = escapePath(v.out, v.locPath(nil, Loc{r.Parent, r.MP}))
	}
	if len(v.out) == at {
		v.out = append(v.out, '/')
	}
	v.out = append(v.out, ' ')
	v.out = appendOptions(v.out, r.Flags, r.IDMap != 0)
	v.appendTags(r)
	v.out = append(v.out, " - "...)
	v.out = append(v.out, v.Name(v.SBs[sb].Name)...)
	v.out = append(v.out, ' ')
	v.out = escape(v.out, []byte(v.Name(r.Source)), true)
	if v.SBs[sb].Flags&SBReadOnly != 0 {
		v.out = append(v.out, " ro\n"...)
	} else {
		v.out = append(v.out, " rw\n"...)
	}
}

func (v *viewer) minorOf(sb SBIx) int32 {
	if v.minors[sb] == 0 {
		v.minor++
		v.minors[sb] = v.minor
	}
	return v.minors[sb]
}

// appendRoot is the fourth field.
func (v *viewer) appendRoot(o []byte, d DentryIx) []byte {
	switch r := &v.Dentries[d]; r.Kind {
	case MntNSFile:
		return append(strconv.AppendInt(append(o, "mnt:["...), int64(v.nsNum[r.Obj]), 10), ']')
	case UserNSFile:
		if v.userNum == nil {
			v.userNum = map[int32]int{}
		}
		if v.userNum[r.Obj] == 0 {
			v.userNum[r.Obj] = len(v.userNum) + 1
		}
		return append(strconv.AppendInt(append(o, "user:["...), int64(v.userNum[r.Obj]), 10), ']')
	case PidFile:
		return append(strconv.AppendInt(append(o, "pid:["...), int64(r.Obj), 10), ']')
	case RegularFile:
		if r.Parent == d && r.Name != 0 {
			return escapePath(o, []byte(v.Name(r.Name))) // of a loaded table: net:[…]
		}
	}
	return escapePath(o, []byte(v.dentryPath(d)))
}

// mountOptions are the options in the kernel's order. Spec 06 §1.
var mountOptions = [...]struct {
	flag MountFlags
	name string
}{
	{NoSuid, ",nosuid"}, {NoDev, ",nodev"}, {NoExec, ",noexec"}, {NoAtime, ",noatime"},
	{NoDirAtime, ",nodiratime"}, {RelAtime, ",relatime"}, {NoSymFollow, ",nosymfollow"},
}

func appendOptions(o []byte, f MountFlags, idmapped bool) []byte {
	if f&ReadOnly != 0 {
		o = append(o, "ro"...)
	} else {
		o = append(o, "rw"...)
	}
	for _, x := range mountOptions {
		if f&x.flag != 0 {
			o = append(o, x.name...)
		}
	}
	if idmapped {
		o = append(o, ",idmapped"...)
	}
	return o
}

func (v *viewer) appendTags(r *Mount) {
	if r.Flags&Shared != 0 {
		v.out = strconv.AppendInt(append(v.out, " shared:"...), int64(v.groupNum(r.Group)), 10)
	}
	if r.Master != 0 {
		v.out = strconv.AppendInt(append(v.out, " master:"...), int64(v.groupNum(v.Mounts[r.Master].Group)), 10)
	}
	if r.Flags&Unbindable != 0 {
		v.out = append(v.out, " unbindable"...)
	}
}

func (v *viewer) groupNum(group int32) int32 {
	if v.groups == nil {
		v.groups = map[int32]int32{}
	}
	n := v.groups[group]
	if n == 0 {
		n = int32(len(v.groups) + 1)
		v.groups[group] = n
	}
	return n
}

// actors is the section that tells where each actor stands.
func (v *viewer) actors() string {
	o := make([]byte, 0, 32*len(v.Procs))
	for p := 1; p < len(v.Procs); p++ {
		r := &v.Procs[p]
		if !r.Alive {
			continue
		}
		o = append(strconv.AppendInt(o, int64(p), 10), " ns "...)
		o = append(strconv.AppendInt(o, int64(v.nsNum[r.NS]), 10), " root "...)
		o = v.appendLoc(o, v.FSs[r.FS].Root)
		o = append(o, " cwd "...)
		o = v.appendLoc(o, v.FSs[r.FS].Cwd)
		o = append(o, '\n')
	}
	return string(o)
}

// appendLoc is the mount's id and the path within its filesystem, or "- -"
// where the mount is in no listed namespace.
func (v *viewer) appendLoc(o []byte, l Loc) []byte {
	if v.id[l.M] == 0 {
		return append(o, "- -"...)
	}
	o = append(strconv.AppendInt(o, int64(v.id[l.M]), 10), ' ')
	at := len(o)
	if root := v.dentryPath(v.Mounts[l.M].Root); root != "/" {
		o = escapePath(o, []byte(root))
	}
	o = escapePath(o, v.appendPath(nil, l.D, v.Mounts[l.M].Root))
	if v.gone(l.D) {
		o = append(o, "//deleted"...)
	}
	if len(o) == at {
		o = append(o, '/')
	}
	return o
}

// escapePath and escape write what would break a line of mountinfo in octal.
// Spec 06 §1.
func escapePath(o, text []byte) []byte { return escape(o, text, false) }

func escape(o, text []byte, hash bool) []byte {
	for _, ch := range text {
		switch {
		case ch == ' ' || ch == '\t' || ch == '\n' || ch == '\\' || hash && ch == '#':
			o = append(o, '\\', '0'+ch>>6, '0'+ch>>3&7, '0'+ch&7)
		default:
			o = append(o, ch)
		}
	}
	return o
}
