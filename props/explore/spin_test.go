package explore

import (
	"bufio"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
)

// spinWorlds are the worlds of testdata/spin, which are there in Promela too, with
// their numbers of states and of calls that are made in these, within limits of
// mounts. Spin counts the same.
var spinWorlds = []struct {
	name          string
	mounts        int
	states, calls uint64
}{
	{"private", 4, 74, 3034},
	{"private", 5, 704, 28_864},
	{"shared", 4, 2127, 125_493},
	{"private", 6, 4692, 192_372},
	{"private", 8, 312_258, 12_802_578},
	{"shared", 5, 146_579, 8_648_161},
}

// quickSpinCalls is the number of calls up to which such a world is explored by
// every run of the tests.
const quickSpinCalls = 150_000

func spinWorld(t *testing.T, name string) *World {
	t.Helper()
	file := filepath.Join("testdata", "spin", name+".world")
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	w, err := ParseWorld(file, data)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// eachSpinWorld runs a test in those worlds that are small enough.
func eachSpinWorld(t *testing.T, test func(t *testing.T, w *World, states, calls uint64)) {
	for _, x := range spinWorlds {
		t.Run(fmt.Sprintf("%s-%d", x.name, x.mounts), func(t *testing.T) {
			if x.calls > quickSpinCalls && !*worlds {
				t.Skipf("%d calls; -worlds explores it", x.calls)
			}
			w := spinWorld(t, x.name)
			w.Limits.Mounts = x.mounts
			test(t, w, x.states, x.calls)
		})
	}
}

// The engine counts what Spin counts, with names told apart; and with names that
// may be exchanged, at least half of it.
func TestSpinWorldCounts(t *testing.T) {
	eachSpinWorld(t, func(t *testing.T, w *World, states, calls uint64) {
		r := run(t, w, Options{Unreduced: true})
		made := r.Transitions
		for _, b := range r.Beyond {
			made += b.N
		}
		if r.States != states || made != calls || !r.Complete || r.Violated() {
			t.Errorf("%d states, %d calls, complete %v, violated %v; want %d and %d", r.States, made, r.Complete, r.Violated(), states, calls)
		}
		if reduced := run(t, w, Options{}); 2*reduced.States < states || reduced.States >= states || !reduced.Complete {
			t.Errorf("%d states when two names may be exchanged, %d when not", reduced.States, states)
		}
	})
}

// Spin and the model reach the same states, and make the same of each call in each of
// them. Nothing but the text of the rules is common to both.
func TestSpin(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles and searches worlds in Promela")
	}
	needSpin(t)
	eachSpinWorld(t, func(t *testing.T, w *World, states, calls uint64) {
		want := spinGraph(t, w.Name, w.Limits.Mounts)
		got := modelGraph(t, w)
		want.compare(t, got)
		if n := uint64(len(want.states)); n != states || want.calls != calls {
			t.Errorf("Spin has %d states and %d calls, want %d and %d", n, want.calls, states, calls)
		}
	})
}

func needSpin(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"spin", "gcc"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
}

// stateGraph is what calls make of states: for each state, in the text that print of
// tree.pml has for it, a sum of hashes of what each call leads to.
type stateGraph struct {
	states map[string]uint64
	calls  uint64
}

// add adds that a call, in the numbers of tree.pml, leads from one state to another.
func (g *stateGraph) add(from, call, to string) {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s|%s", call, to)
	g.states[from] += h.Sum64()
	g.calls++
}

// shownStates is how many states a message lists.
const shownStates = 3

func (g *stateGraph) compare(t *testing.T, other *stateGraph) {
	t.Helper()
	lacking := func(a, b *stateGraph, whose string) {
		var all []string
		for s := range a.states {
			if _, ok := b.states[s]; !ok {
				all = append(all, s)
			}
		}
		if len(all) > 0 {
			t.Errorf("%d states are in the %s only, such as %q", len(all), whose, all[:min(len(all), shownStates)])
		}
	}
	lacking(g, other, "Promela")
	lacking(other, g, "model")
	var all []string
	for s, sum := range g.states {
		if o, ok := other.states[s]; ok && o != sum {
			all = append(all, s)
		}
	}
	if len(all) > 0 || g.calls != other.calls {
		t.Errorf("calls lead elsewhere from %d states, such as %q; %d calls and %d", len(all), all[:min(len(all), shownStates)], g.calls, other.calls)
	}
}

