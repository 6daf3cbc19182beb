package conform

import (
	"context"

	"mntcheck/model"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// Drawer draws the programs that Run compares, for those who have a kernel make
// them and look at something else. It is for one goroutine.
type Drawer struct{ cases caseDrawer }

// NewDrawer returns a drawer of programs of a seed, for runners of a profile. They
// are drawn by looking at a model with these rules. Programs are of the families in
// turns; with none, of all that the rules have the calls for.
func NewDrawer(seed uint64, sem *model.Semantics, families []*Family, p system.Profile) *Drawer {
	asked := families
	if len(asked) == 0 {
		asked = Families()
	}
	var some []*Family
	for _, f := range asked {
		if f.Lacks(sem) == "" {
			some = append(some, f)
		}
	}
	if len(some) == 0 {
		some = asked // what a kernel does not have it refuses
	}
	return &Drawer{caseDrawer{
		seed: seed, sem: sem, families: some, supports: p.Calls, unprivileged: p.Unprivileged, drawer: draw.NewDrawer(),
	}}
}

// Draw draws program i. An error is that of a model that cannot make one of its
// own calls, which is a mistake in the model.
func (d *Drawer) Draw(ctx context.Context, i uint64) (system.World, draw.Program, error) {
	c, err := d.cases.draw(ctx, i)
	if err != nil {
		return system.World{}, nil, err
	}
	return c.world, c.program, nil
}

// WithinScope tells whether a program asks for nothing but what a drawn one may: a
// change of such a one can be given to a runner then.
func WithinScope(ctx context.Context, w system.World, program []model.Step) bool {
	x, err := expect(ctx, w, program)
	return err == nil && !x.outside
}
