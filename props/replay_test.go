package props_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"mntcheck/props"
)

const recorded = `-- meta --
kernel 7.3.4
family classic
-- initial.mountinfo --
1 1 0:1 / / rw - nullfs nullfs rw
2 1 0:2 / / rw,relatime - tmpfs none rw
-- trace --
1 mkdir("/a", 0755) = 0
1 umount2("/a", 0) = -1 EINVAL (Invalid argument)
-- final.mountinfo --
# ns 1 actors 1
1 1 0:1 / / rw - nullfs nullfs rw
2 1 0:2 / / rw,relatime - tmpfs none rw
-- actors --
1 ns 1 root 2 / cwd 2 /
`

func TestReplay(t *testing.T) {
	other := strings.Replace(recorded, "7.3.4", "2.6.32", 1)
	traces := fstest.MapFS{"good.txtar": {Data: []byte(recorded)}, "old/other.txtar": {Data: []byte(other)}}
	for name, factory := range map[string]func() *props.ReplayReport{
		"the model":      func() *props.ReplayReport { return props.Replay(t, traces, nil) },
		"another system": func() *props.ReplayReport { return props.Replay(t, traces, newForgetful) },
	} {
		if r := factory(); r.Agree != 1 || r.Disagree != 0 || len(r.Skipped) != 1 || r.Skipped[0].Files[0] != "old/other.txtar" {
			t.Errorf("%s: got %+v", name, r)
		}
	}
}

func TestReplayFails(t *testing.T) {
	wrong := strings.Replace(recorded, "EINVAL (Invalid argument)", "EBUSY (Device or resource busy)", 1)
	for _, test := range []struct {
		name, trace, want string
	}{
		{"answer", wrong, `bad.txtar:9 (kernel 7.3.4): call 2, 1 umount2("/a", 0): want -1 EBUSY (Device or resource busy), got -1 EINVAL (Invalid argument) by rule not-a-mount`},
		{"view", strings.Replace(recorded, "1 ns 1 root 2 / cwd 2 /", "1 ns 1 root 2 / cwd 2 /a", 1), `bad.txtar (kernel 7.3.4): the final view differs: want "1 ns 1 root 2 / cwd 2 /a", got "1 ns 1 root 2 / cwd 2 /"`},
		{"syntax", "-- meta --\nkernel 7.3.4\n-- trace --\n1 oops()\n", "bad.txtar:4:"},
	} {
		r := say(t, func(tb testing.TB) {
			props.Replay(tb, fstest.MapFS{"bad.txtar": {Data: []byte(test.trace)}}, nil)
		})
		if !strings.Contains(r.said.String(), test.want) {
			t.Errorf("%s: got %q, want it to contain %q", test.name, r.said.String(), test.want)
		}
	}
}
