package invariant

import "mntcheck/model"

// typeInvariants are about changes of the propagation type.
func typeInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "type-change",
			Statement: "A change of propagation type gives the mount, or each of the tree, the type that was asked for; who leaves a group to be a slave becomes a slave of that group.",
			Source:    "spec 03 §1.2, §1.3; users I4; youki#3621",
			Needs:     Visible, Facts: Places | AllMounts,
			Check: checkTypeChange,
		},
		{
			Name: "slaves-handed-over",
			Statement: "A slave that is not changed itself receives, when its master leaves, from what is left of the master's group, else of the group above that; " +
				"it has no master only if none of them is left.",
			Source: "spec 03 §1.2 step 2d, §1.4",
			Needs:  Visible, Facts: Places | AllMounts,
			Check: checkHandedOver,
		},
	}
}

// typeTarget is the mount whose type the call changed, to what, and whether
// all of its tree.
func (t *Transition) typeTarget() (m model.MountIx, flag uint64, recursive bool) {
	if !t.ok() {
		return 0, 0, false
	}
	var at model.Loc
	var r model.Refusal
	switch t.Call.Op {
	case model.OpMount:
		f := mountFlagsOf(t.Call)
		if f&(model.MS_REMOUNT|model.MS_BIND) != 0 || f&typeFlags == 0 {
			return 0, 0, false
		}
		flag, recursive = f&typeFlags, f&model.MS_REC != 0
		at, r = t.Before.Resolve(t.Actor, model.AT_FDCWD, t.Call.Args[1], model.ResolveFollow)
	case model.OpMountSetattr, model.OpOpenTreeAttr:
		f := uint64(uint32(t.Call.Args[2].N))
		if t.Call.Args[3].Kind != model.Attr || t.Call.Attr.Propagation == 0 {
			return 0, 0, false
		}
		if t.Call.Op == model.OpOpenTreeAttr && f&(model.OPEN_TREE_CLONE|model.OPEN_TREE_NAMESPACE) != 0 {
			return 0, 0, false // it changes the copy
		}
		flag, recursive = t.Call.Attr.Propagation, f&model.AT_RECURSIVE != 0
		var how model.ResolveFlags
		if f&model.AT_SYMLINK_NOFOLLOW == 0 {
			how |= model.ResolveFollow
		}
		if f&model.AT_EMPTY_PATH != 0 {
			how |= model.ResolveEmpty
		}
		at, r = t.Before.Resolve(t.Actor, int64(int32(t.Call.Args[0].N)), t.Call.Args[1], how)
	default:
		return 0, 0, false
	}
	if r.Refused() {
		return 0, 0, false
	}
	return at.M, flag, recursive
}

func checkTypeChange(t *Transition) (bool, *Violation) {
	m, flag, recursive := t.typeTarget()
	if m == 0 {
		return false, nil
	}
	var broken *Violation
	walk(t.Before, m, func(x model.MountIx) bool {
		broken = t.checkTypeOf(x, flag, recursive)
		return recursive && broken == nil
	})
	return true, broken
}

func (t *Transition) checkTypeOf(x model.MountIx, flag uint64, recursive bool) *Violation {
	b, s := t.Before, t.After
	o, r := &b.Mounts[x], &s.Mounts[x]
	shared, unbindable := r.Flags&model.Shared != 0, r.Flags&model.Unbindable != 0
	switch flag {
	case model.MS_SHARED:
		if !shared || unbindable || !recursive && (r.Master != o.Master || o.Group != 0 && r.Group != o.Group) {
			return t.say("%v was made shared but has another type", x)
		}
	case model.MS_PRIVATE, model.MS_UNBINDABLE:
		if shared || r.Master != 0 || unbindable != (flag == model.MS_UNBINDABLE) {
			return t.say("%v was made private or unbindable but has another type", x)
		}
	case model.MS_SLAVE:
		if shared || unbindable != (o.Flags&model.Unbindable != 0) {
			return t.say("%v was made a slave but has another type", x)
		}
		if recursive {
			return nil // peers of the same tree change one after the other
		}
		group := o.Group
		if group == 0 || o.NextPeer == x {
			if group = 0; o.Master != 0 {
				group = b.Mounts[o.Master].Group
			}
		}
		if now := groupOfMaster(s, x); now != group {
			return t.say("%v was made a slave and should receive from peer group %v, but does from %v", x, group, now)
		}
	}
	return nil
}

// groupOfMaster is the peer group that m is a slave of, 0 for none.
func groupOfMaster(s *model.State, m model.MountIx) int32 {
	if p := s.Mounts[m].Master; p != 0 {
		return s.Mounts[p].Group
	}
	return 0
}

func checkHandedOver(t *Transition) (premise bool, broken *Violation) {
	if len(t.After.Journal()) == 0 || !t.hadSlaves() {
		return false, nil
	}
	var target model.MountIx
	var recursive, asked bool
	for _, m := range t.old() {
		if t.Before.Mounts[m].Master == 0 || !t.mounted(m) {
			continue
		}
		if !asked {
			target, _, recursive = t.typeTarget()
			asked = true
		}
		if m == target || target != 0 && recursive && inTree(t.Before, m, target) {
			continue
		}
		want := t.groupLeft(m)
		premise = premise || want != groupOfMaster(t.Before, m)
		if now := groupOfMaster(t.After, m); now != want {
			return true, t.say("%v receives from peer group %v, and should from %v", m, now, want)
		}
	}
	return premise, nil
}

// groupLeft is the nearest group upstream of the slave m that has a member
// left, 0 for none.
func (t *Transition) groupLeft(m model.MountIx) int32 {
	b := t.Before
	for x, n := b.Mounts[m].Master, 0; x != 0 && n <= len(b.Mounts); x, n = b.Mounts[x].Master, n+1 {
		for p := x; ; {
			if t.mounted(p) && t.After.Mounts[p].Group == b.Mounts[x].Group {
				return b.Mounts[x].Group
			}
			if p = b.Mounts[p].NextPeer; p == x {
				break
			}
		}
		if t.joined(b.Mounts[x].Group) {
			return b.Mounts[x].Group
		}
	}
	return 0
}

// joined tells whether the call made a mount of a peer group: a copy outlives
// what it was copied from where unshare leaves a namespace that then ends.
func (t *Transition) joined(group int32) bool {
	for _, c := range t.After.Journal() {
		if r := &t.After.Mounts[c.M]; r.ID != 0 && r.NS > 0 && r.Group == group && t.isNew(c.M) {
			return true
		}
	}
	return false
}
