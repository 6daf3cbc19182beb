package mountinfo

import (
	"slices"
	"strings"

	"mntcheck/model"
)

// answer is what an Assumption may bear on: a call, what the machine was before
// and after it, and what the kernel said.
type answer struct {
	l             *Loaded
	actor         int
	call          *model.Call
	result        model.Result
	before, after *model.State
	at            []model.Loc // what the paths of the call named
}

// Relevant lists the assumptions that the answer to a call of actor 1 depends on.
// before is the state that the call was made in, such as a Clone of it; after is
// the same state after the call, and no other call since, because its journal is
// read. It costs another copy of the state and another call.
func (l *Loaded) Relevant(call *model.Call, r model.Result, before, after *model.State) []Assumption {
	a := &answer{l: l, actor: 1, call: call, result: r, before: before, after: after}
	a.resolvePaths()
	var all []Assumption
	for _, x := range l.Assumptions {
		switch x := x.(type) {
		case NameUnknown:
			for _, guess := range after.Assumptions() {
				all = append(all, NameUnknown{guess.Path})
			}
		case KindUnknown:
			for _, path := range a.guessedPaths() {
				all = append(all, KindUnknown{path})
			}
		case PeersElsewhere:
			for _, g := range a.groups() {
				all = append(all, PeersElsewhere{int(g)})
			}
		default:
			if x.bearsOn(a) {
				all = append(all, x)
			}
		}
	}
	return all
}

// resolvePaths finds what the call's paths name.
func (a *answer) resolvePaths() {
	scratch := a.before.Clone()
	dfd := int64(model.AT_FDCWD)
	for i, p := range a.call.Op.Signature().Params {
		arg := a.call.Args[i]
		switch {
		case p.Kind == model.DirFDParam || p.Kind == model.FDParam:
			dfd = arg.N
		case p.Kind == model.PathParam && arg.Kind == model.String:
			at, r := scratch.Resolve(a.actor, dfd, arg, model.ResolveFollow|model.ResolveEmpty)
			if !r.Refused() {
				a.at = append(a.at, at)
			}
		}
	}
}

// gotTo tells whether the call got as far as one of the rules: it succeeded, or
// the rule that decided is one of them, or is applied after one of them.
func (a *answer) gotTo(rules ...model.Rule) bool {
	if a.result.Errno == 0 {
		return true
	}
	met := false
	for _, r := range model.Checks(a.call) {
		for _, want := range rules {
			met = met || r == want
		}
		if r == a.result.Refusal.Rule {
			return met
		}
	}
	return false
}

func (a *answer) flags(i int) uint64 { return uint64(uint32(a.call.Args[i].N)) }

// makesNamespace tells whether the call is one that copies the bottom mount.
func (a *answer) makesNamespace() bool {
	const newns = model.CLONE_NEWNS | model.UNSHARE_EMPTY_MNTNS
	switch a.call.Op {
	case model.OpOpenTree, model.OpOpenTreeAttr:
		return a.flags(2)&model.OPEN_TREE_NAMESPACE != 0
	case model.OpFsmount:
		return a.flags(1)&model.FSMOUNT_NAMESPACE != 0
	case model.OpUnshare:
		return a.flags(0)&newns != 0
	case model.OpClone, model.OpClone3:
		return uint64(a.call.Args[0].N)&(model.CLONE_NEWNS|model.CLONE_EMPTY_MNTNS) != 0
	}
	return false
}

// asksForRoot tells whether the call looks at what is under the process's root.
func (a *answer) asksForRoot() bool {
	switch a.call.Op {
	case model.OpPivotRoot:
		return a.gotTo(model.RulePivotRootParentShared)
	case model.OpUnshare, model.OpClone, model.OpClone3:
		if uint64(a.call.Args[0].N)&model.CLONE_NEWUSER != 0 {
			return a.gotTo(model.RuleChrooted)
		}
	case model.OpSetns:
		return a.result.Errno == 0
	case model.OpUmount2:
		return a.named(a.root().M) && a.gotTo(model.RuleUmountNoParent)
	}
	return a.makesNamespace() && a.result.Errno == 0
}

func (a *answer) root() model.Loc { return a.before.FSs[a.before.Procs[a.actor].FS].Root }

// named tells whether a path of the call leads to mount m.
func (a *answer) named(m model.MountIx) bool {
	for _, at := range a.at {
		if at.M == m {
			return true
		}
	}
	return false
}

func (x AboveRoot) bearsOn(a *answer) bool { return a.asksForRoot() }

func (x Chrooted) bearsOn(a *answer) bool { return a.asksForRoot() || a.named(x.mount) }

func (StandsOnTop) bearsOn(a *answer) bool {
	for i, p := range a.call.Op.Signature().Params {
		if p.Kind == model.PathParam && a.call.Args[i].Kind == model.String {
			return true
		}
	}
	return a.asksForRoot()
}

func (UnknownWord) bearsOn(*answer) bool { return true }

