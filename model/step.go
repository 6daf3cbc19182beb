package model

import (
	"fmt"
	"strconv"
)

// Result is the kernel's answer to a call.
type Result struct {
	Value   int64 // what a call that succeeded returned
	Errno   Errno // 0: success
	Refusal Refusal
}

// String is the answer as strace prints it.
func (r Result) String() string {
	if r.Errno != 0 {
		return "-1 " + r.Errno.Error()
	}
	return strconv.FormatInt(r.Value, 10)
}

// call is a system call being made.
type call struct {
	*State
	me ProcIx
	c  *Call
}

// Do makes a call and returns the kernel's answer. An error means that there
// is none: the actor does not exist, or the call is not of the model.
func (s *State) Do(actor int, c *Call) (Result, error) {
	if actor <= 0 || actor >= len(s.Procs) || !s.Procs[actor].Alive {
		return Result{}, fmt.Errorf("actor %d does not exist or has exited", actor)
	}
	if c.Op == OpNone || c.Op >= NumOps {
		return Result{}, fmt.Errorf("call number %d is not one of the model's", c.Op)
	}
	params := c.Op.Signature().Params
	for i := range params {
		if !params[i].takes(c.Args[i].Kind) {
			return Result{}, argError(c, &params[i], &c.Args[i])
		}
	}
	s.beginCall()
	v, refusal := (&call{s, ProcIx(actor), c}).dispatch()
	s.endCall()
	if refusal.Refused() {
		return Result{Value: -1, Errno: refusal.Rule.Errno(), Refusal: refusal}, nil
	}
	return Result{Value: v}, nil
}

// takes tells whether a C program could write down an argument of that kind.
func (p *Param) takes(kind ArgKind) bool {
	switch p.Kind {
	case PathParam, StringParam:
		return kind == String || kind == Null
	case AttrParam:
		return kind == Attr || kind == Null
	}
	return kind == Number
}

func argError(c *Call, p *Param, a *Arg) error {
	if a.Kind == ResultOf {
		return fmt.Errorf("%s: argument %s refers to the result of a step; Resolve it first", c.Op, p.Name)
	}
	return fmt.Errorf("%s: argument %s is of the wrong kind", c.Op, p.Name)
}

func (s *State) beginCall() {
	s.sweep()
	s.callNo++
	s.journal = s.journal[:0]
	s.work = Work{}
	s.assumed = s.assumed[:0]
}

func (s *State) endCall() { s.settle() }

func (c *call) num(i int) int64 { return c.c.Args[i].N }

// flags32 is an argument that the kernel takes as an unsigned int.
func (c *call) flags32(i int) uint64 { return uint64(uint32(c.c.Args[i].N)) }

func (c *call) fd(i int) int64 { return int64(int32(c.c.Args[i].N)) }

func (c *call) arg(i int) Arg { return c.c.Args[i] }

// dispatch is the system call table.
func (c *call) dispatch() (int64, Refusal) {
	switch c.c.Op {
	case OpMkdir:
		return 0, c.mkdir(c.arg(0))
	case OpMknod:
		return 0, c.mknod(c.arg(0), c.flags32(1))
	case OpRmdir:
		return 0, c.rmdir(c.arg(0))
	case OpUnlink:
		return 0, c.unlink(c.arg(0))
	case OpRename:
		return 0, c.rename(c.arg(0), c.arg(1))
	case OpSymlink:
		return 0, c.symlink(c.arg(0), c.arg(1))
	case OpMount:
		return 0, c.mount()
	case OpUmount2:
		return 0, c.umount2(c.arg(0), c.flags32(1))
	case OpPivotRoot:
		return 0, c.pivotRoot(c.arg(0), c.arg(1))
	case OpChroot:
		return 0, c.chroot(c.arg(0))
	case OpChdir:
		return 0, c.chdir(c.arg(0))
	case OpFchdir:
		return 0, c.fchdir(c.fd(0))
	case OpFchroot:
		return 0, c.fchroot(c.fd(0), c.num(1))
	case OpOpen:
		return c.open(c.arg(0), c.flags32(1))
	case OpClose:
		return c.close(c.fd(0))
	case OpDup:
		return c.dup(c.fd(0))
	case OpOpenTree:
		return c.openTree(c.fd(0), c.arg(1), c.flags32(2))
	case OpOpenTreeAttr:
		return c.openTreeAttr(c.fd(0), c.arg(1), c.flags32(2), c.arg(3), uint64(c.num(4)))
	case OpMoveMount:
		return 0, c.moveMount(c.fd(0), c.arg(1), c.fd(2), c.arg(3), c.flags32(4))
	case OpFsopen:
		return c.fsopen(c.arg(0), c.flags32(1))
	case OpFsconfig:
		return 0, c.fsconfig(c.fd(0), c.flags32(1))
	case OpFsmount:
		return c.fsmount(c.fd(0), c.flags32(1), c.flags32(2))
	case OpFspick:
		return c.fspick(c.fd(0), c.arg(1), c.flags32(2))
	case OpMountSetattr:
		return 0, c.mountSetattr(c.fd(0), c.arg(1), c.flags32(2), c.arg(3), uint64(c.num(4)))
	case OpIoctl:
		return c.ioctl(c.fd(0), c.flags32(1))
	case OpUnshare:
		return 0, c.unshare(uint64(c.num(0)))
	case OpSetns:
		return 0, c.setns(c.fd(0), c.flags32(1))
	case OpPidfdOpen:
		return c.pidfdOpen(c.num(0), c.flags32(1))
	case OpFork:
		return c.fork()
	case OpClone, OpClone3:
		return c.cloneProcess(uint64(c.num(0)), c.c.Op == OpClone3)
	default: // OpExitGroup; Do has checked the rest
		return c.exitGroup()
	}
}
