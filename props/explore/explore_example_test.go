package explore_test

import (
	"context"
	"fmt"

	"mntcheck/model"
	"mntcheck/props/explore"
)

// A world of two directories: every state that bind mounts, moves, umounts and
// changes of propagation lead to, and every invariant on every call.
func Example() {
	w, err := explore.Named("binds")
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := explore.Run(context.Background(), w, explore.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.States, "states,", len(r.Violations), "violations, complete:", r.Complete)
	// Output: 1783 states, 0 violations, complete: true
}

// Can a process that has no privileges see what a mount covers? Before 7.2.11 it
// can, and three calls are enough.
func ExampleRun() {
	w, err := explore.ParseWorld("reveal.world", []byte(`
limit mounts 6
limit users 1
limit descriptors 1
setup
mkdir("/secret", 0755)
fork()
calls
1 mount("none", "/secret", "tmpfs", 0, NULL)
2 unshare(CLONE_NEWUSER)
2 open_tree(AT_FDCWD, ["/";"/secret"], OPEN_TREE_NAMESPACE[;|AT_RECURSIVE])
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, release := range []string{"7.0", "7.3"} {
		sem, err := model.ForRelease(release)
		if err != nil {
			fmt.Println(err)
			return
		}
		r, err := explore.Run(context.Background(), w, explore.Options{Semantics: sem, Strict: true})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %d states, %d violations\n", release, r.States, len(r.Violations))
		for _, v := range r.Violations {
			fmt.Println(v.Invariant)
			for _, call := range v.Calls {
				fmt.Println(" ", call)
			}
		}
	}
	// Output:
	// 7.0: 29 states, 1 violations
	// NS-8
	//   1 mount("none", "/secret", "tmpfs", 0, NULL)
	//   2 unshare(CLONE_NEWUSER)
	//   2 open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE)
	// 7.3: 40 states, 0 violations
}
