package invariant_test

import (
	"fmt"

	"mntcheck/model"
	"mntcheck/props/invariant"
)

// Example checks a call on a model that forgets to lock the mounts of a
// namespace that a less privileged caller makes.
func Example() {
	s := model.NewState(model.World{})
	do := func(c model.Call) model.Result {
		r, err := s.Do(1, &c)
		if err != nil {
			panic(err)
		}
		return r
	}
	do(model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWUSER)))

	before := s.Clone()
	call := model.NewCall(model.OpOpenTree, model.Num(model.AT_FDCWD), model.Str("/"), model.Num(model.OPEN_TREE_NAMESPACE))
	r := do(call)
	for m := range s.Mounts {
		s.Edit().Mount(model.MountIx(m)).Flags &^= model.Locked
	}

	t := invariant.NewTransition(before, s, 1, &call, r)
	for _, v := range invariant.All() {
		if _, broken := v.Check(t); broken != nil {
			fmt.Printf("%s: %s\n", v.Name, broken.Message)
		}
	}
	// Output:
	// INV-10: mount 4 / is not LOCKED in mount namespace 2, which was made for another owner
	// NS-7: mount 4 / is not LOCKED in mount namespace 2, which was made for another owner
}
