package invariant

import "mntcheck/model"

// Known is an invariant that kernels are known to break: under such rules a
// violation is no news. What says so is the rule that was mended, as a field of
// model.Semantics, not a list of releases.
type Known struct {
	Invariant string
	// On tells the rules under which it breaks.
	On func(*model.Semantics) bool
	// Why is one sentence: what these kernels do instead.
	Why    string
	Source string // where the kernel was seen to do it, or the fix that says so
	// Witness is the name of a program in testdata/known that breaks it on
	// every release for which On is true, and on no other.
	Witness string
}

// KnownOn returns what is known of an invariant under the rules of a release,
// nil if it should hold there.
func KnownOn(name string, sem *model.Semantics) *Known {
	for _, k := range AllKnown() {
		if k.Invariant == name && k.On(sem) {
			return k
		}
	}
	return nil
}

// AllKnown returns every known breach, in the order of the invariants. One
// invariant may be broken in several ways.
func AllKnown() []*Known {
	stacks := func(s *model.Semantics) bool { return !s.BulkPropagation }
	drops := func(s *model.Semantics) bool { return s.OpenTreeNamespace && !s.ForeignKeepsCovered }
	lockedPin := func(s *model.Semantics) bool { return s.BeneathAnything && !s.PinTakesNoLock }
	ofFile := func(s *model.Semantics) bool { return s.OpenTreeNamespace && !s.NamespaceOfDirectory }
	const (
		fileWhy  = "OPEN_TREE_NAMESPACE takes a file, and mounts it on the directory of the root"
		stackWhy = "a copy pushes what is in its way onto its own root, beside what is stacked there already"
		trialWhy = "an umount tries what receives it one by one, and lets what survives fall through several levels"
		dropWhy  = "a foreign caller's OPEN_TREE_NAMESPACE leaves out unbindable mounts"
		pinWhy   = "a mount of a namespace's file slides beneath a LOCKED mount, takes its lock over, and is left out of copies"
		rewrite  = "commit f0d0ba19985d"
		stable   = "changelog 7.2.11"
	)
	return []*Known{
		{"INV-2", stacks, stackWhy, "spec 03b §2, §6.3; " + rewrite, "two-mounts-at-one-place"},
		{"INV-4", stacks, trialWhy, "spec 03b §7.5; " + rewrite, "file-on-a-directory"},
		{"INV-4", ofFile, fileWhy, "spec 07 §2", "namespace-of-a-file"},
		{"INV-5", stacks, stackWhy, "spec 03b §2, §6.3; " + rewrite, "two-mounts-at-one-place"},
		{"INV-12", func(s *model.Semantics) bool { return !s.DetachedTrees },
			"propagation does not reach the slaves of a mount in a detached tree", "spec 03b §5; commit 130e696aa68b", "slaves-of-a-detached-tree"},
		{"INV-14", func(s *model.Semantics) bool { return s.DetachedTrees && !s.BindChecksBelow },
			"a recursive bind looks at the file it is given only, not at what is mounted below", "spec 07 §3.8; " + stable, "rbind-of-older-namespace"},
		{"INV-17", func(s *model.Semantics) bool { return !s.CoversUmounted },
			"a LOCKED mount that is unmounted with its parent stays connected to it", "spec 07 §3.9; selftest mntns_cleanup, commit 1c3e8cef79ea", "connected-unmounted"},
		{"NS-3", drops, dropWhy, "spec 07 §2; " + stable, "foreign-unbindable"},
		{"NS-8", drops, "a foreign caller's OPEN_TREE_NAMESPACE without AT_RECURSIVE shows what mounts cover", "spec 07 §2; " + stable, "foreign-reveal"},
		{"NS-8", lockedPin, pinWhy, "spec 03 §4, 07 §3.6; changelog 7.2.13", "locked-pin-foreign"},
		{"NS-9", lockedPin, pinWhy, "spec 03 §4, 07 §3.6; changelog 7.2.13", "locked-pin-owner"},
		{"NS-17", ofFile, fileWhy, "spec 07 §2", "namespace-of-a-file"},
		{"NS-18", ofFile, fileWhy, "spec 07 §2", "namespace-of-a-file"},
		{"NS-19", drops, dropWhy, "spec 07 §2; " + stable, "foreign-unbindable-stack"},
		{"umount-non-shifting", stacks, trialWhy, "spec 03b §7, 07 §3.4; " + rewrite, "falls-through"},
		{"umount-maximal", stacks, trialWhy, "spec 03b §7, 07 §3.4; " + rewrite, "falls-through"},
		{"copy-keeps-unbindable", func(s *model.Semantics) bool { return !s.CloneKeepsUnbindable },
			"copies lose the type unbindable", "spec 07 §3.1; " + stable, "unbindable-lost"},
		{"slave-or-unbindable", func(s *model.Semantics) bool { return !s.SetGroupNeedsBindable },
			"MOVE_MOUNT_SET_GROUP makes an unbindable mount a slave", "spec 03b §9.7, 07 §3.7; " + stable, "slave-and-unbindable"},
		{"slides-locked", func(s *model.Semantics) bool { return !s.LockSlidesBeneath },
			"a copy that slides beneath a LOCKED mount is not LOCKED", "spec 03b §6.3, 07 §3.22; " + stable, "slides-unlocked"},
		{"covered-stays-locked", func(s *model.Semantics) bool { return s.LockSlidesBeneath && !s.CoverStaysLocked },
			"a copy that slides beneath a LOCKED mount takes its lock away", "spec 07 §3.22", "slides-unlocked"},
		{"umount-not-busy", stacks, "an umount takes out more than it has looked at", "spec 03b §7, §8; " + rewrite, "busy-beside-the-chain"},
		{"umount-not-busy", func(s *model.Semantics) bool { return !s.ChainedBusy },
			"each copy is looked at by itself, so that one in use beneath another goes", "spec 03b §8.2, 07 §3.5; " + stable, "busy-in-a-chain"},
	}
}
