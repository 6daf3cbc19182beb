package explore

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/invariant"
)

// recorder takes what a test says of itself.
type recorder struct {
	testing.TB
	said []string
}

func (r *recorder) Helper()                  {}
func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Errorf(format string, args ...any) {
	r.said = append(r.said, fmt.Sprintf(format, args...))
}

func TestCheck(t *testing.T) {
	quiet := &recorder{TB: t}
	if r := Check(quiet, world(t, small), Options{Depth: 3}); len(quiet.said) > 0 || r.States == 0 {
		t.Errorf("%q, %d states", quiet.said, r.States)
	}
	few := &invariant.Invariant{
		Name: "few-mounts", Statement: "There are never more than five mounts.", Source: "this test",
		Check: func(t *invariant.Transition) (bool, *invariant.Violation) {
			if n := t.After.MountCount(); n > 5 {
				return true, &invariant.Violation{Message: fmt.Sprintf("there are %d", n)}
			}
			return true, nil
		},
	}
	loud := &recorder{TB: t}
	Check(loud, world(t, small), Options{Invariants: []*invariant.Invariant{few}})
	if len(loud.said) != 1 || !strings.Contains(loud.said[0], "by 2 calls") || !strings.Contains(loud.said[0], "few-mounts is broken: there are 6") {
		t.Errorf("%q", loud.said)
	}
	empty := world(t, small)
	kind, _ := sometimesByName("pinned")
	empty.Sometimes = append(empty.Sometimes, kind)
	if r := run(t, empty, Options{Depth: 2}); r.Violated() {
		t.Error("a world that options narrow has to reach what it has to reach without them")
	}
	empty.Depth = 2
	lacking := &recorder{TB: t}
	Check(lacking, empty)
	if len(lacking.said) != 1 || !strings.Contains(lacking.said[0], "no state is pinned") {
		t.Errorf("%q", lacking.said)
	}
}

// Each kind of state that has a name can be told from others: the first state of
// all has none.
func TestSometimesOfFirstState(t *testing.T) {
	s := model.NewState(model.World{})
	seen := map[string]bool{}
	for _, kind := range AllSometimes() {
		if kind.Holds(s) || kind.Statement == "" || seen[kind.Name] {
			t.Errorf("%s holds in the first state, says nothing, or is there twice", kind.Name)
		}
		seen[kind.Name] = true
	}
}
