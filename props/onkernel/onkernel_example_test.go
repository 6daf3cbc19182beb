package onkernel_test

import (
	"context"
	"fmt"
	"log"

	"mntcheck/props/onkernel"
	"mntcheck/props/system"
)

// Any runner can be checked that tells what the things of its views are; a model
// stands in for the kernel here.
func Example() {
	report, err := onkernel.Run(context.Background(), onkernel.Options{
		Runner: func(context.Context) (system.Runner, error) {
			return system.RunnerOf(system.NewModel, system.Profile{Name: "kernel", Release: "7.3.4"}), nil
		},
		Checks: 20, Seed: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range report.Invariants[:3] {
		fmt.Println(v.Name, v.Verdict)
	}
	// Output:
	// INV-1 held
	// INV-2 held
	// INV-3 not observable
}
