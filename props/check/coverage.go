package check

import (
	"math/bits"

	"mntcheck/model"
)

// Class is a kind of mount table that a run should have met.
type Class uint8

// The classes of tables.
const (
	WithShared           Class = iota
	WithSlave                  // a slave that is not shared
	WithSharedSlave            // shared and slave at once
	WithUnbindable             // an unbindable mount
	WithLocked                 // a mount that may not be separated from its parent
	WithStack                  // a mount on the root of another, or beside one
	WithForeignOwner           // a namespace that another than the initial user namespace owns
	WithSeveralSpaces          // more than one mount namespace
	WithPin                    // a mount of a namespace's file
	WithDetached               // a detached tree
	WithChroot                 // a process whose root is not the root of a mount
	WithIDMapped               // an idmapped mount
	WithUnmounted              // an unmounted mount that something still holds
	WithCrossNamespace         // a peer group or a slave across namespaces
	WithPartialBind            // a mount that shows a part of its filesystem
	WithDeletedDirectory       // a root or working directory that was removed
	NumClasses
)

var classNames = [NumClasses]string{
	"shared", "slave", "shared and slave", "unbindable", "locked", "stacked", "foreign owner",
	"several namespaces", "pinned namespace", "detached tree", "chrooted", "idmapped", "unmounted but held",
	"propagation across namespaces", "bind of a part", "removed directory in use",
}

// String names the class.
func (c Class) String() string { return classNames[c] }

// buckets of a histogram: bucket i counts numbers up to 1<<i.
const buckets = 18

func bucketOf(n int) int { return min(buckets-1, bits.Len(uint(max(0, n-1)))) }

// tally counts what a part of a run has met. Tallies of parts add up.
type tally struct {
	cases, calls, building uint64
	outcomes               []uint64 // by op and rule; rule 0: success
	errnos                 map[opErrno]uint64
	classes                [NumClasses]uint64
	tables                 uint64 // that were looked at for classes and sizes
	sizes, depths          [buckets]uint64
	premises, checks       []uint64 // by invariant
	breaches               []uint64 // by invariant: that are known
	unsupported            [model.NumOps]uint64
	diverged               uint64
}

// opErrno is an answer whose rule the system does not tell.
type opErrno struct {
	op    model.Op
	errno model.Errno
}

func newTally(invariants int) *tally {
	return &tally{
		outcomes: make([]uint64, int(model.NumOps)*ruleCount()),
		errnos:   map[opErrno]uint64{},
		premises: make([]uint64, invariants), checks: make([]uint64, invariants), breaches: make([]uint64, invariants),
	}
}

// ruleCount is one more than the largest rule.
func ruleCount() int { return len(model.Rules()) + 1 }

func (t *tally) reset() {
	outcomes, errnos, premises, checks, breaches := t.outcomes, t.errnos, t.premises, t.checks, t.breaches
	clear(outcomes)
	clear(errnos)
	clear(premises)
	clear(checks)
	clear(breaches)
	*t = tally{outcomes: outcomes, errnos: errnos, premises: premises, checks: checks, breaches: breaches}
}

func (t *tally) add(o *tally) {
	t.cases += o.cases
	t.calls += o.calls
	t.building += o.building
	t.tables += o.tables
	t.diverged += o.diverged
	sum(t.outcomes, o.outcomes)
	sum(t.classes[:], o.classes[:])
	sum(t.sizes[:], o.sizes[:])
	sum(t.depths[:], o.depths[:])
	sum(t.premises, o.premises)
	sum(t.checks, o.checks)
	sum(t.breaches, o.breaches)
	sum(t.unsupported[:], o.unsupported[:])
	for k, n := range o.errnos {
		t.errnos[k] += n
	}
}

func sum(to, from []uint64) {
	for i, n := range from {
		to[i] += n
	}
}

// answer counts the outcome of a call.
func (t *tally) answer(op model.Op, r *model.Result, rules int) {
	t.calls++
	if r.Errno != 0 && r.Refusal.Rule == 0 {
		t.errnos[opErrno{op, r.Errno}]++
		return
	}
	t.outcomes[int(op)*rules+int(r.Refusal.Rule)]++
}

// table counts what kind of table a state is.
func (t *tally) table(s *model.State) {
	t.tables++
	t.sizes[bucketOf(mountCount(s))]++
	has := classesOf(s)
	for c := range NumClasses {
		if has&(1<<c) != 0 {
			t.classes[c]++
		}
	}
	t.depths[bucketOf(depthOf(s))]++
}

func classesOf(s *model.State) (has uint32) {
	set := func(c Class, yes bool) {
		if yes {
			has |= 1 << c
		}
	}
	for i := 1; i < len(s.Mounts); i++ {
		m := &s.Mounts[i]
		if m.ID == 0 || m.NS == model.InternalNS {
			continue
		}
		shared := m.Flags&model.Shared != 0
		set(WithShared, shared)
		set(WithSlave, !shared && m.Master != 0)
		set(WithSharedSlave, shared && m.Master != 0)
		set(WithUnbindable, m.Flags&model.Unbindable != 0)
		set(WithLocked, m.Flags&model.Locked != 0)
		set(WithIDMapped, m.IDMap != 0)
		set(WithUnmounted, m.NS == 0)
		if m.Parent != 0 {
			p := &s.Mounts[m.Parent]
			set(WithStack, m.MP == p.Root && p.Parent != 0)
		}
		set(WithCrossNamespace, m.Master != 0 && s.Mounts[m.Master].NS != m.NS || shared && s.Mounts[m.NextPeer].NS != m.NS)
		d := &s.Dentries[m.Root]
		set(WithPin, d.Kind == model.MntNSFile && m.NS > 0)
		set(WithPartialBind, d.Kind == model.Dir && d.Parent != m.Root)
	}
	spaces := 0
	for i := range s.Spaces {
		n := &s.Spaces[i]
		if n.ID == 0 {
			continue
		}
		set(WithDetached, n.Anon)
		set(WithForeignOwner, s.Users[n.Owner].Level > 0)
		if !n.Anon {
			spaces++
		}
	}
	set(WithSeveralSpaces, spaces > 1)
	for p := 1; p < len(s.Procs); p++ {
		if !s.Procs[p].Alive {
			continue
		}
		fs := &s.FSs[s.Procs[p].FS]
		set(WithChroot, fs.Root.D != s.Mounts[fs.Root.M].Root)
		set(WithDeletedDirectory, (s.Dentries[fs.Root.D].Flags|s.Dentries[fs.Cwd.D].Flags)&model.Unlinked != 0)
	}
	return has
}

// depthOf is the largest number of mounts between a mount and the root of its
// namespace, looking at up to 64 mounts.
func depthOf(s *model.State) (deepest int) {
	stride := 1 + len(s.Mounts)/64
	for i := 1; i < len(s.Mounts); i += stride {
		if s.Mounts[i].ID == 0 || s.Mounts[i].NS <= 0 {
			continue
		}
		n := 0
		for m := s.Mounts[i].Parent; m != 0 && n < len(s.Mounts); m = s.Mounts[m].Parent {
			n++
		}
		deepest = max(deepest, n)
	}
	return deepest
}
