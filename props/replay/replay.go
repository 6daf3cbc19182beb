package replay

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"
	"sync"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/system"
)

// FactoryFor makes the factory of systems that are to behave as a kernel
// release does. An error says that there is none.
type FactoryFor func(kernel string) (system.Factory, error)

// ModelFor is the FactoryFor of the model. It knows a release if it knows its
// series: rules of 7.3 are not used for a trace of 7.2.
func ModelFor(kernel string) (system.Factory, error) {
	if _, err := model.ForRelease(kernel); err != nil {
		return nil, err
	}
	return system.NewModel, nil
}

// Fixed is the FactoryFor that uses one factory for traces of every release
// whose rules the model knows.
func Fixed(factory system.Factory) FactoryFor {
	return func(kernel string) (system.Factory, error) {
		_, err := model.ForRelease(kernel)
		return factory, err
	}
}

// Options say what to replay, and on what.
type Options struct {
	Paths       []string   // files, folders and archives of traces, as trace.Each takes them
	FS          fs.FS      // instead of Paths
	FactoryFor  FactoryFor // nil: ModelFor
	Workers     int        // 0: one a core
	Shrink      bool       // reduce the traces of the differences that are described
	Differences int        // how many to describe; 0: DefaultDifferences, negative: all
	Progress    func(done int)
}

// DefaultDifferences is how many differences a report describes where
// Options.Differences is 0.
const DefaultDifferences = 20

// Run replays traces. Differences are no error, they are in the report; an
// error is a trace that cannot be read, or a system that did not answer.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.FactoryFor == nil {
		o.FactoryFor = ModelFor
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.Differences == 0 {
		o.Differences = DefaultDifferences
	}
	r := &runner{o: &o, jobs: make(chan job, 4*o.Workers)}
	var workers sync.WaitGroup
	for range o.Workers {
		workers.Go(func() { r.work(ctx) })
	}
	n := 0
	each := func(file string, data []byte) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := r.failed(); err != nil {
			return err
		}
		r.jobs <- job{n, file, data}
		n++
		return nil
	}
	var err error
	if o.FS != nil {
		err = trace.EachFS(o.FS, each)
	} else {
		err = trace.Each(o.Paths, each)
	}
	close(r.jobs)
	workers.Wait()
	if err == nil {
		err = r.failed()
	}
	if err != nil {
		return nil, err
	}
	report := r.report()
	if o.Shrink {
		if err := r.shrink(ctx, report); err != nil {
			return nil, err
		}
	}
	return report, nil
}

type job struct {
	number int
	file   string
	data   []byte
}

// runner is one run.
type runner struct {
	o    *Options
	jobs chan job

	mu       sync.Mutex
	outcomes []Outcome
	err      error
}

// fail keeps the first error.
func (r *runner) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

func (r *runner) failed() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *runner) work(ctx context.Context) {
	for j := range r.jobs {
		outcome, err := r.one(ctx, j)
		outcome.number = j.number
		r.mu.Lock()
		if err != nil && r.err == nil {
			r.err = err
		}
		r.outcomes = append(r.outcomes, outcome)
		n := len(r.outcomes)
		r.mu.Unlock()
		if r.o.Progress != nil {
			r.o.Progress(n)
		}
	}
}

func (r *runner) one(ctx context.Context, j job) (Outcome, error) {
	t, err := trace.Parse(j.file, j.data)
	if err != nil {
		return Outcome{File: j.file}, err
	}
	o, err := Trace(ctx, t, r.o.FactoryFor)
	if r.o.Shrink && o.Difference != nil {
		o.Difference.trace = t
	}
	return o, err
}

// Outcome is what came of one trace.
type Outcome struct {
	File           string
	Kernel, Family string
	Reason         string      // why it is not supported; "" if it is
	Difference     *Difference // nil: it agrees, or is not supported

	number int
}

// Agrees tells whether the trace was run, and agrees.
func (o *Outcome) Agrees() bool { return o.Reason == "" && o.Difference == nil }

// Trace replays one trace. The error is that of a system that did not answer.
func Trace(ctx context.Context, t *trace.Trace, factoryFor FactoryFor) (Outcome, error) {
	o := Outcome{File: t.Name, Kernel: t.Meta.Kernel(), Family: t.Meta.Family()}
	sys, reason, err := start(ctx, t, factoryFor)
	if sys == nil {
		o.Reason = reason
		return o, err
	}
	defer sys.Close()
	d, err := compare(ctx, t, sys)
	if errors.Is(err, errors.ErrUnsupported) {
		o.Reason = err.Error()
		return o, nil
	}
	if err != nil {
		return o, fmt.Errorf("%s: %w", t.Name, err)
	}
	if d != nil {
		d.File, d.Kernel, d.Family = o.File, o.Kernel, o.Family
	}
	o.Difference = d
	return o, nil
}

