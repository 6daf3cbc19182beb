package invariant

import (
	"fmt"
	"slices"
	"strings"
	"unsafe"

	"mntcheck/model"
)

// NewTransition describes a call on a system that shows its state. result is
// the answer; after is the state that the call left, with its journal; before
// is a copy from before the call.
func NewTransition(before, after *model.State, actor int, call *model.Call, result model.Result) *Transition {
	t := new(Transition)
	t.Reset(before, after, actor, call, result)
	return t
}

// NewTables describes a call on a system that shows mount tables only.
func NewTables(before, after *model.View, actor int, call *model.Call, result model.Result) *Transition {
	return &Transition{Actor: actor, Call: call, Result: result, before: before, after: after}
}

// Reset makes t describe another call. It uses t's memory again: whoever checks
// many calls needs one Transition.
func (t *Transition) Reset(before, after *model.State, actor int, call *model.Call, result model.Result) {
	t.Before, t.After, t.Actor, t.Call, t.Result = before, after, actor, call, result
	t.views, t.before, t.after = nil, nil, nil
	t.observed, t.told, t.name = false, 0, nil
	t.beforeRead.view, t.afterRead.view = nil, nil
	t.facts.known = 0
}

// ResetTables makes t describe another call, on a system that shows mount tables
// only. See Reset.
func (t *Transition) ResetTables(before, after *model.View, actor int, call *model.Call, result model.Result) {
	t.Reset(nil, nil, actor, call, result)
	t.before, t.after = before, after
}

// Views are the canonical views before and after the call. They are made of
// the states where the system shows these.
func (t *Transition) Views() (before, after *model.View) {
	if t.before == nil && t.views != nil {
		t.before, t.after = t.views()
	}
	if t.before == nil && t.Before != nil {
		b, a := t.Before.View(), t.After.View()
		t.before, t.after = &b, &a
	}
	return t.before, t.after
}

// ShowViews says how the system itself shows its tables, where that is not
// by the views of its states. It holds until the next Reset.
func (t *Transition) ShowViews(views func() (before, after *model.View)) {
	t.views, t.before, t.after = views, nil, nil
	t.beforeRead.view, t.afterRead.view = nil, nil
}

// HasState tells whether the transition shows states; else only views.
func (t *Transition) HasState() bool { return t.Before != nil && t.After != nil }

// ok tells whether the call succeeded.
func (t *Transition) ok() bool { return t.Result.Errno == 0 }

// small is the number of mount records up to which a check looks at all of
// them; in larger worlds it looks at those that the call touched.
const small = 64

// scope lists the mounts of After that a check of the state has to look at:
// all of them, or in a large world those that the call touched and their
// parents.
func (t *Transition) scope() []model.MountIx {
	f := &t.facts
	if f.learn(factScope) {
		f.scope, f.has = f.scope[:0], 0
		s := t.After
		if len(s.Mounts) <= small {
			for m := 1; m < len(s.Mounts); m++ {
				if r := &s.Mounts[m]; r.ID != 0 {
					f.scope = append(f.scope, model.MountIx(m))
					f.has |= r.Flags
				}
			}
			return f.scope
		}
		e := f.marks.begin(len(s.Mounts))
		add := func(m model.MountIx) {
			if m > 0 && int(m) < len(s.Mounts) && s.Mounts[m].ID != 0 && f.marks.set(int(m), e) {
				f.scope = append(f.scope, m)
				f.has |= s.Mounts[m].Flags
			}
		}
		for _, c := range s.Journal() {
			add(c.M)
			add(s.Mounts[c.M].Parent)
		}
	}
	return f.scope
}

// old lists the mounts of Before that the call may have changed.
func (t *Transition) old() []model.MountIx {
	f := &t.facts
	if f.learn(factOld) {
		f.old, f.had, f.slaves = f.old[:0], 0, false
		add := func(m model.MountIx, r *model.Mount) {
			f.old = append(f.old, m)
			f.had |= r.Flags
			f.slaves = f.slaves || r.Master != 0
		}
		if s := t.Before; len(s.Mounts) <= small {
			for m := 1; m < len(s.Mounts); m++ {
				if r := &s.Mounts[m]; r.ID != 0 {
					add(model.MountIx(m), r)
				}
			}
			return f.old
		}
		for i := range t.After.Journal() {
			if c := &t.After.Journal()[i]; c.Old.ID != 0 {
				add(c.M, &t.Before.Mounts[c.M])
			}
		}
	}
	return f.old
}

