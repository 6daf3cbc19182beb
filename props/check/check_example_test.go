package check_test

import (
	"context"
	"fmt"
	"log"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/draw"
	"mntcheck/props/invariant"
)

// A run by count and seed gives the same report on any machine.
func Example() {
	report, err := check.Run(context.Background(), check.Options{
		Checks: 50, Seed: 1, Sizes: []draw.Size{draw.Small},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Cases, "cases, failure:", report.Failure)
	// Output: 50 cases, failure: <nil>
}

// What breaks an invariant is shrunken to the calls that it takes.
func Example_failure() {
	unbindable := &invariant.Invariant{
		Name: "no-unbindable", Statement: "No mount is unbindable.", Source: "this example",
		Check: func(t *invariant.Transition) (bool, *invariant.Violation) {
			for i := range t.After.Mounts {
				if t.After.Mounts[i].Flags&model.Unbindable != 0 {
					return true, &invariant.Violation{Message: "the mount at " + t.After.MountPath(model.MountIx(i)) + " is"}
				}
			}
			return true, nil
		},
	}
	report, err := check.Run(context.Background(), check.Options{
		Checks: 100, Seed: 1, Invariants: []*invariant.Invariant{unbindable},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Failure.Message)
	fmt.Print(report.Failure.Program)
	// Output:
	// the mount at / is
	// 1 mount(NULL, "/", NULL, MS_UNBINDABLE, NULL)
}
