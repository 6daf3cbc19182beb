package conform

import (
	"context"
	"fmt"

	"mntcheck/model"
	"mntcheck/props/system"
)

// expectation is what the model answers to a program, and shows.
type expectation struct {
	answers []model.Result
	views   []model.View // before the first call, and after each
	hidden  []hiding     // by view: why it is not compared
	last    *model.State // after the last call; nil for a case that was drawn
	outside bool         // a call asks for what the model does not say; never of a case that was drawn
}

// hiding says why two views of a state cannot be compared.
type hiding uint8

const (
	visible hiding = iota
	// byPidfs: a mount shows a process's file, whose name is a number that
	// the kernel counts on over all its life.
	byPidfs
	// byEscape: a mountpoint lies outside of what its parent shows, as a directory
	// of it was moved out. Such a place has no path.
	byEscape
	// byLostActor: the same of an actor's root or working directory. Tables are
	// compared, places are not.
	byLostActor
	// byUntold: the kernel does not tell the source of a mount. Views are compared
	// without it; a trace cannot hold it.
	byUntold
)

// String says it in words.
func (h hiding) String() string {
	return [...]string{"", "a mount of a process's file", "a mountpoint outside of the mount that it is on",
		"an actor outside of the mount that it is on", "a mount whose source the kernel does not tell"}[h]
}

// hides tells whether, and by what, a state is kept from being compared. The
// mounts that no view lists do not count.
func hides(s *model.State) hiding {
	for i := 1; i < len(s.Mounts); i++ {
		m := &s.Mounts[i]
		if m.ID == 0 || m.NS <= 0 || s.Spaces[m.NS].Anon {
			continue
		}
		if s.Dentries[m.Root].Kind == model.PidFile {
			return byPidfs
		}
		if m.Parent != 0 && !s.Under(m.MP, s.Mounts[m.Parent].Root) {
			return byEscape
		}
	}
	for p := 1; p < len(s.Procs); p++ {
		if !s.Procs[p].Alive {
			continue
		}
		fs := &s.FSs[s.Procs[p].FS]
		for _, at := range []model.Loc{fs.Root, fs.Cwd} {
			if !s.Under(at.D, s.Mounts[at.M].Root) {
				return byLostActor
			}
		}
	}
	return visible
}

// see notes what the state shows now.
func (x *expectation) see(s *model.State) {
	x.views = append(x.views, s.View())
	x.hidden = append(x.hidden, hides(s))
}

// expect makes a program on the model. Programs that were changed while they
// were made smaller may be none that can be made: an actor does not exist, say.
func expect(ctx context.Context, w system.World, program []model.Step) (x *expectation, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the model panics: %v", p)
		}
	}()
	s := model.NewState(w.Model())
	x = &expectation{answers: make([]model.Result, 0, len(program)), views: make([]model.View, 0, len(program)+1)}
	x.see(s)
	values := make([]int64, 0, len(program))
	var within scope
	for i, step := range program {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if kept := step.Call; !x.outside {
			within.keep(s, step.Actor, &kept)
			x.outside = kept != step.Call
		}
		call := step.Call.Resolve(values)
		r, err := s.Do(step.Actor, &call)
		if err != nil {
			return nil, fmt.Errorf("step %d, %d %s: %w", i+1, step.Actor, step.Call, err)
		}
		x.answers = append(x.answers, r)
		values = append(values, r.Value)
		x.see(s)
	}
	x.last = s
	return x, nil
}

// numbered is the world with namespaces numbered in the given way.
func numbered(w system.World, how model.NSNumbering) system.World {
	own := *w.Semantics
	own.NSIDs = how
	w.Semantics = &own
	return w
}
