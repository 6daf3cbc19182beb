package explore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/system"
)

// States that go to disk change nothing that is found.
func TestMemoryLimit(t *testing.T) {
	w := world(t, onRoot)
	w.Depth = 8
	want := run(t, w, Options{Workers: 2})
	if want.Memory == 0 || want.Spilled != 0 {
		t.Fatalf("%d bytes in memory, %d on disk", want.Memory, want.Spilled)
	}
	got := run(t, w, Options{Workers: 2, Memory: want.Memory * 3 / 4})
	sameReport(t, "with less memory", want, got)
	if got.Spilled == 0 || got.Memory >= want.Memory {
		t.Errorf("%d bytes in memory, %d on disk; without a limit %d", got.Memory, got.Spilled, want.Memory)
	}
	// Some limits leave a part of a layer in memory.
	for tenths := int64(5); tenths < 15; tenths++ {
		got := run(t, w, Options{Workers: 2, chunk: 8, Memory: want.Memory * tenths / 10})
		if got.Stopped == "" {
			sameReport(t, fmt.Sprintf("with %d/10 of the memory", tenths), want, got)
		}
	}
}

// Reading a state from disk leaves those that are in memory as they are, also
// where the same room is used for all of them.
func TestFrontierInPart(t *testing.T) {
	f := frontier{segments: make([]segment, 2)}
	key := func(i int) []byte { return bytes.Repeat([]byte{byte(i)}, 300) }
	for i := range 6 {
		s := &f.segments[i%2] // one stays in memory
		f.refs = append(f.refs, keyRef{uint32(i % 2), uint32(len(s.data))})
		s.data = appendKey(s.data, key(i))
		s.size = int64(len(s.data))
	}
	if err := f.write(&f.segments[1]); err != nil {
		t.Fatal(err)
	}
	defer f.close()
	var room []byte
	for range 2 {
		for i := range f.refs {
			got, err := f.key(i, room)
			if err != nil || !bytes.Equal(got, key(i)) {
				t.Fatalf("state %d is %.8x…, %v", i, got, err)
			}
			if f.onDisk(i) != (i%2 == 1) {
				t.Errorf("state %d: on disk %v", i, f.onDisk(i))
			}
			if f.onDisk(i) {
				room = got[:0]
			}
		}
	}
}

// A search for which there is too little memory even so ends in order.
func TestMemoryEnds(t *testing.T) {
	r := run(t, world(t, small), Options{Workers: 2, Memory: 20_000})
	if r.Memory < 15_000 || !strings.Contains(r.Stopped, "memory") || r.Complete || r.Depth == 0 || r.States < 2 {
		t.Errorf("stopped %q, complete %v, depth %d, %d states", r.Stopped, r.Complete, r.Depth, r.States)
	}
}

// ending calls end when so many calls were made.
type ending struct {
	faulty
	calls *atomic.Int64
	at    int64
	end   func()
}

func (x ending) Do(_ context.Context, actor int, c *model.Call) (model.Result, error) {
	if x.calls.Add(1) == x.at {
		x.end()
	}
	return x.state.Do(actor, c)
}

