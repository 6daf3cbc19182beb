package invariant_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
	"mntcheck/props/shrink"
)

// premiseHolds runs a program, and tells whether an invariant had something to
// say about a call of it; it must not have been broken.
func premiseHolds(v *invariant.Invariant, program []model.Step) (holds bool, broken *invariant.Violation) {
	s, before := model.NewState(model.World{}), new(model.State)
	t := new(invariant.Transition)
	var values []int64
	for _, step := range program {
		call := step.Call.Resolve(values)
		s.Copy(before)
		r, err := s.Do(step.Actor, &call)
		if err != nil {
			r.Value = -1
		}
		values = append(values, r.Value)
		if err != nil {
			continue
		}
		t.Reset(before, s, step.Actor, &call, r)
		premise, b := v.Check(t)
		if holds = holds || premise; b != nil {
			return holds, b
		}
	}
	return holds, nil
}

// TestPremises runs, for each invariant, a program of testdata/premises.txtar in
// which it applies. The programs were drawn and made as small as they go.
func TestPremises(t *testing.T) {
	file := filepath.Join("testdata", "premises.txtar")
	if *update {
		if err := os.WriteFile(file, findPremises(t), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string][]byte{}
	for _, f := range txtar.Parse(data).Files {
		programs[f.Name] = f.Data
	}
	for _, v := range invariant.All() {
		text, ok := programs[v.Name]
		if !ok {
			t.Errorf("%s: no program in %s", v.Name, file)
			continue
		}
		p, err := trace.ParseProgram(v.Name, text)
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		switch holds, broken := premiseHolds(v, p.Program()); {
		case broken != nil:
			t.Errorf("%s is broken: %s", v.Name, broken.Message)
		case !holds:
			t.Errorf("%s: its premise does not hold in\n%s", v.Name, text)
		}
	}
}

func findPremises(t *testing.T) []byte {
	out := &bytes.Buffer{}
	fmt.Fprintln(out, "The smallest drawn program in which each invariant applies.")
	d := draw.NewDrawer()
	for _, v := range invariant.All() {
		holds := func(p []model.Step) bool {
			yes, _ := premiseHolds(v, p)
			return yes
		}
		for i := range uint64(20000) {
			program, _ := drawCase(t, d, 11, i, draw.Limits{Sizes: []draw.Size{draw.Small}})
			if !holds(program) {
				continue
			}
			small, _ := shrink.Program(program, holds, shrink.Options{})
			fmt.Fprintf(out, "-- %s --\n%s", v.Name, draw.Program(small))
			break
		}
	}
	return out.Bytes()
}
