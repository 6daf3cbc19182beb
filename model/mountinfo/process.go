package mountinfo

import (
	"slices"
	"strconv"
	"strings"

	"mntcheck/model"
)

// OfProcess is what actor would read from its /proc/PID/mountinfo: the mounts of
// its mount namespace that can be reached from its root, in the order of their
// creation, with the ids that they have in s. A table that was loaded comes out as
// it was. The numbers of namespaces' files that the model made are made up.
// Spec 06 §1.
func OfProcess(s *model.State, actor int) *Table {
	if actor <= 0 || actor >= len(s.Procs) || !s.Procs[actor].Alive {
		return &Table{}
	}
	p := &s.Procs[actor]
	return newReader(s, p.NS, s.FSs[p.FS].Root).table()
}

// OfNamespace is the table of all mounts of a namespace, as a process would read
// it whose root is the namespace's own.
func OfNamespace(s *model.State, ns model.NSIx) *Table {
	if ns <= 0 || int(ns) >= len(s.Spaces) || s.Spaces[ns].Root == 0 {
		return &Table{}
	}
	root := s.Spaces[ns].Root
	return newReader(s, ns, model.Loc{M: root, D: s.Mounts[root].Root}).table()
}

// reader makes the table that is read of namespace ns from root.
type reader struct {
	*model.State
	root  model.Loc
	all   []model.MountIx // of the namespace, the oldest first
	paths []string        // by mount: where it is; "": not known yet
	seen  map[int32]bool  // peer groups with a reachable mount in the namespace
	buf   []byte
	chain []model.MountIx
}

// unreachable stands for the path of what has none.
const unreachable = "-"

func newReader(s *model.State, ns model.NSIx, root model.Loc) *reader {
	r := &reader{State: s, root: root, seen: map[int32]bool{}}
	inOrder := true
	for m := range s.Mounts {
		if s.Mounts[m].ID == 0 || s.Mounts[m].NS != ns {
			continue
		}
		if n := len(r.all); n > 0 && s.Mounts[r.all[n-1]].UID > s.Mounts[m].UID {
			inOrder = false
		}
		r.all = append(r.all, model.MountIx(m))
	}
	if !inOrder {
		slices.SortFunc(r.all, func(a, b model.MountIx) int {
			if s.Mounts[a].UID < s.Mounts[b].UID {
				return -1
			}
			return 1
		})
	}
	r.paths = make([]string, len(s.Mounts))
	return r
}

func (r *reader) table() *Table {
	listed := r.all[:0]
	for _, m := range r.all {
		if r.path(m) != unreachable {
			listed = append(listed, m)
			if g := r.Mounts[m].Group; g != 0 {
				r.seen[g] = true
			}
		}
	}
	t := &Table{Entries: make([]Entry, len(listed))}
	for i, m := range listed {
		r.entry(m, &t.Entries[i])
	}
	return t
}

// path is where m is, seen from the root. Paths of parents are kept, so that all
// mounts together take one step each.
func (r *reader) path(m model.MountIx) string {
	chain := r.chain[:0]
	for ; r.paths[m] == ""; m = r.Mounts[m].Parent {
		if m == r.root.M && r.root.D == r.Mounts[m].Root {
			r.paths[m] = "/"
			break
		}
		if m == r.root.M || r.Mounts[m].Parent == 0 {
			r.paths[m] = unreachable // its root is above the reader's
			break
		}
		chain = append(chain, m)
	}
	r.chain = chain
	for i := len(chain) - 1; i >= 0; i-- {
		r.paths[chain[i]] = r.below(m, chain[i])
		m = chain[i]
	}
	return r.paths[m]
}

// below is the path of c, whose parent p has one, or is the reader's root.
func (r *reader) below(p, c model.MountIx) string {
	top, prefix := r.Mounts[p].Root, r.paths[p]
	if p == r.root.M {
		top, prefix = r.root.D, "/"
	}
	if prefix == unreachable {
		return unreachable
	}
	b, ok := r.names(r.buf[:0], prefix, r.Mounts[c].MP, top)
	r.buf = b
	switch {
	case !ok:
		return unreachable
	case len(b) == len(prefix) || len(b) == 0:
		return prefix
	}
	return string(b)
}