// has is all flags that the mounts of scope have: for what none of them has, no
// check has to look.
func (t *Transition) has() model.MountFlags {
	t.scope()
	return t.facts.has
}

// had is the same for the mounts of old.
func (t *Transition) had() model.MountFlags {
	t.old()
	return t.facts.had
}

// hadSlaves tells whether one of the mounts of old had a master.
func (t *Transition) hadSlaves() bool {
	t.old()
	return t.facts.slaves
}

// isNew tells whether m, a mount of After, was made by this call.
func (t *Transition) isNew(m model.MountIx) bool {
	return int(m) >= len(t.Before.Mounts) || t.Before.Mounts[m].UID != t.After.Mounts[m].UID
}

// stays tells whether m, a mount of Before, still exists, mounted or not.
func (t *Transition) stays(m model.MountIx) bool {
	return int(m) < len(t.After.Mounts) && t.After.Mounts[m].ID != 0 && t.After.Mounts[m].UID == t.Before.Mounts[m].UID
}

// mounted tells whether m, a mount of Before, is still in a namespace.
func (t *Transition) mounted(m model.MountIx) bool { return t.stays(m) && t.After.Mounts[m].NS > 0 }

// spaceStays tells whether a namespace of Before still exists.
func (t *Transition) spaceStays(ns model.NSIx) bool {
	return int(ns) < len(t.After.Spaces) && t.After.Spaces[ns].ID != 0 && t.After.Spaces[ns].Age == t.Before.Spaces[ns].Age
}

// isNewSpace tells whether a namespace of After was made by this call.
func (t *Transition) isNewSpace(ns model.NSIx) bool {
	return int(ns) >= len(t.Before.Spaces) || t.Before.Spaces[ns].ID == 0 || t.Before.Spaces[ns].Age != t.After.Spaces[ns].Age
}

// callerNS is the mount namespace in which the call was made.
func (t *Transition) callerNS() model.NSIx { return t.Before.Procs[t.Actor].NS }

// marks is a set of small numbers that empties in no time.
type marks struct {
	at    []uint32
	epoch uint32
}

// begin empties the set for numbers below n, and returns its epoch.
func (k *marks) begin(n int) uint32 {
	if len(k.at) < n {
		k.at = append(k.at, make([]uint32, n-len(k.at))...)
	}
	if k.epoch > 1<<31 {
		clear(k.at)
		k.epoch = 0
	}
	k.epoch++
	return k.epoch
}

// set adds i, and reports whether it was not in the set.
func (k *marks) set(i int, epoch uint32) bool {
	if k.at[i] == epoch {
		return false
	}
	k.at[i] = epoch
	return true
}

func (k *marks) has(i int, epoch uint32) bool { return i < len(k.at) && k.at[i] == epoch }

// say makes a violation. Mounts among the arguments are named as in After.
func (t *Transition) say(format string, args ...any) *Violation {
	v := &Violation{}
	for i, a := range args {
		switch a := a.(type) {
		case model.MountIx:
			v.Mounts = append(v.Mounts, a)
			args[i] = t.mountWords(a)
		case model.NSIx:
			args[i] = t.spaceWords(a)
		}
	}
	v.Message = fmt.Sprintf(format, args...)
	v.Mounts = slices.Compact(v.Mounts)
	return v
}

