package live

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/system"
)

// fakeMachine answers the n-th job with the value n, and dies as it is told.
type fakeMachine struct {
	fatal map[int64]string // jobs it dies of, and how: "always", "once", so that there is no other ("last"), or with word ("ended")
	lost  int              // answers that are lost when it dies
	gone  bool             // no machine can be had any more
	runs  []string         // the first and last job of each run
}

var errFake = errors.New("kernel panic")

// numbered is a job that tells its number.
func numbered(n int) system.Job {
	return system.Job{Program: []model.Step{{Actor: n}}}
}

func (f *fakeMachine) run(_ context.Context, jobs []system.Job) (answered []system.Recording, err error) {
	if f.gone {
		return nil, &noMachine{&UnreachableError{Reason: "no QEMU"}}
	}
	f.runs = append(f.runs, fmt.Sprintf("%d-%d", jobs[0].Program[0].Actor, jobs[len(jobs)-1].Program[0].Actor))
	for _, job := range jobs {
		n := int64(job.Program[0].Actor)
		how := f.fatal[n]
		if how == "once" {
			delete(f.fatal, n)
		}
		recording := system.Recording{Answers: []model.Result{{Value: n}}}
		switch how {
		case "always", "once":
			return answered[:max(0, len(answered)-f.lost)], errFake
		case "ended":
			recording.Err = errEnded
			return append(answered, recording), errEnded
		case "last":
			f.gone = true
			return answered, errFake
		}
		answered = append(answered, recording)
	}
	return answered, nil
}

func TestRunFindsTheProgramThatAMachineDiedOf(t *testing.T) {
	const jobs = 10
	for _, test := range []struct {
		name  string
		fatal map[int64]string
		lost  int
		runs  string
		dead  map[int]string // job: in its error
		err   string
		all   int // recordings
	}{
		{name: "none", runs: "0-9", all: 10},
		{
			name: "one", fatal: map[int64]string{4: "always"},
			runs: "0-9 4-4 5-9", dead: map[int]string{4: "died of this program"}, all: 10,
		},
		{
			name: "answers were lost", fatal: map[int64]string{4: "always"}, lost: 2,
			runs: "0-9 2-2 3-3 4-4 5-9", dead: map[int]string{4: "died of this program"}, all: 10,
		},
		{
			name: "it does not happen again", fatal: map[int64]string{4: "once"},
			runs: "0-9 4-4 5-5 6-6 7-7 8-9", dead: map[int]string{4: "not when the program was alone"}, all: 10,
		},
		{
			name: "it does not happen again, near the end", fatal: map[int64]string{8: "once"},
			runs: "0-9 8-8 9-9", dead: map[int]string{8: "not when the program was alone"}, all: 10,
		},
		{
			name: "two", fatal: map[int64]string{4: "always", 9: "always"},
			runs: "0-9 4-4 5-9 9-9", dead: map[int]string{4: "died of this program", 9: "died of this program"}, all: 10,
		},
		{
			name: "a server that ended by itself", fatal: map[int64]string{4: "ended"},
			runs: "0-9 5-9", dead: map[int]string{4: errEnded.Error()}, all: 10,
		},
		{
			name: "no other machine", fatal: map[int64]string{4: "last"},
			runs: "0-9", err: errFake.Error() + "\nthe kernel cannot be reached here: no QEMU", all: 4,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &fakeMachine{fatal: test.fatal, lost: test.lost}
			var work []system.Job
			for i := range jobs {
				work = append(work, numbered(i))
			}
			all, err := runInBatches(t.Context(), work, f.run)
			if got := strings.Join(f.runs, " "); got != test.runs {
				t.Errorf("runs of jobs %s, want %s", got, test.runs)
			}
			if test.err == "" && err != nil || test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			if len(all) != test.all {
				t.Errorf("%d recordings, want %d", len(all), test.all)
			}
			checkDead(t, all, test.dead)
		})
	}
}

// checkDead compares the errors of recordings, and that each is of its job.
func checkDead(t *testing.T, all []system.Recording, dead map[int]string) {
	t.Helper()
	for i, recording := range all {
		want, died := dead[i]
		switch {
		case died && (recording.Err == nil || !strings.Contains(recording.Err.Error(), want)):
			t.Errorf("the error of job %d is %v, want %q", i, recording.Err, want)
		case !died && recording.Err != nil:
			t.Errorf("job %d has an error: %v", i, recording.Err)
		case !died && !slices.Equal(recording.Answers, []model.Result{{Value: int64(i)}}):
			t.Errorf("job %d has the answers %v", i, recording.Answers)
		}
	}
}

// A long run goes in several batches.
func TestRunBatches(t *testing.T) {
	f := &fakeMachine{}
	work := make([]system.Job, 2*batchSize+1)
	for i := range work {
		work[i] = numbered(i)
	}
	all, err := runInBatches(t.Context(), work, f.run)
	if err != nil || len(all) != len(work) || len(f.runs) != 3 {
		t.Errorf("%d recordings in %d runs, %v", len(all), len(f.runs), err)
	}
	checkDead(t, all, nil)
}

func TestRunStopsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := &fakeMachine{fatal: map[int64]string{1: "always"}}
	all, err := runInBatches(ctx, []system.Job{numbered(0), numbered(1)}, f.run)
	if !errors.Is(err, context.Canceled) || len(all) != 1 {
		t.Errorf("%d recordings, %v", len(all), err)
	}
}
