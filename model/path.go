package model

import (
	"strconv"
	"strings"
)

// walkFlags choose the variant of a path lookup. Spec 02 §3.
type walkFlags uint8

const (
	walkFollow     walkFlags = 1 << iota // follow a symlink in the last place
	walkDirectory                        // the result must be a directory
	walkEmpty                            // AT_EMPTY_PATH and its like: "" is the start itself
	walkMountpoint                       // umount2: one more descent at the end
	walkNullEmpty                        // NULL is as "" where walkEmpty is given
)

// Limits of the kernel's path lookup.
const (
	maxPathBytes = 4095
	maxNameBytes = 255
	maxSymlinks  = 40
)

// walk resolves a path for the caller. Relative ones start at dfd.
// Spec 02 §§1-3.
func (c *call) walk(dfd int64, path Arg, f walkFlags) (Loc, Refusal) {
	text, r := c.pathText(path, f)
	if r.Refused() {
		return Loc{}, r
	}
	if text == "" {
		if f&walkEmpty == 0 {
			return Loc{}, refuse(RulePathEmpty)
		}
		if dfd == AT_FDCWD {
			return c.fs().Cwd, Refusal{}
		}
		return c.fileLoc(dfd)
	}
	w := walker{call: c, flags: f}
	if r := w.start(dfd, text); r.Refused() {
		return Loc{}, r
	}
	if r := w.run(text); r.Refused() {
		return Loc{}, r
	}
	if f&walkMountpoint != 0 {
		w.at = c.descend(w.at)
	}
	if f&walkDirectory != 0 && !c.IsDir(w.at.D) {
		return Loc{}, refuse(RuleNotDirectory, int32(w.at.M), int32(w.at.D))
	}
	return w.at, Refusal{}
}

// pathText is what copying the path from user space yields.
func (c *call) pathText(path Arg, f walkFlags) (string, Refusal) {
	if path.Kind != String {
		if path.Kind == Null && f&walkEmpty != 0 && f&walkNullEmpty != 0 {
			return "", Refusal{}
		}
		return "", refuse(RulePathFault)
	}
	text := path.S
	if i := strings.IndexByte(text, 0); i >= 0 {
		text = text[:i] // a C string ends there
	}
	if len(text) > maxPathBytes {
		return "", refuse(RulePathTooLong)
	}
	return text, Refusal{}
}

// walker is a path lookup under way.
type walker struct {
	*call
	at    Loc
	flags walkFlags
	links int // symlinks followed
}

// start finds where a path begins. The root and the working directory can be
// files where a namespace can be made of one (Semantics.NamespaceOfDirectory);
// they are looked at like a directory then, and no file here may be executed.
func (w *walker) start(dfd int64, text string) Refusal {
	switch {
	case text[0] == '/':
		w.at = w.fs().Root
	case dfd == AT_FDCWD:
		w.at = w.fs().Cwd
	default:
		at, r := w.fileLoc(dfd)
		if r.Refused() {
			return r
		}
		if !w.IsDir(at.D) {
			return refuse(RuleNotDirectory, int32(at.M), int32(at.D))
		}
		w.at = at
		return Refusal{}
	}
	if !w.IsDir(w.at.D) && strings.Trim(text, "/") != "" {
		return refuse(RuleNotSearchable, int32(w.at.M), int32(w.at.D))
	}
	return Refusal{}
}

// run walks all components of text from w.at on. The last one is not followed
// where it is a symlink, unless it is asked for or a slash comes behind it.
func (w *walker) run(text string) Refusal {
	if rest, at, ok := w.magicLink(text); ok {
		if rest == "" && w.flags&walkFollow == 0 {
			w.at = Loc{w.fixed.AnonMount, w.fixed.LinkDentry}
			return Refusal{}
		}
		if at.M == 0 {
			return refuse(RuleNoProcess)
		}
		w.at, text = at, rest
	}
	for text != "" {
		name, rest := nextComponent(text)
		last := rest == "" || strings.Trim(rest, "/") == ""
		follow := !last || rest != "" || w.flags&walkFollow != 0
		if r := w.step(name, follow); r.Refused() {
			return r
		}
		if name != "" && rest != "" && !w.IsDir(w.at.D) {
			return refuse(RuleNotDirectory, int32(w.at.M), int32(w.at.D))
		}
		text = rest
	}
	return Refusal{}
}

