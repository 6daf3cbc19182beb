package live

import (
	"errors"
	"fmt"
	"time"

	"mntcheck/model"
	"mntcheck/props/system"
)

// Client and server speak in turns: the client sends a request, the server
// answers with one reply, or with one for each job of a run as it gets done.
// Messages are values of package encoding/gob; what is asked in them is text.

// verb says what a request wants.
type verb uint8

const (
	verbHello   verb = iota + 1 // settings; the reply has the kernel's release
	verbRun                     // jobs
	verbStart                   // a world, to be used call by call
	verbDo                      // one call in it
	verbObserve                 // a look at it
	verbClose                   // its end
)

// request is what the client sends.
type request struct {
	Verb     verb
	Settings settings  // of verbHello
	World    worldSpec // of verbStart
	Jobs     []job     // of verbRun
	Call     lines     // of verbDo; one
}

// settings hold for as long as the server lives.
type settings struct {
	Deadline   time.Duration
	CrossCheck bool
	BySight    bool // Options.sourcesBySight
}

// worldSpec is system.World without the rules of the model.
type worldSpec struct {
	MountMax     int32
	Setup        lines
	Unprivileged bool
}

// job is system.Job.
type job struct {
	World    worldSpec
	Program  lines
	EachView bool
	Identify bool
}

func specOf(w system.World) worldSpec {
	return worldSpec{MountMax: w.MountMax, Setup: linesOf(w.Setup), Unprivileged: w.Unprivileged}
}

func jobsOf(jobs []system.Job) []job {
	all := make([]job, len(jobs))
	for i, j := range jobs {
		all[i] = job{World: specOf(j.World), Program: linesOf(j.Program), EachView: j.EachView, Identify: j.Identify}
	}
	return all
}

// reply is what the server answers.
type reply struct {
	Working bool   // it is none yet: the job goes on, and so must the client's patience
	Release string // of verbHello
	Answers []answer
	Views   []viewDelta
	// Identities are those of the views, where they were asked for; one without a
	// namespace is the same as the one before it.
	Identities []model.Identity
	Failure    failure
}

// answer is what a kernel answered to a call.
type answer struct {
	Value int64
	Errno uint16
}

func (a answer) result() model.Result {
	return model.Result{Value: a.Value, Errno: model.Errno(a.Errno)}
}

// failure is an error on its way to the client; an empty text is none.
type failure struct {
	Text        string
	Unsupported bool // errors.Is of errors.ErrUnsupported
	Hang        bool // of ErrHang
	Died        bool // of ErrDied
	Unreachable bool // it is an UnreachableError, and Text its reason
	Fatal       bool // the server ends
}

func failureOf(err error) failure {
	if err == nil {
		return failure{}
	}
	f := failure{
		Text:        err.Error(),
		Unsupported: errors.Is(err, errors.ErrUnsupported),
		Hang:        errors.Is(err, ErrHang),
		Died:        errors.Is(err, ErrDied),
	}
	var unreachable *UnreachableError
	if errors.As(err, &unreachable) {
		f.Unreachable, f.Text = true, unreachable.Reason
		if unreachable.Err != nil {
			f.Text = fmt.Sprintf("%s (%v)", unreachable.Reason, unreachable.Err)
		}
	}
	return f
}

// err is the error that was sent, or nil.
func (f failure) err() error {
	if f.Text == "" {
		return nil
	}
	if f.Unreachable {
		return &UnreachableError{Reason: f.Text}
	}
	return &serverError{f}
}

// serverError is an error of the server, as the client sees it.
type serverError struct{ failure failure }

func (e *serverError) Error() string { return e.failure.Text }

// Is tells what kind of error it was at the server.
func (e *serverError) Is(target error) bool {
	switch target {
	case errors.ErrUnsupported:
		return e.failure.Unsupported
	case ErrHang:
		return e.failure.Hang
	case ErrDied:
		return e.failure.Died
	}
	return false
}

// viewDelta is a view, as what differs from the one before it: most calls
// change a line or none.
type viewDelta struct{ Mounts, Actors textDelta }

// textDelta replaces the middle of a text: what is before the last Suffix
// bytes and behind the first Prefix ones.
type textDelta struct {
	Prefix, Suffix int
	Middle         string
}

func deltaOf(old, text string) textDelta {
	limit := min(len(old), len(text))
	p := 0
	for p < limit && old[p] == text[p] {
		p++
	}
	s := 0
	for s < limit-p && old[len(old)-1-s] == text[len(text)-1-s] {
		s++
	}
	return textDelta{Prefix: p, Suffix: s, Middle: text[p : len(text)-s]}
}

func (d textDelta) apply(old string) (string, error) {
	if d.Prefix < 0 || d.Suffix < 0 || d.Prefix+d.Suffix > len(old) {
		return "", fmt.Errorf("a view of the server does not fit on the one before it")
	}
	if d.Middle == "" && d.Prefix+d.Suffix == len(old) {
		return old, nil
	}
	return old[:d.Prefix] + d.Middle + old[len(old)-d.Suffix:], nil
}

func deltasOf(views []model.View) []viewDelta {
	all := make([]viewDelta, len(views))
	var last model.View
	for i, v := range views {
		all[i] = viewDelta{deltaOf(last.Mounts, v.Mounts), deltaOf(last.Actors, v.Actors)}
		last = v
	}
	return all
}

func viewsOf(deltas []viewDelta) ([]model.View, error) {
	views := make([]model.View, 0, len(deltas))
	var last model.View
	for _, d := range deltas {
		mounts, err := d.Mounts.apply(last.Mounts)
		if err != nil {
			return views, err
		}
		actors, err := d.Actors.apply(last.Actors)
		if err != nil {
			return views, err
		}
		last = model.View{Mounts: mounts, Actors: actors}
		views = append(views, last)
	}
	return views, nil
}

// recording is the reply to a job. A job whose world could not be made, or that
// the server refuses, has nothing but an error.
func (r *reply) recording() (system.Recording, error) {
	rec := system.Recording{Err: r.Failure.err()}
	for _, a := range r.Answers {
		rec.Answers = append(rec.Answers, a.result())
	}
	var err error
	rec.Views, err = viewsOf(r.Views)
	for i, id := range r.Identities {
		if i > 0 && len(id.Spaces) == 0 {
			id = rec.Identities[i-1]
		}
		rec.Identities = append(rec.Identities, id)
	}
	return rec, err
}
