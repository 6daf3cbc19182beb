package model

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// A state that calls have made can be built, and then has the same key: a Builder
// can say all that decides the future.
func TestRebuild(t *testing.T) {
	programs := 300
	if testing.Short() {
		programs = 30
	}
	most := 0
	for seed := range uint64(programs) {
		s := wander(t, rand.New(rand.NewPCG(seed, 1)))
		if len(s.covers) > 0 {
			continue // of detached trees that were dissolved: no Builder makes these
		}
		built, err := rebuild(s)
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, s.View().Mounts)
		}
		if got, want := built.AppendKey(nil), s.AppendKey(nil); !bytes.Equal(got, want) {
			t.Fatalf("seed %d: another key; built\n%s%smade\n%s%s", seed, built.View().Mounts, built.View().Actors, s.View().Mounts, s.View().Actors)
		}
		most = max(most, int(s.live))
	}
	if most < 30 {
		t.Errorf("no program made a state of more than %d mounts", most)
	}
}

// wander makes random calls; few fail.
func wander(t *testing.T, r *rand.Rand) *State {
	s := NewState(World{})
	do := func(actor int, c Call) {
		if _, err := s.Do(actor, &c); err != nil {
			t.Fatal(err)
		}
	}
	dirs := []string{"/a", "/b", "/c", "/a/x", "/b/x", "/c/x", "/a/x/y"}
	for _, d := range dirs {
		do(1, NewCall(OpMkdir, Str(d), Num(0o755)))
	}
	do(1, NewCall(OpMknod, Str("/f"), Num(S_IFREG|0o644), Num(0)))
	do(1, NewCall(OpMount, NULL(), Str("/"), NULL(), Num(MS_SHARED), NULL()))
	types := []int64{MS_SHARED, MS_SHARED, MS_SLAVE, MS_PRIVATE, MS_UNBINDABLE}
	for range 30 {
		actors := len(s.Procs) - 1
		actor := 1 + r.IntN(actors)
		dir := func() Arg { return Str(dirs[r.IntN(len(dirs))]) }
		switch r.IntN(12) {
		case 0, 1:
			do(actor, NewCall(OpMount, Str("none"), dir(), Str("tmpfs"), Num(MS_NODEV), NULL()))
		case 2, 3, 4:
			do(actor, NewCall(OpMount, dir(), dir(), NULL(), Num(MS_BIND|MS_REC*r.Int64N(2)), NULL()))
		case 5, 6:
			do(actor, NewCall(OpMount, NULL(), dir(), NULL(), Num(types[r.IntN(len(types))]|MS_REC*r.Int64N(2)), NULL()))
		case 7:
			do(actor, NewCall(OpUmount2, dir(), Num(MNT_DETACH)))
		case 8:
			if actors < 4 {
				do(actor, NewCall(OpFork))
				do(actors+1, NewCall(OpUnshare, Num(CLONE_NEWNS|CLONE_NEWUSER*r.Int64N(2))))
			}
		case 9:
			do(actor, NewCall(OpOpenTree, Num(AT_FDCWD), dir(), Num(OPEN_TREE_CLONE|AT_RECURSIVE)))
		case 10:
			do(actor, NewCall(OpOpenTree, Num(AT_FDCWD), dir(), Num(OPEN_TREE_NAMESPACE|AT_RECURSIVE)))
		case 11:
			do(actor, NewCall(OpMount, Str(fmt.Sprintf("/proc/%d/ns/mnt", 1+r.IntN(actors))), Str("/f"), NULL(), Num(MS_BIND), NULL()))
		}
	}
	return s
}

// copier builds a state again.
type copier struct {
	*Builder
	s     *State
	users map[UserIx]UserIx
	space map[NSIx]NSIx
	sbs   map[SBIx]SBIx
	dent  map[DentryIx]DentryIx
	mnt   map[MountIx]MountIx

	opener map[FileIx]ProcIx
}

func rebuild(s *State) (*State, error) {
	c := &copier{
		Builder: NewBuilder(World{Semantics: s.Sem, MountMax: s.MountMax}), s: s,
		users: map[UserIx]UserIx{0: 0, s.fixed.InitUser: s.fixed.InitUser}, space: map[NSIx]NSIx{},
		sbs: map[SBIx]SBIx{}, dent: map[DentryIx]DentryIx{}, mnt: map[MountIx]MountIx{},
		opener: map[FileIx]ProcIx{},
	}
	for u := range s.Users {
		if s.Users[u].live && c.users[UserIx(u)] == 0 {
			c.users[UserIx(u)] = c.User(c.users[s.Users[u].Parent])
		}
	}
	c.addSpaces()
	c.addFiles()
	c.addMounts()
	for p := 1; p < len(s.Procs); p++ {
		c.addProcess(&s.Procs[p])
	}
	c.Builder.s.initialSBs = [2]SBIx{c.sbs[s.initialSBs[0]], c.sbs[s.initialSBs[1]]}
	return c.Build()
}

