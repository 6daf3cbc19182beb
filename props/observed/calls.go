package observed

import (
	"strings"

	"mntcheck/model"
)

// note writes down what an answer says of things that no table shows:
// directories, descriptors and processes. It is about calls that succeeded; those
// that were refused made none.
func (f *Follower) note() error {
	s, c, r := f.obs.State(), f.call.call, f.call.result
	p := model.ProcIx(f.call.actor)
	if int(p) >= len(s.Procs) || p <= 0 || !s.Procs[p].Alive {
		return lost("actor %d is not known", p)
	}
	if r.Errno != 0 {
		return nil
	}
	if f.missing && f.placed() && !f.resolves() {
		return lost("%s succeeds, and a path of it leads nowhere in what was seen", c)
	}
	switch c.Op {
	case model.OpMkdir, model.OpMknod, model.OpSymlink:
		if !f.placed() {
			f.missing = true // where the name was made does not show
			return nil
		}
		return f.same()
	case model.OpRmdir, model.OpUnlink, model.OpRename:
		if !f.placed() {
			return lost("%s removes a name where that does not show", c)
		}
		return f.same()
	case model.OpClose:
		return f.same()
	case model.OpOpen, model.OpDup, model.OpPidfdOpen, model.OpIoctl, model.OpFsopen, model.OpFspick:
		return f.opened()
	case model.OpFsconfig:
		if err := f.same(); err != nil && c.Args[1].N == model.FSCONFIG_CMD_CREATE {
			return err
		}
	case model.OpOpenTree, model.OpOpenTreeAttr:
		return f.openedTree(p)
	case model.OpFsmount:
		f.fsmounted(p)
	case model.OpFork, model.OpClone, model.OpClone3:
		if n := f.obs.Fork(p); int64(n) != r.Value {
			return lost("%s made actor %d, and the next one is %d", c, r.Value, n)
		}
	case model.OpExitGroup:
		f.obs.Exit(p)
	case model.OpMount, model.OpMoveMount:
		f.tangled = f.tangled || !f.placed()
	}
	return nil
}

// same makes the same call on the state. It is for calls that make and remove
// names and descriptors; what it does to mounts is overwritten by what is seen.
func (f *Follower) same() error {
	r, err := f.obs.State().Do(f.call.actor, f.call.call)
	if err != nil || r.Errno != 0 || r.Value != f.call.result.Value {
		return lost("%s is answered %v, and does not fit what was seen before", f.call.call, f.call.result)
	}
	return nil
}

// opened is same for calls that return a descriptor. Where what it refers to does
// not show, it refers to nowhere.
func (f *Follower) opened() error {
	if op := f.call.call.Op; (op == model.OpOpen || op == model.OpFspick) && !f.placed() {
		f.descriptor(model.File{Kind: model.PlainFile, Mode: model.PathOnly, Loc: f.obs.Nowhere()})
		return nil
	}
	r, err := f.obs.State().Do(f.call.actor, f.call.call)
	switch {
	case err == nil && r.Errno == 0 && r.Value == f.call.result.Value:
		return nil
	case err == nil && r.Errno == 0:
		return lost("%s returns %d, and %d was the lowest free descriptor", f.call.call, f.call.result.Value, r.Value)
	}
	f.descriptor(model.File{Kind: model.PlainFile, Mode: model.PathOnly, Loc: f.obs.Nowhere()})
	return nil
}

func (f *Follower) descriptor(file model.File) {
	f.obs.Descriptor(model.ProcIx(f.call.actor), int32(f.call.result.Value), file)
}

