package trace_test

import (
	"fmt"
	"log"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// A recorded trace is read, and its calls and answers are values.
func Example() {
	const recorded = `Recorded on a Linux kernel.
-- meta --
kernel 7.3.4
family namespace
-- initial.mountinfo --
1 1 0:1 / / rw - nullfs nullfs rw
2 1 0:2 / / rw,relatime - tmpfs none rw
-- trace --
1 mkdir("/a", 0755) = 0
1 open_tree(AT_FDCWD, "/a", OPEN_TREE_NAMESPACE) = 3
1 umount2("/nope", 0) = -1 ENOENT (No such file or directory)
-- final.mountinfo --
# ns 1 actors 1
1 1 0:1 / / rw - nullfs nullfs rw
2 1 0:2 / / rw,relatime - tmpfs none rw
# ns 2 fds 1:3
3 3 0:1 / / rw - nullfs nullfs rw
4 3 0:2 /a / rw,relatime - tmpfs none rw
-- actors --
1 ns 1 root 2 / cwd 2 /
`
	t, err := trace.Parse("recorded.txtar", []byte(recorded))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("kernel", t.Meta.Kernel())
	for _, step := range t.Steps {
		fmt.Printf("line %d: %v answered %v\n", step.Number, step.Call.Op, step.Result)
	}
	fmt.Println("comes out as it was:", string(t.Format()) == recorded)
	// Output:
	// kernel 7.3.4
	// line 9: mkdir answered 0
	// line 10: open_tree answered 3
	// line 11: umount2 answered -1 ENOENT (No such file or directory)
	// comes out as it was: true
}

func ExampleParseCall() {
	call, err := trace.ParseCall(`open_tree(AT_FDCWD, "/a", 0x8001)`)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(call)

	_, err = trace.ParseCall(`umount2("/a", MNT_DETACHED)`)
	fmt.Println(err)
	_, err = trace.ParseCall(`umount("/a")`)
	fmt.Println(err)
	// Output:
	// open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE|AT_RECURSIVE)
	// column 15: argument 2 of umount2, flags: unknown flag "MNT_DETACHED": want a number or names of MNT_FORCE, MNT_DETACH, MNT_EXPIRE, UMOUNT_NOFOLLOW joined by '|'
	// column 1: unknown call "umount": did you mean mount or umount2?
}

// A program is a list of calls; $1 is the result of the first.
func ExampleParseProgram() {
	program, err := trace.ParseProgram("move.txt", []byte(`
# Move a detached copy of /a.
open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE)
move_mount($1, "", AT_FDCWD, "/b", MOVE_MOUNT_F_EMPTY_PATH)
close($1)
`))
	if err != nil {
		log.Fatal(err)
	}
	results := []int64{7, 0, 0}
	for _, step := range program.Program() {
		fmt.Println(step.Actor, step.Call.Resolve(results))
	}
	// Output:
	// 1 open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE)
	// 1 move_mount(7, "", AT_FDCWD, "/b", MOVE_MOUNT_F_EMPTY_PATH)
	// 1 close(7)
}

// A counterexample is written as a trace.
func ExampleNew() {
	var meta trace.Meta
	meta.Set("kernel", "7.3")
	meta.Set("family", "check")
	t, err := trace.New(trace.Recording{
		Comment: "umount2 of what is not there succeeds.",
		Meta:    meta,
		Program: []model.Step{{Actor: 1, Call: model.NewCall(model.OpUmount2, model.Str("/a"), model.Num(model.MNT_DETACH))}},
		Results: []trace.Result{trace.Failure(model.ENOENT)},
		Initial: "1 1 0:1 / / rw - nullfs nullfs rw\n",
		Final:   "# ns 1 actors 1\n1 1 0:1 / / rw - nullfs nullfs rw\n",
		Actors:  "1 ns 1 root 1 / cwd 1 /\n",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", t.Format())
	// Output:
	// umount2 of what is not there succeeds.
	// -- meta --
	// kernel 7.3
	// family check
	// -- initial.mountinfo --
	// 1 1 0:1 / / rw - nullfs nullfs rw
	// -- trace --
	// 1 umount2("/a", MNT_DETACH) = -1 ENOENT (No such file or directory)
	// -- final.mountinfo --
	// # ns 1 actors 1
	// 1 1 0:1 / / rw - nullfs nullfs rw
	// -- actors --
	// 1 ns 1 root 1 / cwd 1 /
}