// runUntil explores until so many calls were made.
func runUntil(t *testing.T, w *World, o Options, calls int64) *Report {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var made atomic.Int64
	o.system = func(s *model.State) system.Stateful { return ending{faulty{state: s}, &made, calls, cancel} }
	r, err := Run(ctx, w, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestInterrupted(t *testing.T) {
	r := runUntil(t, world(t, small), Options{Workers: 2}, 5000)
	if r.Stopped != "interrupted" || r.Complete || r.Violated() {
		t.Errorf("stopped %q, complete %v, violated %v", r.Stopped, r.Complete, r.Violated())
	}
	if r.Depth != len(r.Layers)-1 || r.States == 0 {
		t.Errorf("depth %d, layers %v: want those that are complete", r.Depth, r.Layers)
	}
}

// What was found within the layer that an interruption ends is reported, with the
// calls that lead there: of states as well as of calls.
func TestInterruptedWithinLayer(t *testing.T) {
	w := world(t, onRoot)
	w.Sometimes = AllSometimes()
	o := Options{Workers: 2, Semantics: release(t, "6.12.44"), Strict: true, chunk: 1}
	broken, reached := 0, 0
	for calls := int64(10); ; calls += 10 {
		r := runUntil(t, w, o, calls)
		if r.Stopped == "" {
			break
		}
		for _, v := range r.Invariants {
			if v.Verdict != check.Violated {
				continue
			}
			broken++
			if !slices.ContainsFunc(r.Violations, func(x *Violation) bool { return x.Invariant == v.Name }) || len(v.Shortest) == 0 {
				t.Errorf("%d calls: %s is violated by %q, and no violation of it is reported", calls, v.Name, v.Shortest)
			}
		}
		for _, s := range r.Sometimes {
			if s.Reached {
				reached++
			}
			if s.Reached != (s.States > 0) || s.Reached != (len(s.Shortest) > 0) {
				t.Errorf("%d calls: %s in %d states, reached %v by %q", calls, s.Name, s.States, s.Reached, s.Shortest)
			}
		}
	}
	if broken == 0 || reached == 0 {
		t.Errorf("%d times something was broken, %d times a kind of state reached: nothing was shown", broken, reached)
	}
}

// A search that is ended again and again, at any moment, finds in the end what
// one finds that is not. What was written behind the checkpoint, as by a
// process that was killed, is not taken for a part of it.
func TestResume(t *testing.T) {
	for _, text := range []string{small, onRoot} {
		w := world(t, text)
		w.Sometimes = AllSometimes()
		o := Options{Workers: 2, Depth: 7}
		want := run(t, w, o)
		o.Checkpoint = filepath.Join(t.TempDir(), "run")
		o.CheckpointEvery = 1
		parts := 0
		for calls := int64(100); ; calls *= 2 {
			r := runUntil(t, w, o, calls)
			parts++
			if r.Stopped == "" {
				sameReport(t, "resumed", want, r)
				break
			}
			for _, ending := range []string{birthsEnding, printsEnding} {
				appendTo(t, o.Checkpoint+ending, "written by a process that was killed")
			}
		}
		if parts < 5 {
			t.Errorf("%d parts: the search was not ended often enough", parts)
		}
		sameReport(t, "done already", want, run(t, w, o))
	}
}

func appendTo(t *testing.T, name, text string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// Where the checkpoint cannot be written, what was found is not lost.
func TestCheckpointNotWritten(t *testing.T) {
	for _, every := range []time.Duration{1, time.Hour} {
		w := world(t, small)
		dir := t.TempDir()
		o := Options{Workers: 1, Depth: 3, Checkpoint: filepath.Join(dir, "run"), CheckpointEvery: every}
		var made atomic.Int64
		o.system = func(s *model.State) system.Stateful {
			return ending{faulty{state: s}, &made, 5, func() { // no file can be made or renamed to that name any more
				if err := os.Mkdir(o.Checkpoint+unfinishedEnding, 0o755); err != nil {
					t.Error(err)
				}
			}}
		}
		o.KeepGoing = true
		r, err := Run(context.Background(), w, o)
		if err == nil || r == nil || r.States == 0 {
			t.Fatalf("%v, report %v", err, r)
		}
		if wantStop := every == 1; (r.Stopped != "") != wantStop || (r.Depth == 3) == wantStop {
			t.Errorf("every %v: stopped %q after %d calls", every, r.Stopped, r.Depth)
		}
	}
}

// States that are read from a checkpoint keep the limit of memory.
func TestResumeWithinMemory(t *testing.T) {
	w := world(t, small)
	o := Options{Workers: 2, Depth: 6, Checkpoint: filepath.Join(t.TempDir(), "run"), CheckpointEvery: 1}
	runUntil(t, w, o, 20_000)
	for _, memory := range []int64{0, 100_000} {
		o.Memory = memory
		bounded, w, err := o.withDefaults(w)
		if err != nil {
			t.Fatal(err)
		}
		e, err := newEngine(w, &bounded)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.layer.refs) < 100 || (e.layer.spill != nil) != (memory > 0) {
			t.Errorf("%d states to expand, %d bytes of them on disk, with a limit of %d", len(e.layer.refs), e.layer.spilled, memory)
		}
		e.close()
	}
}

// There is something to go on with from the first call on.
func TestCheckpointAtOnce(t *testing.T) {
	w := world(t, small)
	o := Options{Workers: 1, Depth: 3, Checkpoint: filepath.Join(t.TempDir(), "run"), CheckpointNote: []byte(`"mine"`)}
	looked := false
	o.system = func(s *model.State) system.Stateful {
		return ending{faulty{state: s}, new(atomic.Int64), 1, func() {
			if note, err := CheckpointNote(o.Checkpoint); looked || err == nil && string(note) == `"mine"` {
				looked = true
			}
		}}
	}
	if run(t, w, o); !looked {
		t.Error("there is no checkpoint while the first layer is expanded")
	}
}

// A checkpoint in which a search is being kept is no other one's.
func TestCheckpointOfTwo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no lock there")
	}
	w := world(t, small)
	o := Options{Workers: 1, Depth: 4, Checkpoint: filepath.Join(t.TempDir(), "run"), CheckpointEvery: 1}
	first := o
	tried := false
	first.system = func(s *model.State) system.Stateful {
		if !tried {
			tried = true
			if _, err := Run(context.Background(), w, o); err == nil || !strings.Contains(err.Error(), "another process keeps its search there") {
				t.Errorf("a second search: %v", err)
			}
		}
		return faulty{state: s}
	}
	first.KeepGoing = true
	if r, err := Run(context.Background(), w, first); err != nil || !tried || r.Stopped != "" {
		t.Errorf("the first search: %v, %v", r, err)
	}
}

