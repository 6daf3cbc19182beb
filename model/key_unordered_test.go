package model_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// shuffle puts children, rings and slave lists in another order, each that
// there is being possible.
func shuffle(s *model.State, random *rand.Rand) (moved bool) {
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
	groups := map[int32][]model.MountIx{}
	slaves := map[int32][]model.MountIx{} // by the group of their master
	for i := range s.Mounts {
		m, r := model.MountIx(i), &s.Mounts[i]
		if r.ID == 0 || i == 0 {
			continue
		}
		if r.Group != 0 {
			groups[r.Group] = append(groups[r.Group], m)
		}
		if r.Master != 0 && s.Mounts[r.Master].Group != 0 {
			slaves[s.Mounts[r.Master].Group] = append(slaves[s.Mounts[r.Master].Group], m)
		}
		var children []model.MountIx
		places := map[model.DentryIx]bool{}
		for c := r.FirstChild; c != 0; c = s.Mounts[c].NextChild {
			children = append(children, c)
			places[s.Mounts[c].MP] = true
		}
		if len(places) != len(children) || len(children) < 2 {
			continue // one on top of the other: their order is not free
		}
		mix(children)
		edit.Mount(m).FirstChild, edit.Mount(m).LastChild = children[0], children[len(children)-1]
		for j, c := range children {
			edit.Mount(c).PrevChild, edit.Mount(c).NextChild = at(children, j-1), at(children, j+1)
		}
	}
	for _, members := range groups {
		mix(members)
		for j, m := range members {
			r := edit.Mount(m)
			r.NextPeer, r.PrevPeer = members[(j+1)%len(members)], members[(j+len(members)-1)%len(members)]
		}
	}
	for group, list := range slaves {
		for _, m := range groups[group] {
			edit.Mount(m).FirstSlave = 0
		}
		mix(list)
		master := groups[group][random.IntN(len(groups[group]))]
		// Peers stand together, in the order of their ring.
		var sorted []model.MountIx
		for _, m := range list {
			if slices.Contains(sorted, m) {
				continue
			}
			sorted = append(sorted, m)
			for p := s.Mounts[m].NextPeer; p != m; p = s.Mounts[p].NextPeer {
				sorted = append(sorted, p)
			}
		}
		edit.Mount(master).FirstSlave = sorted[0]
		for j, m := range sorted {
			r := edit.Mount(m)
			r.Master, r.PrevSlave, r.NextSlave = master, at(sorted, j-1), at(sorted, j+1)
		}
	}
	return moved
}

// Whatever the orders were, they become the same, and the view does not change.
func TestUnordered(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	k := new(model.Keyer)
	moved := 0
	eachRecorded(t, func(t *testing.T, tr *trace.Trace, s *model.State) {
		for i, step := range tr.Steps {
			if _, err := s.Do(step.Actor, &step.Call); err != nil {
				t.Fatal(err)
			}
			sorted := s.Clone()
			sorted.Unordered(k)
			want := sorted.AppendKey(nil)
			if a, b := s.View(), sorted.View(); a.Mounts != b.Mounts || a.Actors != b.Actors {
				t.Fatalf("%s: after call %d the view changed with the orders\n%s%s\n%s%s", tr.Name, i+1, a.Mounts, a.Actors, b.Mounts, b.Actors)
			}
			d, err := model.DecodeKey(want, s.Sem)
			if err != nil {
				t.Fatalf("%s: after call %d: %v", tr.Name, i+1, err)
			}
			d.Unordered(k)
			if !bytes.Equal(want, d.AppendKey(nil)) {
				t.Fatalf("%s: after call %d: orders changed when they were sorted again", tr.Name, i+1)
			}
			other := s.Clone()
			if !shuffle(other, random) {
				continue
			}
			moved++
			other.Unordered(k)
			if !bytes.Equal(want, other.AppendKey(nil)) {
				t.Fatalf("%s: after call %d: a state with other orders became another one", tr.Name, i+1)
			}
		}
	})
	if moved < 100 {
		t.Errorf("%d states had orders to change", moved)
	}
}
