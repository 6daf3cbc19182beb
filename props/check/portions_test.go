package check_test

import (
	"sync"
	"testing"

	"mntcheck/props/check"
)

func TestPortions(t *testing.T) {
	const checks = 1000
	p := check.NewPortions(checks)
	var mu sync.Mutex
	var workers sync.WaitGroup
	seen := map[uint64]int{}
	for range 4 {
		workers.Go(func() {
			p.Each(func() bool { return false }, func(first uint64, n int) {
				mu.Lock()
				defer mu.Unlock()
				for i := range uint64(n) {
					seen[first+i]++
				}
			})
		})
	}
	workers.Wait()
	for i := range uint64(checks) {
		if seen[i] != 1 {
			t.Fatalf("case %d was dealt out %d times", i, seen[i])
		}
	}
	if len(seen) != checks {
		t.Errorf("%d cases were dealt out, want %d", len(seen), checks)
	}
}

func TestPortionsEnd(t *testing.T) {
	p := check.NewPortions(0)
	runs := 0
	p.Each(func() bool { return false }, func(uint64, int) {
		if runs++; runs == 3 {
			p.End()
		}
	})
	p.Each(func() bool { return true }, func(uint64, int) { runs++ })
	if runs != 3 {
		t.Errorf("%d portions, want 3", runs)
	}
}