// bearsOn: Relevant asks for groups, paths and names one by one.
func (PeersElsewhere) bearsOn(*answer) bool { return false }
func (KindUnknown) bearsOn(*answer) bool    { return false }
func (NameUnknown) bearsOn(*answer) bool    { return false }

func (x IDMapUnknown) bearsOn(a *answer) bool {
	if a.result.Refusal.Rule == model.RuleIDMapType {
		m := a.result.Refusal.Arg1
		return m > 0 && int(m) < len(a.before.Mounts) && x.sbs[a.before.SBOf(model.MountIx(m))]
	}
	return false
}

// guessedPaths are the call's paths that lead to what may be a file.
func (a *answer) guessedPaths() []string {
	var paths []string
	for _, at := range a.at {
		if g := a.l.calls.guessed; int(at.D) < len(g) && g[at.D] {
			if path := a.before.LocPath(at); !slices.Contains(paths, path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// bearsOn makes the call again where all that can be locked is: the locks matter
// if the answer, or what becomes of any mount, is another.
func (LocksUnknown) bearsOn(a *answer) bool {
	locked := a.before.Clone()
	lockAll(locked, locked.Procs[a.actor].NS)
	r, err := locked.Do(a.actor, a.call)
	if err != nil || r.Errno != a.result.Errno || r.Refusal.Rule != a.result.Refusal.Rule || len(locked.Mounts) != len(a.after.Mounts) {
		return true
	}
	for _, c := range locked.Journal() {
		if !samePlace(&locked.Mounts[c.M], &a.after.Mounts[c.M]) {
			return true
		}
	}
	return len(locked.Journal()) != len(a.after.Journal())
}

// lockAll locks each mount of a namespace as one would be that came from a more
// privileged namespace. Spec 03 §3.5.
func lockAll(s *model.State, ns model.NSIx) {
	for i := range s.Mounts {
		m := &s.Mounts[i]
		if m.ID == 0 || m.NS != ns || m.Parent == 0 {
			continue
		}
		m.Flags |= model.Locked | model.LockAtime
		for _, l := range [...][2]model.MountFlags{
			{model.ReadOnly, model.LockReadOnly}, {model.NoDev, model.LockNoDev},
			{model.NoSuid, model.LockNoSuid}, {model.NoExec, model.LockNoExec},
		} {
			if m.Flags&l[0] != 0 {
				m.Flags |= l[1]
			}
		}
	}
}

// samePlace compares what user space sees of a mount.
func samePlace(a, b *model.Mount) bool {
	const hidden = model.Locked | model.AttributeLocks
	return a.ID == b.ID && a.Parent == b.Parent && a.MP == b.MP && a.Root == b.Root && a.NS == b.NS &&
		a.Group == b.Group && a.Master == b.Master && a.Flags&^hidden == b.Flags&^hidden
}

// groups are the peer groups in which something happened that other members
// would see: a mount came or went on one of them, or a member left, and its
// slaves with it.
func (a *answer) groups() []int32 {
	var found []int32
	note := func(p model.MountIx) {
		if p == 0 || int(p) >= len(a.before.Mounts) {
			return
		}
		old := &a.before.Mounts[p]
		if old.ID == 0 || old.Flags&model.Shared == 0 || old.NS == a.l.calls.outside {
			return
		}
		for _, g := range found {
			if g == old.Group {
				return
			}
		}
		found = append(found, old.Group)
	}
	for _, c := range a.after.Journal() {
		now := &a.after.Mounts[c.M]
		if c.Old.NS > 0 && a.after.Spaces[c.Old.NS].ID == 0 {
			continue // gone with its namespace, which nobody else hears of
		}
		if now.Parent != c.Old.Parent || now.MP != c.Old.MP {
			note(now.Parent)
			note(c.Old.Parent)
		}
		if c.Old.ID != 0 && now.ID != 0 && c.Old.Group != 0 && now.Group != c.Old.Group {
			note(c.M)
		}
	}
	return found
}

func (x MasterElsewhere) bearsOn(a *answer) bool {
	for _, c := range a.after.Journal() {
		now := &a.after.Mounts[c.M]
		if c.M == x.mount && (now.NS != c.Old.NS || now.Parent != c.Old.Parent || now.FirstChild != c.Old.FirstChild) {
			return true
		}
		// What was a slave, and is not, does no longer know of the group.
		if c.Old.ID != 0 && c.Old.Master == x.mount && now.ID != 0 && now.Master != x.mount && now.Master != 0 {
			return true
		}
	}
	return false
}

func (x PinnedNamespace) bearsOn(a *answer) bool {
	if a.after.Procs[a.actor].NS == x.ns && a.before.Procs[a.actor].NS != x.ns {
		return true
	}
	if strings.HasPrefix(a.result.Refusal.Rule.String(), "namespace-loop") {
		return true
	}
	for _, c := range a.after.Journal() {
		now := &a.after.Mounts[c.M]
		if now.ID != 0 && c.Old.ID == 0 && now.Root == x.file || c.Old.NS == x.ns && now.NS != x.ns {
			return true
		}
	}
	return false
}