// start starts the system on which a trace can be replayed. Where there is none
// the reason says why, or the error.
func start(ctx context.Context, t *trace.Trace, factoryFor FactoryFor) (sys system.System, reason string, err error) {
	kernel := t.Meta.Kernel()
	if kernel == "" {
		return nil, "the trace does not say which kernel it is of", nil
	}
	factory, err := factoryFor(kernel)
	if err != nil {
		return nil, err.Error(), nil
	}
	world, err := worldOf(t)
	if err != nil {
		return nil, err.Error(), nil
	}
	sys, err = factory(ctx, world)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, err.Error(), nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("%s: starting the system: %w", t.Name, err)
	}
	profile := system.ProfileOf(sys)
	for i := range t.Steps {
		if op := t.Steps[i].Call.Op; !profile.Supports(op) {
			_ = sys.Close()
			return nil, fmt.Sprintf("the system does not make the call %s", op), nil
		}
	}
	return sys, "", nil
}

// worldOf is the world in which the trace starts, as its meta section says.
// The rules are those of its kernel, where the model knows them.
func worldOf(t *trace.Trace) (system.World, error) {
	sem, err := model.ForRelease(t.Meta.Kernel())
	if err != nil {
		sem, err = model.ForRelease(model.DefaultRelease)
	}
	w := system.World{Semantics: sem, Unprivileged: t.Meta.Unprivileged()}
	if t.Meta.Get("start") != "" {
		return w, errors.New("the trace starts in a state that was drawn, not made by calls")
	}
	if err != nil {
		return w, err
	}
	if t.Meta.Get("nsids") == "batched" {
		own := *sem
		own.NSIDs = model.BatchedIDs
		w.Semantics = &own
	}
	if text := t.Meta.Get("mount-max"); text != "" {
		if _, err := fmt.Sscan(text, &w.MountMax); err != nil || w.MountMax <= 0 {
			return w, fmt.Errorf("mount-max %q is no number of mounts", text)
		}
	}
	if t.Initial.Present && t.Initial.Text != "" {
		_, table, _ := strings.Cut(model.NewState(model.World{Semantics: sem}).View().Mounts, "\n")
		if table != t.Initial.Text {
			return w, errors.New("the trace starts in a world other than the one that all recorded traces start in")
		}
	}
	return w, nil
}

// compare makes the calls, and stops at the first that is answered differently.
func compare(ctx context.Context, t *trace.Trace, sys system.System) (*Difference, error) {
	values := make([]int64, 0, len(t.Steps))
	for i := range t.Steps {
		step := &t.Steps[i]
		call := step.Call.Resolve(values)
		r, err := sys.Do(ctx, step.Actor, &call)
		if err != nil {
			return nil, fmt.Errorf("line %d, call %d, %d %s: %w", step.Number, i+1, step.Actor, step.Call, err)
		}
		values = append(values, r.Value)
		got := answer(call.Op, r)
		if !step.Answered || got.Agrees(step.Result) {
			continue
		}
		d := &Difference{
			Call: i + 1, Line: step.Number, Text: fmt.Sprintf("%d %s", step.Actor, call),
			Want: step.Result.String(), Got: got.String(),
		}
		if rule := r.Refusal.Rule; rule != 0 {
			d.Rule = rule.String()
			if s, ok := sys.(system.Stateful); ok {
				d.Why = s.State().Sentence(r.Refusal)
			}
		}
		return d, nil
	}
	return compareViews(ctx, t, sys)
}

// answer is a result as traces write it.
func answer(op model.Op, r model.Result) trace.Result {
	switch {
	case r.Errno != 0:
		return trace.Failure(r.Errno)
	case op.Signature().Result == model.NoResult:
		return trace.NoReturn()
	}
	return trace.Success(r.Value)
}

func compareViews(ctx context.Context, t *trace.Trace, sys system.System) (*Difference, error) {
	if !t.Final.Present && !t.Actors.Present || t.Meta.Get("view") == "none" {
		return nil, nil
	}
	view, err := sys.Observe(ctx)
	if err != nil {
		return nil, fmt.Errorf("the final view: %w", err)
	}
	d := &Difference{
		WantView: model.View{Mounts: t.Final.Text, Actors: t.Actors.Text}, GotView: view,
	}
	switch {
	case t.Final.Present && !sameTables(t, view.Mounts):
		d.Want, d.Got = firstDifference(t.Final.Text, view.Mounts)
	case t.Actors.Present && t.Actors.Text != view.Actors:
		d.Want, d.Got = firstDifference(t.Actors.Text, view.Actors)
	default:
		return nil, nil
	}
	return d, nil
}

// firstDifference is the first line in which two texts differ.
func firstDifference(want, got string) (w, g string) {
	for want != "" || got != "" {
		w, want, _ = strings.Cut(want, "\n")
		g, got, _ = strings.Cut(got, "\n")
		if w != g {
			break
		}
	}
	if w == "" {
		w = "(no more lines)"
	}
	if g == "" {
		g = "(no more lines)"
	}
	return w, g
}
