package invariant_test

import "mntcheck/model"

// ruleFaults are rules of older releases in a newer model: the mistakes that
// kernels really made.
func ruleFaults() []fault {
	return []fault{
		{name: "copies lose the type unbindable", do: func(x *faulty) {
			x.under(func(s *model.Semantics) { s.CloneKeepsUnbindable = false })
		}},
		{name: "MOVE_MOUNT_SET_GROUP takes an unbindable target", do: func(x *faulty) {
			x.under(func(s *model.Semantics) { s.SetGroupNeedsBindable = false })
		}},
		{name: "what slides beneath a LOCKED mount is not LOCKED", do: func(x *faulty) {
			x.under(func(s *model.Semantics) { s.LockSlidesBeneath = false })
		}},
		{name: "a copy takes the lock of what it slides beneath", do: func(x *faulty) {
			x.under(func(s *model.Semantics) { s.CoverStaysLocked = false })
		}},
		{name: "umount looks at each copy by itself", do: func(x *faulty) {
			x.under(func(s *model.Semantics) { s.ChainedBusy = false })
		}},
	}
}

// under makes the call under other rules.
func (x *faulty) under(change func(*model.Semantics)) {
	right := x.s.Sem
	other := *right
	change(&other)
	x.s.Sem = &other
	x.right()
	x.s.Sem = right
}
