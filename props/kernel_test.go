package props_test

import (
	"context"
	"testing"

	"mntcheck/props"
	"mntcheck/props/check"
	"mntcheck/props/live"
	"mntcheck/props/system"
)

// TestCheckKernel checks a kernel that the model stands in for.
func TestCheckKernel(t *testing.T) {
	start := func(context.Context) (system.Runner, error) {
		return system.RunnerOf(system.NewModel, system.Profile{Name: "kernel", Release: "7.3.4"}), nil
	}
	r := props.CheckKernel(t, start, props.Checks(100), props.Seed(1), props.Invariants("INV-1", "INV-10"))
	if r.Cases != 100 || r.Invariants[0].Verdict != check.Held || r.Invariants[1].Verdict != check.NotObservable {
		t.Errorf("%d cases; INV-1 %s, INV-10 %s", r.Cases, r.Invariants[0].Verdict, r.Invariants[1].Verdict)
	}
}

// The running kernel is checked like this; TestMain has to call live.Main first
// thing. With live.Boot it is an image in QEMU.
func ExampleCheckKernel() {
	var t *testing.T // of func TestKernel(t *testing.T)
	props.CheckKernel(t, func(ctx context.Context) (system.Runner, error) {
		return live.New(ctx, live.Options{})
	})
}
