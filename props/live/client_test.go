package live

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/system"
)

func TestDelta(t *testing.T) {
	texts := []string{"", "", "abc\n", "abc\nabc\n", "abc\nabd\nabc\n", "abc\n", "x", "xx", "xxx", "x", ""}
	old := ""
	for _, text := range texts {
		d := deltaOf(old, text)
		got, err := d.apply(old)
		if err != nil || got != text {
			t.Errorf("%q to %q by %+v: %q, %v", old, text, d, got, err)
		}
		old = text
	}
	for _, d := range []textDelta{{Prefix: 3, Suffix: 2}, {Prefix: -1}, {Suffix: 5}} {
		if _, err := d.apply("abcd"); err == nil {
			t.Errorf("%+v fits on a text that it is too long for", d)
		}
	}
}

func TestFailure(t *testing.T) {
	unreachable := &UnreachableError{Reason: "nobody is at home", Err: errors.New("EPERM")}
	for _, err := range []error{
		errors.New("something"), fmt.Errorf("step 1: %w", ErrHang), fmt.Errorf("step 2: %w", ErrDied),
		fmt.Errorf("no: %w", errors.ErrUnsupported), unreachable,
	} {
		got := failureOf(err).err()
		if got.Error() != err.Error() {
			t.Errorf("%q came out as %q", err, got)
		}
		for _, kind := range []error{ErrHang, ErrDied, errors.ErrUnsupported} {
			if errors.Is(got, kind) != errors.Is(err, kind) {
				t.Errorf("%v: is %v: %v", err, kind, errors.Is(got, kind))
			}
		}
		var there *UnreachableError
		if errors.As(got, &there) != (err == error(unreachable)) {
			t.Errorf("%v: came out as %T", err, got)
		}
	}
	if failureOf(nil).err() != nil {
		t.Error("no error came out as one")
	}
}

// fakeServer answers requests as answer says, and ends when that says so.
func fakeServer(t *testing.T, answer func(q *request) (replies []reply, last bool)) *Client {
	t.Helper()
	here, there := net.Pipe()
	go func() {
		defer there.Close()
		in, out := gob.NewDecoder(there), gob.NewEncoder(there)
		for {
			q := &request{}
			if in.Decode(q) != nil {
				return
			}
			replies, last := []reply{{Release: "7.3.4"}}, false
			if q.Verb != verbHello {
				replies, last = answer(q)
			}
			for i := range replies {
				if out.Encode(&replies[i]) != nil {
					return
				}
			}
			if last {
				return
			}
		}
	}()
	c, err := NewClient(t.Context(), here, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Profile(); p.Release != "7.3.4" || p.Name != "kernel" {
		t.Errorf("profile %+v", p)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// TestClientRun has a server that takes long for the first of three jobs, and ends
// in the middle of the second.
func TestClientRun(t *testing.T) {
	view := model.View{Mounts: "1\n", Actors: "2\n"}
	c := fakeServer(t, func(q *request) ([]reply, bool) {
		done := reply{Answers: []answer{{Value: -1, Errno: 22}, {Value: 3}}, Views: deltasOf([]model.View{view, view})}
		return []reply{{Working: true}, {Working: true}, done}, true
	})
	jobs := make([]system.Job, 3)
	jobs[0].EachView = true
	recordings, err := c.Run(t.Context(), jobs)
	if err == nil || !strings.Contains(err.Error(), "ended without a word") || len(recordings) != 1 {
		t.Fatalf("got %d recordings, %v", len(recordings), err)
	}
	rec := recordings[0]
	if len(rec.Answers) != 2 || rec.Answers[0].Errno != model.EINVAL || rec.Answers[1].Value != 3 || len(rec.Views) != 2 || rec.Views[1] != view {
		t.Errorf("got %+v", rec)
	}
	if _, again := c.Run(t.Context(), jobs); again != err || c.Broken() != err {
		t.Errorf("a broken client answers %v and says it is broken by %v, want %v", again, c.Broken(), err)
	}
}

// TestClientTurns: one world at a time, and a run has to wait for its end.
func TestClientTurns(t *testing.T) {
	c := fakeServer(t, func(q *request) ([]reply, bool) {
		if q.Verb == verbDo {
			steps, err := q.Call.steps()
			if err != nil || len(steps) != 1 {
				return []reply{{Failure: failure{Text: fmt.Sprintf("%q: %v", q.Call, err)}}}, false
			}
			return []reply{{Answers: []answer{{Value: int64(steps[0].Actor)}}}}, false
		}
		return make([]reply, max(1, len(q.Jobs))), false
	})
	sys, err := c.Start(t.Context(), system.World{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Run(ctx, make([]system.Job, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("a run beside an open world: %v", err)
	}
	call := model.NewCall(model.OpFork)
	if r, err := sys.Do(t.Context(), 5, &call); err != nil || r.Value != 5 {
		t.Errorf("Do: %v, %v", r, err)
	}
	if _, err := sys.Observe(t.Context()); err == nil {
		t.Error("an answer without a view was taken for one")
	}
	for range 2 {
		if err := sys.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := sys.Do(t.Context(), 1, &call); err == nil {
		t.Error("a closed world makes calls")
	}
	if recordings, err := c.Run(t.Context(), make([]system.Job, 2)); err != nil || len(recordings) != 2 {
		t.Errorf("a run after the world: %d recordings, %v", len(recordings), err)
	}
	if recordings, err := c.Run(t.Context(), nil); err != nil || len(recordings) != 0 {
		t.Errorf("a run of nothing: %d recordings, %v", len(recordings), err)
	}
}

// TestClientRefused: a server that says that its kernel cannot be used.
func TestClientRefused(t *testing.T) {
	here, there := net.Pipe()
	go func() {
		_ = gob.NewDecoder(there).Decode(&request{})
		_ = gob.NewEncoder(there).Encode(&reply{Failure: failureOf(&UnreachableError{Reason: "it is too old"})})
	}()
	_, err := NewClient(t.Context(), here, Options{})
	var unreachable *UnreachableError
	if !errors.As(err, &unreachable) || unreachable.Reason != "it is too old" {
		t.Errorf("got %v", err)
	}
}
