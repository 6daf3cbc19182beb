package observed

import (
	"strconv"
	"strings"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
)

// place is a line of View.Actors.
type place struct {
	actor, ns int
	root, cwd spot
}

// spot is a mount, by its number, and a path in its filesystem. Number 0: in none
// of the tables.
type spot struct {
	mount int
	path  string
}

// parsePlaces reads lines such as "1 ns 1 root 2 / cwd 3 /d//deleted".
func parsePlaces(text string) ([]place, error) {
	var all []place
	for line := range strings.Lines(text) {
		w := strings.Split(strings.TrimSuffix(line, "\n"), " ")
		if len(w) != 9 {
			return nil, lost("%q is no place of an actor", line)
		}
		p := place{root: spot{path: mountinfo.Unescape(w[5])}, cwd: spot{path: mountinfo.Unescape(w[8])}}
		for _, n := range []struct {
			to   *int
			text string
		}{{&p.actor, w[0]}, {&p.ns, w[2]}, {&p.root.mount, w[4]}, {&p.cwd.mount, w[7]}} {
			if n.text == "-" {
				continue
			}
			v, err := strconv.Atoi(n.text)
			if err != nil {
				return nil, lost("%q is no place of an actor", line)
			}
			*n.to = v
		}
		all = append(all, p)
	}
	return all, nil
}

// loc is where an actor stands, nowhere if that cannot be told. was is where it
// stood.
func (l *looking) loc(at spot, was model.Loc) model.Loc {
	if at.mount < 1 || at.mount > len(l.at) {
		return l.obs.Nowhere()
	}
	m := l.at[at.mount-1]
	root := l.s.Mounts[m].Root
	if l.s.Dentries[root].Kind != model.Dir {
		return model.Loc{M: m, D: root}
	}
	if was.M == m && l.obs.Path(was.D) == at.path {
		return was
	}
	if d := l.lookup(l.s.SBOf(m), at.path); d != 0 {
		return model.Loc{M: m, D: d}
	}
	return l.obs.Nowhere()
}

const deletedSuffix = "//deleted"

// lookup finds a path in a filesystem, or none.
func (l *looking) lookup(sb model.SBIx, path string) model.DentryIx {
	if strings.HasSuffix(path, deletedSuffix) {
		return l.obs.Removed(sb, path)
	}
	return l.below(l.s.SBs[sb].Root, path)
}

// below finds a path below a directory.
func (l *looking) below(d model.DentryIx, path string) model.DentryIx {
	for name := range strings.SplitSeq(path, "/") {
		if name != "" && d != 0 {
			d = l.obs.Entry(d, name)
		}
	}
	return d
}

// inner is the path of d below top, ok if it is there.
func (l *looking) inner(d, top model.DentryIx) (path string, ok bool) {
	for range len(l.s.Dentries) {
		if d == top {
			return path, true
		}
		r := &l.s.Dentries[d]
		if r.Parent == d {
			return "", false
		}
		path = "/" + l.s.Name(r.Name) + path
		d = r.Parent
	}
	return "", false
}
