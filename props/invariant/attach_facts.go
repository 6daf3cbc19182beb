package invariant

import "mntcheck/model"

// attachment is what a successful mount or move_mount attached, and where.
type attachment struct {
	ok        bool
	src       model.MountIx // in After
	at        model.Loc     // the parent and mountpoint, in Before
	kind      attachKind
	recursive bool
	beneath   bool
	from      model.Loc // of a bind: the location that it copies, in Before
}

type attachKind uint8

const (
	attachNew attachKind = iota
	attachBind
	attachMove
)

// attachment resolves the call's paths in the state before it.
func (t *Transition) attachment() *attachment {
	a := &t.facts.attached
	if !t.facts.learn(factAttach) {
		return a
	}
	*a = attachment{}
	if !t.ok() || !t.HasState() {
		return a
	}
	switch t.Call.Op {
	case model.OpMount:
		t.findMount(a)
	case model.OpMoveMount:
		t.findMove(a)
	}
	return a
}

// mountFlagsOf are the flags of mount(2), without the magic number of old.
func mountFlagsOf(c *model.Call) uint64 {
	f := uint64(c.Args[3].N)
	if f&model.MS_MGC_MSK == model.MS_MGC_VAL {
		f &^= model.MS_MGC_MSK
	}
	return f
}

const typeFlags = model.MS_SHARED | model.MS_PRIVATE | model.MS_SLAVE | model.MS_UNBINDABLE

func (t *Transition) findMount(a *attachment) {
	f := mountFlagsOf(t.Call)
	switch {
	case f&model.MS_REMOUNT != 0:
		return
	case f&model.MS_BIND != 0:
		a.kind = attachBind
	case f&typeFlags != 0:
		return
	case f&model.MS_MOVE != 0:
		a.kind = attachMove
	}
	a.recursive = f&model.MS_REC != 0 && a.kind == attachBind
	if a.kind == attachBind {
		from, r := t.Before.Resolve(t.Actor, model.AT_FDCWD, t.Call.Args[0], model.ResolveFollow)
		if r.Refused() {
			return
		}
		a.from = from
	}
	at, r := t.Before.Resolve(t.Actor, model.AT_FDCWD, t.Call.Args[1], model.ResolveFollow)
	if !r.Refused() {
		t.attachedOn(a, onTop(t.Before, at))
	}
}

func (t *Transition) findMove(a *attachment) {
	f := uint64(uint32(t.Call.Args[4].N))
	if f&model.MOVE_MOUNT_SET_GROUP != 0 {
		return
	}
	a.kind = attachMove
	a.beneath = f&model.MOVE_MOUNT_BENEATH != 0
	path := t.Call.Args[3]
	var how model.ResolveFlags
	if f&model.MOVE_MOUNT_T_SYMLINKS != 0 {
		how |= model.ResolveFollow
	}
	if f&model.MOVE_MOUNT_T_EMPTY_PATH != 0 {
		how |= model.ResolveEmpty
		if path.Kind == model.Null {
			path = model.Str("")
		}
	}
	at, r := t.Before.Resolve(t.Actor, int64(int32(t.Call.Args[2].N)), path, how)
	if r.Refused() {
		return
	}
	if !a.beneath {
		t.attachedOn(a, onTop(t.Before, at))
		return
	}
	top := onTop(t.Before, at).M
	t.attachedOn(a, model.Loc{M: t.Before.Mounts[top].Parent, D: t.Before.Mounts[top].MP})
}

// onTop is where a mount on the location at really goes: on top of what is
// mounted there. Spec 04 §1.1.
func onTop(s *model.State, at model.Loc) model.Loc {
	for c := s.ChildAt(at.M, at.D); c != 0; c = s.ChildAt(at.M, at.D) {
		at = model.Loc{M: c, D: s.Mounts[c].Root}
	}
	return at
}

func (t *Transition) attachedOn(a *attachment, at model.Loc) {
	if at.M == 0 || !t.stays(at.M) {
		return
	}
	a.at = at
	a.src = t.After.ChildAt(at.M, at.D)
	a.ok = a.src != 0
}

// receiversOf lists, as Before has it, what receives from p: its peers, their
// slaves, the peers of these, and so on. The list is valid until the next call
// of receiversOf. Spec 01 §2.2.
func (t *Transition) receiversOf(p model.MountIx) []model.MountIx {
	t.facts.receivers = t.appendReceivers(t.facts.receivers[:0], p)
	return t.facts.receivers
}

func (t *Transition) appendReceivers(to []model.MountIx, p model.MountIx) []model.MountIx {
	s, k := t.Before, &t.facts.marks
	e := k.begin(len(s.Mounts))
	k.set(int(p), e)
	start := len(to)
	add := func(m model.MountIx) {
		for x := m; ; {
			if k.set(int(x), e) {
				to = append(to, x)
			}
			if x = s.Mounts[x].NextPeer; x == m {
				return
			}
		}
	}
	if s.Mounts[p].Group != 0 {
		add(p)
	}
	for from, i := p, start; ; i++ {
		for x := s.Mounts[from].FirstSlave; x != 0; x = s.Mounts[x].NextSlave {
			if !k.has(int(x), e) {
				add(x)
			}
		}
		if i >= len(to) {
			return to
		}
		from = to[i]
	}
}