// nextComponent splits off the text before the first slash; rest begins with
// that slash, so that a trailing one can be told.
func nextComponent(text string) (name, rest string) {
	for text != "" && text[0] == '/' {
		text = text[1:]
	}
	if i := strings.IndexByte(text, '/'); i >= 0 {
		return text[:i], text[i:]
	}
	return text, ""
}

// step walks one component. Spec 02 §2.
func (w *walker) step(name string, follow bool) Refusal {
	switch name {
	case "", ".":
		return Refusal{} // no change, and no descent
	case "..":
		return w.up()
	}
	d, r := w.lookup(w.at, name)
	if r.Refused() {
		return r
	}
	from := w.at
	w.at = w.descend(Loc{w.at.M, d})
	if w.Dentries[w.at.D].Kind == Symlink && follow {
		return w.follow(from)
	}
	return Refusal{}
}

// lookup finds a name in the directory at. The name is not followed, nor what
// is mounted on it.
func (c *call) lookup(at Loc, name string) (DentryIx, Refusal) {
	d, r := c.lookupKnown(at, name)
	if r.Rule == RuleNoEntry {
		if d := c.assume(at, name); d != 0 {
			return d, Refusal{}
		}
	}
	return d, r
}

// lookupKnown is lookup without taking anything for granted.
func (c *call) lookupKnown(at Loc, name string) (DentryIx, Refusal) {
	if !c.IsDir(at.D) {
		return 0, refuse(RuleNotDirectory, int32(at.M), int32(at.D))
	}
	// In a removed directory nothing is looked for, whatever its name.
	if t := c.typeOf(at.D); len(name) > maxNameBytes && c.Dentries[at.D].Flags&(Immutable|Unlinked) == 0 && t != Proc && t != Sysfs {
		return 0, refuse(RuleNameTooLong, int32(at.M), int32(at.D))
	}
	d := c.lookupChild(at.D, name)
	if d == 0 {
		return 0, refuse(RuleNoEntry, int32(at.M), int32(at.D), int32(c.names.intern(name)))
	}
	return d, Refusal{}
}

// follow goes where the symlink at w.at points, from the directory that it is in.
func (w *walker) follow(from Loc) Refusal {
	if w.Mounts[w.at.M].Flags&NoSymFollow != 0 {
		return refuse(RuleNoSymFollow, int32(w.at.M))
	}
	if w.links++; w.links > maxSymlinks {
		return refuse(RuleTooManyLinks)
	}
	target := w.Name(NameIx(w.Dentries[w.at.D].Obj))
	w.at = from
	if target[0] == '/' {
		w.at = w.fs().Root
	}
	// The target's own last component is followed too: the caller asked for it.
	flags := w.flags
	w.flags |= walkFollow
	r := w.run(target)
	w.flags = flags
	return r
}

// up walks "..". Spec 02 §2.
func (w *walker) up() Refusal {
	if at, stays := w.climb(); !stays {
		d := w.Dentries[at.D].Parent
		m := &w.Mounts[at.M]
		if m.Root != w.SBs[w.Dentries[m.Root].SB].Root && !w.under(d, m.Root) {
			return refuse(RuleOutsideBind, int32(at.M), int32(at.D))
		}
		w.at = Loc{at.M, d}
	}
	w.at = w.descend(w.at)
	return Refusal{}
}

