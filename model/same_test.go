package model_test

import (
	"bytes"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// A state that is said to be the same as before a call has the same key, and
// there are such calls: those that are refused, and some that succeed.
func TestSameAs(t *testing.T) {
	var before model.State
	same, succeeded := 0, 0
	eachRecorded(t, func(t *testing.T, tr *trace.Trace, s *model.State) {
		for i, step := range tr.Steps {
			s.Copy(&before)
			r, err := s.Do(step.Actor, &step.Call)
			if err != nil {
				t.Fatal(err)
			}
			if !s.SameAs(&before) {
				continue
			}
			if !bytes.Equal(s.AppendKey(nil), before.AppendKey(nil)) {
				t.Fatalf("%s: call %d, %s, is said to have changed nothing, but the key is another", tr.Name, i+1, step.Call)
			}
			if same++; r.Errno == 0 {
				succeeded++
			}
		}
	})
	if succeeded == 0 || same == succeeded {
		t.Errorf("%d calls changed nothing, of which %d succeeded", same, succeeded)
	}
}

// What a Decoder makes of a key does not depend on what it made before, in the
// same memory.
func TestDecoderForgets(t *testing.T) {
	var decoder *model.Decoder
	var sem *model.Semantics
	var s model.State
	eachRecorded(t, func(t *testing.T, tr *trace.Trace, recorded *model.State) {
		if sem != recorded.Sem {
			sem = recorded.Sem
			decoder = model.NewDecoder(sem)
		}
		for i, step := range tr.Steps {
			if _, err := recorded.Do(step.Actor, &step.Call); err != nil {
				t.Fatal(err)
			}
			key := recorded.AppendKey(nil)
			if i%3 == 2 {
				if err := decoder.Decode(key[:len(key)/2], &s); err == nil {
					t.Fatalf("%s: half a key is taken for a key", tr.Name)
				}
			}
			if err := decoder.Decode(key, &s); err != nil {
				t.Fatalf("%s: after call %d: %v", tr.Name, i+1, err)
			}
			if !bytes.Equal(key, s.AppendKey(nil)) {
				t.Fatalf("%s: after call %d: the decoded state has another key", tr.Name, i+1)
			}
			if a, b := recorded.View(), s.View(); a != b {
				t.Fatalf("%s: after call %d: views differ\n%s%s\n%s%s", tr.Name, i+1, a.Mounts, a.Actors, b.Mounts, b.Actors)
			}
		}
	})
}
