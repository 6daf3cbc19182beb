package replay

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/system"
)

// Basis says what a reduced trace rests on: how it is known that the kernel
// would have answered its calls as the trace has it.
type Basis string

const (
	// Recorded: by the recording alone. Left out are the calls behind the
	// difference, and calls that failed.
	Recorded Basis = "recorded"
	// SameView: left out are calls, too, without which the system that was
	// replayed on answers the others as before, and has the same tables and
	// actors before the call that differs (or after all of them). It is assumed
	// that the kernel has these too, and decides by them.
	SameView Basis = "view"
	// SameAnswers: left out are calls, too, without which that system answers the
	// others as before. It is assumed that the kernel does too.
	SameAnswers Basis = "answers"
)

// Shrunk is a trace with fewer calls that shows the same difference.
type Shrunk struct {
	Basis Basis  `json:"basis"`
	Calls int    `json:"calls"` // that are left
	Of    int    `json:"of"`    // that the trace had
	Call  int    `json:"call"`  // the one that is answered differently, from 1; 0: the final view
	Text  string `json:"text,omitempty"`
	Want  string `json:"want"` // as in Difference; descriptors and actors may have other numbers
	Got   string `json:"got"`
	Trace string `json:"trace"` // a txtar archive, to be replayed

	parsed *trace.Trace
}

// maxShrinkRuns bounds how often a trace is run to reduce it, for each basis.
const maxShrinkRuns = 5000

// Shrink reduces a trace on which a system disagrees with the recording. The
// first result rests on the recording alone; others follow where more can be
// left out on a weaker basis. None where the trace agrees, or is not supported.
// The error is that of Trace.
func Shrink(ctx context.Context, t *trace.Trace, factoryFor FactoryFor) ([]Shrunk, error) {
	o, err := Trace(ctx, t, factoryFor)
	if err != nil || o.Difference == nil {
		return nil, err
	}
	s := &shrinker{ctx: ctx, t: t, factoryFor: factoryFor, want: o.Difference, steps: t.Steps}
	if n := o.Difference.Call; n > 0 {
		s.steps = t.Steps[:n]
	}
	sound, err := s.recorded()
	if err != nil {
		return nil, err
	}
	all := []Shrunk{*sound}
	for _, basis := range []Basis{SameView, SameAnswers} {
		if s.want.Call == 0 && basis == SameAnswers {
			break // the recorded view is that of the same view only
		}
		last := &all[len(all)-1]
		more, err := s.carry(basis, last.parsed)
		if err != nil {
			return nil, err
		}
		if more != nil && more.Calls < last.Calls {
			all = append(all, *more)
		}
	}
	return all, nil
}

// shrink reduces the traces of the differences in a report.
func (r *runner) shrink(ctx context.Context, all *Report) error {
	var workers sync.WaitGroup
	next := make(chan *Difference)
	for range r.o.Workers {
		workers.Go(func() {
			for d := range next {
				shrunk, err := Shrink(ctx, d.trace, r.o.FactoryFor)
				d.Shrunk = shrunk
				if err != nil {
					r.fail(err)
				}
			}
		})
	}
	for i := range all.Differences {
		next <- &all.Differences[i]
	}
	close(next)
	workers.Wait()
	return r.failed()
}

// shrinker reduces one trace.
type shrinker struct {
	ctx        context.Context
	t          *trace.Trace
	factoryFor FactoryFor
	want       *Difference  // to be kept
	steps      []trace.Step // up to the difference
	runs       int          // left
	before     model.View   // on SameView: the view before the call that differs
}

