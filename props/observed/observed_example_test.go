package observed_test

import (
	"fmt"
	"log"

	"mntcheck/model"
	"mntcheck/props/invariant"
	"mntcheck/props/observed"
)

// What is known of a call is what the tables before and after it show.
func ExampleFollower() {
	kernel := model.NewState(model.World{}) // stands in for a system that shows tables only
	f := new(observed.Follower)
	if err := f.Start(model.World{}, kernel.View(), kernel.Identity()); err != nil {
		log.Fatal(err)
	}
	call := model.NewCall(model.OpUmount2, model.Str("/"), model.Num(model.MNT_DETACH))
	answer, err := kernel.Do(1, &call)
	if err != nil {
		log.Fatal(err)
	}
	if err := f.Follow(1, &call, answer, kernel.View(), kernel.Identity()); err != nil {
		log.Fatal(err)
	}
	var t invariant.Transition
	f.Describe(&t)
	for _, name := range []string{"umount-maximal", "INV-17"} {
		v := invariant.Find(name)
		if t.Sees(v) != invariant.Seen {
			fmt.Println(name, "cannot be checked")
			continue
		}
		premise, broken := v.Check(&t)
		fmt.Println(name, "applies:", premise, "is broken:", broken != nil)
	}
	// Output:
	// umount-maximal applies: true is broken: false
	// INV-17 cannot be checked
}
