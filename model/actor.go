package model

import "fmt"

// Actor makes calls as one writes them by hand: arguments are Go values, and a
// refused call is an error. An error is a *CallError; errors.Is finds its Errno.
type Actor struct {
	Sys    Doer
	Number int
}

// Doer makes calls: a State does.
type Doer interface {
	Do(actor int, c *Call) (Result, error)
}

// Actor returns the actor of that number, 1 for the first.
func (s *State) Actor(n int) Actor { return Actor{s, n} }

// CallError is a call that was refused.
type CallError struct {
	Actor  int
	Call   Call
	Result Result
	Reason string // which rule decided, in words; "" where the system does not tell
}

// Error is the line that strace prints, and the reason behind it.
func (e *CallError) Error() string {
	line := fmt.Sprintf("%d %s = %s", e.Actor, e.Call, e.Result)
	if e.Reason != "" {
		line += ": " + e.Reason
	}
	return line
}

// Unwrap returns the Errno.
func (e *CallError) Unwrap() error { return e.Result.Errno }

// Call makes any call.
func (a Actor) Call(c Call) (int64, error) {
	r, err := a.Sys.Do(a.Number, &c)
	if err != nil {
		return -1, err
	}
	if r.Errno == 0 {
		return r.Value, nil
	}
	e := &CallError{Actor: a.Number, Call: c, Result: r}
	if s, ok := a.Sys.(*State); ok && r.Refusal.Refused() {
		e.Reason = s.Sentence(r.Refusal)
	}
	return -1, e
}

func (a Actor) fd(c Call) (int, error) {
	n, err := a.Call(c)
	return int(n), err
}

func (a Actor) zero(c Call) error {
	_, err := a.Call(c)
	return err
}

// nullable passes an empty string as NULL.
func nullable(s string) Arg {
	if s == "" {
		return NULL()
	}
	return Str(s)
}

// Fork is fork(2): the new actor is a copy of this one.
func (a Actor) Fork() (Actor, error) {
	n, err := a.Call(NewCall(OpFork))
	return Actor{a.Sys, int(n)}, err
}

// Clone is clone3(2) with namespace flags, such as CLONE_EMPTY_MNTNS.
func (a Actor) Clone(flags uint64) (Actor, error) {
	n, err := a.Call(NewCall(OpClone3, Num(int64(flags))))
	return Actor{a.Sys, int(n)}, err
}

// Mkdir makes a directory.
func (a Actor) Mkdir(path string, mode uint32) error {
	return a.zero(NewCall(OpMkdir, Str(path), Num(int64(mode))))
}

// Mknod makes a regular file; mode has S_IFREG.
func (a Actor) Mknod(path string, mode uint32) error {
	return a.zero(NewCall(OpMknod, Str(path), Num(int64(mode)), Num(0)))
}

// Rmdir removes an empty directory.
func (a Actor) Rmdir(path string) error {
	return a.zero(NewCall(OpRmdir, Str(path)))
}

// Unlink removes a file.
func (a Actor) Unlink(path string) error {
	return a.zero(NewCall(OpUnlink, Str(path)))
}

// Rename moves a name.
func (a Actor) Rename(oldpath, newpath string) error {
	return a.zero(NewCall(OpRename, Str(oldpath), Str(newpath)))
}

// Symlink makes a symlink.
func (a Actor) Symlink(target, path string) error {
	return a.zero(NewCall(OpSymlink, Str(target), Str(path)))
}

// Mount is mount(2); an empty source or type is passed as NULL.
func (a Actor) Mount(source, target, fstype string, flags uint64) error {
	return a.zero(NewCall(OpMount, nullable(source), Str(target), nullable(fstype), Num(int64(flags)), NULL()))
}

// Umount is umount2(2).
func (a Actor) Umount(target string, flags int) error {
	return a.zero(NewCall(OpUmount2, Str(target), Num(int64(flags))))
}

// PivotRoot is pivot_root(2).
func (a Actor) PivotRoot(newRoot, putOld string) error {
	return a.zero(NewCall(OpPivotRoot, Str(newRoot), Str(putOld)))
}

// Chroot is chroot(2).
func (a Actor) Chroot(path string) error {
	return a.zero(NewCall(OpChroot, Str(path)))
}

// Chdir is chdir(2).
func (a Actor) Chdir(path string) error {
	return a.zero(NewCall(OpChdir, Str(path)))
}

// Fchdir is fchdir(2).
func (a Actor) Fchdir(fd int) error {
	return a.zero(NewCall(OpFchdir, Num(int64(fd))))
}

