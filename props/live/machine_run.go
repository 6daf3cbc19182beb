package live

import (
	"context"
	"errors"
	"fmt"

	"mntcheck/props/system"
)

// batchSize is how many programs go to a machine at once: enough to make
// nothing of the round trip, few enough to be a message of some 100 KB.
const batchSize = 64

// maxSuspects is how many programs are run one by one after a machine has died:
// the first one without an answer, and those that may have been run as well. An
// answer that was on its way when the kernel died can be lost.
const maxSuspects = 4

// Run runs jobs and returns a recording of each.
//
// Where a machine dies, the programs that may have done it are run again, each
// alone, on a new one. The one that is alone when that dies as well has the
// error, a *Dead, in its recording. If none does it again, the first program that
// had no answer has the error beside its answers: the kernel did die, maybe
// of something that an earlier program had left behind.
func (m *Machine) Run(ctx context.Context, jobs []system.Job) ([]system.Recording, error) {
	return runInBatches(ctx, jobs, m.runOnOne)
}

// runOnOne runs jobs on one machine.
func (m *Machine) runOnOne(ctx context.Context, jobs []system.Job) ([]system.Recording, error) {
	g, err := m.acquire(ctx)
	if err != nil {
		return nil, &noMachine{err}
	}
	defer m.giveBack(g)
	return g.Client.Run(ctx, jobs)
}

// noMachine is the error of a run that no machine could be had for.
type noMachine struct{ err error }

func (e *noMachine) Error() string { return e.err.Error() }

// death is one that a program has to be found for.
type death struct {
	err         error // nil: there is none
	first, last int   // the suspects, as indices of jobs: from first up to last
}

// runInBatches runs jobs by a function that can run several, and that returns
// fewer recordings than jobs, and an error, where its machine died.
func runInBatches(ctx context.Context, jobs []system.Job, run func(context.Context, []system.Job) ([]system.Recording, error)) ([]system.Recording, error) {
	all := make([]system.Recording, 0, len(jobs))
	open := death{}
	for len(all) < len(jobs) {
		batch := jobs[len(all):min(len(all)+batchSize, len(jobs))]
		if open.err != nil {
			batch = batch[:1]
		}
		recordings, err := run(ctx, batch)
		all = append(all, recordings...)
		if ctx.Err() != nil {
			return all, ctx.Err()
		}
		var none *noMachine
		switch {
		case err == nil || errors.Is(err, errEnded): // then the last recording says why
		case errors.As(err, &none):
			return all, errors.Join(open.err, none.err)
		case len(recordings) == len(batch): // it died after its work was done
			open = death{err, len(all) - 1, len(all)}
		case len(batch) == 1:
			all = append(all, system.Recording{Err: fmt.Errorf("the machine died of this program: %w", err)})
			open = death{}
		default:
			open = death{err, len(all), min(len(all)+maxSuspects, len(jobs))}
		}
		if open.err != nil && len(all) >= open.last {
			all[open.first].Err = fmt.Errorf("the machine died at this program, but not when the program was alone: %w", open.err)
			open = death{}
		}
	}
	return all, nil
}