// A checkpoint that is not of this search, or is damaged, is an error.
func TestBadCheckpoint(t *testing.T) {
	w := world(t, small)
	o := Options{Workers: 1, Checkpoint: filepath.Join(t.TempDir(), "run")}
	o.CheckpointEvery = 1
	runUntil(t, w, o, 3000)
	other := o
	other.Semantics = release(t, "7.0.0")
	if _, err := Run(context.Background(), w, other); err == nil || !strings.Contains(err.Error(), "of another world") {
		t.Errorf("a checkpoint of another release: %v", err)
	}
	saved, err := readSaved(o.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(o.Checkpoint)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		version int
		program string
		want    string
	}{{checkpointVersion - 1, saved.Program, "not a checkpoint of this version"}, {checkpointVersion, "v0.0.1", "of version v0.0.1 of the program, and this is " + saved.Program}} {
		old := saved
		old.Version, old.Program = x.version, x.program
		data, err := json.Marshal(old)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(o.Checkpoint, append(data, checksumLine(data)...), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Run(context.Background(), w, o); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%v, want %q", err, x.want)
		}
	}
	if err := os.WriteFile(o.Checkpoint, good, 0o644); err != nil {
		t.Fatal(err)
	}
	exact := o
	exact.KeepKeys = true
	if _, err := Run(context.Background(), w, exact); err == nil || !strings.Contains(err.Error(), "collisions") {
		t.Errorf("keys and a checkpoint: %v", err)
	}
	for _, ending := range []string{statesEnding + "*", printsEnding, birthsEnding, ""} {
		files, err := filepath.Glob(o.Checkpoint + ending)
		if err != nil || len(files) != 1 {
			t.Fatalf("files %v, %v", files, err)
		}
		whole, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		bad := func(what string, data []byte) {
			t.Helper()
			if err := os.WriteFile(files[0], data, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := Run(context.Background(), w, o); err == nil {
				t.Errorf("%s of %s was taken for all of it", what, files[0])
			}
			if err := os.WriteFile(files[0], whole, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		bad("half", whole[:len(whole)/2])
		bad("nothing", nil)
		bad("all but one byte", whole[:len(whole)-1])
		for _, at := range []int{0, len(whole) / 3, len(whole) / 2, len(whole) - 1} {
			data := slices.Clone(whole)
			data[at] ^= 1
			bad(fmt.Sprintf("byte %d, turned over,", at), data)
		}
	}
	if r := runUntil(t, w, o, 3000); r.Depth < 2 { // what is put back is taken again
		t.Errorf("depth %d: the search was begun anew", r.Depth)
	}
}

func TestFrontierOnDisk(t *testing.T) {
	var f frontier
	var want [][]byte
	for s := range 3 {
		var data []byte
		for i := range 40 {
			key := bytes.Repeat([]byte{byte(s), byte(i)}, 1+i*i) // some longer than is read at once
			f.refs = append(f.refs, keyRef{uint32(s), uint32(len(data))})
			data = appendKey(data, key)
			want = append(want, key)
		}
		f.segments = append(f.segments, segment{data: data, size: int64(len(data))})
	}
	for s := range 2 { // the last one stays in memory
		if err := f.write(&f.segments[s]); err != nil {
			t.Fatal(err)
		}
	}
	defer f.close()
	var buf []byte
	for i := range want {
		got, err := f.key(i, buf)
		if err != nil || !bytes.Equal(got, want[i]) {
			t.Fatalf("state %d: %d bytes, %v, want %d", i, len(got), err, len(want[i]))
		}
		buf = make([]byte, i) // of any size
	}
}
