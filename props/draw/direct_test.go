package draw

import (
	"testing"

	"mntcheck/model"
)

// Every state that is drawn is legal, whatever the bytes, and many kinds of
// tables are among them.
func TestDirect(t *testing.T) {
	views := map[model.View]bool{}
	var shared, slaves, locked, stacked, weak int
	n := uint64(3000)
	if testing.Short() {
		n = 300
	}
	for i := range n {
		s, err := Direct(NewSeed(1, i), nil, Small, Medium)
		if err != nil {
			t.Fatalf("case %d: %v", i, err)
		}
		views[s.View()] = true
		for m := range s.Mounts {
			r := &s.Mounts[m]
			if r.ID == 0 || r.NS <= 0 {
				continue
			}
			shared += int(r.Flags & model.Shared / model.Shared)
			locked += int(r.Flags & model.Locked / model.Locked)
			if r.Master != 0 {
				slaves++
			}
			if r.Parent != 0 && s.Mounts[r.Parent].Root == r.MP {
				stacked++
			}
		}
		for p := 1; p < len(s.Procs); p++ {
			if s.Procs[p].Caps != model.AllCaps {
				weak++
			}
		}
	}
	if uint64(len(views)) < n*3/4 {
		t.Errorf("%d states have %d views, want most to be different", n, len(views))
	}
	for name, count := range map[string]int{"shared": shared, "slaves": slaves, "locked": locked, "stacked": stacked, "processes that lack a capability": weak} {
		if uint64(count) < n/20 {
			t.Errorf("%d %s in %d states", count, name, n)
		}
	}
	for _, data := range [][]byte{nil, {0}, {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255}} {
		if _, err := Direct(NewBytes(data), nil); err != nil {
			t.Errorf("bytes %v: %v", data, err)
		}
	}
}
