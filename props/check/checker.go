package check

import (
	"context"
	"fmt"
	"slices"

	"mntcheck/model"
	"mntcheck/props/invariant"
	"mntcheck/props/system"
)

// PanicInvariant is the name under which a panic of the system, or of an
// invariant, is reported.
const PanicInvariant = "no-panic"

var noPanic = &invariant.Invariant{
	Name:      PanicInvariant,
	Statement: "No call makes the system panic.",
	Source:    "design, decision 11",
}

// Checker makes calls on a system and checks invariants after each. It is the
// inner loop of everything here, and of the fuzz targets; it is for one
// goroutine, and keeps its memory from one system to the next.
type Checker struct {
	invariants []*invariant.Invariant
	byOp       [model.NumOps][]int // positions of the invariants that a call can matter to
	byRefused  [model.NumOps][]int // … that a call can matter to which changed nothing
	everyK     int
	large      int
	strict     bool // known breaches count like others

	rules model.Semantics    // for which known holds
	known []*invariant.Known // by invariant; nil: it should hold

	sys      system.System
	stateful system.Stateful // nil: only views are seen
	before   model.State
	view     model.View // of a system without state: what it showed last
	step     invariant.Transition
	values   []int64
	calls    int  // since Start
	sound    bool // the state has been checked by those

	premises []uint64 // by invariant: how often the premise held
	checks   []uint64 // by invariant: how often it was checked
	breaches []uint64 // by invariant: how often it broke where that is known
}

// Found is a violation, and where it was found.
type Found struct {
	Invariant *invariant.Invariant
	Violation invariant.Violation
	Also      []string // names of other invariants that the same call broke
	Step      int      // the program's step that broke it, counted from 0
}

// NewChecker returns a checker of invariants, nil for all of them.
func NewChecker(invariants []*invariant.Invariant) *Checker {
	if invariants == nil {
		invariants = invariant.All()
	}
	c := &Checker{
		invariants: invariants, everyK: 1,
		premises: make([]uint64, len(invariants)), checks: make([]uint64, len(invariants)),
		breaches: make([]uint64, len(invariants)), known: make([]*invariant.Known, len(invariants)),
	}
	for op := range c.byOp {
		for i, v := range invariants {
			if v.Calls == nil || slices.Contains(v.Calls, model.Op(op)) {
				c.byOp[op] = append(c.byOp[op], i)
				if !v.OfState && !v.OfChanges {
					c.byRefused[op] = append(c.byRefused[op], i)
				}
			}
		}
	}
	return c
}

// Sparsely makes invariants that read a whole table be checked on every k-th
// call only, in worlds of more than large mounts.
func (c *Checker) Sparsely(k, large int) { c.everyK, c.large = max(1, k), large }

// Strictly makes a violation a violation also on releases that are known to
// break the invariant.
func (c *Checker) Strictly() { c.strict = true }

// Start begins a program on a fresh system.
func (c *Checker) Start(ctx context.Context, sys system.System) error {
	c.sys, c.calls, c.sound = sys, 0, false
	c.values = c.values[:0]
	c.stateful, _ = sys.(system.Stateful)
	if c.stateful != nil && c.stateful.State() == nil {
		c.stateful = nil
	}
	c.learnKnown(sys)
	if c.stateful != nil {
		return nil
	}
	var err error
	c.view, err = sys.Observe(ctx)
	return err
}

// learnKnown looks up what is known of the release that the system behaves as.
func (c *Checker) learnKnown(sys system.System) {
	var sem *model.Semantics
	if c.stateful != nil {
		sem = c.stateful.State().Sem
	} else if release := system.ProfileOf(sys).Release; release != "" {
		sem, _ = model.ForRelease(release) // of one that is not known, nothing is known
	}
	var rules model.Semantics
	if sem != nil {
		rules = *sem
		rules.NSIDs = 0 // differs from case to case, and no promise hangs on it
	}
	if rules == c.rules {
		return
	}
	c.rules = rules
	for i, v := range c.invariants {
		c.known[i] = nil
		if sem != nil {
			c.known[i] = invariant.KnownOn(v.Name, sem)
		}
	}
}

