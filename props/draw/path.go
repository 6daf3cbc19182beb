package draw

import (
	"strconv"
	"strings"

	"mntcheck/model"
)

// components are the names that directories have. They are few, so that names
// meet; large worlds have the later ones too.
var components = []string{
	"a", "b", "c", "d", "e",
	"n0", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8", "n9", "n10", "n11", "n12", "n13", "n14", "n15",
	"n16", "n17", "n18", "n19", "n20", "n21", "n22", "n23", "n24", "n25", "n26",
}

const fewComponents = 5

// longPath is over the limit of a path and of mount(2)'s strings, longName over
// that of a name.
var (
	longPath = strings.Repeat("/a", 2500)
	longName = "/" + strings.Repeat("n", 256)
)

var oddPaths = []model.Arg{
	model.Str("/nope"), model.Str(""), model.NULL(), model.Str("/.."), model.Str("/a/nope/b"), model.Str("."),
	model.Str("/a/"), model.Str("//"), model.Str("/a/."), model.Str(".."), model.Str("/a/.."), model.Str(longName),
	model.Str(longPath), model.Str("/a\x00b"), model.Str("/proc/self/fd/99"), model.Str("/nope/"), model.Str("../a/.."),
	model.Str("/b/../a"), model.Str("/a/b/"), model.Str("/d/d/d"),
}

// path draws a path argument.
func (d *Drawer) path(s *model.State, h *hint) model.Arg {
	if len(h.texts) > 0 || h.null || h.path == nonePath {
		return d.text(h)
	}
	x := d.pick(32)
	switch {
	case x >= 32-d.config.Invalid:
		return oddPaths[d.pick(len(oddPaths))]
	case x >= 26 && x < 28:
		return model.Str(d.relative())
	}
	switch h.path {
	case newPath:
		return d.newName(s)
	case mountPath:
		return d.mountpoint(s)
	case filePath:
		return d.file(s)
	case sourcePath:
		if x < 3 {
			return d.magic(s)
		}
		if x < 14 {
			return d.mountpoint(s)
		}
	}
	return d.directory(s)
}

// mountpoint is where some mount of the caller's namespace is mounted.
func (d *Drawer) mountpoint(s *model.State) model.Arg {
	d.begin()
	d.appendMount(s)
	return d.built()
}

// directory is one that exists, or is likely to.
func (d *Drawer) directory(s *model.State) model.Arg {
	d.begin()
	switch x := d.pick(8); {
	case x < 4:
		if d.appendDentry(s, model.Dir) {
			return d.built()
		}
		d.component()
	case x < 5:
		d.appendMount(s)
	case x < 7:
		d.appendMount(s)
		d.component()
	default:
		d.component()
	}
	return d.built()
}

func (d *Drawer) file(s *model.State) model.Arg {
	d.begin()
	kind := [...]model.DentryKind{model.RegularFile, model.RegularFile, model.Symlink}[d.pick(3)]
	if !d.appendDentry(s, kind) {
		d.appendMount(s)
		d.component()
	}
	return d.built()
}

// newName is a name in a directory that exists; it may exist as well.
func (d *Drawer) newName(s *model.State) model.Arg {
	d.begin()
	if d.pick(4) > 0 && !d.appendDentry(s, model.Dir) {
		d.appendMount(s)
	}
	d.component()
	return d.built()
}

// relative is a path from the working directory or a descriptor.
func (d *Drawer) relative() string {
	switch d.pick(8) {
	case 0:
		return "."
	case 1:
		return ".."
	case 2:
		return "../" + components[d.pick(fewComponents)]
	}
	return components[d.pick(fewComponents)]
}

// magic is a link in /proc that jumps to a namespace, a root or a descriptor.
func (d *Drawer) magic(s *model.State) model.Arg {
	d.buf = append(d.buf[:0], "/proc/"...)
	if p := d.actor(s); p.Kind == model.Number && p.N == int64(d.me) || d.oneIn(4) {
		d.buf = append(d.buf, "self"...)
	} else {
		d.buf = strconv.AppendInt(d.buf, int64(1+d.pick(len(s.Procs)-1)), 10)
	}
	switch x := d.pick(8); {
	case x < 4:
		d.buf = append(d.buf, "/ns/mnt"...)
	case x == 4:
		d.buf = append(d.buf, "/ns/user"...)
	case x == 5:
		d.buf = append(d.buf, "/fd/"...)
		d.buf = strconv.AppendInt(d.buf, int64(3+d.pick(4)), 10)
	case x == 6:
		d.buf = append(d.buf, "/root"...)
		if d.oneIn(2) {
			d.component()
		}
	default:
		d.buf = append(d.buf, "/cwd"...)
	}
	return d.built()
}

