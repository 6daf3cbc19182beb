package model

// cloneMode says how clone and copyTree make copies. Spec 01 §2.6.
type cloneMode uint8

const (
	cloneSlave cloneMode = 1 << iota
	cloneMakeShared
	clonePrivate
	copyUnbindable
	copyMntNSFile
)

// clone makes a copy of mount old that shows root. It has no parent and is in
// no namespace; LOCKED is not inherited. Spec 01 §2.6.
func (s *State) clone(old MountIx, root DentryIx, mode cloneMode) MountIx {
	s.work.Copied++
	o := s.Mounts[old]
	keep := SettableFlags | AttributeLocks | Shrinkable
	if s.Sem.CloneKeepsUnbindable {
		keep |= Unbindable
	}
	n := s.newMount(root, o.Source, o.Flags&keep)
	r := &s.Mounts[n]
	r.IDMap = o.IDMap

	group := o.Group
	if mode&(cloneSlave|clonePrivate) != 0 {
		group = 0
	}
	if mode&cloneMakeShared != 0 && group == 0 {
		group = s.groupIDs.take()
	}
	if group != 0 {
		r.Group = group
		r.Flags = r.Flags&^Unbindable | Shared
	}
	if mode&clonePrivate != 0 {
		return n
	}
	if group != 0 && group == o.Group {
		s.joinRing(n, old)
	}
	switch {
	case mode&cloneSlave != 0 && o.Group != 0:
		s.addSlaveFirst(n, old)
	case o.Master != 0:
		s.addSlaveAfter(n, old)
	}
	return n
}

// copyTree copies m, seen from d on, and everything below d. It leaves out,
// with what is below them, unbindable mounts and mounts of the files of mount
// namespaces unless mode takes them; where such a mount is LOCKED, leaving it
// out would reveal what it covers, so the copy fails. Spec 03 §4.
func (s *State) copyTree(m MountIx, d DentryIx, mode cloneMode) (MountIx, Refusal) {
	if s.Mounts[m].Flags&Unbindable != 0 && mode&copyUnbindable == 0 {
		return 0, refuse(RuleSourceUnbindable, int32(m))
	}
	if s.isMntNSFile(d) && mode&copyMntNSFile == 0 {
		return 0, refuse(RuleCopyMntNSFile, int32(m))
	}
	top := s.clone(m, d, mode)
	for c := s.Mounts[m].FirstChild; c != 0; c = s.Mounts[c].NextChild {
		s.work.Visited++
		if !s.under(s.Mounts[c].MP, d) {
			continue
		}
		if r := s.copyBelow(c, top, mode); r.Refused() {
			s.dropTree(top)
			return 0, r
		}
	}
	return top, Refusal{}
}

// copyBelow copies the tree under c and attaches the copy to into, the image
// of c's parent. It walks originals and images side by side.
func (s *State) copyBelow(c, into MountIx, mode cloneMode) Refusal {
	x, image := c, into // image is that of x's parent
	for {
		s.work.Visited++
		o := &s.Mounts[x]
		skip := o.Flags&Unbindable != 0 && mode&copyUnbindable == 0
		pin := !skip && s.isMntNSFile(o.Root) && mode&copyMntNSFile == 0
		if (skip || pin && s.Sem.PinTakesNoLock) && o.Flags&Locked != 0 {
			if skip {
				return refuse(RuleLockedUnbindable, int32(x))
			}
			return refuse(RuleLockedMntNSFile, int32(x))
		}
		if !skip && !pin {
			y := s.clone(x, o.Root, mode)
			o = &s.Mounts[x]
			s.Mounts[y].Flags |= o.Flags & Locked
			s.attach(y, image, o.MP)
			if o.FirstChild != 0 {
				x, image = o.FirstChild, y
				continue
			}
		}
		for x != c && s.Mounts[x].NextChild == 0 {
			x, image = s.Mounts[x].Parent, s.Mounts[image].Parent
		}
		if x == c {
			return Refusal{}
		}
		x = s.Mounts[x].NextChild
	}
}

// dropTree undoes a copy that did not come to be used.
func (s *State) dropTree(m MountIx) {
	s.Mounts[m].Parent = 0 // a copy that was aimed at a place but not attached
	s.Mounts[m].MP = 0
	s.umountTree(m, umountSync)
}

// lockTree locks what a less privileged namespace receives: the attributes of
// each mount as they are, and each mount below the topmost to its place.
// Spec 03 §3.5.
func (s *State) lockTree(t MountIx) {
	for x := t; x != 0; x = s.next(x, t) {
		r := s.touch(x)
		r.Flags |= LockAtime
		for _, l := range attributeLocks {
			if r.Flags&l.flag != 0 {
				r.Flags |= l.lock
			}
		}
		if x != t {
			r.Flags |= Locked
		}
	}
}

// attributeLocks pairs each flag that can be locked with its lock.
var attributeLocks = [...]struct {
	flag, lock MountFlags
	name       string
}{
	{ReadOnly, LockReadOnly, "ro"},
	{NoDev, LockNoDev, "nodev"},
	{NoSuid, LockNoSuid, "nosuid"},
	{NoExec, LockNoExec, "noexec"},
}
