package conform

import (
	"errors"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/difftext"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// Kind says in what a kernel and the model differ.
type Kind string

// The kinds of difference.
const (
	Answer   Kind = "answer"    // the call returns something else
	Tables   Kind = "tables"    // it is answered alike, and leaves other mount tables
	Places   Kind = "places"    // … the same tables, but an actor stands somewhere else
	NoAnswer Kind = "no answer" // the kernel did not answer: it hangs, or is gone
)

// mismatch is the first thing in which a recording is not as expected.
type mismatch struct {
	kind Kind
	step int // counted from 0; -1: the world before the first call
	err  error
	// lost: nothing is known of the program but that it was the kernel's last.
	// Any call of it may be the one, the last is as good as another.
	lost bool
}

// errIncomplete is why a recording is no good that has too little in it.
var errIncomplete = errors.New("the recording of the program is incomplete")

// compare holds a recording against what was expected of the program. seen is
// the number of calls that agree in answer and view. A source that the kernel does
// not tell, and nothing else of its mount, is taken for the expected one.
func (x *expectation) compare(program draw.Program, rec *system.Recording) (m *mismatch, seen int) {
	err := rec.Err
	if err == nil && (len(rec.Answers) < len(program) || len(rec.Views) < len(program)+1) {
		err = errIncomplete
	}
	if len(rec.Views) == 0 {
		return &mismatch{kind: NoAnswer, step: len(program) - 1, err: err, lost: true}, 0
	}
	for i := range min(len(rec.Views), len(x.views)) {
		rec.Views[i] = system.TellAs(rec.Views[i], x.views[i])
	}
	if kind, same := x.sameView(0, rec.Views[0]); !same {
		return &mismatch{kind: kind, step: -1}, 0
	}
	for i := range program {
		if i >= len(rec.Answers) {
			return &mismatch{kind: NoAnswer, step: i, err: err}, i
		}
		op := program[i].Call.Op
		if !trace.Recorded(op, rec.Answers[i]).Agrees(trace.Recorded(op, x.answers[i])) {
			return &mismatch{kind: Answer, step: i}, i
		}
		if i+1 >= len(rec.Views) {
			return &mismatch{kind: NoAnswer, step: i, err: err}, i
		}
		if kind, same := x.sameView(i+1, rec.Views[i+1]); !same {
			return &mismatch{kind: kind, step: i}, i
		}
	}
	return nil, len(program)
}

// sameView compares a view with the i-th that is expected.
func (x *expectation) sameView(i int, got model.View) (Kind, bool) {
	switch h := x.hidden[i]; {
	case h == byPidfs || h == byEscape:
	case got.Mounts != x.views[i].Mounts:
		return Tables, false
	case got.Actors != x.views[i].Actors && h != byLostActor:
		return Places, false
	}
	return "", true
}

// signature is what makes two differences one kind: the same call, answered in
// the same two ways under the same rule. Where no rule of the model decided, the
// flags that make a call several in one tell them apart.
type signature struct {
	kind          Kind
	op            model.Op
	variant       uint64
	kernel, model outcome
	rule          model.Rule
}

// outcome is an answer without the number that a call returned.
type outcome struct {
	errno model.Errno
	value bool // it returned, but not the number that the model says
}

// variantBits are the flags that make one call several.
var variantBits = [model.NumOps]struct {
	arg  int
	bits uint64
}{
	model.OpMount: {3, model.MS_REMOUNT | model.MS_BIND | model.MS_MOVE |
		model.MS_SHARED | model.MS_PRIVATE | model.MS_SLAVE | model.MS_UNBINDABLE},
	model.OpUmount2:      {1, model.MNT_DETACH | model.MNT_EXPIRE},
	model.OpOpenTree:     {2, model.OPEN_TREE_CLONE | model.OPEN_TREE_NAMESPACE},
	model.OpOpenTreeAttr: {2, model.OPEN_TREE_CLONE | model.OPEN_TREE_NAMESPACE},
	model.OpMoveMount:    {4, model.MOVE_MOUNT_BENEATH | model.MOVE_MOUNT_SET_GROUP},
	model.OpFsmount:      {1, model.FSMOUNT_NAMESPACE},
	model.OpUnshare:      {0, model.CLONE_NEWUSER | model.CLONE_NEWNS | model.UNSHARE_EMPTY_MNTNS},
	model.OpSetns:        {1, model.CLONE_NEWUSER | model.CLONE_NEWNS},
}

// signature is that of a mismatch of a program.
func (x *expectation) signature(program draw.Program, rec *system.Recording, m *mismatch) signature {
	s := signature{kind: m.kind}
	if m.step < 0 || m.lost {
		return s
	}
	call := &program[m.step].Call
	expected := x.answers[m.step]
	s.op = call.Op
	if m.kind != NoAnswer { // whatever it would have been answered
		s.model.errno, s.rule = expected.Errno, expected.Refusal.Rule
	}
	if v := variantBits[call.Op]; v.bits != 0 && s.rule == 0 {
		s.variant = uint64(call.Args[v.arg].N) & v.bits
	}
	if m.kind == Answer {
		s.kernel.errno = rec.Answers[m.step].Errno
		s.kernel.value = s.kernel.errno == 0 && s.model.errno == 0
	}
	return s
}

// possible tells whether a program can end in a difference of that signature, as
// far as the model alone tells.
func (s *signature) possible(program draw.Program, x *expectation) bool {
	if s.op == model.OpNone {
		return s.kind == NoAnswer || len(program) == 0
	}
	if len(program) == 0 {
		return false
	}
	kind := s.kind
	if kind == Answer {
		kind = Tables // what the kernel answers is not known yet
	}
	own := x.signature(program, nil, &mismatch{kind: kind, step: len(program) - 1})
	return own.op == s.op && own.variant == s.variant && own.model == s.model && own.rule == s.rule
}

// firstLine is what differs first in the views of a mismatch.
func firstLine(kind Kind, kernel, expected model.View) (k, m string) {
	switch kind {
	case Tables:
		return difftext.FirstLine(kernel.Mounts, expected.Mounts)
	case Places:
		return difftext.FirstLine(kernel.Actors, expected.Actors)
	}
	return "", ""
}