// Fchroot is fchroot(2), new in 7.3.
func (a Actor) Fchroot(fd int) error {
	return a.zero(NewCall(OpFchroot, Num(int64(fd)), Num(0)))
}

// Open is open(2).
func (a Actor) Open(path string, flags int) (int, error) {
	return a.fd(NewCall(OpOpen, Str(path), Num(int64(flags))))
}

// Close is close(2).
func (a Actor) Close(fd int) error {
	return a.zero(NewCall(OpClose, Num(int64(fd))))
}

// Dup is dup(2).
func (a Actor) Dup(fd int) (int, error) {
	return a.fd(NewCall(OpDup, Num(int64(fd))))
}

// OpenTree is open_tree(2).
func (a Actor) OpenTree(dfd int, path string, flags uint) (int, error) {
	return a.fd(NewCall(OpOpenTree, Num(int64(dfd)), Str(path), Num(int64(flags))))
}

// OpenTreeAttr is open_tree_attr(2).
func (a Actor) OpenTreeAttr(dfd int, path string, flags uint, attr MountAttr) (int, error) {
	c := NewCall(OpOpenTreeAttr, Num(int64(dfd)), Str(path), Num(int64(flags)), Arg{Kind: Attr}, Num(MOUNT_ATTR_SIZE_VER0))
	c.Attr = attr
	return a.fd(c)
}

// MoveMount is move_mount(2).
func (a Actor) MoveMount(fromDFD int, from string, toDFD int, to string, flags uint) error {
	return a.zero(NewCall(OpMoveMount, Num(int64(fromDFD)), Str(from), Num(int64(toDFD)), Str(to), Num(int64(flags))))
}

// Fsopen is fsopen(2).
func (a Actor) Fsopen(fstype string, flags uint) (int, error) {
	return a.fd(NewCall(OpFsopen, Str(fstype), Num(int64(flags))))
}

// FsconfigCreate is fsconfig(2) with FSCONFIG_CMD_CREATE.
func (a Actor) FsconfigCreate(fd int) error {
	return a.zero(NewCall(OpFsconfig, Num(int64(fd)), Num(FSCONFIG_CMD_CREATE), NULL(), NULL(), Num(0)))
}

// Fsmount is fsmount(2).
func (a Actor) Fsmount(fd int, flags, attrs uint) (int, error) {
	return a.fd(NewCall(OpFsmount, Num(int64(fd)), Num(int64(flags)), Num(int64(attrs))))
}

// Fspick is fspick(2).
func (a Actor) Fspick(dfd int, path string, flags uint) (int, error) {
	return a.fd(NewCall(OpFspick, Num(int64(dfd)), Str(path), Num(int64(flags))))
}

// MountSetattr is mount_setattr(2).
func (a Actor) MountSetattr(dfd int, path string, flags uint, attr MountAttr) error {
	c := NewCall(OpMountSetattr, Num(int64(dfd)), Str(path), Num(int64(flags)), Arg{Kind: Attr}, Num(MOUNT_ATTR_SIZE_VER0))
	c.Attr = attr
	return a.zero(c)
}

// PidfdMountNS is ioctl(2) with PIDFD_GET_MNT_NAMESPACE.
func (a Actor) PidfdMountNS(pidfd int) (int, error) {
	return a.fd(NewCall(OpIoctl, Num(int64(pidfd)), Num(PIDFD_GET_MNT_NAMESPACE), Num(0)))
}

// PidfdUserNS is ioctl(2) with PIDFD_GET_USER_NAMESPACE.
func (a Actor) PidfdUserNS(pidfd int) (int, error) {
	return a.fd(NewCall(OpIoctl, Num(int64(pidfd)), Num(PIDFD_GET_USER_NAMESPACE), Num(0)))
}

// Unshare is unshare(2).
func (a Actor) Unshare(flags uint64) error {
	return a.zero(NewCall(OpUnshare, Num(int64(flags))))
}

// Setns is setns(2).
func (a Actor) Setns(fd int, nstype int) error {
	return a.zero(NewCall(OpSetns, Num(int64(fd)), Num(int64(nstype))))
}

// PidfdOpen is pidfd_open(2) of another actor.
func (a Actor) PidfdOpen(of Actor) (int, error) {
	return a.fd(NewCall(OpPidfdOpen, Num(int64(of.Number)), Num(0)))
}

// Exit is exit_group(2): the actor is gone with its descriptors.
func (a Actor) Exit() error {
	return a.zero(NewCall(OpExitGroup, Num(0)))
}