// climb leaves the mounts whose root is w.at; stays is true at the caller's
// root and at the top of a tree.
func (w *walker) climb() (at Loc, stays bool) {
	root := w.fs().Root
	at = w.at
	if at == root {
		return at, true
	}
	for at.D == w.Mounts[at.M].Root {
		m := &w.Mounts[at.M]
		if m.Parent == 0 {
			return at, true
		}
		at = Loc{m.Parent, m.MP}
		if at == root {
			return at, true
		}
	}
	return at, false
}

// descend goes to the topmost mount on at, or into the stand-in where a
// submount was taken out together with its parent. Spec 02 §2, §5.
func (s *State) descend(at Loc) Loc {
	for {
		if c := s.childAt(at.M, at.D); c != 0 {
			at = Loc{c, s.Mounts[c].Root}
			continue
		}
		if s.Mounts[at.M].Flags&Umounted != 0 {
			for _, c := range s.covers {
				if c.M == at.M && c.D == at.D {
					return s.standIn(at.D)
				}
			}
		}
		return at
	}
}

func (s *State) standIn(d DentryIx) Loc {
	m := s.fixed.StandInFile
	if s.IsDir(d) {
		m = s.fixed.StandInDir
	}
	return Loc{m, s.Mounts[m].Root}
}

// magicLink resolves /proc/PID/ns/mnt, ns/user, fd/N, root and cwd, also where
// no proc is mounted: runtimes use these, and they jump to exactly the
// location they name. Spec 02 §4. at is none where the process or descriptor
// does not exist; ok is false for any other path.
func (w *walker) magicLink(text string) (rest string, at Loc, ok bool) {
	after, ok := strings.CutPrefix(text, "/proc/")
	if !ok {
		return "", Loc{}, false
	}
	who, what, _ := strings.Cut(after, "/")
	p := w.me
	if who != "self" && who != "thread-self" {
		n, err := strconv.Atoi(who)
		if err != nil {
			return "", Loc{}, false
		}
		p = ProcIx(n)
	}
	if !w.procIsUnset() {
		return "", Loc{}, false
	}
	link, rest := what, ""
	if i := strings.IndexByte(what, '/'); i >= 0 && (what[:i] == "ns" || what[:i] == "fd") {
		if j := strings.IndexByte(what[i+1:], '/'); j >= 0 {
			link, rest = what[:i+1+j], what[i+1+j:]
		}
	} else if i >= 0 {
		link, rest = what[:i], what[i:]
	}
	at, ok = w.magicTarget(p, link)
	return rest, at, ok
}

// procIsUnset tells whether /proc is a proc filesystem, or nothing at all.
func (w *walker) procIsUnset() bool {
	root := w.fs().Root
	d := w.lookupChild(root.D, "proc")
	if d == 0 {
		return true
	}
	at := w.descend(Loc{root.M, d})
	return w.SBs[w.Dentries[at.D].SB].Type == Proc
}

func (w *walker) magicTarget(p ProcIx, link string) (at Loc, ok bool) {
	alive := p > 0 && int(p) < len(w.Procs) && w.Procs[p].Alive && w.mayInspect(p)
	switch link {
	case "ns/mnt", "ns/user", "root", "cwd":
	default:
		if !strings.HasPrefix(link, "fd/") {
			return Loc{}, false
		}
	}
	if !alive {
		return Loc{}, true
	}
	switch link {
	case "ns/mnt":
		return Loc{w.fixed.NsfsMount, w.Spaces[w.Procs[p].NS].File}, true
	case "ns/user":
		return Loc{w.fixed.NsfsMount, w.userFile(w.Procs[p].User)}, true
	case "root":
		return w.FSs[w.Procs[p].FS].Root, true
	case "cwd":
		return w.FSs[w.Procs[p].FS].Cwd, true
	}
	n, err := strconv.Atoi(link[len("fd/"):])
	if err != nil {
		return Loc{}, false
	}
	if f := w.findFD(p, int64(n)); f != 0 {
		return w.Files[f].Loc, true
	}
	return Loc{}, true
}
