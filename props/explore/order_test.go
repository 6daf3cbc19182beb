package explore

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/props/invariant"
)

// groups is a world for tests in which orders differ much: several peers, slaves
// and children, copied, moved, and taken out.
const groups = `world groups
limit mounts 7
limit namespaces 2
setup
mkdir("/a", 0755)
mkdir("/b", 0755)
fork()
calls
1 mount("/", ["/a";"/b"], NULL, MS_BIND[;|MS_REC], NULL)
1 mount(NULL, ["/";"/a"], NULL, [MS_SHARED;MS_SLAVE;MS_PRIVATE], NULL)
1 mount("/a", "/b", NULL, MS_MOVE, NULL)
1 umount2(["/a";"/b"], MNT_DETACH)
1 open_tree(AT_FDCWD, "/", OPEN_TREE_NAMESPACE|AT_RECURSIVE)
2 unshare(CLONE_NEWNS)
2 unshare(CLONE_NEWUSER|CLONE_NEWNS)
2 mount("/a", "/b", NULL, MS_BIND, NULL)
2 umount2("/a", MNT_DETACH)
`

// reorder puts children, rings and slave lists in another order, peers together.
func reorder(s *model.State, random *rand.Rand) (moved bool) {
	edit := s.Edit()
	mix := func(list []model.MountIx) {
		was := slices.Clone(list)
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		moved = moved || !slices.Equal(was, list)
	}
	at := func(list []model.MountIx, i int) model.MountIx {
		if i < 0 || i >= len(list) {
			return 0
		}
		return list[i]
	}
	members, slaves := map[int32][]model.MountIx{}, map[int32][]model.MountIx{}
	for i := range s.Mounts {
		m, r := model.MountIx(i), &s.Mounts[i]
		if r.ID == 0 || i == 0 {
			continue
		}
		if r.Group != 0 {
			members[r.Group] = append(members[r.Group], m)
		}
		if r.Master != 0 {
			g := s.Mounts[r.Master].Group
			slaves[g] = append(slaves[g], m)
		}
		var children []model.MountIx
		for c := r.FirstChild; c != 0; c = s.Mounts[c].NextChild {
			children = append(children, c)
		}
		if len(children) < 2 {
			continue
		}
		mix(children)
		edit.Mount(m).FirstChild, edit.Mount(m).LastChild = children[0], children[len(children)-1]
		for j, c := range children {
			edit.Mount(c).PrevChild, edit.Mount(c).NextChild = at(children, j-1), at(children, j+1)
		}
	}
	for _, g := range slices.Sorted(maps.Keys(members)) {
		list := members[g]
		mix(list)
		for j, m := range list {
			r := edit.Mount(m)
			r.NextPeer, r.PrevPeer = list[(j+1)%len(list)], list[(j+len(list)-1)%len(list)]
		}
	}
	for _, g := range slices.Sorted(maps.Keys(slaves)) {
		list := slaves[g]
		for _, m := range members[g] {
			edit.Mount(m).FirstSlave = 0
		}
		mix(list)
		var together []model.MountIx
		for _, m := range list {
			if slices.Contains(together, m) {
				continue
			}
			together = append(together, m)
			for p := s.Mounts[m].NextPeer; p != m; p = s.Mounts[p].NextPeer {
				together = append(together, p)
			}
		}
		master := members[g][random.IntN(len(members[g]))]
		edit.Mount(master).FirstSlave = together[0]
		for j, m := range together {
			r := edit.Mount(m)
			r.Master, r.PrevSlave, r.NextSlave = master, at(together, j-1), at(together, j+1)
		}
	}
	return moved
}

// eachTransition calls f for the transitions of a world, breadth first.
func eachTransition(t *testing.T, w *World, sem *model.Semantics, depth int, f func(tr *invariant.Transition)) {
	t.Helper()
	first, err := w.start(sem)
	if err != nil {
		t.Fatal(err)
	}
	layer := []*model.State{first}
	seen := map[string]bool{string(first.AppendKey(nil)): true}
	for range depth {
		var next []*model.State
		for _, s := range layer {
			for i := range w.Calls {
				step, after := &w.Calls[i], s.Clone()
				r, err := after.Do(step.Actor, &step.Call)
				if err != nil {
					t.Fatal(err)
				}
				if w.Limits.beyond(after) >= 0 {
					continue
				}
				f(invariant.NewTransition(s, after, step.Actor, &step.Call, r))
				if key := string(after.AppendKey(nil)); !seen[key] {
					seen[key] = true
					next = append(next, after)
				}
			}
		}
		layer = next
	}
}

