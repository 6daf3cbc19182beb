package live

import (
	"errors"
	"testing"

	"mntcheck/model"
)

// TestCanonical writes a snapshot with what a test on a kernel cannot bring
// about at will: numbers that are far apart, and mounts out of order.
func TestCanonical(t *testing.T) {
	const relatime, none = model.MOUNT_ATTR_RELATIME, model.MOUNT_ATTR_STRICTATIME
	first, second := device{0, 2}, device{0, 77}
	s := &snapshot{
		initial: [2]device{first, second},
		spaces: []table{
			{ino: 4026533000, fds: []holder{{1, 4}, {2, 3}}, mounts: []mount{
				{id: 9001, parent: 9001, device: first, readOnlySB: true, attr: none, root: "/", point: "/", hasPoint: true, fstype: "rootfs", source: "rootfs"},
				{id: 9007, parent: 9002, device: device{8, 1}, attr: relatime, root: "/x y//deleted", point: "/b\\", hasPoint: true, fstype: "tmpfs", source: "a#b c", group: 70, propagation: model.MS_SHARED},
				{id: 9003, parent: 9002, device: second, attr: model.MOUNT_ATTR_RDONLY | model.MOUNT_ATTR_NOATIME, root: "/d", point: "/a", hasPoint: true, fstype: "tmpfs", source: "none", group: 70, master: 12},
				{id: 9002, parent: 9001, device: second, attr: relatime, root: "/", point: "/", hasPoint: true, fstype: "tmpfs", source: "none"},
			}},
			{ino: 4026532999, mounts: []mount{
				{id: 9100, parent: 9100, device: first, readOnlySB: true, attr: none, root: "/", point: "/", hasPoint: true, fstype: "rootfs", source: "rootfs"},
				{id: 9101, parent: 9100, device: device{0, 4}, attr: none, root: "mnt:[4026533000]", point: "/f", hasPoint: true, fstype: "nsfs", source: "nsfs"},
				{id: 9102, parent: 9100, device: device{0, 4}, attr: none, root: "user:[4026531837]", point: "/g", hasPoint: true, fstype: "nsfs", source: "nsfs", propagation: model.MS_UNBINDABLE},
			}},
		},
		places: []place{
			{actor: 1, ino: 4026533000, root: location{9002, "/", false}, cwd: location{9003, "/a/e", true}},
			{actor: 2, ino: 4026532999, root: location{1, "/gone", false}, cwd: location{9007, "/b\\", true}},
		},
	}
	want := model.View{
		Mounts: `# ns 1 actors 1 fds 1:4,2:3 pins 6
1 1 0:1 / / rw - rootfs rootfs ro
2 1 0:2 / / rw,relatime - tmpfs none rw
3 2 0:2 /d /a ro,noatime shared:1 master:2 - tmpfs none rw
4 2 0:3 /x\040y//deleted /b\134 rw,relatime shared:1 - tmpfs a\043b\040c rw
# ns 2 actors 2
5 5 0:1 / / rw - rootfs rootfs ro
6 5 0:4 mnt:[1] /f rw - nsfs nsfs rw
7 5 0:4 user:[1] /g rw unbindable - nsfs nsfs rw
`,
		Actors: `1 ns 1 root 2 / cwd 3 /d/e//deleted
2 ns 2 root - - cwd 4 /x\040y//deleted//deleted
`,
	}
	got, err := s.view()
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got\n%s%swant\n%s%s", got.Mounts, got.Actors, want.Mounts, want.Actors)
	}
}

func TestCanonicalRefuses(t *testing.T) {
	root := mount{id: 1, parent: 1, root: "/", point: "/", hasPoint: true}
	for _, test := range []struct {
		name        string
		mounts      []mount
		unsupported bool
	}{
		{"a mountpoint without a path", []mount{root, {id: 2, parent: 1, root: "/"}}, true},
		{"a mount whose parent is missing", []mount{root, {id: 2, parent: 7, root: "/", point: "/a", hasPoint: true}}, false},
	} {
		_, err := (&snapshot{spaces: []table{{mounts: test.mounts}}}).view()
		if err == nil || errors.Is(err, errors.ErrUnsupported) != test.unsupported {
			t.Errorf("%s: got error %v", test.name, err)
		}
	}
}
