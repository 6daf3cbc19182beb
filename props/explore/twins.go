package explore

import (
	"slices"
	"strings"

	"mntcheck/model"
)

// Two actors that stand in one place, as the same user and with the same
// capabilities, are twins in a state. A call that leaves processes alone does for
// the one what it does for the other, answer, state and all; so it is made for the
// first of them, and counted for both.

// outcome is what came of a call in the state that is being expanded.
type outcome struct {
	kind     outcomeKind
	beyond   int  // number of the limit
	from, to int  // the notes of the worker about its transition
	more     bool // see worker.reach
}

type outcomeKind uint8

const (
	unknownOutcome outcomeKind = iota
	refusedOutcome             // and nothing changed
	sameOutcome                // it succeeded, and nothing changed
	beyondOutcome              // of a limit
	changedOutcome             // it succeeded
	usedUpOutcome              // it was refused, and something changed
)

// noted is what a check said that did not pass by.
type noted struct {
	invariant       int
	premise, broken bool
}

// twinCalls lists, by call and actor, the earlier call that is the same by that
// actor, -1 for none. It is nil where there are none at all.
func twinCalls(w *World) [][]int {
	if namesProcesses(w) {
		return nil
	}
	var twins [][]int
	for i := range w.Calls {
		if !leavesProcesses(&w.Calls[i].Call) {
			continue
		}
		for k := range i {
			if w.Calls[k].Call != w.Calls[i].Call || w.Calls[k].Actor >= w.Calls[i].Actor {
				continue
			}
			if twins == nil {
				twins = make([][]int, len(w.Calls))
			}
			if twins[i] == nil {
				twins[i] = slices.Repeat([]int{-1}, w.actors())
			}
			twins[i][w.Calls[k].Actor] = k
		}
	}
	return twins
}

// namesProcesses tells whether a path of the world could be another one for each
// process: one below /proc, which a symlink may also lead to.
func namesProcesses(w *World) bool {
	for _, steps := range [][]model.Step{w.Setup, w.Calls} {
		for i := range steps {
			for _, a := range steps[i].Call.Args {
				if a.Kind == model.String && strings.Contains(a.S, "proc/") {
					return true
				}
			}
		}
	}
	return false
}

// leavesProcesses tells whether a call neither gives its caller anything nor takes
// anything of the caller's: no descriptor, no root or working directory but those
// of all processes that stand in one place, no namespace.
func leavesProcesses(c *model.Call) bool {
	switch c.Op {
	case model.OpMkdir, model.OpMknod, model.OpRmdir, model.OpUnlink, model.OpRename, model.OpSymlink,
		model.OpMount, model.OpUmount2, model.OpPivotRoot, model.OpMoveMount, model.OpMountSetattr:
	default:
		return false
	}
	for i, p := range c.Op.Signature().Params {
		switch {
		case p.Kind == model.DirFDParam && int32(c.Args[i].N) != model.AT_FDCWD,
			p.Kind == model.AttrParam && c.Attr.Set&model.MOUNT_ATTR_IDMAP != 0:
			return false
		}
	}
	return true
}

// findTwins notes of each actor the first one that stands where it does.
func (w *worker) findTwins() {
	s := &w.before
	w.notes = w.notes[:0]
	clear(w.outcomes)
	for a := range w.twinOf {
		w.twinOf[a] = 0
		if a >= len(s.Procs) {
			continue
		}
		for b := 1; b < a && w.twinOf[a] == 0; b++ {
			if standAlike(s, &s.Procs[a], &s.Procs[b]) {
				w.twinOf[a] = b
			}
		}
	}
}

// standAlike tells whether two processes differ in their descriptors at most.
func standAlike(s *model.State, p, q *model.Process) bool {
	x, y := *p, *q
	x.FS, x.FirstFD, x.Pid = y.FS, y.FirstFD, y.Pid
	return x == y && x.Alive && s.FSs[p.FS].Root == s.FSs[q.FS].Root && s.FSs[p.FS].Cwd == s.FSs[q.FS].Cwd
}

// repeat counts a call whose twin was made in the state, and reports whether it
// was.
func (w *worker) repeat(call int) bool {
	twins := w.e.twins[call]
	if twins == nil {
		return false
	}
	step := &w.e.w.Calls[call]
	by := w.twinOf[step.Actor]
	if by == 0 || twins[by] < 0 {
		return false
	}
	o := w.outcomes[twins[by]]
	if o.kind == unknownOutcome || o.more {
		return false
	}
	w.count(call, o)
	for _, n := range w.notes[o.from:o.to] {
		w.add(n)
	}
	return true
}
