package invariant

import "mntcheck/model"

// privilegeInvariants are about what the new namespace may do: attributes,
// locks, and what must stay covered.
func privilegeInvariants() []*Invariant {
	return []*Invariant{
		{
			Name:      "NS-5",
			Statement: "Each copy has the flags and the idmapping of its original, and at least its attribute locks; for the owner exactly these.",
			Source:    "spec 05 §5 NS-5; users I6",
			Needs:     Visible, Facts: Places,
			Check: checkAttributes,
		},
		{
			Name:      "NS-6",
			Statement: "For the owner a copy is LOCKED if and only if its original is, and the graft if and only if something on the caller's root stack is.",
			Source:    "spec 05 §5 NS-6",
			Check:     checkLockedOwner,
		},
		{
			Name:      "NS-7",
			Statement: "For a foreign caller every mount but the root is LOCKED, and all attributes are locked.",
			Source:    "spec 05 §5 NS-7; users I6",
			Check:     checkLockedForeign,
		},
		{
			Name:      "NS-8",
			Statement: "For a foreign caller every place that something covers in the copied area is covered in the copy; mounts of mount namespaces' files alone are left out.",
			Source:    "spec 05 §5 NS-8; users I5; CVE-2014-9717",
			Needs:     Visible, Facts: Places,
			Check: checkRevealForeign,
		},
		{
			Name:      "NS-9",
			Statement: "For the owner every LOCKED child of a copied mount in the copied area is copied, and LOCKED again.",
			Source:    "spec 05 §5 NS-9; users I5; CVE-2014-9717",
			Check:     checkRevealOwner,
		},
		{
			Name:      "NS-10",
			Statement: "If something on the caller's root stack is LOCKED, the graft is, and cannot be unmounted by who enters.",
			Source:    "spec 05 §5 NS-10; users I5",
			Check:     checkRevealAbove, WholeTable: true,
		},
		{
			Name:      "NS-16",
			Statement: "The new namespace belongs to the caller's user namespace, and who enters may mount in it.",
			Source:    "spec 05 §5 NS-16",
			Needs:     Visible, Facts: Places,
			Check: checkOwner,
		},
		{
			Name:      "NS-22",
			Statement: "For a foreign caller no mount of the new namespace is master or peer of one outside: nothing done inside propagates out.",
			Source:    "spec 05 §5 NS-22",
			Needs:     Visible, Facts: Places,
			Check: checkReceivesOnly, WholeTable: true,
		},
		{
			Name:      "NS-23",
			Statement: "A tree that arrives in a namespace of another owner has all attributes locked, all but its topmost mount LOCKED, and that one only if it slid beneath a LOCKED mount.",
			Source:    "spec 05 §5 NS-23; spec 03 §3.5, §3.7",
			Check:     checkArrival,
		},
		{
			Name:      "NS-24",
			Statement: "Outside of the initial user namespace, proc and sysfs can be mounted only where a fully visible instance is.",
			Source:    "spec 05 §5 NS-24; spec 04 §2.1; crun#2086",
			Needs:     Visible, Facts: Places,
			Check: checkTooRevealing, WholeTable: true,
		},
	}
}

func checkAttributes(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	pairs, _ := t.copied()
	for _, p := range pairs {
		o, c := t.original(p.from), &t.After.Mounts[p.to]
		const same = model.SettableFlags | model.Shrinkable
		if d := (o.Flags ^ c.Flags) & same; d != 0 {
			return true, t.say("%v and its copy %v differ in %v", p.from, p.to, flagWords(d))
		}
		if o.IDMap != c.IDMap {
			return true, t.say("%v and its copy %v differ in their idmapping", p.from, p.to)
		}
		had, has := o.Flags&model.AttributeLocks, c.Flags&model.AttributeLocks
		if had&^has != 0 || !n.foreign && had != has {
			return true, t.say("%v has the locks %v, its copy %v has %v", p.from, flagWords(had), p.to, flagWords(has))
		}
	}
	return true, nil
}

