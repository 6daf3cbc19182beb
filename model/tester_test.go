package model_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mntcheck/model"
)

const rec = model.MS_REC

// tester is an actor whose calls have to succeed unless the test says otherwise.
type tester struct {
	*testing.T
	model.Actor
	s *model.State
}

func start(t *testing.T) tester {
	s := model.NewState(model.World{})
	return tester{t, s.Actor(1), s}
}

// Chdir is the actor's, not the test's.
func (p tester) Chdir(path string) error { return p.Actor.Chdir(path) }

// ok holds that a call succeeded.
func (p tester) ok(err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// fd holds that a call that returns a descriptor succeeded.
func (p tester) fd(n int, err error) int {
	p.Helper()
	p.ok(err)
	return n
}

// refused holds that a call was refused, and by that rule.
func (p tester) refused(want model.Rule, err error) {
	p.Helper()
	var e *model.CallError
	if !errors.As(err, &e) {
		p.Fatalf("want %v by rule %s, not %v", want.Errno(), want, err)
	}
	if got := e.Result.Refusal.Rule; got != want {
		p.Fatalf("want %v by rule %s, not by %s: %v", want.Errno(), want, got, err)
	}
}

// fork makes another actor.
func (p tester) fork() tester {
	p.Helper()
	child, err := p.Actor.Fork()
	p.ok(err)
	return tester{p.T, child, p.s}
}

// sandbox makes an actor in a user and a mount namespace of its own.
func (p tester) sandbox() tester {
	p.Helper()
	q := p.fork()
	q.ok(q.Unshare(model.CLONE_NEWUSER | model.CLONE_NEWNS))
	return q
}

// contained is a sandbox with pid and network namespaces of its own as well.
func (p tester) contained() tester {
	p.Helper()
	q := p.fork()
	q.ok(q.Unshare(model.CLONE_NEWUSER | model.CLONE_NEWNS | model.CLONE_NEWNET | model.CLONE_NEWPID))
	return q.fork() // children are in the new pid namespace
}

// dir makes directories.
func (p tester) dir(paths ...string) {
	p.Helper()
	for _, path := range paths {
		p.ok(p.Mkdir(path, 0o755))
	}
}

// tmpfs mounts a tmpfs on a directory, with the name as its source.
func (p tester) tmpfs(name, path string) {
	p.Helper()
	p.ok(p.Mount(name, path, "tmpfs", 0))
}

// newTmpfs makes directories and mounts a tmpfs on each, with its last
// component as the source.
func (p tester) newTmpfs(paths ...string) {
	p.Helper()
	for _, path := range paths {
		p.dir(path)
		p.tmpfs(path[strings.LastIndexByte(path, '/')+1:], path)
	}
}

// bind makes a directory and binds from there.
func (p tester) bind(from, to string) {
	p.Helper()
	p.dir(to)
	p.ok(p.Mount(from, to, "", model.MS_BIND))
}

// make changes the propagation type of a mount.
func (p tester) make(kind uint64, path string) {
	p.Helper()
	p.ok(p.Mount("", path, "", kind))
}

// space is the actor's mount namespace.
func (p tester) space() model.NSIx { return p.s.Procs[p.Number].NS }

// spaceOf is the mount namespace, or the detached tree, that a descriptor's
// mount is in or, of a namespace descriptor, that it is for.
func (p tester) spaceOf(fd int) model.NSIx {
	loc := p.s.Files[p.s.FindFD(model.ProcIx(p.Number), fd)].Loc
	if d := &p.s.Dentries[loc.D]; d.Kind == model.MntNSFile {
		return model.NSIx(d.Obj)
	}
	return p.s.Mounts[loc.M].NS
}

// table lists a namespace's mounts by their unique ids, as mountinfo does, one a
// line: its number, its parent's, the path, the source, and what mountinfo shows
// of propagation; besides whether it is locked in place. Number 0 is the bottom
// mount, the kernel's own, which is not listed.
func table(s *model.State, ns model.NSIx) string {
	var all []model.MountIx
	for m := range s.Mounts {
		if r := &s.Mounts[m]; r.ID != 0 && r.NS == ns && (s.Spaces[ns].Anon || s.Spaces[ns].Root != model.MountIx(m)) {
			all = append(all, model.MountIx(m))
		}
	}
	slices.SortFunc(all, func(a, b model.MountIx) int { return int(int64(s.Mounts[a].UID) - int64(s.Mounts[b].UID)) })
	var out strings.Builder
	for i, m := range all {
		fmt.Fprintf(&out, "%d %d %s %s%s\n", i+1, slices.Index(all, s.Mounts[m].Parent)+1, s.MountPath(m),
			s.Name(s.Mounts[m].Source), tags(s, m))
	}
	return out.String()
}

func tags(s *model.State, m model.MountIx) (out string) {
	r := &s.Mounts[m]
	if r.Flags&model.Shared != 0 {
		out += fmt.Sprintf(" shared:%d", r.Group)
	}
	if r.Master != 0 {
		out += fmt.Sprintf(" master:%d", s.Mounts[r.Master].Group)
	}
	for _, x := range []struct {
		flag model.MountFlags
		name string
	}{{model.Unbindable, " unbindable"}, {model.Locked, " locked"}} {
		if r.Flags&x.flag != 0 {
			out += x.name
		}
	}
	return out
}

// has compares the actor's own table.
func (p tester) has(want string) {
	p.Helper()
	p.spaceHas(p.space(), want)
}

// spaceHas compares the table of any namespace; indentation does not count.
func (p tester) spaceHas(ns model.NSIx, want string) {
	p.Helper()
	want = strings.ReplaceAll(strings.TrimSpace(want), "\t", "") + "\n"
	if want == "\n" {
		want = ""
	}
	if got := table(p.s, ns); got != want {
		p.Fatalf("the table is\n%swant\n%s", got, want)
	}
}
