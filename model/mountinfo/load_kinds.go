package mountinfo

import "mntcheck/model"

// decideKinds tells the files among what is mounted, and mounted on, from
// directories: a root and its mountpoint are of the same kind (spec 01 §6,
// INV-4), which ties together those that share either. The root of a filesystem
// is a directory, and so is what has something below it; a namespace's file is a
// file; of the rest IsDir may know.
func (l *loader) decideKinds() error {
	k := newKinds(l)
	for i := range l.t.Entries {
		k.tie(l.roots[i], l.mps[i])
		if !l.isPath(i) {
			k.know(l.roots[i], isFile)
		}
	}
	for i := range l.t.Entries {
		for _, d := range [...]model.DentryIx{l.roots[i], l.mps[i]} {
			if l.surelyDir(d) {
				k.know(d, isDir)
			}
		}
	}
	if l.opt.IsDir != nil {
		for i := range l.t.Entries {
			if k.of(l.roots[i]) == isUnknown && !l.b.Covered(l.mounts[i]) {
				if dir, known := l.opt.IsDir(l.t.Entries[i].Mountpoint); known && dir {
					k.know(l.roots[i], isDir)
				} else if known {
					k.know(l.roots[i], isFile)
				}
			}
		}
	}
	for i := range l.t.Entries {
		for _, d := range [...]model.DentryIx{l.roots[i], l.mps[i]} {
			switch {
			case k.of(d) == isFile && l.b.DentryAt(d).Kind == model.Dir && !l.surelyDir(d):
				l.b.SetKind(d, model.RegularFile)
			case k.of(d) == isUnknown && d != 0:
				l.facts.guess(d)
			}
		}
	}
	return nil
}

// surelyDir tells whether d is a directory whatever it is mounted on.
func (l *loader) surelyDir(d model.DentryIx) bool {
	r := l.b.DentryAt(d)
	return d != 0 && (r.FirstChild != 0 || r.Parent == d && r.Kind == model.Dir || d == l.facts.rootDir)
}

func (l *loader) isPath(i int) bool {
	root := l.t.Entries[i].Root
	return root != "" && root[0] == '/'
}

type kind uint8

const (
	isUnknown kind = iota
	isDir
	isFile
)

// kinds are sets of dentries of one kind, each with a dentry that stands for it.
type kinds struct {
	leader []model.DentryIx
	kind   []kind // by leader
}

func newKinds(l *loader) *kinds {
	last := model.DentryIx(0)
	for i := range l.roots {
		last = max(last, l.roots[i], l.mps[i])
	}
	k := &kinds{leader: make([]model.DentryIx, last+1), kind: make([]kind, last+1)}
	for d := range k.leader {
		k.leader[d] = model.DentryIx(d)
	}
	return k
}

func (k *kinds) find(d model.DentryIx) model.DentryIx {
	for k.leader[d] != d {
		k.leader[d] = k.leader[k.leader[d]]
		d = k.leader[d]
	}
	return d
}

func (k *kinds) tie(a, b model.DentryIx) {
	if a != 0 && b != 0 {
		k.leader[k.find(a)] = k.find(b)
	}
}

func (k *kinds) of(d model.DentryIx) kind { return k.kind[k.find(d)] }

// know notes what d is. The first to tell is right: if others disagree, the
// Builder says where a file meets a directory.
func (k *kinds) know(d model.DentryIx, is kind) {
	if x := k.find(d); k.kind[x] == isUnknown {
		k.kind[x] = is
	}
}
