package invariant

import "mntcheck/model"

// Some invariants are about what can happen next. They go on from a private
// copy of the state after the call, which is never shown to anybody.

// tryOut returns that copy. It is not ok where the state is broken so badly
// that going on with it could take forever, nor of a system that shows no state:
// what happens next there only that system can tell.
func (t *Transition) tryOut() (s *model.State, ok bool) {
	if !t.whole() || !t.isSound() {
		return nil, false
	}
	if t.facts.sandbox == nil {
		t.facts.sandbox = new(model.State)
	}
	t.After.Copy(t.facts.sandbox)
	return t.facts.sandbox, true
}

// isSound tells whether the links of the state hold together.
func (t *Transition) isSound() bool {
	if t.facts.learn(factSound) {
		t.facts.sound = true
		for _, check := range [...]func(*Transition) (bool, *Violation){
			checkTree, checkUniqueMountpoint, checkMountpointFS, checkOvermount, checkCounts, checkMountpointAlive,
			checkRings, checkMasters, checkUnmountedAlone, checkUnmounted,
		} {
			if _, v := check(t); v != nil {
				t.facts.sound = false
				break
			}
		}
	}
	return t.facts.sound
}

// enter makes a child of the caller and lets it enter the new namespace, in a
// private copy. It is not ok where the caller lacks the privileges for that.
func (t *Transition) enter(n *namespace) (s *model.State, child int, ok bool) {
	if s, ok = t.tryOut(); !ok {
		return nil, 0, false
	}
	r, err := do(s, t.Actor, model.OpFork)
	if err != nil || r.Errno != 0 {
		return nil, 0, false
	}
	child = int(r.Value)
	r, err = do(s, child, model.OpSetns, model.Num(t.Result.Value), model.Num(model.CLONE_NEWNS))
	return s, child, err == nil && r.Errno == 0
}

// do makes a call on a private copy.
func do(s *model.State, actor int, op model.Op, args ...model.Arg) (model.Result, error) {
	c := model.NewCall(op, args...)
	return s.Do(actor, &c)
}
