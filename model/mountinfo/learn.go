package mountinfo

import (
	"path"
	"strings"

	"mntcheck/model"
)

// maxLearned is the number of components that Learn looks at: symlinks can point
// at each other.
const maxLearned = 400

// Learn asks the machine, through LoadOptions.IsDir and Readlink, about the
// components of an absolute path that a call is going to name, so that the call
// does not have to take them for directories. Without those it does nothing.
func (l *Loaded) Learn(name string) {
	if l.opt.IsDir == nil && l.opt.Readlink == nil || !strings.HasPrefix(name, "/") {
		return
	}
	done, rest := "/", name
	for n := 0; rest != "" && n < maxLearned; n++ {
		var part string
		part, rest, _ = strings.Cut(strings.TrimLeft(rest, "/"), "/")
		switch part {
		case "", ".":
			continue
		case "..":
			done = path.Dir(done)
			continue
		}
		target, link, ok := l.learnName(done, part)
		switch {
		case !ok:
			return
		case !link:
			done = path.Join(done, part)
		default:
			rest = target + "/" + rest
			if strings.HasPrefix(target, "/") {
				done = "/"
			}
		}
	}
}

// LearnCall learns the absolute paths of a call.
func (l *Loaded) LearnCall(call *model.Call) {
	for i, p := range call.Op.Signature().Params {
		if p.Kind == model.PathParam && call.Args[i].Kind == model.String {
			l.Learn(call.Args[i].S)
		}
	}
}

// learnName finds out what part in directory dir is; ok is false where that is
// not known.
func (l *Loaded) learnName(dir, part string) (target string, link, ok bool) {
	s := l.State
	at, r := s.Resolve(1, model.AT_FDCWD, model.Str(dir), model.ResolveFollow|model.ResolveDirectory)
	if r.Refused() {
		return "", false, false
	}
	d := s.Child(at.D, part)
	if d == 0 {
		d = l.ask(at.D, part, path.Join(dir, part))
	}
	if d == 0 {
		return "", false, false
	}
	if e := &s.Dentries[d]; e.Kind == model.Symlink {
		return s.Name(model.NameIx(e.Obj)), true, true
	}
	return "", false, true
}

func (l *Loaded) ask(dir model.DentryIx, part, full string) model.DentryIx {
	if l.opt.Readlink != nil {
		if target, known := l.opt.Readlink(full); known {
			return l.State.Learn(dir, part, model.Symlink, target)
		}
	}
	if l.opt.IsDir != nil {
		if isDir, known := l.opt.IsDir(full); known && isDir {
			return l.State.Learn(dir, part, model.Dir, "")
		} else if known {
			return l.State.Learn(dir, part, model.RegularFile, "")
		}
	}
	return 0
}
