package explain

import (
	"slices"

	"mntcheck/model"
)

// refusal explains why a call failed: what decided, what would be checked
// after that, and what would help.
func refusal(before, after *model.State, actor int, c *model.Call, r model.Refusal) *Refusal {
	x := &Refusal{
		Errno: r.Rule.Errno().String(), Text: r.Rule.Errno().Text(),
		Rule: rule(r.Rule), Sentence: after.Sentence(r), Then: []Rule{},
	}
	all := model.Checks(c)
	if at := slices.Index(all, r.Rule); at >= 0 {
		for _, later := range all[at+1:] {
			x.Then = append(x.Then, rule(later))
		}
	}
	x.remedy(before, actor, c, r)
	return x
}

func rule(r model.Rule) Rule {
	return Rule{Name: r.String(), Spec: r.Spec(), Check: r.Text(), Fails: r.Errno().String()}
}

// maxRemedies bounds the calls that are tried to clear the way.
const maxRemedies = 6

// remedy looks for calls after which the call would succeed, one refusal after
// the other, each really made on a copy.
func (x *Refusal) remedy(before *model.State, actor int, c *model.Call, r model.Refusal) {
	s := before.Clone()
	for range maxRemedies {
		fix, ok := remedyFor(s, actor, c, r)
		if !ok {
			break
		}
		if done, err := s.Do(actor, &fix); err != nil || done.Refusal.Refused() {
			break
		}
		x.Remedy = append(x.Remedy, fix.String())
		trial := s.Clone()
		next, err := trial.Do(actor, c)
		if err != nil || !next.Refusal.Refused() {
			x.After = nil
			return
		}
		if next.Refusal == r {
			x.Remedy = x.Remedy[:len(x.Remedy)-1] // it did not help
			break
		}
		r = next.Refusal
		x.After = &Refusal{
			Errno: r.Rule.Errno().String(), Text: r.Rule.Errno().Text(), Rule: rule(r.Rule),
			Sentence: trial.Sentence(r), Then: []Rule{},
		}
	}
	if x.After == nil {
		x.Remedy = nil
	}
}

// remedyFor is a call that takes away the reason of a refusal, where one is
// known that changes nothing else about the table that a program would miss.
func remedyFor(s *model.State, actor int, c *model.Call, r model.Refusal) (model.Call, bool) {
	switch r.Rule {
	case model.RulePivotPutOldShared, model.RulePivotNewParentShared, model.RulePivotRootParentShared, model.RuleFromParentShared:
		return onMount(s, actor, model.MountIx(r.Arg1), model.MS_PRIVATE)
	case model.RuleSourceUnbindable, model.RuleUnbindableInTree:
		return onMount(s, actor, model.MountIx(r.Arg1), model.MS_PRIVATE)
	case model.RulePivotNewNotMount:
		return bindOnItself(c.Args[0])
	case model.RulePivotBusy:
		if new, why := s.Resolve(actor, model.AT_FDCWD, c.Args[0], model.ResolveFollow); !why.Refused() &&
			new.M == s.FSs[s.Procs[actor].FS].Root.M && new.D != s.Mounts[new.M].Root {
			return bindOnItself(c.Args[0]) // new_root is a directory of the root mount
		}
	case model.RuleFromNotMountRoot:
		if c.Op == model.OpMount {
			return bindOnItself(c.Args[0])
		}
	case model.RuleNotMountRoot:
		if c.Op == model.OpMount {
			return bindOnItself(c.Args[1])
		}
		if c.Op == model.OpMountSetattr && c.Args[0].N == model.AT_FDCWD {
			return bindOnItself(c.Args[1])
		}
	case model.RuleMayMount:
		if u := s.Procs[actor].User; s.Capable(actor, u, model.CapSysAdmin) && s.Spaces[s.Procs[actor].NS].Owner != u {
			return model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWNS)), true
		}
	}
	return model.Call{}, false
}

func bindOnItself(path model.Arg) (model.Call, bool) {
	if path.Kind != model.String {
		return model.Call{}, false
	}
	return model.NewCall(model.OpMount, path, path, model.NULL(), model.Num(model.MS_BIND|model.MS_REC), model.NULL()), true
}

// onMount changes the type of a mount, which is possible by path only where
// the path from the caller's root leads to just that mount.
func onMount(s *model.State, actor int, m model.MountIx, flags int64) (model.Call, bool) {
	path := model.Str(s.MountPath(m))
	at, r := s.Resolve(actor, model.AT_FDCWD, path, model.ResolveFollow)
	if r.Refused() || at.M != m {
		return model.Call{}, false
	}
	return model.NewCall(model.OpMount, model.NULL(), path, model.NULL(), model.Num(flags), model.NULL()), true
}