func checkLockedOwner(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok || n.foreign {
		return false, nil
	}
	s := t.After
	if s.Mounts[n.root].Flags&model.Locked != 0 {
		return true, t.say("%v, the root of %v, is LOCKED", n.root, n.ns)
	}
	if locked := lockedStack(t.Before, n.caller); n.graft != 0 && locked != (s.Mounts[n.graft].Flags&model.Locked != 0) {
		if locked {
			return true, t.say("%v is not LOCKED, although the stack on the caller's root is", n.graft)
		}
		return true, t.say("%v is LOCKED, although nothing on the caller's root is", n.graft)
	}
	pairs, _ := t.copied()
	for _, p := range pairs {
		if p.to != n.graft && p.to != n.root && (t.original(p.from).Flags^s.Mounts[p.to].Flags)&model.Locked != 0 {
			return true, t.say("one of %v and its copy %v is LOCKED", p.from, p.to)
		}
	}
	return true, nil
}

func checkLockedForeign(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok || !n.foreign {
		return false, nil
	}
	for _, m := range n.trees {
		f := t.After.Mounts[m].Flags
		if (f&model.Locked != 0) != (m != n.root) {
			if m == n.root {
				return true, t.say("%v, the root of %v, is LOCKED", m, n.ns)
			}
			return true, t.say("%v is not LOCKED in %v, which was made for another owner", m, n.ns)
		}
		if missing := locksDue(f) &^ f; missing != 0 {
			return true, t.say("%v of %v, which was made for another owner, lacks %v", m, n.ns, flagWords(missing))
		}
	}
	return true, nil
}

// locksDue are the attribute locks that a less privileged owner has to find on
// a mount with these flags. Spec 03 §3.5.
func locksDue(f model.MountFlags) model.MountFlags {
	due := model.LockAtime
	for _, l := range attributeLocks {
		if f&l.flag != 0 {
			due |= l.lock
		}
	}
	return due
}

// eachCovered calls f with every child c of a copied mount in the copied area,
// and with the image of its parent, until f says stop.
func (t *Transition) eachCovered(n *namespace, f func(c, on model.MountIx) bool) {
	b := t.Before
	for i, w := range n.want {
		on := n.images[i]
		for c := b.Mounts[w.m].FirstChild; c != 0; c = b.Mounts[c].NextChild {
			if i == 0 && !b.Under(b.Mounts[c].MP, n.from.D) {
				continue
			}
			if on != 0 && !f(c, on) {
				return
			}
		}
	}
}

func checkRevealForeign(t *Transition) (premise bool, broken *Violation) {
	n := t.namespace()
	if !n.ok || !n.foreign {
		return false, nil
	}
	t.eachCovered(n, func(c, on model.MountIx) bool {
		premise = true
		r := &t.Before.Mounts[c]
		if isPin(t.Before, c) && r.Flags&model.Locked == 0 {
			return true
		}
		if t.After.ChildAt(on, r.MP) == 0 {
			broken = t.say("what %v covers shows in %v, on %v", c, n.ns, on)
		}
		return broken == nil
	})
	return premise, broken
}

func checkRevealOwner(t *Transition) (premise bool, broken *Violation) {
	n := t.namespace()
	if !n.ok || n.foreign {
		return false, nil
	}
	t.eachCovered(n, func(c, on model.MountIx) bool {
		r := &t.Before.Mounts[c]
		if r.Flags&model.Locked == 0 {
			return true
		}
		premise = true
		if i := t.After.ChildAt(on, r.MP); i == 0 {
			broken = t.say("what %v covers, which is LOCKED, shows in %v, on %v", c, n.ns, on)
		} else if t.After.Mounts[i].Flags&model.Locked == 0 {
			broken = t.say("%v is LOCKED, but its copy %v is not", c, i)
		}
		return broken == nil
	})
	return premise, broken
}

