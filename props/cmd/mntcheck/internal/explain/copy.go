package explain

import (
	"slices"

	"mntcheck/model"
)

// The reasons for which a copy leaves out a mount.
const (
	reasonUnbindable   = "unbindable"
	reasonNamespace    = "file of a mount namespace"
	reasonBelow        = "below a mount that is left out"
	reasonNotRecursive = "below the path, and AT_RECURSIVE was not given"
	reasonAbove        = "above the path"
	reasonElsewhere    = "not below the path"
)

// copied works out which mount of the new namespace is the copy of which, by
// walking originals and copies side by side as the kernel does.
func (a *Answer) copied(actor int, c *model.Call) {
	flags := uint64(c.Args[2].N)
	how := model.ResolveFollow
	if flags&model.AT_SYMLINK_NOFOLLOW != 0 {
		how = 0
	}
	if flags&model.AT_EMPTY_PATH != 0 {
		how |= model.ResolveEmpty
	}
	s := a.after
	at, r := s.Resolve(actor, c.Args[0].N, c.Args[1], how)
	root := s.Spaces[a.newSpace].Root
	graft := s.Overmount(root)
	if r.Refused() || graft == 0 {
		return
	}
	k := &copier{State: s, answer: a, recursive: flags&model.AT_RECURSIVE != 0, from: at,
		caller: s.Procs[actor].NS, groups: map[string]*LeftOut{}}
	a.Copy = &Copy{From: s.LocPath(at), Recursive: k.recursive, Slave: s.Procs[actor].User != s.Spaces[k.caller].Owner,
		Mounts: []Pair{}, LeftOut: []LeftOut{}}
	k.pair(s.Spaces[k.caller].Root, root)
	k.kept = 1
	k.below(at.M, graft)
	k.elsewhere()
	for _, reason := range []string{reasonUnbindable, reasonNamespace, reasonBelow, reasonNotRecursive, reasonAbove, reasonElsewhere} {
		if g := k.groups[reason]; g != nil {
			a.Copy.LeftOut = append(a.Copy.LeftOut, *g)
		}
	}
}

// copier walks a source tree and its copy.
type copier struct {
	*model.State
	answer    *Answer
	recursive bool
	from      model.Loc
	caller    model.NSIx
	kept      int // mounts that are not to be counted as elsewhere
	groups    map[string]*LeftOut
}

// below pairs m and its copy, and what is below them.
func (k *copier) below(m, image model.MountIx) {
	type twin struct{ m, image model.MountIx }
	stack := []twin{{m, image}}
	for len(stack) > 0 {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		k.pair(t.m, t.image)
		k.kept++
		from := len(stack)
		for c := k.Mounts[t.m].FirstChild; c != 0; c = k.Mounts[c].NextChild {
			if t.m == k.from.M && !k.Under(k.Mounts[c].MP, k.from.D) {
				continue // elsewhere: it is not below the path
			}
			// A mount has one child at most on a dentry, so that tells which copy it is.
			if twinOf := k.ChildAt(t.image, k.Mounts[c].MP); twinOf != 0 {
				stack = append(stack, twin{c, twinOf})
			} else {
				k.leave(c)
			}
		}
		for i, j := from, len(stack)-1; i < j; i, j = i+1, j-1 {
			stack[i], stack[j] = stack[j], stack[i] // the first child comes off first
		}
	}
}

// pair notes what the copy is of, and its locks, which no table shows.
func (k *copier) pair(m, image model.MountIx) {
	r := &k.Mounts[image]
	p := Pair{ID: r.ID, Path: k.MountPath(image), Of: k.Mounts[m].ID, At: k.MountPath(m),
		shared: r.Flags&model.Shared != 0}
	if r.Flags&model.Locked != 0 {
		p.Locks = append(p.Locks, "in place")
	}
	p.Locks = append(p.Locks, lockNames(r.Flags)...)
	k.answer.Copy.Mounts = append(k.answer.Copy.Mounts, p)
}

// leave counts a mount below the path that was not copied, and all below it.
func (k *copier) leave(m model.MountIx) {
	reason := reasonNotRecursive
	switch {
	case !k.recursive:
	case k.Dentries[k.Mounts[m].Root].Kind == model.MntNSFile:
		reason = reasonNamespace
	case k.Mounts[m].Flags&model.Unbindable != 0:
		reason = reasonUnbindable
	}
	n := 0
	k.Preorder(m, func(model.MountIx) bool { n++; return true })
	k.kept += n
	if reason == reasonNotRecursive {
		k.group(reason, m, n)
		return
	}
	k.group(reason, m, 1)
	if n > 1 {
		for c := k.Mounts[m].FirstChild; c != 0; c = k.Mounts[c].NextChild {
			k.group(reasonBelow, c, 0)
		}
		k.groups[reasonBelow].Count += n - 1
	}
}

func (k *copier) group(reason string, m model.MountIx, n int) {
	g := k.groups[reason]
	if g == nil {
		g = &LeftOut{Reason: reason, Topmost: []Place{}}
		k.groups[reason] = g
	}
	g.Count += n
	if len(g.Topmost) < MaxPlaces {
		g.Topmost = append(g.Topmost, Place{k.Mounts[m].ID, k.MountPath(m)})
	}
}

// elsewhere counts the mounts of the caller's namespace that are not below the
// path: those above it, and what hangs beside the way down to it. The kernel
// does not look at the latter, so they are counted by subtraction.
func (k *copier) elsewhere() {
	if k.Mounts[k.from.M].NS != k.caller {
		return
	}
	n := int(k.Spaces[k.caller].Nr) - k.kept
	var way []model.MountIx // upwards
	for m := k.Mounts[k.from.M].Parent; m != 0; m = k.Mounts[m].Parent {
		way = append(way, m)
	}
	slices.Reverse(way)
	for _, m := range way {
		if m != k.Spaces[k.caller].Root {
			k.group(reasonAbove, m, 1)
			n--
		}
	}
	if n <= 0 {
		return
	}
	g := &LeftOut{Reason: reasonElsewhere, Count: n, Topmost: []Place{}}
	k.groups[reasonElsewhere] = g
	for i, m := range way {
		next := k.from.M
		if i+1 < len(way) {
			next = way[i+1]
		}
		for c := k.Mounts[m].FirstChild; c != 0; c = k.Mounts[c].NextChild {
			if c != next {
				k.place(g, c)
			}
		}
	}
	for c := k.Mounts[k.from.M].FirstChild; c != 0; c = k.Mounts[c].NextChild {
		if !k.Under(k.Mounts[c].MP, k.from.D) {
			k.place(g, c)
		}
	}
}

func (k *copier) place(g *LeftOut, m model.MountIx) {
	if len(g.Topmost) < MaxPlaces {
		g.Topmost = append(g.Topmost, Place{k.Mounts[m].ID, k.MountPath(m)})
	}
}
