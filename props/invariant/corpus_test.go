package invariant_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/invariant"
)

// checker runs calls on a model and checks all invariants after each.
type checker struct {
	all      []*invariant.Invariant
	premises []int
	calls    int
	before   model.State
	t        invariant.Transition
}

func newChecker() *checker {
	all := invariant.All()
	return &checker{all: all, premises: make([]int, len(all))}
}

// run makes a program on s; report is told of what each call breaks, and stops
// the program by returning false.
func (c *checker) run(s *model.State, program []model.Step, report func(step int, call *model.Call, v *invariant.Invariant, broken *invariant.Violation) bool) {
	var values []int64
	for i, step := range program {
		call := step.Call.Resolve(values)
		s.Copy(&c.before)
		r, err := s.Do(step.Actor, &call)
		if err != nil {
			values = append(values, -1)
			continue
		}
		values = append(values, r.Value)
		c.calls++
		c.t.Reset(&c.before, s, step.Actor, &call, r)
		for k, v := range c.all {
			premise, broken := v.Check(&c.t)
			if premise {
				c.premises[k]++
			}
			if broken != nil && !report(i, &call, v, broken) {
				return
			}
		}
	}
}

// TestCorpus checks every call of the recorded traces. What a kernel did breaks
// no invariant; which ones the traces say nothing about is logged.
func TestCorpus(t *testing.T) {
	t.Parallel()
	dir := filepath.Join("..", "..", "..", "shared", "corpus", "7.3.4")
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no recorded traces beside the project")
	}
	if testing.Short() {
		t.Skip("long")
	}
	c := newChecker()
	traces := 0
	err := trace.Each([]string{dir}, func(file string, data []byte) error {
		tr, err := trace.Parse(file, data)
		if err != nil {
			return err
		}
		traces++
		c.run(model.NewState(model.World{}), tr.Program(), func(step int, call *model.Call, v *invariant.Invariant, broken *invariant.Violation) bool {
			t.Errorf("%s: call %d, %s: %s: %s", filepath.Base(file), step+1, call, v.Name, broken.Message)
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var never []string
	for i, n := range c.premises {
		if n == 0 {
			never = append(never, c.all[i].Name)
		}
	}
	t.Logf("%d traces, %d calls, %d invariants; premise never held: %s", traces, c.calls, len(c.all), strings.Join(never, ", "))
}
