package system

import (
	"context"
	"fmt"

	"mntcheck/model"
)

// Model is the executable specification as a System.
type Model struct{ state *model.State }

var _ Stateful = (*Model)(nil)

// NewModel is the Factory of the model.
func NewModel(ctx context.Context, w World) (System, error) {
	s := model.NewState(w.Model())
	m := &Model{s}
	if _, err := Run(ctx, m, w.Setup); err != nil {
		return nil, err
	}
	return m, nil
}

// FromState makes a System of a state, which it then owns.
func FromState(s *model.State) *Model { return &Model{s} }

// Do makes a call on the model; it fails for actors that do not exist.
func (m *Model) Do(_ context.Context, actor int, call *model.Call) (model.Result, error) {
	return m.state.Do(actor, call)
}

// Observe returns the canonical view of the model's state.
func (m *Model) Observe(context.Context) (model.View, error) { return m.state.View(), nil }

// Identify returns the model's own numbers.
func (m *Model) Identify(context.Context) (model.Identity, error) { return m.state.Identity(), nil }

// State returns the model's state.
func (m *Model) State() *model.State { return m.state }

// Close does nothing.
func (m *Model) Close() error { return nil }

// Profile says that this is the model, and of which release.
func (m *Model) Profile() Profile { return Profile{Name: "model", Release: m.state.Sem.Release} }

// Run makes the calls of a program one after the other, and resolves arguments
// that are the result of an earlier step. It returns the answers; the error
// names the step, counted from 1, that had none.
func Run(ctx context.Context, s System, program []model.Step) ([]model.Result, error) {
	answers := make([]model.Result, 0, len(program))
	values := make([]int64, 0, len(program))
	for i, step := range program {
		call := step.Call.Resolve(values)
		r, err := s.Do(ctx, step.Actor, &call)
		if err != nil {
			return answers, fmt.Errorf("step %d, %d %s: %w", i+1, step.Actor, step.Call, err)
		}
		answers = append(answers, r)
		values = append(values, r.Value)
	}
	return answers, nil
}