func (d *Drawer) begin() { d.buf = d.buf[:0] }

// built is the path in the buffer, as a string that is made only once.
func (d *Drawer) built() model.Arg {
	if len(d.buf) == 0 {
		return model.Str("/")
	}
	p, ok := d.names[string(d.buf)]
	if !ok {
		p = string(d.buf)
		d.names[p] = p
	}
	return model.Str(p)
}

func (d *Drawer) component() {
	n := fewComponents
	if d.config.Size == Large {
		n = len(components)
	}
	d.buf = append(append(d.buf, '/'), components[d.pick(n)]...)
}

// anyMount is a mount of the caller's namespace, or none where chance found none.
func (d *Drawer) anyMount(s *model.State) model.MountIx {
	n := len(s.Mounts) - 1
	m := 1 + d.pick(n)
	for range min(n, 32) {
		if r := &s.Mounts[m]; r.ID != 0 && r.NS == s.Procs[d.me].NS {
			return model.MountIx(m)
		}
		if m++; m > n {
			m = 1
		}
	}
	return 0
}

// appendMount appends the path from the caller's root to where some mount is
// mounted; nothing where it is not below the root.
func (d *Drawer) appendMount(s *model.State) {
	if m := d.anyMount(s); m != 0 {
		d.appendPathOf(s, m)
	}
}

const maxDepth = 40 // mounts on the way to one

// appendPathOf appends the path to the root of m from the caller's root.
func (d *Drawer) appendPathOf(s *model.State, m model.MountIx) bool {
	root := s.FSs[s.Procs[d.me].FS].Root
	d.chain = d.chain[:0]
	for ; m != root.M; m = s.Mounts[m].Parent {
		if s.Mounts[m].Parent == 0 || len(d.chain) == maxDepth {
			return false
		}
		d.chain = append(d.chain, m)
	}
	start := len(d.buf)
	top := root.D
	for i := len(d.chain) - 1; i >= 0; i-- {
		r := &s.Mounts[d.chain[i]]
		if !d.appendNames(s, r.MP, top, 0) {
			d.buf = d.buf[:start]
			return false
		}
		top = r.Root
	}
	return true
}

// appendNames appends the names from below top to e; false where e is not
// below top.
func (d *Drawer) appendNames(s *model.State, e, top model.DentryIx, depth int) bool {
	if e == top {
		return true
	}
	r := &s.Dentries[e]
	if r.Parent == e || depth > 100 || !d.appendNames(s, r.Parent, top, depth+1) {
		return false
	}
	d.buf = append(append(d.buf, '/'), s.Name(r.Name)...)
	return true
}

// appendDentry appends the path to some dentry of a kind, in a mount of the
// caller's namespace that shows it; false where chance found none.
func (d *Drawer) appendDentry(s *model.State, kind model.DentryKind) bool {
	n := len(s.Dentries) - 1
	e := model.DentryIx(1 + d.pick(n))
	for range min(n, 48) {
		if int(e) > n {
			e = 1
		}
		if r := &s.Dentries[e]; r.Kind == kind && r.Flags&model.Unlinked == 0 && r.Parent != e {
			break
		}
		e++
	}
	if int(e) > n {
		return false
	}
	if r := &s.Dentries[e]; r.Kind != kind || r.Flags&model.Unlinked != 0 || r.Parent == e {
		return false
	}
	sb := s.Dentries[e].SB
	m := d.anyMount(s)
	for i := 0; m != 0 && i < 8; i++ {
		if s.SBOf(m) == sb && s.Mounts[m].NS == s.Procs[d.me].NS && s.Under(e, s.Mounts[m].Root) {
			start := len(d.buf)
			if d.appendPathOf(s, m) && d.appendNames(s, e, s.Mounts[m].Root, 0) {
				return true
			}
			d.buf = d.buf[:start]
		}
		m++
		if int(m) == len(s.Mounts) {
			m = 1
		}
		if s.Mounts[m].ID == 0 {
			m = d.anyMount(s)
		}
	}
	return false
}