// recorded leaves out calls that failed.
func (s *shrinker) recorded() (*Shrunk, error) {
	var failed []int // the steps that can be left out
	for i := range s.steps {
		if s.want.Call > 0 && i == len(s.steps)-1 || s.steps[i].Result.Errno == model.EAGAIN {
			break // from EAGAIN on a mount may have the mark of MNT_EXPIRE, which a failing call can clear
		}
		if changedNothing(&s.steps[i]) {
			failed = append(failed, i)
		}
	}
	best, at, err := s.candidate(Recorded, s.steps)
	if err != nil {
		return nil, err
	}
	if at == nil {
		return nil, fmt.Errorf("%s: the same calls were answered in another way when they were run again", s.t.Name)
	}
	s.runs = maxShrinkRuns
	err = reduce(len(failed), func(keep []bool) (bool, error) {
		if s.runs <= 0 {
			return false, nil
		}
		steps := make([]trace.Step, 0, len(s.steps))
		for i := range s.steps {
			if k, found := slices.BinarySearch(failed, i); !found || keep[k] {
				steps = append(steps, s.steps[i])
			}
		}
		t, d, err := s.candidate(Recorded, steps)
		if err != nil || d == nil {
			return false, err
		}
		best, at = t, d
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	return s.shrunk(Recorded, best, at)
}

// changedNothing tells whether a call failed, and left the kernel as it had been.
// All do that fail, but for umount2 with MNT_EXPIRE, which sets a mark and
// answers EAGAIN, and for fsconfig and fsmount, which can spoil the context that
// they fail on.
func changedNothing(s *trace.Step) bool {
	return s.Answered && s.Result.Errno != 0 && s.Result.Errno != model.EAGAIN &&
		s.Call.Op != model.OpFsconfig && s.Call.Op != model.OpFsmount
}

// candidate runs a trace of some of the steps, with the answers that they have.
// It returns the trace; the difference is nil where it is not the one that is
// wanted.
func (s *shrinker) candidate(basis Basis, steps []trace.Step) (*trace.Trace, *Difference, error) {
	s.runs--
	t := *s.t
	t.Steps = steps
	o, err := Trace(s.ctx, &t, s.factoryFor)
	if s.ctx.Err() != nil {
		return nil, nil, s.ctx.Err()
	}
	if err != nil || o.Difference == nil || !s.same(o.Difference, len(steps), basis) {
		return nil, nil, nil // an error: such as an actor that is there no more
	}
	return &t, o.Difference, nil
}

// same tells whether a difference of a trace with so many calls is the one that
// is wanted. Calls that are carried over may answer with other numbers.
func (s *shrinker) same(d *Difference, calls int, basis Basis) bool {
	if d.Rule != s.want.Rule {
		return false
	}
	if s.want.Call == 0 {
		return d.Call == 0 && d.GotView == s.want.GotView
	}
	if basis == Recorded {
		return d.Call == calls && d.Text == s.want.Text && d.Want == s.want.Want && d.Got == s.want.Got
	}
	return d.Call == calls && (d.Got == s.want.Got || succeeded(d.Got) && succeeded(s.want.Got))
}

// succeeded tells whether an answer, as traces write it, is that of a call that
// succeeded.
func succeeded(answer string) bool { return !strings.HasPrefix(answer, "-1 ") }

// shrunk writes a reduced trace, and reads it back.
func (s *shrinker) shrunk(basis Basis, t *trace.Trace, d *Difference) (*Shrunk, error) {
	r := trace.Recording{Name: s.t.Name, Comment: s.comment(basis, len(t.Steps)), Meta: slices.Clone(s.t.Meta),
		Results: t.Results(), Initial: s.t.Initial.Text}
	for i := range t.Steps {
		r.Program = append(r.Program, model.Step{Actor: t.Steps[i].Actor, Call: t.Steps[i].Call})
	}
	r.Meta.Set("shrunk", string(basis))
	if d.Call == 0 {
		r.Final, r.Actors = s.t.Final.Text, s.t.Actors.Text
	} else {
		r.Meta.Set("view", "none")
	}
	parsed, err := trace.New(r)
	if err != nil {
		return nil, err
	}
	return &Shrunk{Basis: basis, Calls: len(t.Steps), Of: len(s.t.Steps), Call: d.Call, Text: d.Text,
		Want: d.Want, Got: d.Got, Trace: string(parsed.Format()), parsed: parsed}, nil
}

// comment says at the head of the trace what it is.
func (s *shrinker) comment(basis Basis, calls int) string {
	text := fmt.Sprintf("%d of the %d calls of %s.\n", calls, len(s.t.Steps), s.t.Name)
	if basis == Recorded {
		return text + "The kernel's answers hold for it: what is left out came later, or failed and changed nothing.\n"
	}
	text += "The kernel's answers are carried over. Replayed without the other calls, all is answered as\nbefore"
	if basis == SameView {
		text += ", and the tables are the same"
	}
	return text + "; it is assumed that this holds for the kernel too.\nRun it there to be sure.\n"
}

// carry leaves out of a trace whatever does not change the other answers of the
// system that it is replayed on, nor the view where that is the basis.
func (s *shrinker) carry(basis Basis, t *trace.Trace) (*Shrunk, error) {
	s.steps = t.Steps
	if basis == SameView && s.want.Call > 0 {
		var err error
		if s.before, err = s.viewBefore(t); err != nil {
			return nil, err
		}
	}
	program := references(t)
	var best *trace.Trace
	var at *Difference
	s.runs = maxShrinkRuns
	err := reduce(len(program), func(keep []bool) (bool, error) {
		steps := s.carried(program, keep)
		if s.runs <= 0 || steps == nil {
			return false, nil
		}
		t, d, err := s.candidate(basis, steps)
		if err != nil || d == nil {
			return false, err
		}
		if basis == SameView && s.want.Call > 0 {
			if view, err := s.viewBefore(t); err != nil || view != s.before {
				return false, err
			}
		}
		best, at = t, d
		return true, nil
	})
	if err != nil || best == nil {
		return nil, err
	}
	return s.shrunk(basis, best, at)
}

// viewBefore is the view before the last call of a trace.
func (s *shrinker) viewBefore(t *trace.Trace) (model.View, error) {
	sys, reason, err := start(s.ctx, t, s.factoryFor)
	if sys == nil {
		return model.View{}, cmp.Or(err, errors.New(reason))
	}
	defer sys.Close()
	program := t.Program()
	if _, err := system.Run(s.ctx, sys, program[:len(program)-1]); err != nil {
		return model.View{}, err
	}
	return sys.Observe(s.ctx)
}

// reduce looks for a small set of things for which ok holds: it drops runs of
// them, long ones first and from the end on, then pairs, until nothing helps.
// ok is not asked about the set of all.
func reduce(n int, ok func(keep []bool) (bool, error)) error {
	keep := make([]bool, n)
	for i := range keep {
		keep[i] = true
	}
	drop := func(some ...int) (bool, error) {
		trial := slices.Clone(keep)
		for _, i := range some {
			trial[i] = false
		}
		if slices.Equal(trial, keep) {
			return false, nil
		}
		good, err := ok(trial)
		if good {
			keep = trial
		}
		return good, err
	}
	for again := true; again; {
		again = false
		for size := n; size >= 1; size /= 2 {
			for end := n; end > 0; end -= size {
				run := make([]int, 0, size)
				for i := max(0, end-size); i < end; i++ {
					run = append(run, i)
				}
				good, err := drop(run...)
				if err != nil {
					return err
				}
				again = again || good
			}
		}
		for i := n - 1; i > 0 && !again; i-- { // a mount and its umount
			for k := i - 1; k >= 0; k-- {
				good, err := drop(i, k)
				if err != nil {
					return err
				}
				again = again || good
			}
		}
	}
	return nil
}
