package draw_test

import (
	"fmt"
	"log"

	"mntcheck/model"
	"mntcheck/props/draw"
)

// Any bytes are a program. Exhausted ones read as zeros, so no bytes at all are
// the empty program.
func ExampleDecode() {
	none, err := draw.Decode(nil, draw.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	some, err := draw.Decode([]byte("any bytes at all, a few for each call"), draw.Limits{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(none), "calls of none,", len(some) > 3)
	// Output: 0 calls of none, true
}

// A seed and the number of a case are a world and a sequence of calls.
func ExampleDrawer_Run() {
	calls, refused := 0, 0
	program, err := draw.NewDrawer().Run(draw.NewSeed(1, 42), draw.Limits{Sizes: []draw.Size{draw.Small}},
		func(_ *model.State, _ model.Step, r model.Result) {
			calls++
			if r.Errno != 0 {
				refused++
			}
		})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(calls == len(program), calls > 10, refused > 0)
	// Output: true true true
}
