package live

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"mntcheck/model"
)

// world is one world: its actors, and what is known of its namespaces.
type world struct {
	*sandbox
	calls   *[model.NumOps]kernelCall
	actors  []*actor // by number - 1; an actor that has exited stays
	spaces  []space  // mount namespaces in the order in which they were made
	initial [2]device
	// sharedFiles: actors share a table of descriptors, by CLONE_FILES.
	sharedFiles bool
	keeper      int // a descriptor of the builder that keeps the first tmpfs's superblock
	mountMax    string
	sources     map[uint64]string // of mounts by unique id, where statmount does not tell
	lastSources map[device]string // of superblocks, at the last look
	unseenCalls int               // since then
	owners      map[uint64]uint64 // user namespaces of mount namespaces, by id; for identities
	identity    model.Identity    // of the last view, where it was asked for
	marks       []expiryMark
	marked      bool  // a mount was marked by umount2(MNT_EXPIRE)
	dead        error // why the world can be used no more
}

// actor is a process of a world.
type actor struct {
	*process
	number int
	alive  bool
	pids   pidState
	files  fileTable
}

// space is a mount namespace.
type space struct {
	id   uint64 // the kernel's; never reused
	ino  uint64 // of its file; may be reused once it is gone
	gone bool
}

// newWorld makes a world with one actor.
func (b *sandbox) newWorld(calls *[model.NumOps]kernelCall, spec *worldSpec) (*world, error) {
	w := &world{sandbox: b, calls: calls, keeper: -1}
	err := b.shared.enter()
	if err != nil {
		return nil, err
	}
	err = w.build(spec)
	if err == nil {
		err = w.setUp(spec.Setup)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

func (w *world) build(spec *worldSpec) error {
	if spec.Unprivileged != w.unprivileged {
		return w.otherKind()
	}
	if err := w.limitMounts(spec.MountMax); err != nil {
		return err
	}
	p, err := w.newProcess()
	if err != nil {
		return err
	}
	z := w.builder
	z.begin()
	root := z.constant("/")
	none := z.constant("none")
	z.must(unix.SYS_SETNS, uintptr(w.bare), unix.CLONE_NEWNS)
	z.must(unix.SYS_UNSHARE, unix.CLONE_NEWNS)
	z.must(unix.SYS_MOUNT, none, root, z.constant("tmpfs"), 0, 0)
	names := append([]string{"setns", "unshare", "mount"}, w.enterRoot(z)...)
	keeper, child := len(names), len(names)+1
	names = append(names, "fspick", "clone", "setns")
	// A reference on the superblock, and on no mount: while it is held, no other
	// superblock gets the device number by which it is known.
	z.must(unix.SYS_FSPICK, atFDCWD, root, unix.FSPICK_CLOEXEC)
	z.must(unix.SYS_CLONE, unix.CLONE_PARENT|uintptr(unix.SIGCHLD)).Child = p.index
	z.must(unix.SYS_SETNS, uintptr(w.home), unix.CLONE_NEWNS)
	if err := z.run(w.deadline); err != nil {
		return err
	}
	if fd, errno := z.result(keeper); errno == 0 {
		w.keeper = int(fd)
	}
	if pid, errno := z.result(child); errno == 0 && pid != 0 {
		p.pid = int(pid)
		w.actors = []*actor{{process: p, number: 1, alive: true}}
	}
	if err := z.failed(names...); err != nil {
		return fmt.Errorf("making a world: %w", err)
	}
	return w.firstActor()
}

// enterRoot has the builder stand on the tmpfs that it has mounted on its root, as
// on its root, and names the calls. Where that root is a tmpfs, which is locked in
// place, the new one takes its place.
func (w *world) enterRoot(z *process) []string {
	top := z.constant("/..")
	if !w.unprivileged {
		z.must(unix.SYS_CHROOT, top)
		z.must(unix.SYS_CHDIR, z.constant("/"))
		return []string{"chroot", "chdir"}
	}
	here := z.constant(".")
	z.must(unix.SYS_CHDIR, top)
	z.must(unix.SYS_PIVOT_ROOT, here, here)
	z.must(unix.SYS_UMOUNT2, here, unix.MNT_DETACH)
	return []string{"chdir", "pivot_root", "umount2"}
}

// otherKind is the error of a world that cannot be made here.
func (w *world) otherKind() error {
	if w.unprivileged {
		return fmt.Errorf("this world is one of root of the initial user namespace, and this process makes those of a user: %w", errors.ErrUnsupported)
	}
	return fmt.Errorf("this world is one of a user who is not root of the initial user namespace, and this process makes those of root: %w", errors.ErrUnsupported)
}

// firstActor closes the descriptors that actor 1 has from the builder, and looks
// where it is.
func (w *world) firstActor() error {
	a := w.actors[0]
	a.begin()
	a.must(unix.SYS_CLOSE_RANGE, 3, uintptr(^uint32(0)), 0)
	if err := a.run(w.deadline); err != nil {
		return err
	}
	if err := a.failed("close_range"); err != nil {
		return err
	}
	st, err := w.statx(a, "root")
	if err != nil {
		return err
	}
	w.initial = [2]device{w.root.device, {st.Dev_major, st.Dev_minor}}
	w.sources = map[uint64]string{st.Mnt_id: "none"}
	return w.discover(a)
}

// limitMounts sets fs.mount-max, which is one for all of a machine.
func (w *world) limitMounts(max int32) error {
	if max == 0 {
		return nil
	}
	if !w.alone {
		return fmt.Errorf("fs.mount-max is one for all of a machine, so it is changed in a virtual machine only: %w", errors.ErrUnsupported)
	}
	const file = "/proc/sys/fs/mount-max"
	old, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, strconv.AppendInt(nil, int64(max), 10), 0)
	}
	if err != nil {
		return fmt.Errorf("fs.mount-max: %w", err)
	}
	w.mountMax = string(old)
	return nil
}

