package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/explore"
	"mntcheck/props/invariant"
)

// A panic is part of what releases are compared by.
func TestCompareShowsPanics(t *testing.T) {
	w, err := explore.ParseWorld("w", []byte("calls\nchdir(\"/\")\n"))
	if err != nil {
		t.Fatal(err)
	}
	o := explore.Options{Invariants: []*invariant.Invariant{{
		Name: "fragile", Statement: "It does not hold.", Source: "this test",
		Check: func(*invariant.Transition) (bool, *invariant.Violation) { panic("no") },
	}}}
	var out bytes.Buffer
	s := &session{ctx: context.Background(), stdout: bufio.NewWriter(&out), stderr: new(bytes.Buffer), json: true}
	if err := (&exploreCommand{Compare: []string{"7.2", "7.3"}}).compare(s, w, o); !errors.Is(err, errFound) {
		t.Errorf("%v, want that something was found", err)
	}
	_ = s.stdout.Flush()
	var result ComparedWorld
	if err := json.Unmarshal(out.Bytes(), &result); err != nil {
		t.Fatal(err)
	}
	if len(result.Invariants) != 1 || len(result.Invariants[0].Breaches) != 2 || result.Invariants[0].Breaches[0].Known {
		t.Errorf("%s", &out)
	}
}

// The release of a world is not that of the command that explored it on another.
func TestRepeatNamesRelease(t *testing.T) {
	c := &exploreCommand{World: "old.world", Release: model.DefaultRelease}
	if got := c.repeat(); !strings.Contains(got, "--release "+model.DefaultRelease) {
		t.Errorf("%s", got)
	}
}
