package live

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// Worlds of a user who is not root are made in a user namespace of their own.
// The mounts that come into it are locked to each other, so that nothing of them
// can be taken away alone; but all of them can, when something else has become the
// root. What is left is the kernel's own root, and a tmpfs to which pivot_root has
// handed on the lock. Every world gets a new one, in the same way.

// initialUser is the user namespace that the kernel starts with, as a link of
// /proc shows it: PROC_USER_INIT_INO.
const initialUser = "user:[4026531837]"

// inInitialUser tells whether the calling process is in the initial user namespace.
func inInitialUser() (bool, error) {
	text, err := os.Readlink("/proc/self/ns/user")
	if errors.Is(err, os.ErrNotExist) {
		if _, err := os.Stat("/proc/self"); err == nil {
			return true, nil // a kernel without user namespaces
		}
	}
	if err != nil {
		return false, &UnreachableError{Reason: "there is no /proc", Err: err}
	}
	return text == initialUser, nil
}

// reduce makes home and the bare namespace, where strip cannot: from a new root.
func (b *sandbox) reduce() error {
	return inSteps("a mount namespace with nothing of the machine's", []step{
		{"mounting a tmpfs", func() error { return unix.Mount("home", "/", "tmpfs", 0, "mode=755") }},
		{"chdir", func() error { return unix.Chdir("/..") }},
		{"mkdir", func() error { return unix.Mkdir("proc", 0o755) }},
		// As long as what was mounted before is there: who may mount proc depends on it.
		{"mounting proc", mountOwnProc},
		{"pivot_root", func() error { return rootWithoutParent(unix.PivotRoot(".", ".")) }},
		{"umount2", func() error { return unix.Unmount(".", unix.MNT_DETACH) }},
		{"chdir", func() error { return unix.Chdir("/") }},
		{"the namespace's file", func() (err error) { b.home, err = b.ownSpace(); return err }},
		{"a copy without proc", b.leaveProc},
		{"looking at what is left", b.checkReduced},
		{"setns", func() error { return unix.Setns(b.home, unix.CLONE_NEWNS) }},
	})
}

// mountOwnProc mounts proc on the directory of that name. It has to treat access
// times as the one that is mounted already, and all of that one has to be visible.
func mountOwnProc() (err error) {
	for _, atime := range []uintptr{0, unix.MS_NOATIME, unix.MS_STRICTATIME} {
		for _, directories := range []uintptr{0, unix.MS_NODIRATIME} {
			if err = unix.Mount("proc", "proc", "proc", atime|directories, ""); err != unix.EPERM {
				return err
			}
		}
	}
	return &UnreachableError{
		Reason: "proc cannot be mounted here, since no other one is mounted that can be written to and has nothing in it covered, as in a container; root of the initial user namespace is needed, or a virtual machine",
		Err:    err,
	}
}

// rootWithoutParent explains why there can be no other root.
func rootWithoutParent(err error) error {
	if errors.Is(err, unix.EINVAL) {
		return &UnreachableError{
			Reason: "the root directory is that of the kernel's own root, or is no mount, and only root of the initial user namespace can do without it; a virtual machine needs no privileges",
			Err:    err,
		}
	}
	return err
}

// leaveProc makes the bare namespace, and enters it. Where the kernel can make a
// namespace of a subtree, only the tmpfs and the kernel's own root are in it; else
// whatever may be between them as well, such as the root of an initramfs. The
// tmpfs is locked in both.
func (b *sandbox) leaveProc() error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, "/", model.OPEN_TREE_NAMESPACE|unix.OPEN_TREE_CLOEXEC)
	if err == nil {
		b.bare = fd
		return unix.Setns(fd, unix.CLONE_NEWNS)
	}
	if !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("open_tree: %w", err)
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return err
	}
	if b.bare, err = b.ownSpace(); err != nil {
		return err
	}
	return unix.Unmount("/proc", unix.MNT_DETACH)
}

// ownSpace opens the file of the thread's mount namespace.
func (b *sandbox) ownSpace() (int, error) {
	fd, err := openNS("/proc/thread-self/ns/mnt")
	if err != nil {
		return -1, err
	}
	if _, err = namespaceID(fd); err != nil {
		return -1, b.tellsNoIDs(err)
	}
	return fd, nil
}

// checkReduced makes sure that a tmpfs on the kernel's own root is all there is,
// and that this root is as worlds have it: nobody here can change it.
func (b *sandbox) checkReduced() error {
	rows, err := b.tableHere(b.self)
	if err != nil {
		return err
	}
	bottom := &rows[0]
	b.tellsSource = bottom.hasSource
	b.root = &ownRoot{dir: -1, device: bottom.device}
	if len(rows) != 2 {
		return &UnreachableError{Reason: fmt.Sprintf("there are %d mounts between the root directory and the kernel's own root, which only root of the initial user namespace can take away; a virtual machine needs no privileges", len(rows)-2)}
	}
	b.likeInWorlds(rows)
	options := string(appendOptions(nil, bottom.attr))
	if tags := bottom.tags(); options != "rw" || tags != "" {
		return &UnreachableError{Reason: fmt.Sprintf("the mount of the kernel's own root is %q, where worlds have %q, and only root of the initial user namespace can change that; a virtual machine needs no privileges",
			strings.TrimSpace(options+" "+tags), "rw")}
	}
	return nil
}

// likeInWorlds gives the kernel's own root, as it is before Linux 7.0, the options
// that it has in the worlds of root. Here it has those that the machine has given
// it, or another program gives it right now, and they mean nothing: what is mounted
// on it is locked in place, so no call gets there. From 7.0 on there are ways.
func (b *sandbox) likeInWorlds(rows []mount) {
	if !b.unprivileged {
		return
	}
	for i := range rows {
		if m := &rows[i]; m.device == b.root.device && m.fstype == "rootfs" {
			m.attr, m.readOnlySB = unix.MOUNT_ATTR_STRICTATIME, true
		}
	}
}

// holdSysfs keeps the superblock of sysfs by a context. It cannot be mounted
// here.
func (s *superblocks) holdSysfs() error {
	fd, err := unix.Fsopen("sysfs", unix.FSOPEN_CLOEXEC)
	if err == unix.ENODEV {
		return nil
	}
	if err == nil {
		err = unix.FsconfigCreate(fd)
	}
	if err != nil {
		return fmt.Errorf("a context of sysfs: %w", err)
	}
	return nil
}

// checkWritable refuses to go on where another program has left the superblock of
// nsfs read-only, which worlds would show.
func (s *superblocks) checkWritable() error {
	readOnly, err := isReadOnly(s.nsfs)
	if readOnly {
		return &UnreachableError{Reason: "the superblock of namespaces' files is read-only, which worlds would show, and only root of the initial user namespace can change that"}
	}
	return err
}
