package invariant_test

import (
	"mntcheck/model"
)

// fault is a model that is wrong in one way. It makes its calls on a right
// one, and spoils what it is asked, what it finds, or what it leaves.
type fault struct {
	name string
	do   func(x *faulty)
	view func(v model.View, s *model.State) model.View // how it shows its tables; nil: rightly
}

// faulty is a call that a fault is making.
type faulty struct {
	before *model.State // a copy from before the call
	s      *model.State
	actor  int
	call   *model.Call
	r      model.Result
	err    error
}

// make makes a call as the actor; the answer is that of the whole.
func (x *faulty) make(c model.Call) bool {
	x.r, x.err = x.s.Do(x.actor, &c)
	return x.err == nil && x.r.Errno == 0
}

// right makes the call as it was asked for, and tells whether it succeeded.
func (x *faulty) right() bool { return x.make(*x.call) }

func (x *faulty) edit() model.Editor { return x.s.Edit() }

// is tells whether the call is one of ops.
func (x *faulty) is(ops ...model.Op) bool {
	for _, op := range ops {
		if x.call.Op == op {
			return true
		}
	}
	return false
}

func (x *faulty) isNew(m model.MountIx) bool {
	return int(m) >= len(x.before.Mounts) || x.before.Mounts[m].UID != x.s.Mounts[m].UID
}

// fresh lists the mounts that the call made and that are in a namespace, in
// the order in which they were made.
func (x *faulty) fresh() (all []model.MountIx) {
	for _, c := range x.s.Journal() {
		if r := &x.s.Mounts[c.M]; c.Old.ID == 0 && r.ID != 0 && r.NS > 0 && x.isNew(c.M) {
			all = append(all, c.M)
		}
	}
	return all
}

// tops lists the topmost mounts of new trees: those on an old parent.
func (x *faulty) tops() (all []model.MountIx) {
	for _, m := range x.fresh() {
		if p := x.s.Mounts[m].Parent; p != 0 && !x.isNew(p) {
			all = append(all, m)
		}
	}
	return all
}

func leaf(s *model.State, m model.MountIx) bool { return s.Mounts[m].FirstChild == 0 }

// space is the namespace that the call made, with its root and what is on it.
func (x *faulty) space() (ns model.NSIx, root, graft model.MountIx) {
	for i := range x.s.Spaces {
		r := &x.s.Spaces[i]
		if r.ID != 0 && !r.Anon && (i >= len(x.before.Spaces) || x.before.Spaces[i].Age != r.Age) {
			return model.NSIx(i), r.Root, x.s.Mounts[r.Root].FirstChild
		}
	}
	return 0, 0, 0
}

// caller is the caller's namespace.
func (x *faulty) caller() model.NSIx { return x.before.Procs[x.actor].NS }

func (x *faulty) foreign() bool {
	return x.before.Procs[x.actor].User != x.before.Spaces[x.caller()].Owner
}

// namespace makes the call; it is true for one that has made a namespace by
// open_tree.
func (x *faulty) namespace() bool {
	return x.right() && x.is(model.OpOpenTree) && x.call.Args[2].N&model.OPEN_TREE_NAMESPACE != 0
}

// tree lists the mounts of the tree under m.
func (x *faulty) tree(m model.MountIx) (all []model.MountIx) {
	x.s.Preorder(m, func(m model.MountIx) bool {
		all = append(all, m)
		return true
	})
	return all
}

// target is where a path argument leads before the call.
func (x *faulty) target(arg int, how model.ResolveFlags) (model.Loc, bool) {
	at, r := x.before.Resolve(x.actor, model.AT_FDCWD, x.call.Args[arg], how)
	return at, !r.Refused()
}

// isBind and isNewMount tell what a mount call asks for.
func (x *faulty) isBind() bool {
	return x.is(model.OpMount) && x.call.Args[3].N&(model.MS_BIND|model.MS_REMOUNT) == model.MS_BIND
}

func (x *faulty) isNewMount() bool {
	const other = model.MS_BIND | model.MS_REMOUNT | model.MS_MOVE | model.MS_SHARED | model.MS_PRIVATE | model.MS_SLAVE | model.MS_UNBINDABLE
	return x.is(model.OpMount) && x.call.Args[3].N&other == 0
}

// typeChange is the type that a mount call asks for, or 0.
func (x *faulty) typeChange() uint64 {
	f := x.call.Args[3].N
	if !x.is(model.OpMount) || f&(model.MS_BIND|model.MS_REMOUNT) != 0 {
		return 0
	}
	return uint64(f & (model.MS_SHARED | model.MS_PRIVATE | model.MS_SLAVE | model.MS_UNBINDABLE))
}

// leaveRing and joinRing do by hand what the model does for groups.
func (x *faulty) leaveRing(m model.MountIx) {
	e := x.edit()
	r := e.Mount(m)
	e.Mount(r.PrevPeer).NextPeer, e.Mount(r.NextPeer).PrevPeer = r.NextPeer, r.PrevPeer
	r.NextPeer, r.PrevPeer = m, m
}

func (x *faulty) joinRing(m, after model.MountIx) {
	e := x.edit()
	r, a := e.Mount(m), e.Mount(after)
	next := a.NextPeer
	r.Group, r.Flags = a.Group, r.Flags|model.Shared
	r.PrevPeer, r.NextPeer = after, next
	a.NextPeer = m
	e.Mount(next).PrevPeer = m
}

// leaveMaster takes m from its master's list.
func (x *faulty) leaveMaster(m model.MountIx) {
	e := x.edit()
	r := e.Mount(m)
	if r.PrevSlave != 0 {
		e.Mount(r.PrevSlave).NextSlave = r.NextSlave
	} else {
		e.Mount(r.Master).FirstSlave = r.NextSlave
	}
	if r.NextSlave != 0 {
		e.Mount(r.NextSlave).PrevSlave = r.PrevSlave
	}
	r.Master, r.PrevSlave, r.NextSlave = 0, 0, 0
}
