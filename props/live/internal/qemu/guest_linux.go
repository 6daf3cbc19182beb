package qemu

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Guest returns at once where this process is not the init of a machine that
// Boot started. Where it is, it opens the channel, calls serve with it, and ends
// the machine when serve returns: Guest does not return then. An error of serve
// reaches the host as a Dead that Failed. There are /dev, /proc and /sys, on a
// filesystem that lies over the kernel's own root; in that one is only what
// kernels put there themselves, and init.
//
// A program that boots itself calls it first of all in main (or in TestMain).
// Orphans of the machine become children of this process, which does not wait
// for them.
func Guest(serve func(channel io.ReadWriter) error) {
	if os.Getpid() != 1 || os.Getenv(guestVariable) == "" {
		return
	}
	err := beGuest(serve)
	console := io.Writer(os.Stderr)
	if f, openErr := openNode("/dev/console", unix.S_IFCHR, unix.Mkdev(5, 1)); openErr == nil {
		console = f
	}
	if err != nil {
		fmt.Fprintf(console, "\n%s%s\n", guestFailed, strings.ReplaceAll(err.Error(), "\n", "; "))
	} else {
		fmt.Fprintf(console, "\n%s\n", guestDone)
	}
	// QEMU takes a restart for the end.
	err = unix.Reboot(unix.LINUX_REBOOT_CMD_RESTART)
	// The end of init is a panic, which ends the machine as well.
	fmt.Fprintln(console, "restarting the machine:", err)
	os.Exit(1)
}

func beGuest(serve func(io.ReadWriter) error) error {
	if err := settle(); err != nil {
		return err
	}
	channel, name, err := openChannel()
	if err != nil {
		return err
	}
	var uts unix.Utsname
	if err := unix.Uname(&uts); err != nil {
		return fmt.Errorf("uname: %w", err)
	}
	line, err := json.Marshal(hello{Release: unix.ByteSliceToString(uts.Release[:]), Channel: name})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(channel, "\n%s%s\n", helloMark, line); err != nil {
		return fmt.Errorf("writing to the channel: %w", err)
	}
	return serve(channel)
}

// settle leaves the filesystem that the kernel started with, as it is, for one
// with what a program expects of Linux. A kernel can be built without any of that;
// the program will say if it misses something.
func settle() error {
	if err := unix.Mount("ramfs", "/", "ramfs", 0, ""); err != nil {
		return fmt.Errorf("mounting a ramfs: %w", err)
	}
	if err := unix.Chroot("/.."); err != nil {
		return fmt.Errorf("chroot: %w", err)
	}
	if err := unix.Chdir("/"); err != nil {
		return fmt.Errorf("chdir: %w", err)
	}
	for _, m := range []struct{ fstype, target string }{
		{"devtmpfs", "/dev"}, {"proc", "/proc"}, {"sysfs", "/sys"}, {"", "/tmp"},
	} {
		if err := unix.Mkdir(m.target, 0o755); err != nil {
			return fmt.Errorf("mkdir %s: %w", m.target, err)
		}
		if m.fstype == "" {
			continue
		}
		if err := unix.Mount(m.fstype, m.target, m.fstype, 0, ""); err != nil && err != unix.ENODEV {
			return fmt.Errorf("mounting %s: %w", m.target, err)
		}
	}
	return nil
}

// openChannel opens the fastest channel that this kernel has.
func openChannel() (io.ReadWriter, string, error) {
	port, err := openPort()
	if err == nil {
		return port, channelVirtio, nil
	}
	tty, ttyErr := openSerial()
	if ttyErr == nil {
		return tty, channelSerial, nil
	}
	return nil, "", fmt.Errorf("the kernel has nothing for a channel to the host: %w", errors.Join(err, ttyErr))
}

// openPort opens the port of virtio-serial. sysfs tells which device it is; no
// devtmpfs is needed.
func openPort() (*os.File, error) {
	names, _ := filepath.Glob("/sys/class/virtio-ports/*/name")
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil || strings.TrimSpace(string(text)) != portName {
			continue
		}
		text, err = os.ReadFile(filepath.Join(filepath.Dir(name), "dev"))
		if err != nil {
			return nil, err
		}
		var major, minor uint32
		if _, err := fmt.Sscanf(string(text), "%d:%d", &major, &minor); err != nil {
			return nil, fmt.Errorf("device number %q: %w", text, err)
		}
		return openNode("/tmp/channel", unix.S_IFCHR, unix.Mkdev(major, minor))
	}
	return nil, errors.New("no virtio-serial (it needs CONFIG_VIRTIO_CONSOLE, CONFIG_VIRTIO_PCI and CONFIG_SYSFS, built in)")
}

// openNode makes a device node and opens it without waiting for the device.
func openNode(path string, kind uint32, device uint64) (*os.File, error) {
	if err := unix.Mknod(path, kind|0o600, int(device)); err != nil && err != unix.EEXIST {
		return nil, fmt.Errorf("mknod %s: %w", path, err)
	}
	return os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
}