// actor is the live actor with that number, or nil.
func (w *world) actor(n int64) *actor {
	if n < 1 || n > int64(len(w.actors)) || !w.actors[n-1].alive {
		return nil
	}
	return w.actors[n-1]
}

// setUp makes calls. The error is why the first one that had no answer had none.
func (w *world) setUp(l lines) error {
	program, err := l.steps()
	if err != nil {
		return err
	}
	values := make([]int64, 0, len(program))
	for i := range program {
		call := program[i].Call.Resolve(values)
		a, err := w.do(program[i].Actor, &call)
		if err != nil {
			return fmt.Errorf("step %d, %d %s: %w", i+1, program[i].Actor, program[i].Call, err)
		}
		values = append(values, a.Value)
	}
	return nil
}

// do makes a call as an actor. After an error the world can be used no more,
// unless the call was refused before it was made.
func (w *world) do(n int, c *model.Call) (answer, error) {
	if w.dead != nil {
		return answer{}, w.dead
	}
	w.unseenCalls++
	a := w.actor(int64(n))
	if a == nil {
		return answer{}, fmt.Errorf("actor %d does not exist or has exited", n)
	}
	if c.Op == model.OpNone || c.Op >= model.NumOps {
		return answer{}, fmt.Errorf("call number %d is not one of the model's", c.Op)
	}
	switch c.Op {
	case model.OpFork, model.OpClone, model.OpClone3:
		return w.check(w.clone(a, c))
	case model.OpExitGroup:
		return w.check(w.exit(a, c))
	}
	if err := w.guard(a, c); err != nil {
		return answer{}, err
	}
	if err := w.encode(a, c); err != nil {
		return answer{}, err
	}
	if err := a.run(w.deadline); err != nil {
		return w.check(answer{}, err)
	}
	v, errno := a.result(0)
	if errno != 0 {
		r := answer{Value: -1, Errno: uint16(errno)}
		return w.check(r, w.afterRefusal(a, c, errno))
	}
	return w.check(answer{Value: int64(v)}, w.after(a, c, int64(v)))
}

// check notes an error that leaves the world in a state nobody knows.
func (w *world) check(r answer, err error) (answer, error) {
	if err != nil && !errors.Is(err, errors.ErrUnsupported) {
		w.dead = err
	}
	return r, err
}

