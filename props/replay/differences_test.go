package replay_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/replay"
	"mntcheck/props/system"
)

// unseen are the rules without a short recording, and why.
var unseen = map[string]string{
	"PivotMembershipFirst": "either order answers EINVAL",
	"DescriptorFirst":      "it takes a thousand descriptors to show",
}

// TestDifferences replays, for each rule in which releases differ, what kernels
// with and without the rule answered to a small program: the model agrees with
// both, and with the rule turned over it disagrees.
func TestDifferences(t *testing.T) {
	for _, d := range model.Differences() {
		t.Run(d.Name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("testdata", "differences", d.Name+"-*.txtar"))
			if err != nil {
				t.Fatal(err)
			}
			held := map[bool]int{}
			for _, file := range files {
				held[replayTurned(t, file, d)]++
			}
			if unseen[d.Name] == "" && (held[true] == 0 || held[false] == 0) {
				t.Errorf("%d recordings of kernels with the rule, %d of kernels without; want one of each", held[true], held[false])
			}
		})
	}
}

// replayTurned replays a recording as it is and with a rule turned over, and
// returns whether the rule holds on the kernel of the recording.
func replayTurned(t *testing.T, file string, d model.Difference) (held bool) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	recorded, err := trace.Parse(file, data)
	if err != nil {
		t.Fatal(err)
	}
	agrees := func(sem *model.Semantics) bool {
		made := func(ctx context.Context, w system.World) (system.System, error) {
			w.Semantics = sem
			return system.NewModel(ctx, w)
		}
		outcome, err := replay.Trace(t.Context(), recorded, replay.Fixed(made))
		if err != nil {
			t.Fatal(err)
		}
		return outcome.Agrees()
	}
	sem, err := model.ForRelease(recorded.Meta.Kernel())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(file, recorded.Meta.Kernel()) {
		t.Errorf("%s was recorded on %s", file, recorded.Meta.Kernel())
	}
	if !agrees(sem) {
		t.Errorf("%s: the model disagrees", file)
	}
	turned := *sem
	rule := d.Of(&turned)
	held = *rule
	*rule = !held
	if agrees(&turned) {
		t.Errorf("%s: the model agrees with the rule turned over as well", file)
	}
	return held
}
