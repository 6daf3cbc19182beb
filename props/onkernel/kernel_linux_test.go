package onkernel_test

import (
	"context"
	"errors"
	"testing"

	"mntcheck/props/check"
	"mntcheck/props/live"
	"mntcheck/props/onkernel"
	"mntcheck/props/system"
)

func TestMain(m *testing.M) {
	live.Main()
	m.Run()
}

// TestNative checks the running kernel.
func TestNative(t *testing.T) {
	checks := 400
	if testing.Short() {
		checks = 60
	}
	r, err := onkernel.Run(t.Context(), onkernel.Options{
		Runner: func(ctx context.Context) (system.Runner, error) { return live.New(ctx, live.Options{}) },
		Seed:   3, Checks: checks, Workers: 2, FailureDir: t.TempDir(),
	})
	var unreachable *live.UnreachableError
	if errors.As(err, &unreachable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	if r.Failure != nil {
		t.Errorf("%s", r.Failure)
	}
	for _, v := range r.Invariants {
		t.Logf("%-26s %7d of %7d untold %7d %s", v.Name, v.Premises, v.Checks, v.Untold, v.Verdict)
		if v.Name == "INV-1" && (v.Verdict != check.Held || v.Premises == 0) {
			t.Errorf("INV-1 is said to be %q of %d calls", v.Verdict, v.Premises)
		}
	}
	t.Logf("%d programs, %d calls in %v, %d lost, %d ended", r.Cases, r.Calls, r.Elapsed, r.Kernel.Lost, r.Kernel.Ended)
	if r.Kernel.Lost*10 > r.Cases {
		t.Errorf("track was lost of %d programs, of %d", r.Kernel.Lost, r.Cases)
	}
}
