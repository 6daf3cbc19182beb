package model

// Op is a system call, or for Fork a library call that traces write as one.
type Op uint8

// The calls of the model. The order is that of the signature table.
const (
	OpNone Op = iota
	OpMkdir
	OpMknod
	OpRmdir
	OpUnlink
	OpRename
	OpSymlink
	OpMount
	OpUmount2
	OpPivotRoot
	OpChroot
	OpChdir
	OpFchdir
	OpFchroot
	OpOpen
	OpClose
	OpDup
	OpOpenTree
	OpOpenTreeAttr
	OpMoveMount
	OpFsopen
	OpFsconfig
	OpFsmount
	OpFspick
	OpMountSetattr
	OpIoctl
	OpUnshare
	OpSetns
	OpPidfdOpen
	OpFork
	OpClone
	OpClone3
	OpExitGroup
	NumOps // one more than the last
)

// ParamKind says what an argument of a call is: it decides how the argument is
// printed, parsed, drawn, shrunken and substituted.
type ParamKind uint8

const (
	PathParam   ParamKind = iota + 1 // a path; may be NULL
	StringParam                      // any other string; may be NULL
	FlagsParam                       // bits, or a value, of Param.Flags
	DirFDParam                       // a descriptor that may be AT_FDCWD
	FDParam                          // a descriptor
	NumberParam                      // a plain number
	ActorParam                       // the number of an actor
	AttrParam                        // struct mount_attr; may be NULL
)

// Param is one argument in the signature of a call.
type Param struct {
	Name  string // as the manual page has it
	Kind  ParamKind
	Flags *FlagSet // of a FlagsParam
}

// ResultKind says what a successful call returns.
type ResultKind uint8

const (
	ZeroResult  ResultKind = iota // 0
	FDResult                      // the lowest free descriptor
	ActorResult                   // the number of a new actor
	NoResult                      // it does not return: "?"
)

// Signature describes a call; the table of them is all that printing, parsing,
// generating and shrinking know about single calls.
type Signature struct {
	Name   string
	Params []Param
	Result ResultKind
}

// MaxArgs is the largest number of arguments of a call.
const MaxArgs = 5

var signatures = [NumOps]Signature{
	OpMkdir:        {"mkdir", []Param{path("pathname"), flags("mode", &modeFlags)}, ZeroResult},
	OpMknod:        {"mknod", []Param{path("pathname"), flags("mode", &mknodModes), number("dev")}, ZeroResult},
	OpRmdir:        {"rmdir", []Param{path("pathname")}, ZeroResult},
	OpUnlink:       {"unlink", []Param{path("pathname")}, ZeroResult},
	OpRename:       {"rename", []Param{path("oldpath"), path("newpath")}, ZeroResult},
	OpSymlink:      {"symlink", []Param{text("target"), path("linkpath")}, ZeroResult},
	OpMount:        {"mount", []Param{path("source"), path("target"), text("filesystemtype"), flags("mountflags", &mountFlags), text("data")}, ZeroResult},
	OpUmount2:      {"umount2", []Param{path("target"), flags("flags", &umountFlags)}, ZeroResult},
	OpPivotRoot:    {"pivot_root", []Param{path("new_root"), path("put_old")}, ZeroResult},
	OpChroot:       {"chroot", []Param{path("path")}, ZeroResult},
	OpChdir:        {"chdir", []Param{path("path")}, ZeroResult},
	OpFchdir:       {"fchdir", []Param{fd("fd")}, ZeroResult},
	OpFchroot:      {"fchroot", []Param{fd("fd"), number("flags")}, ZeroResult},
	OpOpen:         {"open", []Param{path("pathname"), flags("flags", &openFlags)}, FDResult},
	OpClose:        {"close", []Param{fd("fd")}, ZeroResult},
	OpDup:          {"dup", []Param{fd("oldfd")}, FDResult},
	OpOpenTree:     {"open_tree", []Param{dirfd("dfd"), path("filename"), flags("flags", &openTreeFlags)}, FDResult},
	OpOpenTreeAttr: {"open_tree_attr", []Param{dirfd("dfd"), path("filename"), flags("flags", &openTreeFlags), attr("attr"), number("size")}, FDResult},
	OpMoveMount:    {"move_mount", []Param{dirfd("from_dfd"), path("from_path"), dirfd("to_dfd"), path("to_path"), flags("flags", &moveMountFlags)}, ZeroResult},
	OpFsopen:       {"fsopen", []Param{text("fsname"), flags("flags", &fsopenFlags)}, FDResult},
	OpFsconfig:     {"fsconfig", []Param{fd("fd"), flags("cmd", &fsconfigCmds), text("key"), text("value"), number("aux")}, ZeroResult},
	OpFsmount:      {"fsmount", []Param{fd("fs_fd"), flags("flags", &fsmountFlags), flags("attr_flags", &mountAttrs)}, FDResult},
	OpFspick:       {"fspick", []Param{dirfd("dfd"), path("path"), flags("flags", &fspickFlags)}, FDResult},
	OpMountSetattr: {"mount_setattr", []Param{dirfd("dfd"), path("path"), flags("flags", &setattrFlags), attr("attr"), number("size")}, ZeroResult},
	OpIoctl:        {"ioctl", []Param{fd("fd"), flags("request", &pidfdRequests), number("arg")}, FDResult},
	OpUnshare:      {"unshare", []Param{flags("flags", &unshareFlags)}, ZeroResult},
	OpSetns:        {"setns", []Param{fd("fd"), flags("nstype", &setnsTypes)}, ZeroResult},
	OpPidfdOpen:    {"pidfd_open", []Param{{Name: "pid", Kind: ActorParam}, number("flags")}, FDResult},
	OpFork:         {"fork", nil, ActorResult},
	OpClone:        {"clone", []Param{flags("flags", &cloneFlags)}, ActorResult},
	OpClone3:       {"clone3", []Param{flags("flags", &clone3Flags)}, ActorResult},
	OpExitGroup:    {"exit_group", []Param{number("status")}, NoResult},
}

