package live

import (
	"fmt"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// kernelCall says how a call of the model is asked for: the number of the system
// call, and its arguments. An argument is that of the call with this index, or a
// constant. Calls that not every architecture has are asked for by the ones that
// do the same relative to a directory.
type kernelCall struct {
	number uintptr
	args   []kernelArg
}

type kernelArg struct {
	param    int // index, where constant is nil
	constant *uintptr
}

func param(i int) kernelArg        { return kernelArg{param: i} }
func constant(v uintptr) kernelArg { return kernelArg{constant: &v} }
func params(n int) (all []kernelArg) { // the first n, as they are
	for i := range n {
		all = append(all, param(i))
	}
	return all
}

// kernelCalls is the table of calls that are one system call. Those that make or
// end processes are not in it.
func kernelCalls() [model.NumOps]kernelCall {
	cwd, zero := constant(atFDCWD), constant(0)
	return [model.NumOps]kernelCall{
		model.OpMkdir:        {unix.SYS_MKDIRAT, []kernelArg{cwd, param(0), param(1)}},
		model.OpMknod:        {unix.SYS_MKNODAT, []kernelArg{cwd, param(0), param(1), param(2)}},
		model.OpRmdir:        {unix.SYS_UNLINKAT, []kernelArg{cwd, param(0), constant(unix.AT_REMOVEDIR)}},
		model.OpUnlink:       {unix.SYS_UNLINKAT, []kernelArg{cwd, param(0), zero}},
		model.OpRename:       {unix.SYS_RENAMEAT2, []kernelArg{cwd, param(0), cwd, param(1), zero}},
		model.OpSymlink:      {unix.SYS_SYMLINKAT, []kernelArg{param(0), cwd, param(1)}},
		model.OpMount:        {unix.SYS_MOUNT, params(5)},
		model.OpUmount2:      {unix.SYS_UMOUNT2, params(2)},
		model.OpPivotRoot:    {unix.SYS_PIVOT_ROOT, params(2)},
		model.OpChroot:       {unix.SYS_CHROOT, params(1)},
		model.OpChdir:        {unix.SYS_CHDIR, params(1)},
		model.OpFchdir:       {unix.SYS_FCHDIR, params(1)},
		model.OpFchroot:      {sysFchroot, params(2)},
		model.OpOpen:         {unix.SYS_OPENAT, []kernelArg{cwd, param(0), param(1), zero}},
		model.OpClose:        {unix.SYS_CLOSE, params(1)},
		model.OpDup:          {unix.SYS_DUP, params(1)},
		model.OpOpenTree:     {unix.SYS_OPEN_TREE, params(3)},
		model.OpOpenTreeAttr: {unix.SYS_OPEN_TREE_ATTR, params(5)},
		model.OpMoveMount:    {unix.SYS_MOVE_MOUNT, params(5)},
		model.OpFsopen:       {unix.SYS_FSOPEN, params(2)},
		model.OpFsconfig:     {unix.SYS_FSCONFIG, params(5)},
		model.OpFsmount:      {unix.SYS_FSMOUNT, params(3)},
		model.OpFspick:       {unix.SYS_FSPICK, params(3)},
		model.OpMountSetattr: {unix.SYS_MOUNT_SETATTR, params(5)},
		model.OpIoctl:        {unix.SYS_IOCTL, params(3)},
		model.OpUnshare:      {unix.SYS_UNSHARE, params(1)},
		model.OpSetns:        {unix.SYS_SETNS, params(2)},
		model.OpPidfdOpen:    {unix.SYS_PIDFD_OPEN, params(2)},
	}
}

// encode puts a call in a request of the actor that is to make it.
func (w *world) encode(a *actor, c *model.Call) error {
	k := &w.calls[c.Op]
	if k.number == 0 {
		return fmt.Errorf("%s is no call of the kernel's", c.Op)
	}
	a.begin()
	var args [6]uintptr
	for i, arg := range k.args {
		if arg.constant != nil {
			args[i] = *arg.constant
			continue
		}
		v, err := w.argument(a, c, arg.param)
		if err != nil {
			return fmt.Errorf("%s, argument %s: %w", c.Op, c.Op.Signature().Params[arg.param].Name, err)
		}
		args[i] = v
	}
	a.add(k.number, args[:]...)
	return nil
}

// argument is what the kernel is given for an argument.
func (w *world) argument(a *actor, c *model.Call, i int) (uintptr, error) {
	arg := &c.Args[i]
	kind := c.Op.Signature().Params[i].Kind
	switch arg.Kind {
	case model.Null:
		return 0, nil
	case model.ResultOf:
		return 0, fmt.Errorf("it refers to the result of a step that was not made")
	case model.String:
		if kind == model.PathParam {
			return a.text(w.magicPath(arg.S))
		}
		return a.text(arg.S)
	case model.Attr:
		return a.attr(&c.Attr)
	}
	switch {
	case kind == model.ActorParam:
		return uintptr(w.pidOf(a, arg.N)), nil
	case kind == model.FDParam, kind == model.DirFDParam:
		return uintptr(descriptor(arg.N)), nil
	case c.Op == model.OpFsconfig && i == fsconfigAux && c.Args[1].N == model.FSCONFIG_SET_FD:
		return uintptr(descriptor(int64(int32(arg.N)))), nil
	}
	return uintptr(arg.N), nil
}

// fsconfigAux is the argument of fsconfig that FSCONFIG_SET_FD has a descriptor in.
const fsconfigAux = 4

// noDescriptor is a descriptor that nobody can hold: it is above every limit.
const noDescriptor = 1 << 30

// firstFD is the first descriptor of an actor that is part of the world.
const firstFD = 3

// descriptor is what the kernel is given for a descriptor. The first three are an
// actor's own, and no part of the world: nobody holds them there.
func descriptor(n int64) int64 {
	if 0 <= n && n < firstFD {
		return noDescriptor
	}
	return n
}

// attr is the address of struct mount_attr. What follows it is zero for as many
// bytes as the kernel may look at.
func (p *process) attr(m *model.MountAttr) (uintptr, error) {
	const pageBytes = 4096
	at, data := p.room(int(unsafe.Sizeof(unix.MountAttr{})) + pageBytes)
	if data == nil {
		return 0, errNoRoom
	}
	*(*unix.MountAttr)(unsafe.Pointer(unsafe.SliceData(data))) = unix.MountAttr{
		Attr_set: m.Set, Attr_clr: m.Clr, Propagation: m.Propagation, Userns_fd: uint64(descriptor(m.UserNSFD.N)),
	}
	return at, nil
}

// noPid is the pid of no process: one above the largest that a kernel gives out.
const noPid = 1 << 22

// pidOf is the pid of an actor as another one sees it. What is no actor's number
// and positive is no process's pid.
func (w *world) pidOf(by *actor, n int64) int64 {
	switch a := w.actor(n); {
	case n <= 0:
		return n
	case a == nil:
		return noPid
	case a.pids.foreign || by.pids.foreign:
		return w.pidIn(by, a)
	default:
		return int64(a.pid)
	}
}

// magicPath is a path as it is given to the kernel: in one that begins with /proc/N,
// N is the number of an actor.
func (w *world) magicPath(path string) string {
	rest, ok := strings.CutPrefix(path, "/proc/")
	if !ok {
		return path
	}
	who, rest, slash := strings.Cut(rest, "/")
	n, err := strconv.ParseInt(who, 10, 32)
	if err != nil || n <= 0 {
		return path
	}
	pid := noPid
	if a := w.actor(n); a != nil {
		pid = a.pid
	}
	path = "/proc/" + strconv.Itoa(pid)
	if slash {
		path += "/" + rest
	}
	return path
}
