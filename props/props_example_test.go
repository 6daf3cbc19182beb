package props_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"mntcheck/model"
	"mntcheck/props"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// yourSystem stands for an implementation of the mount API: anything that can
// make a call and show its mount tables.
func yourSystem(ctx context.Context, w system.World) (system.System, error) {
	return system.NewModel(ctx, w)
}

// In a test of your own, this runs everything: random tables and calls, every
// invariant after every call, shrinking.
func ExampleCheck() {
	var t *testing.T // of func TestMounts(t *testing.T)
	props.Check(t, func(ctx context.Context, w system.World) (system.System, error) {
		return yourSystem(ctx, w)
	})
}

// Recorded traces tell where a system differs from a kernel.
func ExampleReplay() {
	var t *testing.T // of func TestTraces(t *testing.T)
	report := props.Replay(t, os.DirFS("testdata/traces"), yourSystem)
	t.Log(report.Agree, "traces agree")
}

// The same search under go test -fuzz.
func ExampleFuzz() {
	var f *testing.F // of func FuzzMounts(f *testing.F)
	props.Fuzz(f, yourSystem, props.Sizes(draw.Small))
}

// A generated program prints as a list of calls, which mntcheck run and
// package trace read.
func ExampleProgram() {
	program := props.Program().Example(1)
	_, err := fmt.Sscanf(program.String(), "1 %s", new(string))
	fmt.Println(err)
	// Output: <nil>
}

// A generated table is a state of the model.
func ExampleTable() {
	var s *model.State = props.Table().Example(1)
	fmt.Println(len(s.Namespaces()) > 0)
	// Output: true
}
