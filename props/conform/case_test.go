package conform

import (
	"testing"

	"mntcheck/model"
	"mntcheck/props/draw"
)

// TestEmptyNamespacesAreDrawn: programs make processes in empty mount namespaces, both
// ways, and go on in them.
func TestEmptyNamespacesAreDrawn(t *testing.T) {
	for _, test := range []struct {
		release string
		made    bool
	}{{"7.0.13", false}, {"7.1.13", true}, {"7.3.4", true}} {
		sem, err := model.ForRelease(test.release)
		if err != nil {
			t.Fatal(err)
		}
		d := caseDrawer{seed: 1, sem: sem, families: families, drawer: draw.NewDrawer()}
		unshared, cloned, behind := 0, 0, 0
		for i := range uint64(1000) {
			c, err := d.draw(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			empty := false
			for j := range c.program {
				call := &c.program[j].Call
				if c.answers[j].Errno != 0 {
					continue
				}
				switch {
				case call.Op == model.OpUnshare && call.Args[0].N&model.UNSHARE_EMPTY_MNTNS != 0:
					unshared++
					empty = true
				case call.Op == model.OpClone3 && call.Args[0].N&model.CLONE_EMPTY_MNTNS != 0:
					cloned++
					empty = true
				case empty:
					behind++
				}
			}
		}
		t.Logf("%s: %d by unshare, %d by clone3, %d calls that succeed behind them", test.release, unshared, cloned, behind)
		if made := unshared > 0 && cloned > 0 && behind > 100; made != test.made {
			t.Errorf("%s: %d are made by unshare and %d by clone3, with %d calls behind them: want some %v", test.release, unshared, cloned, behind, test.made)
		}
	}
}
