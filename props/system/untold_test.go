package system

import (
	"testing"

	"mntcheck/model"
)

func TestTellAs(t *testing.T) {
	const (
		first  = "1 1 0:1 / / rw - rootfs rootfs ro\n"
		untold = "2 1 0:2 / / rw - tmpfs \\? rw\n"
		as     = "2 1 0:2 / / rw - tmpfs a\\040b rw\n"
	)
	for _, test := range []struct{ name, view, other, want string }{
		{"told", first, untold, first},
		{"the same otherwise", first + untold, first + as, first + as},
		{"an empty source", untold, "2 1 0:2 / / rw - tmpfs  rw\n", "2 1 0:2 / / rw - tmpfs  rw\n"},
		{"another line", first + untold, first + "2 1 0:2 / /a rw - tmpfs x rw\n", first + untold},
		{"another type", untold, "2 1 0:2 / / rw - ramfs x rw\n", untold},
		{"other options", untold, "2 1 0:2 / / rw - tmpfs x ro\n", untold},
		{"fewer lines", first + untold, first, first + untold},
		{"more lines", untold, as + first, as},
	} {
		got := TellAs(model.View{Mounts: test.view, Actors: "x"}, model.View{Mounts: test.other})
		if got.Mounts != test.want || got.Actors != "x" {
			t.Errorf("%s: %q, want %q", test.name, got.Mounts, test.want)
		}
	}
	if n := CountUntold(model.View{Mounts: first + untold + as + untold}); n != 2 {
		t.Errorf("%d sources are not told, want 2", n)
	}
}
