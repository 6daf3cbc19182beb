package system

import (
	"context"

	"mntcheck/model"
)

// Runner runs whole programs, each in a fresh world, several in one round trip:
// what a virtual machine offers, where a round trip a call would be too slow.
type Runner interface {
	// Run runs jobs and returns a recording of each, in the jobs' order. The
	// error is that of a runner that can go on no more; what befell one program
	// is in its recording.
	Run(ctx context.Context, jobs []Job) ([]Recording, error)
	// Profile says what the programs run on.
	Profile() Profile
	// Close releases what the runner holds.
	Close() error
}

// Job is a program, and what to look at while it runs.
type Job struct {
	World   World
	Program []model.Step
	// EachView: the view is recorded after every call, else only at the end.
	EachView bool
	// Identify: with each view the numbers are recorded by which its things can be
	// found again in the next one. A runner that cannot tell records none.
	Identify bool
}

// Recording is what a program was answered.
type Recording struct {
	// Answers are those to the program's calls; fewer than these where a call
	// had none, then Err says why.
	Answers []model.Result
	// Views are the views that were asked for: that of the world before the
	// first call, then one after each call that had an answer. Without
	// Job.EachView only the last of these.
	Views []model.View
	// Identities belong to Views, one to each, where Job.Identify asked for them.
	Identities []model.Identity
	// Err is why the first call without an answer had none.
	Err error
}

// RunnerOf makes a Runner of a Factory: it starts a system for each job.
func RunnerOf(factory Factory, profile Profile) Runner { return factoryRunner{factory, profile} }

type factoryRunner struct {
	factory Factory
	profile Profile
}

func (r factoryRunner) Profile() Profile { return r.profile }
func (r factoryRunner) Close() error     { return nil }

func (r factoryRunner) Run(ctx context.Context, jobs []Job) ([]Recording, error) {
	all := make([]Recording, 0, len(jobs))
	for _, job := range jobs {
		if err := ctx.Err(); err != nil {
			return all, err
		}
		all = append(all, r.record(ctx, job))
	}
	return all, nil
}

func (r factoryRunner) record(ctx context.Context, job Job) (rec Recording) {
	sys, err := r.factory(ctx, job.World)
	if err != nil {
		rec.Err = err
		return rec
	}
	defer sys.Close()
	observe := func() {
		if rec.Err == nil {
			var v model.View
			if v, rec.Err = sys.Observe(ctx); rec.Err == nil {
				rec.Views = append(rec.Views, v)
			}
			if who, ok := sys.(Identifier); ok && job.Identify && rec.Err == nil {
				var id model.Identity
				if id, rec.Err = who.Identify(ctx); rec.Err == nil {
					rec.Identities = append(rec.Identities, id)
				}
			}
		}
	}
	if job.EachView {
		observe()
	}
	values := make([]int64, 0, len(job.Program))
	for _, step := range job.Program {
		if rec.Err != nil {
			return rec
		}
		call := step.Call.Resolve(values)
		answer, err := sys.Do(ctx, step.Actor, &call)
		if err != nil {
			rec.Err = err
			return rec
		}
		rec.Answers = append(rec.Answers, answer)
		values = append(values, answer.Value)
		if job.EachView {
			observe()
		}
	}
	if !job.EachView {
		observe()
	}
	return rec
}
