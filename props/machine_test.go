package props_test

import (
	"testing"

	"pgregory.net/rapid"

	"mntcheck/model"
	"mntcheck/props"
)

func TestMachine(t *testing.T) { rapid.Check(t, props.Machine(nil)) }

// A property of one's own: what a program answers does not depend on what was
// run before it.
func TestProgramsRepeat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		program := props.Program().Draw(t, "program")
		views := [2]model.View{}
		for i := range views {
			s := model.NewState(model.World{})
			values := make([]int64, 0, len(program))
			for _, step := range program {
				call := step.Call.Resolve(values)
				r, err := s.Do(step.Actor, &call)
				if err != nil {
					t.Skip("an actor that does not exist under the default numbering")
				}
				values = append(values, r.Value)
			}
			views[i] = s.View()
		}
		if views[0] != views[1] {
			t.Fatalf("the same program leads to two views:\n%s\n%s", views[0].Mounts, views[1].Mounts)
		}
	})
}

// A table that is copied is the same table.
func TestTablesCopy(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := props.Table().Draw(t, "table")
		if c := s.Clone(); c.View() != s.View() || string(c.AppendKey(nil)) != string(s.AppendKey(nil)) {
			t.Fatalf("a copy of\n%s\nis\n%s", s.View().Mounts, c.View().Mounts)
		}
	})
}
