package system

import (
	"context"

	"mntcheck/model"
)

// World is what a system starts as: the world in which every trace starts (one
// mount namespace, an empty tmpfs over the kernel's own root, actor 1), and
// calls that are made in it before anything is checked.
type World struct {
	Semantics *model.Semantics // nil: those of model.DefaultRelease
	MountMax  int32            // fs.mount-max; 0: the kernel's default
	Setup     []model.Step
	// Unprivileged: the world is one that a user has made who is not root; a
	// system's Profile says whether its worlds are. See model.World.
	Unprivileged bool
}

// Model is the world for the model, without the setup.
func (w World) Model() model.World {
	return model.World{Semantics: w.Semantics, MountMax: w.MountMax, Unprivileged: w.Unprivileged}
}

// System makes calls and shows mount tables.
type System interface {
	// Do makes one call as an actor and returns the kernel's answer, a value
	// or an errno. An error means that there was no answer: a dead machine, a
	// deadline, or something that this system cannot do (errors.ErrUnsupported).
	Do(ctx context.Context, actor int, call *model.Call) (model.Result, error)
	// Observe returns what user space can see, in canonical form.
	Observe(ctx context.Context) (model.View, error)
	// Close releases what the system holds.
	Close() error
}

// Factory starts a system in a world.
type Factory func(ctx context.Context, w World) (System, error)

// Stateful is a System that can show all of its state. Invariants about locks,
// rings or detached trees need one; on others they are not observable. The
// state may be read until the next call, and must not be changed.
type Stateful interface {
	System
	State() *model.State
}

// Identifier is a System that tells what the things of its view are, so that they
// can be found again in the next one.
type Identifier interface {
	System
	// Identify is about the view that Observe returned last; no call lies between.
	Identify(ctx context.Context) (model.Identity, error)
}

// Profiler is a System that says what it is.
type Profiler interface {
	Profile() Profile
}

// Profile describes a system.
type Profile struct {
	Name    string              // such as "model"
	Release string              // the kernel release that it claims to behave as; "" if none
	Calls   func(model.Op) bool // the calls that it supports; nil: all
	// Unprivileged: its worlds are unprivileged ones, and no others.
	Unprivileged bool
}

// Supports tells whether the system makes such a call.
func (p Profile) Supports(op model.Op) bool { return p.Calls == nil || p.Calls(op) }

// ProfileOf returns the profile of a system, an empty one if it has none.
func ProfileOf(s System) Profile {
	if p, ok := s.(Profiler); ok {
		return p.Profile()
	}
	return Profile{}
}
