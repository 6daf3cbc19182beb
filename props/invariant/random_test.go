package invariant_test

import (
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
)

// TestRandomPrograms checks every call of drawn programs: on the model as it is,
// no invariant may be broken, and each has to apply at some time.
func TestRandomPrograms(t *testing.T) {
	t.Parallel()
	cases := 4000
	if testing.Short() {
		cases = 300
	}
	c := newChecker()
	d := draw.NewDrawer()
	broken := 0
	for i := 0; i < cases && broken < 20; i++ {
		program, world := drawCase(t, d, 1, uint64(i), draw.Limits{})
		c.run(model.NewState(world), program, func(step int, call *model.Call, v *invariant.Invariant, b *invariant.Violation) bool {
			broken++
			t.Errorf("case %d, call %d of %d, %s: %s: %s", i, step+1, len(program), call, v.Name, b.Message)
			return false
		})
	}
	var never []string
	for i, n := range c.premises {
		if n == 0 {
			never = append(never, c.all[i].Name)
		}
		t.Logf("%-26s %9d", c.all[i].Name, n)
	}
	t.Logf("%d cases, %d calls", cases, c.calls)
	if len(never) > 0 && !testing.Short() {
		t.Errorf("premise never held: %s", strings.Join(never, ", "))
	}
}

// drawCase draws a program, and tells the world that it was drawn for.
func drawCase(t testing.TB, d *draw.Drawer, seed, number uint64, limits draw.Limits) ([]model.Step, model.World) {
	program, err := d.Run(draw.NewSeed(seed, number), limits, nil)
	if err != nil {
		t.Fatal(err)
	}
	w := d.World(nil)
	return program, model.World{Semantics: w.Semantics, MountMax: w.MountMax}
}