func checkRevealAbove(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok || !lockedStack(t.Before, n.caller) || n.graft == 0 {
		return false, nil
	}
	if t.After.Mounts[n.graft].Flags&model.Locked == 0 {
		return true, t.say("%v is not LOCKED, although the stack on the caller's root is", n.graft)
	}
	if t.After.Overmount(n.graft) != 0 {
		return true, nil // umount would mean what is stacked on the graft
	}
	s, child, ok := t.enter(n)
	if !ok {
		return true, nil
	}
	if r, err := do(s, child, model.OpUmount2, model.Str("/"), model.Num(model.MNT_DETACH)); err == nil && r.Errno != model.EINVAL {
		return true, t.say("who enters %v can unmount %v: the call answers %v", n.ns, n.graft, r)
	}
	return true, nil
}

func checkOwner(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok {
		return false, nil
	}
	if owner := t.After.Spaces[n.ns].Owner; owner != n.user {
		return true, t.say("%v does not belong to the caller's user namespace", n.ns)
	}
	if !t.After.Capable(t.Actor, t.After.Spaces[n.ns].Owner, model.CapSysAdmin) {
		return true, t.say("the caller may not mount in %v", n.ns)
	}
	return true, nil
}

func checkReceivesOnly(t *Transition) (bool, *Violation) {
	n := t.namespace()
	if !n.ok || !n.foreign {
		return false, nil
	}
	for _, m := range n.trees {
		r := &t.After.Mounts[m]
		if r.Flags&model.Shared != 0 || r.NextPeer != m {
			return true, t.say("%v of %v is shared, and the caller is foreign", m, n.ns)
		}
		for x, i := r.FirstSlave, 0; x != 0 && i <= len(t.After.Mounts); x, i = t.After.Mounts[x].NextSlave, i+1 {
			if t.After.Mounts[x].NS != n.ns {
				return true, t.say("%v of %v is the master of %v outside", m, n.ns, x)
			}
		}
	}
	s, child, ok := t.enter(n)
	if !ok {
		return true, nil
	}
	share, err := do(s, child, model.OpMount, model.NULL(), model.Str("/"), model.NULL(), model.Num(model.MS_SHARED|model.MS_REC), model.NULL())
	if err != nil || share.Errno != 0 {
		return true, nil
	}
	if r, err := do(s, child, model.OpMount, model.Str("none"), model.Str("/"), model.Str("tmpfs"), model.Num(0), model.NULL()); err != nil || r.Errno != 0 {
		return true, nil
	}
	for i := range s.Spaces {
		if ns := model.NSIx(i); ns != n.ns && i < len(t.After.Spaces) && s.Spaces[i].Nr != t.After.Spaces[i].Nr && s.Spaces[i].ID != 0 {
			return true, t.say("a mount made in %v shows in %v", n.ns, ns)
		}
	}
	return true, nil
}

func checkArrival(t *Transition) (premise bool, broken *Violation) {
	a := t.attachment()
	if !a.ok {
		return false, nil
	}
	b := t.Before
	ns := b.Mounts[a.at.M].NS
	if ns <= 0 {
		return false, nil
	}
	owner := b.Spaces[ns].Owner
	if b.Spaces[ns].Anon {
		owner = b.Spaces[t.callerNS()].Owner
	}
	arrive := func(n model.MountIx) *Violation {
		ns := b.Mounts[n].NS
		if ns <= 0 || b.Spaces[ns].Owner == owner || !t.mounted(n) {
			return nil
		}
		x := t.After.ChildAt(n, a.at.D)
		if x == 0 || !t.isNew(x) && x != a.src {
			return nil
		}
		premise = true
		return t.checkArrived(n, x, a)
	}
	if v := arrive(a.at.M); v != nil {
		return true, v
	}
	if b.Mounts[a.at.M].Flags&model.Shared != 0 {
		for _, n := range t.receiversOf(a.at.M) {
			if v := arrive(n); v != nil {
				return true, v
			}
		}
	}
	return premise, nil
}