// mountWords names a mount as people look it up: by the id and path that it
// has, or had.
func (t *Transition) mountWords(m model.MountIx) string {
	for _, s := range []*model.State{t.After, t.Before} {
		if s == nil || m <= 0 || int(m) >= len(s.Mounts) || s.Mounts[m].ID == 0 {
			continue
		}
		if s == t.After && s.Mounts[m].NS == 0 && int(m) < len(t.Before.Mounts) && !t.isNew(m) {
			continue // unmounted: it had a path before
		}
		if t.name != nil {
			return t.name(s, m)
		}
		if pathEnds(s, m) {
			return fmt.Sprintf("mount %d %s", s.Mounts[m].ID, s.MountPath(m))
		}
		return fmt.Sprintf("mount %d", s.Mounts[m].ID)
	}
	return "no mount"
}

// pathEnds guards against parents that form a circle, which a broken state may
// have.
func pathEnds(s *model.State, m model.MountIx) bool {
	for range len(s.Mounts) {
		if m < 0 || int(m) >= len(s.Mounts) {
			return false
		}
		if m = s.Mounts[m].Parent; m == 0 {
			return true
		}
	}
	return false
}

func (t *Transition) spaceWords(ns model.NSIx) string {
	for _, s := range []*model.State{t.After, t.Before} {
		if ns > 0 && int(ns) < len(s.Spaces) && s.Spaces[ns].ID != 0 {
			kind := "mount namespace"
			if s.Spaces[ns].Anon {
				kind = "the detached tree in namespace"
			}
			return fmt.Sprintf("%s %d", kind, s.Spaces[ns].Age)
		}
	}
	return "no mount namespace"
}

// flagWords names flags for messages.
func flagWords(f model.MountFlags) string {
	var words []string
	for _, x := range [...]struct {
		f    model.MountFlags
		name string
	}{
		{model.ReadOnly, "ro"}, {model.NoSuid, "nosuid"}, {model.NoDev, "nodev"}, {model.NoExec, "noexec"},
		{model.NoAtime, "noatime"}, {model.NoDirAtime, "nodiratime"}, {model.RelAtime, "relatime"},
		{model.NoSymFollow, "nosymfollow"}, {model.Shrinkable, "shrinkable"},
		{model.Shared, "shared"}, {model.Unbindable, "unbindable"}, {model.Locked, "LOCKED"},
		{model.LockReadOnly, "lock-ro"}, {model.LockNoSuid, "lock-nosuid"}, {model.LockNoDev, "lock-nodev"},
		{model.LockNoExec, "lock-noexec"}, {model.LockAtime, "lock-atime"},
	} {
		if f&x.f != 0 {
			words = append(words, x.name)
		}
	}
	if len(words) == 0 {
		return "no flags"
	}
	return strings.Join(words, ",")
}

// Unchanged tells whether a call failed and left every record as it was: what
// held of the state before holds of the one after. In large worlds it does not
// look, since comparing would cost more than it saves, and says false.
func (t *Transition) Unchanged() bool {
	if t.facts.learn(factUnchanged) {
		switch {
		case !t.HasState() || t.ok():
			t.facts.unchanged = false
		case t.observed:
			before, after := t.Views()
			t.facts.unchanged = len(t.After.Journal()) == 0 && before != nil && *before == *after
		default:
			t.facts.unchanged = sameRecords(t.Before, t.After)
		}
	}
	return t.facts.unchanged
}

func sameRecords(b, a *model.State) bool {
	return len(a.Mounts) <= small && len(a.Journal()) == 0 &&
		same(b.Mounts, a.Mounts) && same(b.Spaces, a.Spaces) && same(b.Procs, a.Procs) &&
		same(b.FSs, a.FSs) && same(b.FDs, a.FDs) && same(b.Files, a.Files) &&
		same(b.Dentries, a.Dentries) && same(b.SBs, a.SBs) && same(b.Users, a.Users)
}

// same compares records. Those that are the same as memory are equal, which is
// by far the quickest to see; padding may differ in those that are equal.
func same[T comparable](a, b []T) bool {
	return len(a) == len(b) && (memory(a) == memory(b) || slices.Equal(a, b))
}

// memory is the memory of records, as a string that shares it.
func memory[T any](records []T) string {
	var one T
	return unsafe.String((*byte)(unsafe.Pointer(unsafe.SliceData(records))), len(records)*int(unsafe.Sizeof(one)))
}