// Do makes one call and checks the invariants. The error is that of a system
// that had no answer; then nothing was checked.
func (c *Checker) Do(ctx context.Context, step model.Step) (model.Result, *Found, error) {
	call := step.Call.Resolve(c.values)
	if c.stateful != nil {
		c.stateful.State().Copy(&c.before)
	}
	r, err := c.sys.Do(ctx, step.Actor, &call)
	if err != nil {
		return r, nil, err
	}
	c.values = append(c.values, r.Value)
	c.calls++
	if c.stateful != nil {
		c.step.Reset(&c.before, c.stateful.State(), step.Actor, &call, r)
	} else if err := c.observe(ctx, step.Actor, &call, r); err != nil {
		return r, nil, err
	}
	return r, c.check(), nil
}

// observe describes the call by what a system without state shows.
func (c *Checker) observe(ctx context.Context, actor int, call *model.Call, r model.Result) error {
	before := c.view
	after, err := c.sys.Observe(ctx)
	if err != nil {
		return fmt.Errorf("the tables after %s: %w", call, err)
	}
	c.view = after
	c.step = *invariant.NewTables(&before, &after, actor, call, r)
	return nil
}

// check checks the invariants on the last call.
func (c *Checker) check() (found *Found) {
	sparse := c.everyK > 1 && c.calls%c.everyK != 0 && c.stateful != nil && mountCount(c.stateful.State()) > c.large
	same := c.sound && c.stateful != nil && c.step.Unchanged()
	which := c.byOp[c.step.Call.Op]
	if same {
		which = c.byRefused[c.step.Call.Op]
	}
	for _, i := range which {
		v := c.invariants[i]
		if c.step.Sees(v) != invariant.Seen || v.WholeTable && sparse {
			continue
		}
		c.checks[i]++
		premise, broken := v.Check(&c.step)
		if premise {
			c.premises[i]++
		}
		if broken == nil {
			continue
		}
		if c.known[i] != nil && !c.strict {
			c.breaches[i]++
			continue
		}
		if found == nil {
			found = &Found{Invariant: v, Violation: *broken, Step: c.calls - 1}
		} else {
			found.Also = append(found.Also, v.Name)
		}
	}
	c.sound = found == nil && (same || !sparse)
	return found
}

// Observable tells whether an invariant can be checked on the system that was
// started last.
func (c *Checker) Observable(v *invariant.Invariant) bool {
	return v.Needs.OfTables() || c.stateful != nil
}

// mountCount is the number of mounts in all namespaces and detached trees.
func mountCount(s *model.State) (n int) {
	for i := range s.Spaces {
		if s.Spaces[i].ID != 0 {
			n += int(s.Spaces[i].Nr)
		}
	}
	return n
}

// Program runs a whole program on a fresh system and returns what its first
// violation is, or nil. A step that has no answer ends it.
func (c *Checker) Program(ctx context.Context, factory system.Factory, w system.World, program []model.Step) (found *Found, err error) {
	sys, err := factory(ctx, w)
	if err != nil {
		return nil, err
	}
	defer sys.Close()
	at := 0
	defer func() {
		if p := recover(); p != nil {
			found, err = panicked(p, at), nil
		}
	}()
	if err := c.Start(ctx, sys); err != nil {
		return nil, err
	}
	for i := range program {
		at = i
		_, found, err := c.Do(ctx, program[i])
		if found != nil || err != nil {
			return found, err
		}
	}
	return nil, nil
}

func panicked(p any, step int) *Found {
	return &Found{Invariant: noPanic, Violation: invariant.Violation{Message: fmt.Sprintf("panic: %v", p)}, Step: step}
}
