package live

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// isRoot tells whether this process is root of the initial user namespace: then
// worlds are those in which traces start, else unprivileged ones.
func isRoot() (bool, error) {
	initial, err := inInitialUser()
	if !initial || err != nil {
		return false, err
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return false, err
	}
	return data[0].Effective&(1<<unix.CAP_SYS_ADMIN) != 0, nil
}

// isolate gives a server namespaces of its own. One of an unprivileged user gets a
// user namespace first, in which that user is root. It is in a process group of its
// own, too: who kills the client with its group, as shells and timeout(1) do, leaves it
// the time to put things back.
func isolate(command *exec.Cmd, unprivileged bool) {
	attr := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID | unix.CLONE_NEWNET, Setpgid: true}
	if unprivileged {
		attr.Cloneflags |= unix.CLONE_NEWUSER
		attr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}}
		attr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getegid(), Size: 1}}
	}
	command.SysProcAttr = attr
}

// notIsolated explains why a server got no namespaces.
func notIsolated(err error, unprivileged bool) error {
	for _, known := range []error{unix.EPERM, unix.EACCES, unix.ENOSPC, unix.EINVAL, unix.ENOSYS, unix.EUSERS, unix.EROFS} {
		if !errors.Is(err, known) {
			continue
		}
		reason := "this process may not make mount, pid and network namespaces, though it is root of the initial user namespace"
		if unprivileged {
			reason = here().withoutUserNamespace(known)
		}
		return &UnreachableError{Reason: reason + "; a virtual machine needs no privileges", Err: err}
	}
	return err
}

// circumstances are what keeps a process from making a user namespace.
type circumstances struct {
	uid      int
	readable bool // the program's file can be read
	setting  func(name string) string
}

// here are those of this process.
func here() circumstances {
	file, err := os.Open("/proc/self/exe")
	if err == nil {
		_ = file.Close()
	}
	return circumstances{os.Geteuid(), err == nil, setting}
}

// withoutUserNamespace says what is missing where a user namespace cannot be made,
// or is of no use.
func (c circumstances) withoutUserNamespace(err error) string {
	setting := c.setting
	why := "the kernel does not say what keeps it from that: a filter of system calls, as containers have, a security module, or that the root of this process is not that of its mount namespace"
	switch {
	case setting("user/max_user_namespaces") == "0":
		why = "they are turned off: user.max_user_namespaces is 0"
	case setting("kernel/unprivileged_userns_clone") == "0":
		why = "they are for root only: kernel.unprivileged_userns_clone is 0"
	case setting("kernel/apparmor_restrict_unprivileged_userns") == "1":
		why = "AppArmor keeps programs without a profile for it from that: kernel.apparmor_restrict_unprivileged_userns is 1"
	case err == unix.ENOSPC || err == unix.EUSERS:
		why = "there are as many as there may be, or they are nested too deeply: user.max_user_namespaces is " + setting("user/max_user_namespaces")
	case err == unix.EROFS:
		why = "/proc is read-only, through which a user namespace is told who is root in it"
	case setting("user/max_user_namespaces") == "":
		why = "this kernel has none"
	case !c.readable:
		why = "it may not read its own program, so that the kernel lets it do nothing to its processes"
	case c.uid == 0:
		why = "it is user 0, who can be user 0 of another one only with CAP_SETFCAP, or something else, such as a filter of system calls, keeps it from that"
	}
	return "this process is not root of the initial user namespace, and cannot make a user namespace in which it is root: " + why
}

// setting is the value of a sysctl; "" where there is none.
func setting(name string) string {
	data, err := os.ReadFile("/proc/sys/" + name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
