package explain

import (
	"fmt"
	"slices"
	"sync"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// Question is what a call would do.
type Question struct {
	State  *model.State // before the calls; it is not changed
	Actor  int
	First  []model.Call // calls that are made before the one that is asked about
	Call   model.Call
	Name   string // of the table, for the answer
	Listed int    // mounts in the table
	// Cwd is where the actor stands; "": at its root, which an answer then says
	// that depends on it.
	Cwd string
	// Brief leaves out what is no part of the answer itself: the other way to a
	// namespace, and what the invariants say.
	Brief bool
	// NewUserNS says that the actor enters a new user namespace before all else.
	NewUserNS bool
	// Assumed tells what the answer to a call takes for granted, since the table
	// does not tell it. nil: nothing.
	Assumed func(c *model.Call, r model.Result, before, after *model.State) []string
}

// Ask answers a question. The error says that a call could not be made at all,
// for its arguments are of the wrong kind.
func Ask(q Question) (*Answer, error) {
	before := q.State.Clone()
	a := &Answer{Release: before.Sem.Release, Namespaces: []Namespace{}}
	space := before.Procs[q.Actor].NS
	a.Table = Table{Name: q.Name, Mounts: q.Listed, NewUserNS: q.NewUserNS, Namespace: before.Spaces[space].Age}
	if err := a.company(before, &q); err != nil {
		return nil, err
	}
	values := make([]int64, 0, len(q.First))
	for _, c := range q.First {
		c = c.Resolve(values)
		then := before.Clone()
		r, err := then.Do(q.Actor, &c)
		if err != nil {
			return nil, err
		}
		values = append(values, r.Value)
		a.Before = append(a.Before, done(&c, r))
		a.assume(&q, &c, r, before, then)
		before = then
	}
	asked := q.Call.Resolve(values)
	after := before.Clone()
	r, err := after.Do(q.Actor, &asked)
	if err != nil {
		return nil, err
	}
	a.assume(&q, &asked, r, before, after)
	a.Call, a.Work = done(&asked, r), Work{}.plus(after.Work())
	a.before, a.after, a.result = before, after, r
	if r.Refusal.Refused() {
		a.Refusal = refusal(before, after, q.Actor, &asked, r.Refusal)
		return a, nil
	}
	a.succeeded(q.Actor, &asked, q.Brief)
	return a, nil
}

// company puts another process beside the caller, as on any real machine: else
// a caller that leaves its namespace would end it. Then the caller makes itself
// a user namespace, if that is asked.
func (a *Answer) company(s *model.State, q *Question) error {
	r, err := s.Do(q.Actor, call(model.OpFork))
	if err != nil {
		return err
	}
	a.names = map[int]string{q.Actor: "the caller", int(r.Value): "other processes there"}
	if q.Cwd != "" {
		if _, err := s.Do(q.Actor, call(model.OpChdir, model.Str(q.Cwd))); err != nil {
			return err
		}
	}
	if !q.NewUserNS {
		return nil
	}
	r, err = s.Do(q.Actor, call(model.OpUnshare, model.Num(model.CLONE_NEWUSER)))
	if err == nil && r.Refusal.Refused() {
		err = fmt.Errorf("--userns: the caller cannot make a user namespace: %s, %s", r.Errno, s.Sentence(r.Refusal))
	}
	return err
}

// succeeded says what became of everything.
func (a *Answer) succeeded(actor int, c *model.Call, brief bool) {
	a.changes = diff(a.before, a.after)
	if c.Op.Signature().Result == model.FDResult {
		a.newSpace = namespaceOf(a.after, actor, a.result.Value)
		if a.newSpace != 0 && int(a.newSpace) < len(a.before.Spaces) && a.before.Spaces[a.newSpace].Age == a.after.Spaces[a.newSpace].Age {
			a.newSpace = 0 // a descriptor of a namespace that was there
		}
		a.Made = descriptorWords(a.after, actor, a.result.Value)
	}
	a.Positions = a.positions()
	a.spaces()
	if a.newSpace != 0 && c.Op == model.OpOpenTree || c.Op == model.OpOpenTreeAttr && a.newSpace != 0 {
		a.copied(actor, c)
		if brief {
			return
		}
		// Both cost as much as the call on a large table. The checks look paths up
		// in the state, which may learn names from that.
		own := a.before.Clone()
		var other sync.WaitGroup
		other.Go(func() { a.Classic = classic(own, actor, c) })
		a.Invariants = verdicts(a.before, a.after, actor, c, a.result)
		other.Wait()
	}
}

// assume adds what the answer to a call takes for granted.
func (a *Answer) assume(q *Question, c *model.Call, r model.Result, before, after *model.State) {
	var all []string
	if q.Cwd == "" && relative(c) && before.FSs[before.Procs[q.Actor].FS].Cwd == before.FSs[before.Procs[q.Actor].FS].Root {
		all = append(all, "where the caller stands is not in the table: taken for its root")
	}
	if q.Assumed != nil {
		all = append(all, q.Assumed(c, r, before, after)...)
	}
	for _, words := range all {
		if !slices.Contains(a.Assumed, words) {
			a.Assumed = append(a.Assumed, words)
		}
	}
}

// relative tells whether a path of the call starts at the working directory.
func relative(c *model.Call) bool {
	dfd := int64(model.AT_FDCWD)
	for i, p := range c.Op.Signature().Params {
		switch {
		case p.Kind == model.DirFDParam:
			dfd = c.Args[i].N
		case p.Kind == model.PathParam && dfd == model.AT_FDCWD:
			if s := c.Args[i].S; s != "" && s[0] != '/' && !(c.Op == model.OpMount && i == 0 && c.Args[3].N&(model.MS_BIND|model.MS_MOVE) == 0) {
				return true
			}
		}
	}
	return false
}

func call(op model.Op, args ...model.Arg) *model.Call {
	c := model.NewCall(op, args...)
	return &c
}

func done(c *model.Call, r model.Result) Done {
	return Done{c.String(), trace.Recorded(c.Op, r).String()}
}

// fileOf is what a descriptor of an actor is, nil if it is not open.
func fileOf(s *model.State, actor int, fd int64) *model.File {
	f := s.FindFD(model.ProcIx(actor), int(fd))
	if f == 0 {
		return nil
	}
	return &s.Files[f]
}

// namespaceOf is the namespace whose file a descriptor is of, or 0.
func namespaceOf(s *model.State, actor int, fd int64) model.NSIx {
	f := fileOf(s, actor, fd)
	if f == nil || f.Loc.D == 0 || s.Dentries[f.Loc.D].Kind != model.MntNSFile {
		return 0
	}
	return model.NSIx(s.Dentries[f.Loc.D].Obj)
}

// descriptorWords says what a new descriptor stands for.
func descriptorWords(s *model.State, actor int, fd int64) string {
	f := fileOf(s, actor, fd)
	if f == nil {
		return ""
	}
	name := fmt.Sprintf("descriptor %d", fd)
	if ns := namespaceOf(s, actor, fd); ns != 0 {
		return fmt.Sprintf("%s is %s, with %s", name, spaceWords(s, ns), plural(int(s.Spaces[ns].Nr), "mount"))
	}
	switch {
	case f.Kind == model.ContextFile:
		return name + " is a filesystem context"
	case s.Dentries[f.Loc.D].Kind == model.UserNSFile:
		return name + " is a user namespace"
	case s.Dentries[f.Loc.D].Kind == model.PidFile:
		return fmt.Sprintf("%s is process %d", name, s.Dentries[f.Loc.D].Obj)
	case f.Mode&model.NeedUnmount != 0:
		return fmt.Sprintf("%s is a detached tree of %s", name, plural(int(s.Spaces[s.Mounts[f.Loc.M].NS].Nr), "mount"))
	}
	return fmt.Sprintf("%s is %s, on mount %d", name, s.LocPath(f.Loc), s.Mounts[f.Loc.M].ID)
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// positions says who stands elsewhere, and who came and went.
func (a *Answer) positions() (lines []string) {
	for p := 1; p < len(a.after.Procs); p++ {
		name := a.names[p]
		if name == "" {
			name = fmt.Sprintf("actor %d", p)
		}
		if p >= len(a.before.Procs) {
			lines = append(lines, fmt.Sprintf("%s is new, in %s", name, spaceWords(a.after, a.after.Procs[p].NS)))
			continue
		}
		was, now := &a.before.Procs[p], &a.after.Procs[p]
		if was.Alive && !now.Alive {
			lines = append(lines, name+" is gone")
		}
		if now.Alive {
			lines = append(lines, a.moved(name, was, now)...)
		}
	}
	return lines
}

func (a *Answer) moved(name string, was, now *model.Process) (lines []string) {
	add := func(what, is, before string) {
		lines = append(lines, fmt.Sprintf("%s: %s is %s, was %s", name, what, is, before))
	}
	if was.NS != now.NS {
		add("mount namespace", number(a.after.Spaces[now.NS].Age), number(a.before.Spaces[was.NS].Age))
	}
	if was.User != now.User {
		lines = append(lines, name+": in a new user namespace")
	}
	old, fs := &a.before.FSs[was.FS], &a.after.FSs[now.FS]
	if old.Root != fs.Root {
		add("root", placeWords(a.after, fs.Root), placeWords(a.before, old.Root))
	}
	if old.Cwd != fs.Cwd && (old.Cwd != old.Root || fs.Cwd != fs.Root) {
		add("working directory", placeWords(a.after, fs.Cwd), placeWords(a.before, old.Cwd))
	}
	return lines
}

// placeWords names a location by the mount and the path in its namespace.
func placeWords(s *model.State, l model.Loc) string {
	return fmt.Sprintf("%s (mount %d)", s.LocPath(l), s.Mounts[l.M].ID)
}

// spaces lists the namespaces in which something changed, the caller's first
// by their age, and the trees behind descriptors last.
func (a *Answer) spaces() {
	var order []model.NSIx
	seen := map[model.NSIx]bool{}
	add := func(ns model.NSIx) {
		if ns > 0 && !seen[ns] {
			seen[ns] = true
			order = append(order, ns)
		}
	}
	for _, c := range a.changes {
		add(c.ns)
	}
	add(a.newSpace)
	key := func(ns model.NSIx) [2]uint64 {
		r := &a.after.Spaces[ns]
		if r.ID == 0 {
			r = &a.before.Spaces[ns]
		}
		if r.Anon {
			return [2]uint64{1, r.Age}
		}
		return [2]uint64{0, r.Age}
	}
	slices.SortFunc(order, func(x, y model.NSIx) int { kx, ky := key(x), key(y); return slices.Compare(kx[:], ky[:]) })
	for _, ns := range order {
		a.Namespaces = append(a.Namespaces, a.space(ns))
	}
}

// space describes a namespace before and after. Its record may be another's by
// then: the age tells.
func (a *Answer) space(ns model.NSIx) Namespace {
	n := Namespace{index: ns, Changes: []Change{}}
	var was, is model.MountNS
	if int(ns) < len(a.before.Spaces) {
		was = a.before.Spaces[ns]
	}
	is = a.after.Spaces[ns]
	n.New = is.ID != 0 && (was.ID == 0 || was.Age != is.Age)
	n.Gone = was.ID != 0 && is.ID == 0
	n.Before, n.After = int(was.Nr), int(is.Nr)
	if n.New {
		n.Before = 0
	}
	state := a.after
	if n.Gone {
		n.After, state = 0, a.before
	}
	n.Title = spaceWords(state, ns)
	if n.New {
		return n
	}
	for _, c := range a.changes {
		if c.ns != ns {
			continue
		}
		s := a.after
		if c.sign == "-" {
			s = a.before
		}
		r := &s.Mounts[c.m]
		n.Changes = append(n.Changes, Change{Sign: c.sign, ID: r.ID, Path: s.MountPath(c.m), Options: options(r),
			Propagation: propagation(s, r), What: c.what})
	}
	return n
}
