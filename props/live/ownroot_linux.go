package live

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// ownRoot is the filesystem at the bottom of every mount namespace: nullfs from
// Linux 7.0 on, where there is little to do. Before, it is a rootfs with what
// is left of the initramfs in it, which worlds want read-only as recorded traces
// have it. It is the only thing of the machine that a server changes, so it is
// put back by the last server that ends, also where a server was killed that
// had changed it: a mark in the filesystem itself says that it was writable.
type ownRoot struct {
	dir    int      // its root directory; a file lock on it counts the servers
	device device   // of the superblock
	names  []string // what is in it
	rootfs bool     // it is one that can be written to
}

// mark is set on the root directory of a rootfs that was writable before. No kernel
// sets this bit there; the sticky one a rootfs has from the start where it is a tmpfs.
const mark = unix.S_ISGID

// openOwnRoot is called where the root of the thread is the kernel's own.
func (b *sandbox) openOwnRoot() (*ownRoot, error) {
	rows, err := b.ownTable()
	if err != nil {
		return nil, err
	}
	b.tellsSource = rows[0].hasSource
	r := &ownRoot{device: rows[0].device, rootfs: rows[0].fstype == "rootfs"}
	if err := r.unused(b.outside); err != nil {
		return nil, err
	}
	if r.dir, err = unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return nil, fmt.Errorf("opening the kernel's own root: %w", err)
	}
	if !r.rootfs {
		return r, nil
	}
	entries, err := os.ReadDir("/")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		r.names = append(r.names, e.Name())
	}
	if err := r.join(); err != nil {
		r.close()
		return nil, &UnreachableError{Reason: "the kernel's own root filesystem cannot be made read-only, as worlds want it", Err: err}
	}
	return r, nil
}

// unused refuses a kernel's own root that is the machine's root directory as well,
// as it is where everything runs from an initramfs: to make it read-only would stop
// the machine's programs from writing, and what they make could not be told from what
// a world has left in it.
func (r *ownRoot) unused(outside []device) error {
	if !r.rootfs || !slices.Contains(outside, r.device) {
		return nil
	}
	return &UnreachableError{Reason: "the machine's root directory is on the kernel's own root filesystem, as in a system that runs from its initramfs, and worlds want that read-only; a virtual machine does without it"}
}

// rootsOf are the filesystems that these paths are on, as far as they can be looked
// at.
func rootsOf(paths ...string) (all []device) {
	for _, path := range paths {
		var st unix.Statx_t
		if unix.Statx(unix.AT_FDCWD, path, unix.AT_NO_AUTOMOUNT, unix.STATX_BASIC_STATS, &st) == nil {
			all = append(all, device{st.Dev_major, st.Dev_minor})
		}
	}
	return all
}

// join adds this server to those that use it. The first one protects it; that
// another one, as the last of its time, has put it back meanwhile shows.
func (r *ownRoot) join() error {
	for {
		if flock(r.dir, unix.LOCK_EX|unix.LOCK_NB) == nil {
			if err := r.protect(); err != nil {
				return err
			}
		}
		if err := flock(r.dir, unix.LOCK_SH); err != nil {
			return err
		}
		if readOnly, err := r.readOnly(); readOnly || err != nil {
			return err
		}
		if err := flock(r.dir, unix.LOCK_UN); err != nil {
			return err
		}
	}
}

// protect makes it read-only, and marks it if it was not.
func (r *ownRoot) protect() error {
	if readOnly, err := r.readOnly(); readOnly || err != nil {
		return err
	}
	if err := r.setMark(true); err != nil {
		return err
	}
	return reconfigure(r.dir, "ro")
}

// clean removes what a world has made in it, while that could be written to, and
// makes it read-only again. A nullfs has nothing in it, and is not read-only when a
// trace starts; up to Linux 7.2.10 a world can make it so.
func (r *ownRoot) clean() error {
	if !r.rootfs {
		return writable(r.dir)
	}
	if readOnly, err := r.readOnly(); readOnly || err != nil {
		return err
	}
	dir, err := os.Open(fmt.Sprintf("/proc/self/fd/%d", r.dir))
	if err != nil {
		return err
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir.Name())
	if err != nil {
		return err
	}
	defer root.Close()
	for _, name := range names {
		if !slices.Contains(r.names, name) {
			err = errors.Join(err, root.RemoveAll(name))
		}
	}
	return errors.Join(err, reconfigure(r.dir, "ro"))
}

// close puts it back, unless another server still uses it.
func (r *ownRoot) close() {
	if r == nil || !r.rootfs {
		return
	}
	if flock(r.dir, unix.LOCK_EX|unix.LOCK_NB) == nil && r.marked() {
		if reconfigure(r.dir, "rw") == nil {
			_ = r.setMark(false)
		}
	}
	_ = flock(r.dir, unix.LOCK_UN)
	r.rootfs = false
}

func (r *ownRoot) readOnly() (bool, error) { return isReadOnly(r.dir) }

func (r *ownRoot) marked() bool {
	var st unix.Stat_t
	return unix.Fstat(r.dir, &st) == nil && st.Mode&mark != 0
}

func (r *ownRoot) setMark(on bool) error {
	var st unix.Stat_t
	if err := unix.Fstat(r.dir, &st); err != nil {
		return err
	}
	mode := st.Mode & 0o7777 &^ mark
	if on {
		mode |= mark
	}
	return unix.Fchmod(r.dir, mode)
}

// isReadOnly tells whether a file's superblock is, or its mount.
func isReadOnly(fd int) (bool, error) {
	var st unix.Statfs_t
	err := unix.Fstatfs(fd, &st)
	return st.Flags&unix.ST_RDONLY != 0, err
}

// reconfigure makes the superblock of an open file "ro" or "rw", and leaves the
// mount alone, which mount(2) would change as well.
func reconfigure(fd int, how string) error {
	fc, err := unix.Fspick(fd, "", unix.FSPICK_EMPTY_PATH|unix.FSPICK_CLOEXEC)
	if err != nil {
		return fmt.Errorf("fspick: %w", err)
	}
	defer unix.Close(fc)
	if err := unix.FsconfigSetFlag(fc, how); err != nil {
		return fmt.Errorf("fsconfig %s: %w", how, err)
	}
	if err := unix.FsconfigReconfigure(fc); err != nil {
		return fmt.Errorf("making a superblock %s: %w", how, err)
	}
	return nil
}
