package shrink_test

import (
	"context"
	"fmt"
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/shrink"
	"mntcheck/props/system"
)

// answers runs a program on the model, and is nil where some step has no answer.
func answers(p []model.Step) ([]model.Result, *model.State) {
	m := system.FromState(model.NewState(model.World{}))
	r, err := system.Run(context.Background(), m, p)
	if err != nil {
		return nil, nil
	}
	return r, m.State()
}

// find is the first random program for which fails holds.
func find(t *testing.T, fails func([]model.Step) bool) []model.Step {
	t.Helper()
	for i := range uint64(5000) {
		p, err := draw.NewDrawer().Run(draw.NewSeed(9, i), draw.Limits{Sizes: []draw.Size{draw.Small, draw.Medium}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if fails(p) {
			return p
		}
	}
	t.Fatal("no random program fails")
	return nil
}

func TestMinimal(t *testing.T) {
	for _, test := range []struct {
		name  string
		fails func([]model.Step) bool
		want  string
	}{
		{
			"a shared mount", func(p []model.Step) bool {
				_, s := answers(p)
				return s != nil && count(s, func(m *model.Mount) bool { return m.Flags&model.Shared != 0 }) > 0
			},
			"1 mount(NULL, \"/\", NULL, MS_SHARED, NULL)\n",
		}, {
			"a bind that is refused as unbindable", func(p []model.Step) bool {
				return refused(p, model.RuleSourceUnbindable)
			},
			"",
		}, {
			"a slave", func(p []model.Step) bool {
				_, s := answers(p)
				return s != nil && count(s, func(m *model.Mount) bool { return m.Master != 0 && m.Flags&model.Shared == 0 }) > 0
			},
			"",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := find(t, test.fails)
			small, stats := shrink.Program(p, test.fails, shrink.Options{})
			if !test.fails(small) {
				t.Fatalf("the shrunken program does not fail:\n%s", draw.Program(small))
			}
			if !stats.Complete || len(small) > 4 {
				t.Errorf("%d steps became %d, want at most 4 (%+v):\n%s", len(p), len(small), stats, draw.Program(small))
			}
			if got := draw.Program(small).String(); test.want != "" && got != test.want {
				t.Errorf("got\n%swant\n%s", got, test.want)
			}
			again, _ := shrink.Program(p, test.fails, shrink.Options{})
			if draw.Program(again).String() != draw.Program(small).String() {
				t.Errorf("the same program shrinks to two results:\n%s\n%s", draw.Program(small), draw.Program(again))
			}
		})
	}
}

func refused(p []model.Step, rule model.Rule) bool {
	all, _ := answers(p)
	for _, r := range all {
		if r.Refusal.Rule == rule {
			return true
		}
	}
	return false
}

func count(s *model.State, which func(*model.Mount) bool) (n int) {
	for i := range s.Mounts {
		if s.Mounts[i].ID != 0 && which(&s.Mounts[i]) {
			n++
		}
	}
	return n
}

func TestWithout(t *testing.T) {
	open := model.NewCall(model.OpOpen, model.Str("/"), model.Num(model.O_PATH))
	fork := model.NewCall(model.OpFork)
	use := func(k int) model.Call { return model.NewCall(model.OpFchdir, model.Ref(k)) }
	pidfd := model.NewCall(model.OpPidfdOpen, model.Num(3), model.Num(0))
	program := []model.Step{
		{Actor: 1, Call: fork}, {Actor: 1, Call: open}, {Actor: 1, Call: fork}, {Actor: 2, Call: open},
		{Actor: 3, Call: use(1)}, {Actor: 3, Call: use(3)}, {Actor: 1, Call: pidfd},
	}
	for _, test := range []struct {
		name string
		gone []int
		want string
	}{
		{"nothing", nil, draw.Program(program).String()},
		{"a step that is used", []int{1}, "1 fork()\n1 fork()\n2 open(\"/\", O_PATH)\n3 fchdir(-1)\n3 fchdir($3)\n1 pidfd_open(3, 0)\n"},
		{"a fork and its actor", []int{0}, "1 open(\"/\", O_PATH)\n1 fork()\n2 fchdir($1)\n2 fchdir(-1)\n1 pidfd_open(2, 0)\n"},
		{"all", []int{0, 1, 2, 3, 4, 5, 6}, ""},
	} {
		gone := map[int]bool{}
		for _, i := range test.gone {
			gone[i] = true
		}
		if got := draw.Program(shrink.Without(program, func(i int) bool { return gone[i] })).String(); got != test.want {
			t.Errorf("%s: got\n%swant\n%s", test.name, got, test.want)
		}
	}
}

func TestTriesAreBounded(t *testing.T) {
	p := find(t, func(p []model.Step) bool { return len(p) > 50 })
	asked := 0
	_, stats := shrink.Program(p, func([]model.Step) bool { asked++; return false }, shrink.Options{Tries: 40})
	if asked != 40 || stats.Tries != 40 || stats.Complete {
		t.Errorf("asked %d times, stats %+v; want 40, not complete", asked, stats)
	}
}

// A shrinker needs no more than a predicate.
func Example() {
	program := draw.Program{
		{Actor: 1, Call: model.NewCall(model.OpMkdir, model.Str("/a"), model.Num(0o755))},
		{Actor: 1, Call: model.NewCall(model.OpFork)},
		{Actor: 2, Call: model.NewCall(model.OpMount, model.Str("none"), model.Str("/a"), model.Str("tmpfs"), model.Num(model.MS_NODEV), model.NULL())},
		{Actor: 1, Call: model.NewCall(model.OpMount, model.NULL(), model.Str("/a"), model.NULL(), model.Num(model.MS_UNBINDABLE|model.MS_REC), model.NULL())},
		{Actor: 2, Call: model.NewCall(model.OpMount, model.Str("/a"), model.Str("/"), model.NULL(), model.Num(model.MS_BIND|model.MS_REC), model.NULL())},
	}
	small, _ := shrink.Program(program, func(p []model.Step) bool {
		return refused(p, model.RuleSourceUnbindable)
	}, shrink.Options{})
	fmt.Print(draw.Program(small))
	// Output:
	// 1 mount(NULL, "/", NULL, MS_UNBINDABLE, NULL)
	// 1 mount("/", "/", NULL, MS_BIND, NULL)
}
