package check

import "mntcheck/model"

// Counter counts answers by call, errno and rule, as a Report's coverage has
// them: for those who make calls and check something else. It is for one
// goroutine.
type Counter struct {
	tally *tally
	rules int
}

// NewCounter returns a counter that has counted nothing.
func NewCounter() *Counter { return &Counter{newTally(0), ruleCount()} }

// Answer counts the answer to a call.
func (c *Counter) Answer(op model.Op, r *model.Result) { c.tally.answer(op, r, c.rules) }

// Add adds what another has counted.
func (c *Counter) Add(o *Counter) { c.tally.add(o.tally) }

// Calls is how many answers were counted.
func (c *Counter) Calls() uint64 { return c.tally.calls }

// Coverage is what was counted: calls, outcomes and the rules that refused
// none. Tables were not looked at.
func (c *Counter) Coverage() Coverage { return c.tally.coverage() }
