package conform_test

import (
	"context"
	"fmt"
	"log"

	"mntcheck/model"
	"mntcheck/props/conform"
	"mntcheck/props/system"
)

// oldKernel is one that forgot to look whether what is bound is unbindable.
type oldKernel struct{ *system.Model }

func (k oldKernel) Do(ctx context.Context, actor int, c *model.Call) (model.Result, error) {
	r, err := k.Model.Do(ctx, actor, c)
	if c.Op == model.OpMount && r.Refusal.Rule == model.RuleSourceUnbindable {
		return model.Result{}, err
	}
	return r, err
}

func start(context.Context) (system.Runner, error) {
	boot := func(ctx context.Context, w system.World) (system.System, error) {
		m, err := system.NewModel(ctx, w)
		return oldKernel{m.(*system.Model)}, err
	}
	return system.RunnerOf(boot, system.Profile{Name: "an old kernel", Release: "7.3"}), nil
}

// A difference is told by the fewest calls that show it.
func Example() {
	classic, err := conform.FamilyByName("classic")
	if err != nil {
		log.Fatal(err)
	}
	report, err := conform.Run(context.Background(), conform.Options{
		Runner: start, Families: []*conform.Family{classic}, Checks: 300, Seed: 1, MaxDifferences: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	d := report.Differences[0]
	fmt.Println(d.Headline())
	fmt.Println(d.Why)
	fmt.Print(d.Program)
	// Output:
	// mount: the kernel answers 0, the model EINVAL
	// the source, mount 2 /, is unbindable
	// 1 mount(NULL, "/", NULL, MS_UNBINDABLE, NULL)
	// 1 mount("/", "/", NULL, MS_BIND, NULL)
}
