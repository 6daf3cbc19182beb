package explain

import (
	"mntcheck/model"
)

// classic makes, on a state of its own, the calls with which a program gets
// the tree at a path into a namespace of its own where no call makes one:
// unshare copies the whole table, the tree is bound on itself so that it is a
// mount, pivot_root makes it the root, umount2 throws the rest away.
func classic(s *model.State, actor int, asked *model.Call) *Classic {
	path := asked.Args[1]
	if asked.Args[0].N != model.AT_FDCWD || path.Kind != model.String || path.S == "" {
		return nil // it would take the descriptor's path, which a program need not know
	}
	k := &classicWay{state: s, actor: actor, Classic: &Classic{}}
	at, r := k.state.Resolve(actor, model.AT_FDCWD, path, model.ResolveFollow)
	if r.Refused() {
		return nil
	}
	root := k.state.FSs[k.state.Procs[actor].FS].Root
	k.do(model.OpUnshare, model.Num(model.CLONE_NEWNS))
	k.do(model.OpMount, model.NULL(), model.Str("/"), model.NULL(), model.Num(model.MS_REC|model.MS_SLAVE), model.NULL())
	if at == root {
		k.Note = "the root itself needs no pivot_root: the copied table is already what is wanted"
		k.finish()
		return k.Classic
	}
	bind := int64(model.MS_BIND)
	if asked.Args[2].N&model.AT_RECURSIVE != 0 {
		bind |= model.MS_REC
	}
	k.Note = "pivot_root wants a mount, so the path is first bound on itself"
	k.do(model.OpMount, path, path, model.NULL(), model.Num(bind), model.NULL())
	k.do(model.OpChdir, path)
	k.do(model.OpPivotRoot, model.Str("."), model.Str("."))
	k.do(model.OpUmount2, model.Str("."), model.Num(model.MNT_DETACH))
	k.finish()
	return k.Classic
}

// classicWay makes calls until one is refused.
type classicWay struct {
	*Classic
	state *model.State
	actor int
	stuck bool
}

func (k *classicWay) do(op model.Op, args ...model.Arg) {
	if k.stuck {
		return
	}
	c := call(op, args...)
	r, err := k.state.Do(k.actor, c)
	if err != nil {
		k.stuck = true
		return
	}
	step := ClassicStep{Done: done(c, r), Work: Work{}.plus(k.state.Work())}
	if r.Refusal.Refused() {
		step.Refusal = k.state.Sentence(r.Refusal)
		k.stuck = true
	}
	k.Steps = append(k.Steps, step)
	k.Total = k.Total.plus(k.state.Work())
}

func (k *classicWay) finish() {
	k.Mounts = int(k.state.Spaces[k.state.Procs[k.actor].NS].Nr)
}
