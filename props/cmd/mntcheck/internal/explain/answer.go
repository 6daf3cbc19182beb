package explain

import "mntcheck/model"

// Answer is what a call would do. It is what the command's explain prints with
// --json.
type Answer struct {
	Release string `json:"release"` // whose rules hold
	Table   Table  `json:"table"`   // the table that was asked about
	// Before are the calls that were made first, with what they were answered.
	Before []Done `json:"before,omitempty"`
	Call   Done   `json:"call"` // the call that was asked about
	// Refusal is there where the call failed.
	Refusal *Refusal `json:"refusal,omitempty"`
	// Made is what a descriptor that was returned stands for, as a sentence.
	Made string `json:"made,omitempty"`
	// Positions say whose root, working directory or namespace is another one
	// now, each in a line.
	Positions  []string    `json:"positions,omitempty"`
	Namespaces []Namespace `json:"namespaces"` // those in which a mount changed, and those that are new
	Copy       *Copy       `json:"copy,omitempty"`
	Work       Work        `json:"work"`              // of the call alone
	Classic    *Classic    `json:"classic,omitempty"` // the other way to such a namespace
	Invariants []Verdict   `json:"invariants,omitempty"`
	Assumed    []string    `json:"assumed,omitempty"` // what the table cannot tell and the answer takes for granted

	// What the text is drawn from.
	before, after *model.State
	result        model.Result
	changes       []change
	newSpace      model.NSIx     // the namespace that the call made; 0: none
	names         map[int]string // of actors
}

// Table says which table was asked about, and as whom.
type Table struct {
	Name      string `json:"name"`                // the file
	Mounts    int    `json:"mounts"`              // that it lists
	NewUserNS bool   `json:"new_user_ns"`         // the caller is in a new user namespace
	Namespace uint64 `json:"namespace,omitempty"` // the caller's, numbered by age
}

// Done is a call and its answer, in strace's syntax.
type Done struct {
	Call   string `json:"call"`
	Result string `json:"result"` // "3", "?", "-1 EINVAL (Invalid argument)"
}

// Refusal is why a call failed.
type Refusal struct {
	Errno string `json:"errno"` // such as "EINVAL"
	Text  string `json:"text"`  // such as "Invalid argument"
	Rule
	Sentence string `json:"sentence"` // the rule, with the names that things have here
	// Then are the checks that would come after the one that decided, in the
	// order in which they are made. Whether they would pass is not said.
	Then []Rule `json:"then"`
	// Remedy are calls after which it would succeed; nil where none are known.
	Remedy []string `json:"remedy,omitempty"`
	// After is what would refuse it next, where the remedies known do not
	// suffice; Remedy then leads that far.
	After *Refusal `json:"after,omitempty"`
}

// Rule is a check that a call has to pass.
type Rule struct {
	Name  string `json:"rule"`  // such as "parent-of-new-root-shared"
	Spec  string `json:"spec"`  // the section of the specification that states it
	Check string `json:"check"` // what it refuses, about no mount in particular
	Fails string `json:"fails"` // the errno with which it refuses
}

// Namespace is a mount namespace, or the tree behind a descriptor, in which
// something changed.
type Namespace struct {
	Title   string   `json:"title"`  // such as "mount namespace 1"
	New     bool     `json:"new"`    // the call made it
	Gone    bool     `json:"gone"`   // it ended with the call
	Before  int      `json:"before"` // mounts in it
	After   int      `json:"after"`
	Changes []Change `json:"changes"` // none for a new one: everything is new in it
	index   model.NSIx
}

// Change is what happened to one mount.
type Change struct {
	Sign string `json:"sign"` // "+" added, "-" removed, "~" changed
	ID   int32  `json:"id"`   // in the namespace before for "-", after for the others
	Path string `json:"path"` // likewise
	// Options and Propagation are what mountinfo shows of it, in the namespace
	// before for "-", after for the others.
	Options     string `json:"options"`
	Propagation string `json:"propagation"`
	// What is how it changed, such as "was shared:5". Empty for an addition or a
	// removal about which there is no more to say.
	What []string `json:"what,omitempty"`
}

// Copy says what a new namespace was made from.
type Copy struct {
	From      string    `json:"from"`      // the path that was copied
	Recursive bool      `json:"recursive"` // with the mounts below it
	Slave     bool      `json:"slave"`     // the copies receive only, since another user namespace owns them
	Mounts    []Pair    `json:"mounts"`    // what is in the new namespace, in its order
	LeftOut   []LeftOut `json:"left_out"`  // grouped by reason, the topmost first
}

// Pair is a copy and the mount that it was made from.
type Pair struct {
	ID   int32  `json:"id"`
	Path string `json:"path"` // in the new namespace
	Of   int32  `json:"of"`   // the id of the original
	At   string `json:"at"`   // where that is mounted
	// Locks are what it is locked to: "in place", and the flags that cannot be
	// cleared. No mount table shows them.
	Locks  []string `json:"locks,omitempty"`
	shared bool
}

// LeftOut is a group of mounts that the copy does not have, for one reason.
type LeftOut struct {
	Reason  string  `json:"reason"`
	Count   int     `json:"count"`   // mounts, those below the topmost included
	Topmost []Place `json:"topmost"` // at most MaxPlaces of them
}

// MaxPlaces is how many mounts of a group that was left out are named.
const MaxPlaces = 20

// Place is a mount and where it is mounted.
type Place struct {
	ID   int32  `json:"id"`
	Path string `json:"path"`
}

// Work is what calls cost, in mounts.
type Work struct {
	Visited   int `json:"visited"` // looked at
	Copied    int `json:"copied"`
	Attached  int `json:"attached"`
	Destroyed int `json:"destroyed"`
}

func (w Work) plus(m model.Work) Work {
	return Work{w.Visited + m.Visited, w.Copied + m.Copied, w.Attached + m.Attached, w.Destroyed + m.Destroyed}
}

// Classic is the way to the same tree in a namespace of its own without a call
// that makes one, really made on a copy of the state.
type Classic struct {
	Steps []ClassicStep `json:"steps"`
	Total Work          `json:"total"`
	Note  string        `json:"note,omitempty"` // why the steps are these
	// Mounts are in the namespace at the end.
	Mounts int `json:"mounts"`
}

// ClassicStep is one call of Classic.
type ClassicStep struct {
	Done
	Work Work `json:"work"`
	// Refusal is the sentence of the rule that refused it; it is the last step then.
	Refusal string `json:"refusal,omitempty"`
}

// Verdict is what an invariant says about the call.
type Verdict struct {
	Name      string `json:"name"`
	Statement string `json:"statement"`
	Verdict   string `json:"verdict"`           // Holds, Violated or DoesNotApply
	Message   string `json:"message,omitempty"` // of a violation
}
