package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"mntcheck/props/explore"
)

// searched is what may not depend on interruptions: counts, verdicts and programs.
func searched(t *testing.T, output []byte) string {
	t.Helper()
	var r explore.Report
	if err := json.Unmarshal(output, &r); err != nil {
		t.Fatalf("%v in %s", err, output)
	}
	if r.Stopped != "" || r.States == 0 {
		t.Fatalf("stopped %q, %d states", r.Stopped, r.States)
	}
	r.Elapsed, r.Workers, r.Memory, r.Spilled = 0, 0, 0, 0
	for _, v := range r.Violations {
		v.Failure = nil
	}
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A process that is killed again and again, at any moment, leaves a checkpoint
// each time with which the search goes on, and ends as if nothing had happened.
func TestResumeAfterKill(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the command many times")
	}
	resumed := 0
	for _, args := range [][]string{
		{"--world", "namespaces", "--depth", "6"},
		{"--world", "reveal", "--release", "7.0", "--depth", "6"},
		{"--world", "reveal", "--release", "7.0", "--strict", "--keep-going", "--depth", "5", "--memory", "1MiB"},
	} {
		t.Run(args[1], func(t *testing.T) {
			args := append([]string{"explore", "--json", "-j", "2"}, args...)
			whole := exec.Command("mntcheck", args...)
			var stderr bytes.Buffer
			whole.Stderr = &stderr
			output, err := whole.Output()
			if err != nil && !errors.As(err, new(*exec.ExitError)) || len(output) == 0 {
				t.Fatalf("%v: %s", err, &stderr)
			}
			want, status := searched(t, output), whole.ProcessState.ExitCode()

			kept := filepath.Join(t.TempDir(), "kept")
			args = append(args, "--checkpoint", kept, "--checkpoint-every", "1ns")
			random := rand.New(rand.NewPCG(1, 2))
			killed := 0
			for {
				var stdout, stderr bytes.Buffer
				part := exec.Command("mntcheck", args...)
				part.Stdout, part.Stderr = &stdout, &stderr
				if err := part.Start(); err != nil {
					t.Fatal(err)
				}
				// Longer each time, so that there is an end to it on any machine.
				patience := time.Duration(10+3*killed*killed) * time.Millisecond
				kill := time.AfterFunc(patience+time.Duration(random.Int64N(int64(patience))), func() { _ = part.Process.Kill() })
				err := part.Wait()
				kill.Stop()
				if part.ProcessState.ExitCode() < 0 {
					killed++
					if _, err := explore.CheckpointNote(kept); err == nil {
						resumed++
						args = []string{"explore", "--json", "-j", "2", "--resume", kept, "--checkpoint-every", "1ns"}
					}
					continue
				}
				if got := part.ProcessState.ExitCode(); got != status {
					t.Fatalf("%v: exit status %d after %d kills, without them %d: %s", err, got, killed, status, &stderr)
				}
				if got := searched(t, stdout.Bytes()); got != want {
					t.Errorf("after %d kills: %s\nwithout: %s", killed, got, want)
				}
				break
			}
			t.Logf("killed %d times", killed)
		})
	}
	if resumed < 3 {
		t.Errorf("gone on with %d times: the searches were not ended often enough", resumed)
	}
}

// Ctrl-C ends a search in order: with what was covered, and how to go on.
func TestInterruptExplore(t *testing.T) {
	kept := filepath.Join(t.TempDir(), "kept")
	search := exec.Command("mntcheck", "explore", "--world", "namespaces", "-j", "1", "--checkpoint", kept, "--checkpoint-every", "1ns")
	var stdout, stderr bytes.Buffer
	search.Stdout, search.Stderr = &stdout, &stderr
	if err := search.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- search.Wait() }()
	for interrupted := false; ; {
		select {
		case err := <-ended:
			text := stdout.String()
			if err != nil || !interrupted {
				t.Fatalf("%v: %s%s", err, text, &stderr)
			}
			for _, want := range []string{"\ninterrupted: programs of up to ", "\nresume with: mntcheck explore --resume " + kept + "\n", "\nINV-1 "} {
				if !strings.Contains(text, want) {
					t.Errorf("no %q in %s", want, text)
				}
			}
			return
		case <-time.After(10 * time.Millisecond):
			// Once something was covered.
			if _, err := explore.CheckpointNote(kept); err == nil && !interrupted {
				interrupted = true
				if err := search.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// The progress shows an estimate of the whole where it is known how much there is.
func TestExploreProgressText(t *testing.T) {
	at := explore.Progress{
		Depth: 4, Frontier: 300, Expanded: 100, States: 2000, Transitions: 60_000, Memory: 1 << 20,
		Elapsed: 20 * time.Second, LayerTime: 5 * time.Second,
	}
	const known = "explore: 20s, 2,000 states, 60,000 transitions, 3,000/sec, depth 4, 200 waiting, 1024 KiB, layer done in 10s"
	if got := exploreProgressText(at, 0); got != known {
		t.Errorf("%q, want %q", got, known)
	}
	at.Expected = 5000
	if got, want := exploreProgressText(at, 0), known+", all in about 30s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for width, want := range map[int]string{
		160: known + ", all in about 30s",
		80:  "explore: 20s, 2,000 states, 3,000/sec, depth 4, all in about 30s",
		50:  "explore: 20s, 2,000 states, depth 4",
		10:  "explore: 20s, 2,000 states",
	} {
		if got := exploreProgressText(at, width); got != want {
			t.Errorf("in %d columns %q, want %q", width, got, want)
		}
	}
	at.Expected = 2000
	if got := exploreProgressText(at, 0); got != known {
		t.Errorf("%q, want %q", got, known)
	}
}
