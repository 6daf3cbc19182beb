package model_test

import (
	"bytes"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// recorded is a spread of recorded traces of all kernels.
const recorded = "../props/replay/testdata/recorded.tar.gz"

// eachRecorded calls f for recorded traces, with a state in which the program
// can be run as on the kernel that it was recorded on.
func eachRecorded(t *testing.T, f func(t *testing.T, tr *trace.Trace, s *model.State)) {
	t.Helper()
	n := 0
	err := trace.Each([]string{recorded}, func(file string, data []byte) error {
		tr, err := trace.Parse(file, data)
		if err != nil {
			return err
		}
		if n++; testing.Short() && n%10 != 0 {
			return nil
		}
		sem, err := model.ForRelease(tr.Meta.Kernel())
		if err != nil {
			return err
		}
		f(t, tr, model.NewState(model.World{Semantics: sem}))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A state made from a key has the same key and view, and goes on the same way.
func TestKeyIsAnEncoding(t *testing.T) {
	eachRecorded(t, func(t *testing.T, tr *trace.Trace, s *model.State) {
		for i, step := range tr.Steps {
			key := s.AppendKey(nil)
			d, err := model.DecodeKey(key, s.Sem)
			if err != nil {
				t.Fatalf("%s: before call %d: %v", tr.Name, i+1, err)
			}
			if again := d.AppendKey(nil); !bytes.Equal(key, again) {
				t.Fatalf("%s: before call %d: the decoded state has another key", tr.Name, i+1)
			}
			if a, b := s.View(), d.View(); a != b {
				t.Fatalf("%s: before call %d: views differ\n%s%s\n%s%s", tr.Name, i+1, a.Mounts, a.Actors, b.Mounts, b.Actors)
			}
			want, err := s.Do(step.Actor, &step.Call)
			if err != nil {
				t.Fatal(err)
			}
			got, err := d.Do(step.Actor, &step.Call)
			if err != nil {
				t.Fatal(err)
			}
			if want.Errno != got.Errno || want.Value != got.Value || want.Refusal.Rule != got.Refusal.Rule {
				t.Fatalf("%s: call %d %s: %v, on the decoded state %v", tr.Name, i+1, step.Call, want, got)
			}
			if a, b := s.AppendKey(nil), d.AppendKey(nil); !bytes.Equal(a, b) {
				t.Fatalf("%s: after call %d %s: keys differ", tr.Name, i+1, step.Call)
			}
		}
	})
}

// A copy has the same key, and changing it leaves the original as it was.
func TestCopyIsIndependent(t *testing.T) {
	var copied model.State
	eachRecorded(t, func(t *testing.T, tr *trace.Trace, s *model.State) {
		for i, step := range tr.Steps {
			key := s.AppendKey(nil)
			s.Copy(&copied)
			if _, err := copied.Do(step.Actor, &step.Call); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(key, s.AppendKey(nil)) {
				t.Fatalf("%s: call %d on a copy changed the original", tr.Name, i+1)
			}
			if _, err := s.Do(step.Actor, &step.Call); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(s.AppendKey(nil), copied.AppendKey(nil)) {
				t.Fatalf("%s: call %d: the copy went another way", tr.Name, i+1)
			}
		}
	})
}

// A key that is asked for only if it is less than another is the same key then.
func TestKeyIfLesser(t *testing.T) {
	var plain, renamed model.Keyer
	renamed.Rename(map[string]string{"a": "b", "b": "a"})
	lesser, other := 0, 0
	eachRecorded(t, func(t *testing.T, tr *trace.Trace, s *model.State) {
		for i, step := range tr.Steps {
			if _, err := s.Do(step.Actor, &step.Call); err != nil {
				t.Fatal(err)
			}
			key, want := plain.Append(nil, s), renamed.Append(nil, s)
			got, less := renamed.AppendLesser([]byte("before"), s, key)
			if less != (bytes.Compare(want, key) < 0) || less && string(got) != "before"+string(want) {
				t.Fatalf("%s: after call %d %s: less: %v, and the key %q; the whole key is %q, the other one %q", tr.Name, i+1, step.Call, less, got, want, key)
			}
			if less {
				lesser++
			} else {
				other++
			}
		}
	})
	if lesser == 0 || other == 0 {
		t.Errorf("%d keys were less, and %d were not", lesser, other)
	}
}
