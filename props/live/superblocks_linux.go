package live

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// superblocks are those that exist once in a kernel, or once in a network
// namespace, whichever mount shows them: a remount in one world is seen in the
// next, and for nsfs and the kernel's own root in those of other servers.
//
// Servers hold a file lock together while they do something in a world, and one
// whose world remounts such a superblock holds it alone until that world is gone.
// A gate keeps others out while one waits for that. The files that are locked are
// those of two namespaces that all servers are in.
type superblocks struct {
	lock, gate int // descriptors
	nsfs       int // a file of nsfs, opened through a mount of this namespace
	sysfs      int // the root of sysfs; -1: the kernel has none, or a context keeps it
	root       *ownRoot
	device     device // of nsfs
	exclusive  bool   // this server holds the lock alone: nsfs or the kernel's own root may have been remounted
	patience   time.Duration
}

// openSuperblocks is called at home.
func (b *sandbox) openSuperblocks() (*superblocks, error) {
	s := &superblocks{root: b.root, sysfs: -1, patience: 4 * b.deadline}
	var err error
	if s.lock, err = openNS("/proc/thread-self/ns/uts"); err != nil {
		return nil, err
	}
	if s.gate, err = openNS("/proc/thread-self/ns/ipc"); err != nil {
		return nil, err
	}
	var st unix.Statx_t
	if err := unix.Statx(s.lock, "", unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS, &st); err != nil {
		return nil, err
	}
	s.device = device{st.Dev_major, st.Dev_minor}
	const file = "/nsfs"
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		return nil, err
	}
	if err := unix.Mount("/proc/thread-self/ns/uts", file, "", unix.MS_BIND, ""); err != nil {
		return nil, fmt.Errorf("mounting a namespace's file: %w", err)
	}
	if s.nsfs, err = unix.Open(file, unix.O_PATH|unix.O_CLOEXEC, 0); err != nil {
		return nil, err
	}
	if b.unprivileged {
		return s, errors.Join(s.checkWritable(), s.holdSysfs())
	}
	if err := unix.Mkdir("/sys", 0o755); err != nil {
		return nil, err
	}
	switch err := unix.Mount("sysfs", "/sys", "sysfs", 0, ""); err {
	case nil:
		if s.sysfs, err = unix.Open("/sys", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
			return nil, err
		}
	case unix.ENODEV:
	default:
		return nil, fmt.Errorf("mounting sysfs: %w", err)
	}
	// Those that a server left behind that was killed.
	if flock(s.lock, unix.LOCK_EX|unix.LOCK_NB) == nil {
		s.exclusive = true
		return s, s.leave()
	}
	return s, nil
}

// enter is called before something is done in a world.
func (s *superblocks) enter() error {
	if s.exclusive {
		return nil
	}
	if err := s.await(s.gate, unix.LOCK_EX); err != nil {
		return err
	}
	err := s.await(s.lock, unix.LOCK_SH)
	return errors.Join(err, flock(s.gate, unix.LOCK_UN))
}

// pause is called when nothing is done in a world, which still exists.
func (s *superblocks) pause() error {
	if s.exclusive {
		return nil
	}
	return flock(s.lock, unix.LOCK_UN)
}

// takeAlone waits until no other server does anything. While it waits, this
// server's world does nothing either, so what others do to superblocks, and put
// back, is not seen in it.
func (s *superblocks) takeAlone() error {
	if s.exclusive {
		return nil
	}
	if err := flock(s.lock, unix.LOCK_UN); err != nil {
		return err
	}
	if err := s.await(s.gate, unix.LOCK_EX); err != nil {
		return err
	}
	err := s.await(s.lock, unix.LOCK_EX)
	s.exclusive = err == nil
	return errors.Join(err, flock(s.gate, unix.LOCK_UN))
}

// await takes a lock, and gives up after a time in which any call of another
// server has come back or been given up.
func (s *superblocks) await(fd, how int) error {
	const longest = 2 * time.Millisecond
	began, pause := time.Now(), 50*time.Microsecond
	for {
		err := flock(fd, how|unix.LOCK_NB)
		if err != unix.EWOULDBLOCK {
			return err
		}
		if time.Since(began) > s.patience {
			return fmt.Errorf("another program has remounted a superblock that all mount namespaces share, and holds it for more than %v: %w", s.patience, errUnsupported)
		}
		time.Sleep(pause)
		pause = min(2*pause, longest)
	}
}

// leave is called when a world is gone.
func (s *superblocks) leave() error {
	err := s.restore()
	s.exclusive = false
	return errors.Join(err, flock(s.lock, unix.LOCK_UN))
}

// restore makes writable what is when a trace starts, and the kernel's own root
// read-only. What belongs to all servers is left alone where another one may
// just be using it.
func (s *superblocks) restore() error {
	if s == nil {
		return nil
	}
	var err error
	if s.exclusive {
		err = errors.Join(s.root.clean(), writable(s.nsfs))
	}
	if s.sysfs >= 0 {
		err = errors.Join(err, writable(s.sysfs))
	}
	return err
}

// writable makes the superblock of an open file writable.
func writable(fd int) error {
	readOnly, err := isReadOnly(fd)
	if readOnly {
		err = reconfigure(fd, "rw")
	}
	return err
}

func flock(fd, how int) error {
	for {
		if err := unix.Flock(fd, how); err != unix.EINTR {
			return err
		}
	}
}
