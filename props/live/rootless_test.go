package live

import (
	"path/filepath"
	"testing"

	"mntcheck/model/trace"
	"mntcheck/props/replay"
	"mntcheck/props/system"
)

// userTraces are recordings of what root is answered otherwise.
func userTraces(t *testing.T) (all []*trace.Trace) {
	t.Helper()
	err := trace.Each([]string{filepath.Join("testdata", "user")}, func(file string, data []byte) error {
		x, err := trace.Parse(file, data)
		all = append(all, x)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d traces, %v", len(all), err)
	}
	return all
}

// The model agrees with what a user was answered, and in the world of root does not.
func TestUserTracesOnModel(t *testing.T) {
	factoryFor := func(string) (system.Factory, error) { return system.NewModel, nil }
	for _, x := range userTraces(t) {
		if !x.Meta.Unprivileged() {
			t.Errorf("%s does not say whose world it is", x.Name)
		}
		for _, root := range []bool{false, true} {
			if root {
				x.Meta.Set("world", "that of root")
			}
			o, err := replay.Trace(t.Context(), x, factoryFor)
			if err != nil {
				t.Fatal(err)
			}
			if o.Agrees() == root {
				t.Errorf("%s, as root %v: %+v", x.Name, root, o)
			}
		}
	}
}
