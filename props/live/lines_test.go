package live

import (
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
)

// TestLines sends what is drawn at random: each call arrives as it was.
func TestLines(t *testing.T) {
	sem, err := model.ForRelease(model.DefaultRelease)
	if err != nil {
		t.Fatal(err)
	}
	d := draw.NewDrawer()
	seen := [model.NumOps]int{}
	for i := range uint64(500) {
		d.Start(draw.NewSeed(1, i), draw.Limits{Calls: 60})
		s := model.NewState(model.World{Semantics: sem})
		var values []int64
		for {
			step, ok := d.Next(s)
			if !ok {
				break
			}
			call := step.Call.Resolve(values)
			r, err := s.Do(step.Actor, &call)
			if err != nil {
				t.Fatal(err)
			}
			d.Done(r)
			values = append(values, r.Value)
		}
		program := d.Program()
		text := linesOf(program)
		got, err := text.steps()
		if err != nil || len(got) != len(program) {
			t.Fatalf("program %d: %d of %d calls came out of\n%s%v", i, len(got), len(program), text, err)
		}
		for j := range program {
			if want := (model.Step{Actor: program[j].Actor, Call: asGiven(program[j].Call)}); got[j] != want {
				t.Errorf("program %d, call %d: %d %s came out as %+v, want %+v", i, j+1, program[j].Actor, program[j].Call, got[j], want)
			}
			seen[program[j].Call.Op]++
		}
	}
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		if seen[op] == 0 {
			t.Errorf("no program has a call of %s", op)
		}
	}
}

func TestLinesRefused(t *testing.T) {
	for text, want := range map[lines]string{
		"1 fork()\n1 frob()\n":         "step 2",
		"1 umount2(\"/a\", 0) = 0\n":   "answer",
		"0 fork()\n":                   "actors are numbered from 1",
		linesOf(make([]model.Step, 1)): "step 1",
	} {
		if steps, err := text.steps(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v, want an error with %q", text, steps, err, want)
		}
	}
}
