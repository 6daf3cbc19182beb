package invariant

import "mntcheck/model"

// failureInvariants are the promise of a call that fails.
func failureInvariants() []*Invariant {
	return []*Invariant{{
		Name: "failed-changes-nothing",
		Statement: "A call that fails leaves everything as it was: mounts, groups, namespaces, files, descriptors, roots and working directories; " +
			"only the mark of MNT_EXPIRE is set by its EAGAIN, and a filesystem context may be used up.",
		Source: "spec 03 §3.2, 05 §1.1; users I7; CVE-2026-43472, commit a41dbf5e004e",
		Needs:  Tables,
		Check:  checkFailure,
	}}
}

func checkFailure(t *Transition) (bool, *Violation) {
	if t.ok() {
		return false, nil
	}
	if !t.whole() {
		return checkFailureOfTables(t)
	}
	if t.Unchanged() {
		return true, nil
	}
	for _, c := range t.After.Journal() {
		if t.After.Mounts[c.M].ID != 0 && t.isNew(c.M) {
			return true, t.say("the call failed, but %v is left of it", c.M)
		}
	}
	const when = "although the call failed"
	for _, m := range t.old() {
		if v := t.checkSame(m, t.After, when); v != nil {
			return true, v
		}
		o, r := &t.Before.Mounts[m], &t.After.Mounts[m]
		switch {
		case r.NextPeer != o.NextPeer || r.PrevPeer != o.PrevPeer || r.FirstSlave != o.FirstSlave ||
			r.NextSlave != o.NextSlave || r.PrevSlave != o.PrevSlave:
			return true, t.say("the peers or slaves of %v changed %v", m, when)
		case r.Refs != o.Refs:
			return true, t.say("%v has %v users where it had %v, %v", m, r.Refs, o.Refs, when)
		case r.Flags&^o.Flags&model.ExpiryMark != 0 && (t.Call.Op != model.OpUmount2 || t.Result.Errno != model.EAGAIN):
			return true, t.say("%v is marked for expiry, %v", m, when)
		}
	}
	if what := t.changedElsewhere(); what != "" {
		return true, t.say("%v changed %v", what, when)
	}
	return true, nil
}

// changedElsewhere names what differs between the states besides mounts, or
// nothing. Records that are free are not compared, nor is the order of ages.
func (t *Transition) changedElsewhere() string {
	b, s := t.Before, t.After
	if len(b.Procs) != len(s.Procs) {
		return "the list of processes"
	}
	for i := range b.Procs {
		p, q := b.Procs[i], s.Procs[i]
		p.Pid, q.Pid, p.FirstFD, q.FirstFD = 0, 0, 0, 0 // a file in pidfs is made when first asked for
		if p != q {
			return "a process"
		}
		if p.Alive && !sameFDs(b, s, model.ProcIx(i)) {
			return "the descriptors of a process"
		}
	}
	for i := range max(len(b.FSs), len(s.FSs)) {
		if recordAt(b.FSs, i, func(f model.FSStruct) bool { return f.Users > 0 }) != recordAt(s.FSs, i, func(f model.FSStruct) bool { return f.Users > 0 }) {
			return "a root or working directory"
		}
	}
	for i := range max(len(b.Files), len(s.Files)) {
		f, g := recordAt(b.Files, i, fileLive), recordAt(s.Files, i, fileLive)
		if t.Call.Op == model.OpFsmount || t.Call.Op == model.OpFsconfig {
			f.Phase, g.Phase = 0, 0 // may be used up by a call that fails later
		}
		if f != g {
			return "an open file"
		}
	}
	for i := range max(len(b.Spaces), len(s.Spaces)) {
		if recordAt(b.Spaces, i, spaceLive) != recordAt(s.Spaces, i, spaceLive) {
			return "a mount namespace"
		}
	}
	if len(b.Mounts) <= small && t.filesChanged() {
		return "a directory or file"
	}
	return ""
}

func fileLive(f model.File) bool { return f.Refs > 0 }

func spaceLive(n model.MountNS) bool { return n.ID != 0 }

// recordAt is record i, or the zero record where it is free.
func recordAt[T any](all []T, i int, live func(T) bool) (r T) {
	if i < len(all) && live(all[i]) {
		r = all[i]
	}
	return r
}

func sameFDs(b, s *model.State, p model.ProcIx) bool {
	x, y := b.Procs[p].FirstFD, s.Procs[p].FirstFD
	for x != 0 && y != 0 {
		if b.FDs[x].Num != s.FDs[y].Num || b.FDs[x].File != s.FDs[y].File {
			return false
		}
		x, y = b.FDs[x].Next, s.FDs[y].Next
	}
	return x == 0 && y == 0
}

// kernelsOwn tells whether the files of a filesystem come and go with it.
func kernelsOwn(s *model.State, sb model.SBIx) bool {
	t := s.SBs[sb].Type
	return t == model.Proc || t == model.Sysfs
}

// filesChanged compares the trees of directories. Files that stand alone, as
// those of namespaces, are made when first asked for; and what nothing refers
// to is given back at times.
func (t *Transition) filesChanged() bool {
	b, s := t.Before, t.After
	for i := range max(len(b.Dentries), len(s.Dentries)) {
		var x, y model.Dentry
		if i < len(b.Dentries) {
			x = b.Dentries[i]
		}
		if i < len(s.Dentries) {
			y = s.Dentries[i]
		}
		if x.Parent == model.DentryIx(i) || y.Parent == model.DentryIx(i) || y.SB == 0 || kernelsOwn(s, y.SB) {
			continue
		}
		if x.SB != y.SB || x.Parent != y.Parent || x.Name != y.Name || x.Kind != y.Kind || x.Flags != y.Flags || x.Obj != y.Obj {
			return true
		}
	}
	for i := 1; i < len(b.SBs) && i < len(s.SBs); i++ {
		if x, y := &b.SBs[i], &s.SBs[i]; x.Root != 0 && x.Root == y.Root && x.Minor == y.Minor && x.Flags != y.Flags {
			return true
		}
	}
	return false
}
