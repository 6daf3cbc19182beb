package live

import (
	"errors"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// A machine that runs from its initramfs has its programs on the filesystem that
// servers make read-only, and clean: there, no server may start.
func TestOwnRootOfTheMachine(t *testing.T) {
	initramfs, disk := device{0, 2}, device{254, 1}
	for _, c := range []struct {
		name    string
		root    ownRoot
		outside []device
		refused bool
	}{
		{"a disk over a rootfs", ownRoot{device: initramfs, rootfs: true}, []device{disk, disk}, false},
		{"an initramfs", ownRoot{device: initramfs, rootfs: true}, []device{initramfs, initramfs}, true},
		{"a container on an initramfs", ownRoot{device: initramfs, rootfs: true}, []device{disk, initramfs}, true},
		{"nothing can be made in a nullfs", ownRoot{device: initramfs}, []device{initramfs}, false},
		{"init of a machine of its own", ownRoot{device: initramfs, rootfs: true}, nil, false},
	} {
		err := c.root.unused(c.outside)
		if refused := errors.As(err, new(*UnreachableError)); refused != c.refused {
			t.Errorf("%s: got %v, want refused %v", c.name, err, c.refused)
		}
	}
}

func TestRootsOf(t *testing.T) {
	var st unix.Stat_t
	if err := unix.Stat("/", &st); err != nil {
		t.Fatal(err)
	}
	want := []device{{unix.Major(st.Dev), unix.Minor(st.Dev)}}
	if got := rootsOf("/", "/nope/x"); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The mark of a rootfs is one that it does not have by itself, and leaves its mode as
// it was.
func TestMarkOfOwnRoot(t *testing.T) {
	for _, mode := range []uint32{0o755, 0o1777} {
		dir, err := unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer unix.Close(dir)
		if err := unix.Fchmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		r := &ownRoot{dir: dir}
		if r.marked() {
			t.Errorf("mode %o: it is marked before anybody has marked it", mode)
		}
		if err := r.setMark(true); err != nil || !r.marked() {
			t.Errorf("mode %o: not marked: %v", mode, err)
		}
		if err := r.setMark(false); err != nil || r.marked() {
			t.Errorf("mode %o: still marked: %v", mode, err)
		}
		var st unix.Stat_t
		if err := unix.Fstat(dir, &st); err != nil || st.Mode&0o7777 != mode {
			t.Errorf("mode %o is now %o (%v)", mode, st.Mode&0o7777, err)
		}
	}
}
