package conform

import (
	"slices"
	"strings"

	"mntcheck/model"
)

// scope keeps programs to what the model speaks of. It is for one program.
type scope struct {
	pids    bool // a call asks for a pid namespace
	expires int  // calls of umount2(MNT_EXPIRE)
	last    model.Step
}

// keep changes what a call asks for where the model does not say what a
// kernel does: there, a difference would be none. The state is that in which the
// actor makes the call.
//
//   - A string ends at its first zero byte: a kernel never sees what is behind.
//   - Worlds have no /proc. The model resolves its links all the same, for those
//     who ask about a host.
//   - Descriptors below 3 are no part of a world.
//   - Files are regular ones, directories and symlinks, and there is nothing to be
//     made in proc and sysfs.
//   - What a filesystem's own parameters are set to is not looked at: there are
//     those that all take, and one good one.
//   - Of the flags of open, clone and clone3 there are those that the model names;
//     each process has a table of descriptors of its own.
//   - Nobody exits any more once there may be another pid namespace: its first
//     process takes the others with it.
//   - setns enters mount and user namespaces. Who owns the others is not known.
//   - What clears the mark of MNT_EXPIRE is not known in full: a mount is asked to
//     expire twice in a row, or once.
func (k *scope) keep(s *model.State, actor int, c *model.Call) {
	defer func() { k.last = model.Step{Actor: actor, Call: *c} }()
	if c.Op == model.OpExitGroup && k.pids {
		*c = model.NewCall(model.OpChdir, model.Str("."))
	}
	params := c.Op.Signature().Params
	for i := range params {
		switch a := &c.Args[i]; {
		case a.Kind == model.String:
			a.S, _, _ = strings.Cut(a.S, "\x00")
			if rest, ok := strings.CutPrefix(a.S, "/proc/"); ok {
				a.S = "/nope/" + rest
			}
		case params[i].Kind == model.FDParam || params[i].Kind == model.DirFDParam:
			notStandard(a)
		}
	}
	switch c.Op {
	case model.OpMkdir, model.OpMknod:
		notInternal(s, actor, &c.Args[0])
	case model.OpSymlink, model.OpRename:
		notInternal(s, actor, &c.Args[1])
	}
	switch c.Op {
	case model.OpMknod:
		regular(&c.Args[1])
	case model.OpMount:
		knownOptions(c)
	case model.OpFsconfig:
		knownParameter(c)
	case model.OpOpen:
		c.Args[1].N &= named(c, 1)
	case model.OpUmount2:
		k.expire(actor, c)
	case model.OpSetns:
		c.Args[1].N &^= named(c, 1) &^ (model.CLONE_NEWNS | model.CLONE_NEWUSER)
	case model.OpUnshare:
		k.pids = k.pids || c.Args[0].N&model.CLONE_NEWPID != 0
	case model.OpClone, model.OpClone3:
		c.Args[0].N &= named(c, 0) &^ model.CLONE_FILES
		k.pids = k.pids || c.Args[0].N&model.CLONE_NEWPID != 0
		if c.Op == model.OpClone {
			c.Args[0].N = c.Args[0].N&^exitSignal | model.SIGCHLD
		}
	case model.OpMountSetattr, model.OpOpenTreeAttr:
		notStandard(&c.Attr.UserNSFD)
	}
}

// expire makes an umount2(MNT_EXPIRE) of which the answer is not known a plain one.
func (k *scope) expire(actor int, c *model.Call) {
	if c.Args[1].N&model.MNT_EXPIRE == 0 {
		return
	}
	k.expires++
	if again := k.last == (model.Step{Actor: actor, Call: *c}); k.expires > 2 || k.expires == 2 && !again {
		c.Args[1].N &^= model.MNT_EXPIRE
	}
}

// exitSignal are the bits of clone's flags that are none.
const exitSignal = 0xff

// notStandard lets a number that is one of the standard streams be no descriptor.
func notStandard(a *model.Arg) {
	const firstFD, none = 3, 1000
	if a.Kind == model.Number && a.N >= 0 && a.N < firstFD {
		a.N += none
	}
}

// regular makes a mode that of a regular file.
func regular(mode *model.Arg) {
	const fileType = 0o170000
	if mode.N&fileType != 0 {
		mode.N = mode.N&^fileType | model.S_IFREG
	}
}

// notInternal takes away a path of something that is to be made in proc or sysfs.
func notInternal(s *model.State, actor int, path *model.Arg) {
	if path.Kind != model.String {
		return
	}
	trimmed := strings.TrimRight(path.S, "/")
	dir := trimmed[:strings.LastIndexByte(trimmed, '/')+1]
	if dir == "" {
		dir = "."
	}
	at, refusal := s.Resolve(actor, model.AT_FDCWD, model.Str(dir), model.ResolveFollow)
	if refusal.Refused() {
		return
	}
	if t := s.SBs[s.Dentries[at.D].SB].Type; t == model.Proc || t == model.Sysfs {
		*path = model.NULL()
	}
}

// parameterNames are those of which all is known that can be said of them.
var parameterNames = []string{"ro", "rw", "sync", "source", "nope"}

// knownParameter leads a parameter of a filesystem to one that is known: what
// others are set to is not looked at by the model, and what a blob is made of is no
// question of mounts.
func knownParameter(c *model.Call) {
	if c.Args[1].N < model.FSCONFIG_SET_FLAG || c.Args[1].N > model.FSCONFIG_SET_FD {
		return
	}
	if c.Args[1].N == model.FSCONFIG_SET_BINARY {
		c.Args[1].N = model.FSCONFIG_SET_STRING
	}
	if key := &c.Args[2]; key.Kind == model.String && len(key.S) < 256 && !slices.Contains(parameterNames, key.S) {
		key.S = parameterNames[0]
	}
}

// knownOptions leads the data that a mount call gives to a filesystem to options
// that are known. Others do not look at it.
func knownOptions(c *model.Call) {
	const other = model.MS_BIND | model.MS_MOVE | model.MS_SHARED | model.MS_PRIVATE | model.MS_SLAVE | model.MS_UNBINDABLE
	flags, data := c.Args[3].N, &c.Args[4]
	given := flags&model.MS_REMOUNT != 0 && flags&model.MS_BIND == 0 || flags&(model.MS_REMOUNT|other) == 0
	if !given || data.Kind != model.String {
		return
	}
	for part := range strings.SplitSeq(data.S, ",") {
		if name, _, _ := strings.Cut(part, "="); name != "" && part != "size=1m" && !slices.Contains(parameterNames, name) {
			*data = model.NULL()
			return
		}
	}
}

// named are the bits that have a name in argument i.
func named(c *model.Call, i int) (bits int64) {
	for _, n := range c.Op.Signature().Params[i].Flags.Names {
		bits |= int64(n.Bits)
	}
	return bits
}