// openedTree notes the descriptor of open_tree: of a place, of a namespace, which
// the view tells, or of a detached tree, of which only the filesystem is known.
func (f *Follower) openedTree(p model.ProcIx) error {
	c, s := f.call.call, f.obs.State()
	flags := uint64(uint32(c.Args[2].N))
	var how model.ResolveFlags
	if flags&model.AT_SYMLINK_NOFOLLOW == 0 {
		how |= model.ResolveFollow
	}
	if flags&model.AT_EMPTY_PATH != 0 {
		how |= model.ResolveEmpty
	}
	at, refusal := s.Resolve(int(p), int64(int32(c.Args[0].N)), c.Args[1], how)
	file := model.File{Kind: model.PlainFile, Mode: model.PathOnly, Loc: f.obs.Nowhere()}
	if refusal.Refused() {
		if f.placed() {
			return lost("%s succeeds, and its path leads nowhere in what was seen", c)
		}
		f.descriptor(file)
		return nil
	}
	switch {
	case !f.placed():
	case flags&(model.OPEN_TREE_CLONE|model.OPEN_TREE_NAMESPACE) == 0:
		file.Loc = at
	case at != f.obs.Nowhere():
		file.SB = s.Dentries[at.D].SB
	}
	f.descriptor(file)
	return nil
}

func (f *Follower) fsmounted(p model.ProcIx) {
	s := f.obs.State()
	file := model.File{Kind: model.PlainFile, Mode: model.PathOnly, Loc: f.obs.Nowhere()}
	if i := s.FindFD(p, int(int32(f.call.call.Args[0].N))); i != 0 {
		file.SB = s.Files[i].SB
	}
	f.descriptor(file)
}

// resolves tells whether the paths of a call that succeeded lead somewhere.
func (f *Follower) resolves() bool {
	s, c := f.obs.State(), f.call.call
	to := func(dfd int64, path model.Arg) bool {
		if path.Kind != model.String || path.S == "" {
			return true
		}
		_, refusal := s.Resolve(f.call.actor, dfd, path, model.ResolveFollow)
		return !refusal.Refused()
	}
	dfd := func(i int) int64 { return int64(int32(c.Args[i].N)) }
	switch c.Op {
	case model.OpMount:
		const ofPath = model.MS_BIND | model.MS_MOVE
		return to(model.AT_FDCWD, c.Args[1]) && (c.Args[3].N&ofPath == 0 || c.Args[3].N&model.MS_REMOUNT != 0 || to(model.AT_FDCWD, c.Args[0]))
	case model.OpUmount2:
		return to(model.AT_FDCWD, c.Args[0])
	case model.OpPivotRoot:
		return to(model.AT_FDCWD, c.Args[0]) && to(model.AT_FDCWD, c.Args[1])
	case model.OpMoveMount:
		return to(dfd(2), c.Args[3]) && (f.attaches() || to(dfd(0), c.Args[1]))
	case model.OpOpenTree, model.OpOpenTreeAttr, model.OpMountSetattr:
		return to(dfd(0), c.Args[1])
	}
	return true
}

// attaches tells whether the call may attach a detached tree: what it moves is
// named by way of a place that is nowhere.
func (f *Follower) attaches() bool {
	s, c := f.obs.State(), f.call.call
	if c.Op != model.OpMoveMount {
		return false
	}
	if i := s.FindFD(model.ProcIx(f.call.actor), int(int32(c.Args[0].N))); i != 0 && s.Files[i].Loc == f.obs.Nowhere() {
		return true
	}
	fs := s.FSs[s.Procs[f.call.actor].FS]
	return fs.Root == f.obs.Nowhere() || fs.Cwd == f.obs.Nowhere()
}

// placed tells whether it is known where the paths of the call begin, and that
// they lead to one mount and no other.
func (f *Follower) placed() bool {
	if f.shadows {
		return false
	}
	s, c := f.obs.State(), f.call.call
	nowhere := f.obs.Nowhere()
	fs := s.FSs[s.Procs[f.call.actor].FS]
	if fs.Root == nowhere || fs.Cwd == nowhere {
		return false
	}
	for i, param := range c.Op.Signature().Params {
		switch a := &c.Args[i]; {
		case c.Op == model.OpMoveMount && i == 0: // what is moved, not where to
		case param.Kind == model.FDParam || param.Kind == model.DirFDParam:
			if file := s.FindFD(model.ProcIx(f.call.actor), int(int32(a.N))); file != 0 && s.Files[file].Loc == nowhere {
				return false
			}
		case param.Kind == model.PathParam && a.Kind == model.String && strings.HasPrefix(a.S, "/proc/"):
			return false // it may be a link to where another process stands
		}
	}
	return true
}