func (c *copier) addSpaces() {
	var byAge []NSIx
	for ns := range c.s.Spaces {
		if c.s.Spaces[ns].ID != 0 {
			byAge = append(byAge, NSIx(ns))
		}
	}
	slices.SortFunc(byAge, func(a, b NSIx) int { return cmp.Compare(c.s.Spaces[a].Age, c.s.Spaces[b].Age) })
	for _, ns := range byAge {
		r := &c.s.Spaces[ns]
		n := NamespaceSpec{Owner: c.users[r.Owner], Anon: r.Anon}
		for from := range c.s.Spaces {
			if r.Origin != 0 && c.s.Spaces[from].ID == r.Origin {
				n.Origin = c.space[NSIx(from)]
			}
		}
		c.space[ns] = c.Namespace(n)
		if !r.Anon {
			c.dent[r.File] = c.NamespaceFile(c.space[ns])
		}
	}
}

func (c *copier) addFiles() {
	for sb := range c.s.SBs {
		r := &c.s.SBs[sb]
		switch x := SBIx(sb); {
		case r.Root == 0:
		case x <= c.s.fixed.Sysfs:
			c.sbs[x] = x // both have the kernel's own
		default:
			c.sbs[x] = c.Superblock(SuperblockSpec{Type: r.Type, Flags: r.Flags, Owner: c.users[r.Owner]})
			c.addTree(r.Root, c.Root(c.sbs[x]))
		}
	}
}

func (c *copier) addTree(from, to DentryIx) {
	c.dent[from] = to
	var children []DentryIx
	for d := c.s.Dentries[from].FirstChild; d != 0; d = c.s.Dentries[d].nextChild {
		children = append(children, d)
	}
	for _, d := range slices.Backward(children) { // the newest is the first
		r := &c.s.Dentries[d]
		c.addTree(d, c.Dentry(to, c.s.Name(r.Name), r.Kind))
	}
}

func (c *copier) addMounts() {
	var byAge []MountIx
	for m := range c.s.Mounts {
		if r := &c.s.Mounts[m]; r.ID != 0 && r.NS != InternalNS {
			byAge = append(byAge, MountIx(m))
		}
	}
	slices.SortFunc(byAge, func(a, b MountIx) int { return cmp.Compare(c.s.Mounts[a].UID, c.s.Mounts[b].UID) })
	for _, m := range byAge {
		r := &c.s.Mounts[m]
		n := MountSpec{
			ID: r.ID, NS: c.space[r.NS], Root: c.dent[r.Root], Flags: r.Flags & builderFlags, Source: c.s.Name(r.Source),
			IDMap: c.users[r.IDMap], Group: r.Group,
		}
		c.mnt[m] = c.Mount(n)
	}
	for _, m := range byAge {
		for x := c.s.Mounts[m].FirstChild; x != 0; x = c.s.Mounts[x].NextChild {
			c.Attach(c.mnt[x], c.mnt[m], c.dent[c.s.Mounts[x].MP])
		}
	}
	for _, m := range byAge {
		c.order(m)
	}
}

// order says in which order the peers and the slaves of m are.
func (c *copier) order(m MountIx) {
	if c.s.Mounts[m].Flags&Shared != 0 {
		ring := []MountIx{c.mnt[m]}
		for x := c.s.Mounts[m].NextPeer; x != m; x = c.s.Mounts[x].NextPeer {
			ring = append(ring, c.mnt[x])
		}
		c.OrderPeers(ring...)
	}
	var slaves []MountIx
	for x := c.s.Mounts[m].FirstSlave; x != 0; x = c.s.Mounts[x].NextSlave {
		slaves = append(slaves, c.mnt[x])
		c.SetMaster(c.mnt[x], c.mnt[m])
	}
	c.OrderSlaves(slaves...)
}

func (c *copier) loc(l Loc) Loc {
	if l.M == c.s.fixed.NsfsMount {
		return Loc{l.M, c.dent[l.D]}
	}
	return Loc{c.mnt[l.M], c.dent[l.D]}
}

func (c *copier) addProcess(r *Process) {
	fs := &c.s.FSs[r.FS]
	p := c.Process(ProcessSpec{NS: c.space[r.NS], User: c.users[r.User], Caps: r.Caps, Root: c.loc(fs.Root), Cwd: c.loc(fs.Cwd)})
	for fd := r.FirstFD; fd != 0; fd = c.s.FDs[fd].Next {
		n := int(c.s.FDs[fd].Num)
		if of := c.opener[c.s.FDs[fd].File]; of != 0 {
			c.ShareDescriptor(p, of, n)
			continue
		}
		c.opener[c.s.FDs[fd].File] = p
		f := &c.s.Files[c.s.FDs[fd].File]
		c.Descriptor(p, n, File{Kind: f.Kind, Mode: f.Mode, Loc: c.loc(f.Loc)})
	}
}
