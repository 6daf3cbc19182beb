package live_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"mntcheck/model/trace"
	"mntcheck/props/live"
	"mntcheck/props/system"
)

// A program of three calls, on the kernel that this runs on.
func ExampleNew() {
	live.Main() // first thing in main

	ctx := context.Background()
	native, err := live.New(ctx, live.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer native.Close()
	program, err := trace.ParseProgram("hidden.txt", []byte(`
mkdir("/a", 0755)
mount("none", "/a", "tmpfs", 0, NULL)
rmdir("/a")
`))
	if err != nil {
		log.Fatal(err)
	}
	recordings, err := native.Run(ctx, []system.Job{{Program: program.Program()}})
	if err != nil {
		log.Fatal(err)
	}
	for i, answer := range recordings[0].Answers {
		fmt.Println(program.Steps[i].Call, "=", answer)
	}
	fmt.Print(recordings[0].Views[0].Mounts)
}

// What keeps a kernel from being used is said in a sentence.
func ExampleUnreachableError() {
	var err error = &live.UnreachableError{Reason: "Linux 6.1.192 has no listmount(2), which is new in 6.8"}
	var unreachable *live.UnreachableError
	fmt.Println(errors.As(err, &unreachable))
	fmt.Println(err)
	// Output:
	// true
	// the kernel cannot be reached here: Linux 6.1.192 has no listmount(2), which is new in 6.8
}