// The invariants that IgnoreOrder leaves out are those that a call breaks which
// does what it should, but changes orders: they and no others. NS-18 and NS-20
// are left out besides: what they look at comes of calls that they make, whose
// orders cannot be changed from here.
func TestOrderedInvariants(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	broken := map[string]bool{}
	reordered := 0
	sem := release(t, "7.3")
	check := func(tr *invariant.Transition) {
		for _, v := range invariant.All() {
			if _, b := v.Check(tr); b != nil {
				t.Fatalf("%s: %s", v.Name, b.Message)
			}
		}
		after := tr.After.Clone()
		if !reorder(after, random) {
			return
		}
		reordered++
		other := invariant.NewTransition(tr.Before, after, tr.Actor, tr.Call, tr.Result)
		for _, v := range invariant.All() {
			if _, b := v.Check(other); b != nil {
				broken[v.Name] = true
			}
		}
	}
	for _, x := range []struct {
		text  string
		depth int
	}{{groups, 4}, {onRoot, 5}, {small, 5}} {
		eachTransition(t, world(t, x.text), sem, x.depth, check)
	}
	broken["NS-18"], broken["NS-20"] = true, true
	if got := names(broken); !slices.Equal(got, slices.Sorted(slices.Values(ordered))) {
		t.Errorf("of %d transitions with other orders these broke: %q\nleft out are %q", reordered, got, ordered)
	}
}

// With orders ignored a search finds the states that one which does not ignore
// them finds, but for their orders: no order decides what a call does.
func TestIgnoreOrderFindsAll(t *testing.T) {
	if testing.Short() {
		t.Skip("explores five worlds twice")
	}
	for _, x := range []struct {
		release, text string
		depth         int
	}{{"7.3", groups, 4}, {"7.0.0", groups, 4}, {"7.3", small, 5}, {"7.0.0", small, 5}, {"7.3", onRoot, 5}} {
		w, sem := world(t, x.text), release(t, x.release)
		w.Interchangeable = nil
		plain := explorePlainly(t, w, sem, x.depth)
		k, classes := new(model.Keyer), map[string]bool{}
		for _, key := range plain.keys {
			s, err := model.DecodeKey(key, sem)
			if err != nil {
				t.Fatal(err)
			}
			s.Unordered(k)
			classes[string(s.AppendKey(nil))] = true
		}
		o := Options{Semantics: sem, Depth: x.depth, KeepGoing: true, KeepKeys: true, IgnoreOrder: true}
		r := run(t, w, o)
		if r.States != uint64(len(classes)) {
			t.Errorf("%s on %s: %d states, want %d, of %d with orders", w.Name, x.release, r.States, len(classes), len(plain.keys))
		}
		want := maps.Clone(plain.broken)
		for _, name := range ordered {
			delete(want, name)
		}
		if a, b := names(brokenOf(r)), names(want); !slices.Equal(a, b) {
			t.Errorf("%s on %s: broken %v, want %v", w.Name, x.release, a, b)
		}
		t.Logf("%s on %s: %d states, %d with orders", w.Name, x.release, r.States, len(plain.keys))
	}
}

// What a search with orders ignored leaves out it says, and it does not begin
// where orders decide.
func TestIgnoreOrderSays(t *testing.T) {
	o := Options{IgnoreOrder: true, Depth: 2, Invariants: []*invariant.Invariant{invariant.Find("INV-1"), invariant.Find("NS-11")}}
	r := run(t, world(t, groups), o)
	if !slices.Equal(r.Skipped, []string{"NS-11"}) || len(r.Invariants) != 1 || r.Invariants[0].Name != "INV-1" {
		t.Errorf("left out %v, checked %+v", r.Skipped, r.Invariants)
	}
	o.Semantics = release(t, "6.12.44")
	if _, err := Run(t.Context(), world(t, groups), o); err == nil || !strings.Contains(err.Error(), "cannot be ignored") {
		t.Errorf("before 6.17: %v", err)
	}
}