func path(name string) Param                { return Param{Name: name, Kind: PathParam} }
func text(name string) Param                { return Param{Name: name, Kind: StringParam} }
func flags(name string, set *FlagSet) Param { return Param{Name: name, Kind: FlagsParam, Flags: set} }
func dirfd(name string) Param               { return Param{Name: name, Kind: DirFDParam} }
func fd(name string) Param                  { return Param{Name: name, Kind: FDParam} }
func number(name string) Param              { return Param{Name: name, Kind: NumberParam} }
func attr(name string) Param                { return Param{Name: name, Kind: AttrParam} }

// Signature returns the signature of op; that of an unknown op has no name.
func (op Op) Signature() *Signature {
	if op >= NumOps {
		op = OpNone
	}
	return &signatures[op]
}

// String is the name of the call, such as "open_tree".
func (op Op) String() string { return op.Signature().Name }

// OpByName finds a call by its name.
func OpByName(name string) (Op, bool) {
	for op := OpNone + 1; op < NumOps; op++ {
		if signatures[op].Name == name {
			return op, true
		}
	}
	return OpNone, false
}

// ArgKind tells the forms that an argument can have apart.
type ArgKind uint8

const (
	Number   ArgKind = iota // N: a number, flags, a descriptor, an actor
	String                  // S
	Null                    // NULL; not the same as ""
	ResultOf                // what step N of the program returned, N counted from 0
	Attr                    // Call.Attr
)

// Arg is an argument. A descriptor can be said by number, or as the result of
// an earlier step, so that dropping a step does not shift what others mean.
type Arg struct {
	Kind ArgKind
	N    int64
	S    string
}

// Num makes an Arg of a number: flags, a mode, a descriptor, an actor.
func Num(n int64) Arg { return Arg{Kind: Number, N: n} }

// Str makes an Arg of a string.
func Str(s string) Arg { return Arg{Kind: String, S: s} }

// NULL is the null pointer.
func NULL() Arg { return Arg{Kind: Null} }

// Ref is the result of a program's step, counted from 0.
func Ref(step int) Arg { return Arg{Kind: ResultOf, N: int64(step)} }

// MountAttr is struct mount_attr.
type MountAttr struct {
	Set, Clr, Propagation uint64
	UserNSFD              Arg // Number or ResultOf
}

// Call is a system call with its arguments.
type Call struct {
	Op   Op
	Args [MaxArgs]Arg
	Attr MountAttr // behind the argument of kind Attr
}

// NewCall makes a call; the number of arguments is that of op's signature.
func NewCall(op Op, args ...Arg) Call {
	c := Call{Op: op}
	copy(c.Args[:], args)
	return c
}

// Step is a call in a program, and the actor that makes it.
type Step struct {
	Actor int
	Call  Call
}

// Resolve replaces each reference to a step's result by the result. A step
// that failed, or that does not exist, resolves to -1, which is no descriptor.
func (c Call) Resolve(results []int64) Call {
	for i := range c.Args {
		c.Args[i] = c.Args[i].resolve(results)
	}
	c.Attr.UserNSFD = c.Attr.UserNSFD.resolve(results)
	return c
}

func (a Arg) resolve(results []int64) Arg {
	if a.Kind != ResultOf {
		return a
	}
	if a.N < 0 || a.N >= int64(len(results)) {
		return Num(-1)
	}
	return Num(results[a.N])
}
