package invariant

import "mntcheck/model"

// Needs says how much of a system an invariant has to see.
type Needs uint8

const (
	// State: the full state, locks, rings and detached trees included.
	State Needs = iota
	// Visible: a state that holds what mount tables show, as package observed keeps
	// it, and the Facts of the invariant. Of a full state the check sees more.
	Visible
	// Tables: the mount tables of all namespaces, as a view has them.
	Tables
	// Process: what one process sees.
	Process
)

// Transition is one call, and the world before and after it. Before and After
// are nil where the system does not show its state; views are made when first
// asked for.
type Transition struct {
	Before, After *model.State
	Actor         int
	Call          *model.Call // with every reference to a step resolved
	Result        model.Result

	views  func() (before, after *model.View) // nil: made from the states
	before *model.View
	after  *model.View

	beforeRead, afterRead parsed // of the views

	observed bool  // the states hold what tables show, and nothing else
	told     Facts // where observed
	name     func(s *model.State, m model.MountIx) string

	facts facts
}

// Violation says how an invariant was broken.
type Violation struct {
	Message string          // one line, with the names that things have
	Mounts  []model.MountIx // in After (or Before where gone): what matters, for marking
}

// Invariant is a promise that holds for every call in every state.
type Invariant struct {
	Name      string // such as "INV-1", "NS-3", "umount-non-shifting"
	Statement string // one sentence
	Source    string // the document, commit or selftest that promises it
	Needs     Needs
	Facts     Facts // what it takes besides where Needs is Visible
	// Calls are those for which its premise can hold; nil: any. It saves asking.
	Calls []model.Op
	// OfState: it is about any state, not about the call that led there; after a
	// call that changed nothing it need not be checked again. All sets it for INV-n.
	OfState bool
	// OfChanges: it says nothing of a call that was refused and changed nothing.
	// All sets it.
	OfChanges bool
	// WholeTable: its check reads the whole table, not only what the call
	// touched; in large worlds it may be made on every k-th call.
	WholeTable bool
	// Check reports whether the premise held, and a violation or nil. It may
	// not change the states.
	Check func(t *Transition) (premise bool, broken *Violation)
}
