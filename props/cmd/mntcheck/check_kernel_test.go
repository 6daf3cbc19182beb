package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/props/live"
	"mntcheck/props/system"
)

// greedyKernel is a kernel that a model with a fault stands in for.
func greedyKernel(context.Context) (system.Runner, error) {
	return system.RunnerOf(newGreedy, system.Profile{Name: "kernel", Release: "7.3.4"}), nil
}

// TestCheckKernelFindsFault finds a fault by what tables show, and again by the
// command that it prints.
func TestCheckKernelFindsFault(t *testing.T) {
	text, err := onKernel(t, greedyKernel, "check", "--native", "--seed", "5", "--checks", "500", "--invariant", "umount-*", "-j", "2")
	if !errors.Is(err, errFound) {
		t.Fatalf("got error %v, want that something was found; printed\n%s", err, text)
	}
	for _, want := range []string{
		"; Linux 7.3.4, seed 5\n", "VIOLATED umount-", "  broken by Linux 7.3.4\n", "Before the last call:\n",
		"not observable, as mount tables show neither locks", "\n  umount-non-revealing\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("printed\n%s\nwant %q in it", text, want)
		}
	}
	_, repeat, _ := strings.Cut(text, "To see it again:\n  mntcheck ")
	repeat, _, _ = strings.Cut(repeat, "\n")
	if !strings.HasPrefix(repeat, "check --seed 5 --checks ") || !strings.HasSuffix(repeat, " --native") {
		t.Fatalf("it is repeated by %q", repeat)
	}
	again, err := onKernel(t, greedyKernel, strings.Fields(repeat)...)
	if !errors.Is(err, errFound) {
		t.Fatalf("%s: got error %v, want that it is found again", repeat, err)
	}
	_, was, _ := strings.Cut(text, "The smallest program found")
	if _, is, _ := strings.Cut(again, "The smallest program found"); is != was {
		t.Errorf("%s found\n%s\nwant\n%s", repeat, is, was)
	}
}

// TestCheckKernelUnsaved tells of a failure that cannot be written down.
func TestCheckKernelUnsaved(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	text, err := onKernel(t, greedyKernel, "check", "--native", "--seed", "5", "--checks", "500", "--invariant", "umount-*", "--failures", file)
	if !errors.Is(err, errFound) || !strings.Contains(text, "VIOLATED umount-") || strings.Contains(text, file+"/umount") {
		t.Errorf("error %v, printed\n%s", err, text)
	}
}

// TestCheckKernelUnavailable says that there is no kernel, and why.
func TestCheckKernelUnavailable(t *testing.T) {
	why := &live.UnreachableError{Reason: "it is out"}
	_, err := onKernel(t, func(context.Context) (system.Runner, error) { return nil, why }, "check", "--native")
	if !errors.As(err, new(errUnavailable)) || !strings.Contains(err.Error(), "it is out") {
		t.Errorf("got %v", err)
	}
}