// names appends prefix, unless it is /, and the names from below top to d; ok is
// false where d is not below top.
func (r *reader) names(b []byte, prefix string, d, top model.DentryIx) ([]byte, bool) {
	if d == top {
		if prefix != "/" {
			b = append(b, prefix...)
		}
		return b, true
	}
	e := &r.Dentries[d]
	if e.Parent == d {
		return b, false
	}
	b, ok := r.names(b, prefix, e.Parent, top)
	return append(append(b, '/'), r.Name(e.Name)...), ok
}

// entry describes a listed mount.
func (r *reader) entry(m model.MountIx, e *Entry) {
	x := &r.Mounts[m]
	sb := &r.SBs[r.SBOf(m)]
	*e = Entry{
		ID: int(x.ID), Parent: int(x.ID), Major: int(sb.Major), Minor: int(sb.Minor),
		Root: r.rootText(x.Root), Mountpoint: r.paths[m], Options: mountOptions(x),
		Unbindable: x.Flags&model.Unbindable != 0,
		FSType:     r.Name(sb.Name), Source: r.Name(x.Source), SuperOptions: "rw",
	}
	if x.Parent != 0 {
		e.Parent = int(r.Mounts[x.Parent].ID)
	}
	if x.Flags&model.Shared != 0 {
		e.Shared = int(x.Group)
	}
	if x.Master != 0 {
		e.Master = int(r.Mounts[x.Master].Group)
		if from := int(r.dominating(x.Master)); from != e.Master {
			e.PropagateFrom = from
		}
	}
	if sb.Flags&model.SBReadOnly != 0 {
		e.SuperOptions = "ro"
	}
	if o := r.SuperOptions(m); o != "" {
		e.SuperOptions += Options("," + o)
	}
}

// dominating is the nearest group from master on upwards with a mount that the
// reader can see, or 0. Spec 06 §1, propagate_from.
func (r *reader) dominating(master model.MountIx) int32 {
	for ; master != 0; master = r.Mounts[master].Master {
		if g := r.Mounts[master].Group; r.seen[g] {
			return g
		}
	}
	return 0
}

// mountOptions are in the kernel's order. Spec 06 §1, field 6.
func mountOptions(x *model.Mount) Options {
	if o, ok := commonOptions[x.Flags&model.SettableFlags]; ok && x.IDMap == 0 {
		return o
	}
	var b strings.Builder
	b.WriteString("rw")
	if x.Flags&model.ReadOnly != 0 {
		b.Reset()
		b.WriteString("ro")
	}
	for _, f := range mountFlags[2:] { // behind rw and ro
		if x.Flags&f.flag != 0 {
			b.WriteByte(',')
			b.WriteString(f.name)
		}
	}
	if x.IDMap != 0 {
		b.WriteString(",idmapped")
	}
	return Options(b.String())
}

// commonOptions saves making the same text again for most mounts.
var commonOptions = map[model.MountFlags]Options{
	0:              "rw",
	model.RelAtime: "rw,relatime",
	model.NoSuid | model.NoDev | model.NoExec | model.RelAtime: "rw,nosuid,nodev,noexec,relatime",
	model.ReadOnly | model.RelAtime:                            "ro,relatime",
}

// rootText is field 4 for a mount of d.
func (r *reader) rootText(d model.DentryIx) string {
	e := &r.Dentries[d]
	sb := &r.SBs[e.SB]
	switch {
	case d == sb.Root:
		return "/"
	case e.Parent == d && e.Name != 0:
		return r.Name(e.Name)
	case e.Kind == model.MntNSFile:
		return "mnt:[" + strconv.FormatUint(r.Spaces[e.Obj].ID, 10) + "]"
	case e.Kind == model.UserNSFile:
		return "user:[" + strconv.Itoa(int(e.Obj)) + "]"
	case e.Kind == model.PidFile:
		return "pid:[" + strconv.Itoa(int(e.Obj)) + "]"
	}
	b, _ := r.names(r.buf[:0], "/", d, sb.Root)
	for x := d; r.Dentries[x].Parent != x; x = r.Dentries[x].Parent {
		if r.Dentries[x].Flags&model.Unlinked != 0 {
			b = append(b, deletedSuffix...)
			break
		}
	}
	r.buf = b
	return string(b)
}
