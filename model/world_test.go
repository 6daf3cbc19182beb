package model

import (
	"errors"
	"strings"
	"testing"
)

// What a user is answered in a world of its own, and root in that of root. The same
// was recorded on a kernel: props/live/testdata/user.
func TestUnprivilegedWorld(t *testing.T) {
	for _, test := range []struct {
		name       string
		do         func(a Actor) error
		user, root Errno // 0: the call is made
		rule       Rule  // by which a user is refused
	}{
		{"the root is locked in place", func(a Actor) error { return a.Umount("/", MNT_DETACH) }, EINVAL, 0, RuleUmountLocked},
		{"pivot_root hands that on", func(a Actor) error {
			return errors.Join(a.PivotRoot("/tmpfs", "/tmpfs"), a.Umount("/..", 0), a.Umount("/", MNT_DETACH))
		}, EINVAL, 0, RuleUmountLocked},
		{"no proc is visible in full", func(a Actor) error { return a.Mount("proc", "/dir", "proc", 0) }, EPERM, 0, RuleTooRevealing},
		{"no sysfs is visible in full", func(a Actor) error { return a.Mount("sysfs", "/dir", "sysfs", 0) }, EPERM, 0, RuleTooRevealing},
		{"a superblock of its own", func(a Actor) error { return a.Mount("", "/", "", MS_REMOUNT|MS_RDONLY) }, 0, 0, 0},
		{"the superblock of all namespaces' files", func(a Actor) error {
			return errors.Join(a.Mount("/proc/self/ns/user", "/file", "", MS_BIND), a.Mount("", "/file", "", MS_REMOUNT|MS_RDONLY))
		}, EPERM, 0, RuleSBCapability},
		{"its own user namespace for a mapping", func(a Actor) error {
			user, err := a.Open("/proc/self/ns/user", O_RDONLY)
			if err != nil {
				return err
			}
			tree, err := a.OpenTree(AT_FDCWD, "/", OPEN_TREE_CLONE)
			if err != nil {
				return err
			}
			return a.MountSetattr(tree, "", AT_EMPTY_PATH, MountAttr{Set: MOUNT_ATTR_IDMAP, UserNSFD: Num(int64(user))})
		}, EINVAL, EPERM, RuleIDMapOwner},
		{"a mount namespace of its own", func(a Actor) error { return a.Unshare(CLONE_NEWNS) }, 0, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, unprivileged := range []bool{false, true} {
				want := test.root
				if unprivileged {
					want = test.user
				}
				s := NewState(World{Unprivileged: unprivileged})
				a := s.Actor(1)
				if err := errors.Join(a.Mkdir("/dir", 0o755), a.Mkdir("/tmpfs", 0o755), a.Mknod("/file", S_IFREG|0o644),
					a.Mount("none", "/tmpfs", "tmpfs", 0)); err != nil {
					t.Fatal(err)
				}
				err := test.do(a)
				if want == 0 && err != nil || want != 0 && !errors.Is(err, want) {
					t.Errorf("unprivileged %v: got %v, want %v", unprivileged, err, want)
				}
				var refused *CallError
				if unprivileged && errors.As(err, &refused) && refused.Result.Refusal.Rule != test.rule {
					t.Errorf("got rule %s, want %s", refused.Result.Refusal.Rule, test.rule)
				}
			}
		})
	}
}

// Both kinds of world look alike; what differs shows in the key alone.
func TestUnprivilegedWorldLooks(t *testing.T) {
	root, user := NewState(World{}), NewState(World{Unprivileged: true})
	if root.View() != user.View() {
		t.Errorf("the world of a user looks otherwise:\n%s\nand that of root:\n%s", user.View().Mounts, root.View().Mounts)
	}
	var keyer Keyer
	rootKey := string(keyer.Append(nil, root))
	userKey := string(keyer.Append(nil, user))
	if rootKey == userKey {
		t.Error("both have the same key")
	}
	back, err := DecodeKey([]byte(userKey), user.Sem)
	if err != nil {
		t.Fatal(err)
	}
	if again := string(keyer.Append(nil, back)); again != userKey {
		t.Error("the state that was made of the key has another one")
	}
	if strings.Count(user.View().Mounts, "\n") != 3 {
		t.Errorf("want a header and two mounts:\n%s", user.View().Mounts)
	}
}