// after does what belongs to a call that succeeded: the map of a new user
// namespace, and a note of a new mount namespace while it is known whose it is.
func (w *world) after(a *actor, c *model.Call, v int64) error {
	a.files.note(c, v)
	switch flags := uint64(c.Args[max(0, len(c.Op.Signature().Params)-1)].N); c.Op {
	case model.OpUnshare:
		return w.afterUnshare(a, flags)
	case model.OpOpenTree:
		if flags&model.OPEN_TREE_NAMESPACE != 0 {
			return w.discoverFD(a, v)
		}
	case model.OpOpenTreeAttr:
		if c.Args[2].N&model.OPEN_TREE_NAMESPACE != 0 {
			return w.discoverFD(a, v)
		}
	case model.OpFsmount:
		if c.Args[1].N&model.FSMOUNT_NAMESPACE != 0 {
			return w.discoverFD(a, v)
		}
	case model.OpSetns:
		if uint64(c.Args[1].N)&unix.CLONE_NEWPID != 0 {
			a.pids.children = joinedPids
		}
	}
	return nil
}

func (w *world) afterUnshare(a *actor, flags uint64) error {
	if flags&unix.CLONE_NEWPID != 0 {
		a.pids.children = newPids
	}
	if flags&unix.CLONE_NEWUSER != 0 {
		if err := w.mapIDs(a.pid); err != nil {
			return err
		}
	}
	if flags&(unix.CLONE_NEWNS|model.UNSHARE_EMPTY_MNTNS) != 0 {
		return w.discover(a)
	}
	return nil
}

// discover notes the mount namespace that an actor is in, if it is a new one.
func (w *world) discover(a *actor) error {
	fd, err := unix.Openat(w.proc, a.file("ns/mnt"), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("the mount namespace of actor %d: %w", a.number, err)
	}
	defer unix.Close(fd)
	id, err := namespaceID(fd)
	if err != nil {
		return fmt.Errorf("the id of the mount namespace of actor %d: %w", a.number, err)
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	w.note(id, st.Ino)
	return nil
}

// namespaceID is the id of the mount namespace that a descriptor is of.
func namespaceID(fd int) (id uint64, err error) {
	_, _, errno := syscall.RawSyscall(unix.SYS_IOCTL, uintptr(fd), nsGetMntNSID, uintptr(unsafe.Pointer(&id)))
	if errno != 0 {
		return 0, errno
	}
	return id, nil
}

// discoverFD notes the mount namespace that a descriptor of an actor is of.
func (w *world) discoverFD(a *actor, fd int64) error {
	a.begin()
	id, idData := a.room(8)
	st, stData := a.room(int(unsafe.Sizeof(unix.Statx_t{})))
	empty := a.constant("")
	a.must(unix.SYS_IOCTL, uintptr(fd), nsGetMntNSID, id)
	a.must(unix.SYS_STATX, uintptr(fd), empty, unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS, st)
	if err := a.run(w.deadline); err != nil {
		return err
	}
	if err := a.failed("ioctl", "statx"); err != nil {
		return fmt.Errorf("the mount namespace of descriptor %d of actor %d: %w", fd, a.number, err)
	}
	w.note(*(*uint64)(unsafe.Pointer(unsafe.SliceData(idData))), (*unix.Statx_t)(unsafe.Pointer(unsafe.SliceData(stData))).Ino)
	return nil
}

// note adds a namespace. One that had the same number for its file is gone.
func (w *world) note(id, ino uint64) {
	for i := range w.spaces {
		s := &w.spaces[i]
		if s.id == id {
			return
		}
		if s.ino == ino {
			s.gone = true
		}
	}
	w.spaces = append(w.spaces, space{id: id, ino: ino})
}

// file names a file of an actor's in the directory /proc.
func (a *actor) file(name string) string { return strconv.Itoa(a.pid) + "/" + name }

// close ends the world's processes, and with them its mounts.
func (w *world) close() error {
	err := w.killAll()
	if w.keeper >= 0 {
		w.builder.begin()
		w.builder.add(unix.SYS_CLOSE, uintptr(w.keeper))
		err = errors.Join(err, w.builder.run(w.deadline))
	}
	if w.mountMax != "" {
		err = errors.Join(err, os.WriteFile("/proc/sys/fs/mount-max", []byte(w.mountMax), 0))
	}
	w.dead = errors.New("this world has been closed")
	return errors.Join(err, w.shared.leave())
}
