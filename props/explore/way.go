package explore

import (
	"context"
	"fmt"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// program is the calls that lead to a finding, its own as the last, behind the
// setup.
func (e *engine) program(f finding) ([]model.Step, error) {
	if f.Layer < 0 {
		return nil, nil
	}
	calls, err := e.births.way(f.Layer, f.Birth.parent())
	if err != nil {
		return nil, err
	}
	calls = append(calls, f.Birth.call())
	program := make([]model.Step, len(calls))
	for i, c := range calls {
		program[i] = e.w.Calls[c]
	}
	if e.symmetry == nil {
		return program, nil
	}
	return e.unreduced(program)
}

// unreduced undoes the exchanges of names that stand between the states of a
// way: each call was made in the state that stands for its orbit.
func (e *engine) unreduced(program []model.Step) ([]model.Step, error) {
	s, err := e.w.start(e.sem)
	if err != nil {
		return nil, err
	}
	canon, keyer := newCanonizer(e.symmetry), new(model.Keyer)
	total := map[string]string{} // from the names of the program to those of the state that was explored
	for i := range program {
		key := canon.append(nil, keyer, s)
		total = then(total, e.symmetry.exchanges[canon.chosen])
		if s, err = model.DecodeKey(key, e.sem); err != nil {
			return nil, err
		}
		if i < len(program)-1 {
			if _, err := s.Do(program[i].Actor, &program[i].Call); err != nil {
				return nil, err
			}
		}
		program[i] = renameStep(program[i], inverse(total))
	}
	return program, nil
}

// violation describes a broken invariant.
func (e *engine) violation(i int, f finding) (*Violation, error) {
	program, err := e.program(f)
	if err != nil {
		return nil, err
	}
	v := &Violation{Program: program, Calls: stepTexts(program)}
	found := &check.Found{Step: len(e.w.Setup) + len(program) - 1}
	only := e.o.Invariants
	if i >= 0 {
		only = []*invariant.Invariant{e.o.Invariants[i]}
	}
	o := check.Options{Semantics: e.sem, Invariants: only, Strict: true}
	if e.o.system != nil {
		o.Factory = func(_ context.Context, w system.World) (system.System, error) {
			return e.o.system(model.NewState(model.World{Semantics: w.Semantics, MountMax: w.MountMax})), nil
		}
	}
	// The setup is part of the program, so that it can be run anywhere.
	world := system.World{Semantics: e.sem, MountMax: e.w.MountMax}
	whole := wholeProgram(e.w.Setup, program)
	factory := o.Factory
	if factory == nil {
		factory = system.NewModel
	}
	c := check.NewChecker(only)
	c.Strictly()
	found, err = c.Program(context.Background(), factory, world, whole)
	if err != nil {
		return nil, err
	}
	if found == nil && e.o.IgnoreOrder {
		return nil, fmt.Errorf("%s is broken in a state that stands for others with other orders, but not in the one that these calls lead to: "+
			"the order decides, so it cannot be ignored: %v", e.invariantName(i), v.Calls)
	}
	if found == nil {
		return nil, fmt.Errorf("a way that was found to break %s does not break it when it is gone again: %v", e.invariantName(i), v.Calls)
	}
	v.Invariant = found.Invariant.Name
	v.Failure, err = check.NewFailure(context.Background(), o, world, whole, found)
	return v, err
}

func (e *engine) invariantName(i int) string {
	if i < 0 {
		return check.PanicInvariant
	}
	return e.o.Invariants[i].Name
}

// wholeProgram puts setup before a program of calls without references.
func wholeProgram(setup, program []model.Step) []model.Step {
	return append(append([]model.Step{}, setup...), program...)
}

func stepTexts(program []model.Step) []string {
	texts := make([]string, len(program))
	for i := range program {
		texts[i] = stepText(program[i])
	}
	return texts
}