// spinGraph has Spin explore a world, and print each step.
func spinGraph(t *testing.T, name string, mounts int) *stateGraph {
	t.Helper()
	source, err := filepath.Abs(filepath.Join("testdata", "spin", name+".pml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, words := range [][]string{
		{"spin", "-a", "-DPRINT", fmt.Sprintf("-DMOUNTS=%d", mounts), source},
		{"gcc", "-w", "-DSAFETY", "-DNOFAIR", "-DNOREDUCE", "-DPRINTF", "-o", "pan", "pan.c"},
	} {
		cmd := exec.Command(words[0], words[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", words, err, out)
		}
	}
	cmd := exec.Command(filepath.Join(dir, "pan"), "-m1000000")
	cmd.Dir = dir
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	g := &stateGraph{states: map[string]uint64{}}
	var said strings.Builder // at the end
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if part := strings.Split(strings.TrimSpace(lines.Text()), "|"); len(part) == 3 {
			g.add(part[0], part[1], part[2])
			continue
		}
		said.WriteString(lines.Text() + "\n")
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(said.String(), "errors: 0") {
		t.Fatalf("pan: %v\n%s", err, said.String())
	}
	if want := fmt.Sprintf("%d states, stored\n", len(g.states)); !strings.Contains(said.String(), want) {
		t.Errorf("pan printed %d states, and says\n%s", len(g.states), said.String())
	}
	return g
}

// spinWalks is how many random walks are made in each world; with -worlds thirty times
// as many. Many short ones see more than a long one: once there is little left
// to share, it stays so. A call takes some hundreds of a walk's statements.
const (
	spinWalks      = 10
	walkStatements = 100_000
)

// Where there is room for many mounts, Spin and the model agree on what the calls of
// random walks do, one after the other.
func TestSpinWalks(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles worlds in Promela")
	}
	if _, err := exec.LookPath("spin"); err != nil {
		t.Skip("spin is not installed")
	}
	walks := spinWalks
	if *worlds {
		walks *= 30
	}
	for _, x := range []struct {
		name   string
		mounts int
	}{{"private", 14}, {"shared", 8}, {"shared", 14}} {
		t.Run(fmt.Sprintf("%s-%d", x.name, x.mounts), func(t *testing.T) {
			w := spinWorld(t, x.name)
			w.Limits.Mounts = x.mounts
			steps, states := 0, 0
			for seed := 1; seed <= walks; seed++ {
				cmd := exec.Command("spin", "-T", fmt.Sprintf("-n%d", seed), fmt.Sprintf("-u%d", walkStatements),
					"-DPRINT", fmt.Sprintf("-DMOUNTS=%d", x.mounts), filepath.Join("testdata", "spin", x.name+".pml"))
				out, err := cmd.Output()
				if err != nil {
					t.Fatalf("%v: %v", cmd, err)
				}
				n, distinct := spinWalk(t, w, string(out))
				steps, states = steps+n, states+distinct
			}
			if t.Logf("%d steps, %d states", steps, states); steps < 50*walks {
				t.Errorf("%d steps in %d walks", steps, walks)
			}
		})
	}
}

// spinWalk makes the calls that Spin made, and compares what comes of each.
func spinWalk(t *testing.T, w *World, printed string) (steps, states int) {
	t.Helper()
	before, err := w.start(w.Semantics)
	if err != nil {
		t.Fatal(err)
	}
	calls := map[string]*model.Step{}
	for i := range w.Calls {
		calls[spinCall(t, &w.Calls[i])] = &w.Calls[i]
	}
	seen := map[string]bool{}
	after := new(model.State)
	printed, _, _ = strings.Cut(printed, "-------------") // the end, in the middle of a step
	lines := strings.Split(printed, "\n")
	for _, line := range lines[:len(lines)-1] {
		part := strings.Split(strings.TrimSpace(line), "|")
		if len(part) != 3 {
			continue // what Spin says at its end
		}
		step := calls[part[1]]
		if step == nil {
			t.Fatalf("step %d: %s is no call of the world", steps, part[1])
		}
		before.Copy(after)
		if _, err := after.Do(step.Actor, &step.Call); err != nil {
			t.Fatal(err)
		}
		if w.Limits.beyond(after) >= 0 {
			before.Copy(after)
		}
		if got := spinText(w, after); got != part[2] {
			t.Fatalf("step %d: %s\nleads from    %s\nto            %s\nin Promela to %s", steps, stepText(*step), part[0], got, part[2])
		}
		seen[part[2]] = true
		before, after = after, before
		steps++
	}
	return steps, len(seen)
}

// modelGraph makes every call in every state that the model reaches. It does so by
// itself: what the engine does to be fast is not used.
func modelGraph(t *testing.T, w *World) *stateGraph {
	t.Helper()
	first, err := w.start(w.Semantics)
	if err != nil {
		t.Fatal(err)
	}
	g := &stateGraph{states: map[string]uint64{}}
	keys := map[string]bool{string(first.AppendKey(nil)): true}
	var after model.State
	for waiting := []*model.State{first}; len(waiting) > 0; {
		before := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		from := spinText(w, before)
		for i := range w.Calls {
			before.Copy(&after)
			if _, err := after.Do(w.Calls[i].Actor, &w.Calls[i].Call); err != nil {
				t.Fatal(err)
			}
			if w.Limits.beyond(&after) >= 0 {
				before.Copy(&after)
			}
			g.add(from, spinCall(t, &w.Calls[i]), spinText(w, &after))
			if key := string(after.AppendKey(nil)); !keys[key] {
				keys[key] = true
				waiting = append(waiting, after.Clone())
			}
		}
	}
	if len(keys) != len(g.states) {
		t.Errorf("%d keys of %d states: what one tells apart, the other does not", len(keys), len(g.states))
	}
	return g
}

// spinOps are the calls of tree.pml that mount(2) and umount2(2) make, by flags.
var (
	spinMounts  = map[int64]int{0: 0, model.MS_BIND: 1, model.MS_BIND | model.MS_REC: 2, model.MS_MOVE: 3, model.MS_SHARED: 6, model.MS_SLAVE: 7, model.MS_PRIVATE: 8}
	spinUmounts = map[int64]int{0: 4, model.MNT_DETACH: 5}
)

// spinCall is a call in the numbers of tree.pml: actor, op, source, target.
func spinCall(t *testing.T, step *model.Step) string {
	t.Helper()
	path := func(a model.Arg) int {
		return map[string]int{"/a": 1, "/b": 2}[a.S] // "/", and none: 0
	}
	c := &step.Call
	switch c.Op {
	case model.OpMount:
		return fmt.Sprint(step.Actor, spinMounts[c.Args[3].N], path(c.Args[0]), path(c.Args[1]))
	case model.OpUmount2:
		return fmt.Sprint(step.Actor, spinUmounts[c.Args[1].N], 0, path(c.Args[0]))
	case model.OpUnshare:
		return fmt.Sprint(step.Actor, 9, 0, 0)
	}
	t.Fatalf("%s is no call of tree.pml", c)
	return ""
}

// spinText is a state as print of tree.pml has it.
func spinText(w *World, s *model.State) string {
	number := map[model.MountIx]int{} // in preorder, the bottoms left out
	filesystem := map[model.SBIx]int{}
	var order []model.MountIx
	var size [2]int
	for actor := 1; actor <= 2; actor++ {
		ns := s.Procs[actor].NS
		if actor == 2 && ns == s.Procs[1].NS {
			break
		}
		bottom := s.Spaces[ns].Root
		s.Preorder(bottom, func(m model.MountIx) bool {
			if m != bottom {
				order = append(order, m)
				number[m] = len(order)
				size[actor-1]++
			}
			return true
		})
	}
	dentry := func(d model.DentryIx) int {
		return map[string]int{"a": 1, "b": 2}[s.Name(s.Dentries[d].Name)]
	}
	var text strings.Builder
	fmt.Fprintf(&text, "%d %d:", size[0], size[1])
	for _, m := range order {
		r := &s.Mounts[m]
		sb := s.SBOf(m)
		if _, ok := filesystem[sb]; !ok {
			filesystem[sb] = len(filesystem)
		}
		fmt.Fprintf(&text, " %d.%d %d.%d", number[r.Parent], dentry(r.MP), filesystem[sb], dentry(r.Root))
		if w.Name == "shared" {
			peer := 0
			if r.Group != 0 {
				peer = number[r.NextPeer]
			}
			fmt.Fprintf(&text, " %d %d %d %d", peer, number[r.Master], number[r.FirstSlave], number[r.NextSlave])
		}
		text.WriteByte(';')
	}
	return text.String()
}