// checkArrived looks at the tree under x, which arrived on n, up to what was
// mounted there before.
func (t *Transition) checkArrived(n, x model.MountIx, a *attachment) *Violation {
	s := t.After
	over := t.Before.ChildAt(n, a.at.D)
	stack := append(t.facts.stack[:0], x)
	var v *Violation
	for i := 0; i < len(stack) && i <= len(s.Mounts) && v == nil; i++ {
		m := stack[i]
		f := s.Mounts[m].Flags
		// Whether the topmost one is, beneath something LOCKED, slides-locked tells.
		if slid := over != 0 && t.Before.Mounts[over].Flags&model.Locked != 0; m == x && !slid && f&model.Locked != 0 {
			v = t.say("%v arrived in %v, which has another owner, and is LOCKED", m, s.Mounts[m].NS)
		} else if m != x && f&model.Locked == 0 {
			v = t.say("%v arrived in %v, which has another owner, and is not LOCKED", m, s.Mounts[m].NS)
		} else if missing := locksDue(f) &^ f; missing != 0 {
			v = t.say("%v arrived in %v, which has another owner, and lacks %v", m, s.Mounts[m].NS, flagWords(missing))
		}
		for c := s.Mounts[m].FirstChild; c != 0; c = s.Mounts[c].NextChild {
			if c != over {
				stack = append(stack, c)
			}
		}
	}
	t.facts.stack = stack[:0]
	return v
}

// checkTooRevealing looks at mounts of proc and sysfs that succeed, and tries
// one in a new namespace.
func checkTooRevealing(t *Transition) (bool, *Violation) {
	if t.Call.Op == model.OpMount && t.ok() {
		ns := t.callerNS()
		kind := restrictedType(t.Call)
		if kind == 0 || t.Before.Users[t.Before.Spaces[ns].Owner].Level == 0 {
			return false, nil
		}
		if !hasFullyVisible(t.Before, ns, kind) {
			return true, t.say("%v was mounted in %v, which has no fully visible one", kind, ns)
		}
		return true, nil
	}
	n := t.namespace()
	if !n.ok || t.After.Users[n.user].Level == 0 || hasFullyVisible(t.After, n.ns, model.Sysfs) {
		return false, nil
	}
	s, child, ok := t.enter(n)
	if !ok {
		return false, nil
	}
	if r, err := do(s, child, model.OpUnshare, model.Num(model.CLONE_NEWNET)); err != nil || r.Errno != 0 {
		return false, nil // it has a network namespace of its own to show
	}
	if r, err := do(s, child, model.OpMount, model.Str("sysfs"), model.Str("/"), model.Str("sysfs"), model.Num(0), model.NULL()); err == nil && r.Errno != model.EPERM {
		return true, t.say("sysfs can be mounted in %v, which has no fully visible one: the call answers %v", n.ns, r)
	}
	return true, nil
}

// restrictedType is proc or sysfs where the call mounts one anew, else none.
func restrictedType(c *model.Call) model.FSType {
	if mountFlagsOf(c)&(model.MS_REMOUNT|model.MS_BIND|model.MS_MOVE|typeFlags) != 0 {
		return 0
	}
	for _, kind := range [...]model.FSType{model.Proc, model.Sysfs} {
		if c.Args[2].Kind == model.String && c.Args[2].S == kind.String() {
			return kind
		}
	}
	return 0
}

// hasFullyVisible tells whether a namespace has a mount of all of a filesystem
// of a type on which nothing LOCKED covers more than a directory that is
// always empty.
func hasFullyVisible(s *model.State, ns model.NSIx, kind model.FSType) (found bool) {
	walk(s, s.Spaces[ns].Root, func(m model.MountIx) bool {
		sb := &s.SBs[s.SBOf(m)]
		if sb.Type == kind && sb.Flags&model.RestrictedVariant == 0 && sb.Root == s.Mounts[m].Root {
			hidden := false
			for c := s.Mounts[m].FirstChild; c != 0; c = s.Mounts[c].NextChild {
				if s.Mounts[c].Flags&model.Locked != 0 && s.Dentries[s.Mounts[c].MP].Flags&model.Immutable == 0 {
					hidden = true
				}
			}
			found = found || !hidden
		}
		return !found
	})
	return found
}
