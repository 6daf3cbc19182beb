package live

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mntcheck/model"
	"mntcheck/props/system"
)

// TestHang has an actor open a FIFO that nobody else opens. The deadline is the
// call's answer, and the server goes on.
func TestHang(t *testing.T) {
	n := newNative(t, Options{Deadline: 200 * time.Millisecond})
	const fifo = unix.S_IFIFO | 0o644
	hang := system.Job{Program: []model.Step{
		{Actor: 1, Call: model.NewCall(model.OpMknod, model.Str("/f"), model.Num(fifo), model.Num(0))},
		{Actor: 1, Call: model.NewCall(model.OpOpen, model.Str("/f"), model.Num(model.O_RDONLY))},
		{Actor: 1, Call: model.NewCall(model.OpChdir, model.Str("/"))},
	}}
	fine := system.Job{Program: parse(t, `mkdir("/a", 0755)`)}
	recordings, err := n.Run(t.Context(), []system.Job{fine, hang, fine})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, 2} {
		if recordings[i].Err != nil || len(recordings[i].Answers) != 1 {
			t.Errorf("job %d: %+v", i, recordings[i])
		}
	}
	got := recordings[1]
	if !errors.Is(got.Err, ErrHang) || len(got.Answers) != 1 {
		t.Errorf("want 1 answer and ErrHang, got %d and %v", len(got.Answers), got.Err)
	}
	if want := `step 2, 1 open("/f", O_RDONLY)`; !strings.Contains(fmt.Sprint(got.Err), want) {
		t.Errorf("%v: want it to name %s", got.Err, want)
	}
}

// TestContext ends a request in the middle of a call.
func TestContext(t *testing.T) {
	n := newNative(t, Options{Deadline: 3 * time.Second})
	sys, err := n.Start(t.Context(), system.World{})
	if err != nil {
		t.Fatal(err)
	}
	defer sys.Close()
	fifo := model.NewCall(model.OpMknod, model.Str("/f"), model.Num(unix.S_IFIFO|0o644), model.Num(0))
	if r, err := sys.Do(t.Context(), 1, &fifo); err != nil || r.Errno != 0 {
		t.Fatal(r, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	open := model.NewCall(model.OpOpen, model.Str("/f"), model.Num(0))
	if _, err := sys.Do(ctx, 1, &open); !errors.Is(err, ctx.Err()) {
		t.Errorf("want %v, got %v", ctx.Err(), err)
	}
	if _, err := sys.Observe(t.Context()); err == nil {
		t.Error("a system whose request was given up still answers")
	}
}

// TestServerIsReplaced kills servers: one that is idle, one that runs a program.
func TestServerIsReplaced(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("who is not root cannot look at the kernel's own root")
	}
	rootBefore := rootState(t)
	n := newNative(t, Options{})
	fine := system.Job{Program: parse(t, `mkdir("/a", 0755)`)}
	run := func(jobs ...system.Job) []system.Recording {
		t.Helper()
		recordings, err := n.Run(t.Context(), jobs)
		if err != nil {
			t.Fatal(err)
		}
		return recordings
	}
	idle := n.idle[0]
	if err := idle.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-idle.ended
	if r := run(fine)[0]; r.Err != nil {
		t.Errorf("after an idle server was killed: %v", r.Err)
	}

	busy := n.idle[0]
	long := system.Job{Program: make([]model.Step, 100_000)}
	for i := range long.Program {
		long.Program[i] = fine.Program[0]
	}
	time.AfterFunc(30*time.Millisecond, func() { _ = busy.command.Process.Kill() })
	recordings := run(long, fine)
	if recordings[0].Err == nil || !strings.Contains(recordings[0].Err.Error(), "ended its server") {
		t.Errorf("a program whose server was killed: %v", recordings[0].Err)
	}
	if recordings[1].Err != nil {
		t.Errorf("the program after it: %v", recordings[1].Err)
	}
	if err := n.Close(); err != nil {
		t.Error(err)
	}
	if after := rootState(t); after != rootBefore && after != inUse && rootBefore != inUse {
		t.Errorf("the kernel's own root was %s, now it is %s", rootBefore, after)
	}
}

// TestAtOnce runs programs from several goroutines, while a system is open.
func TestAtOnce(t *testing.T) {
	n := newNative(t, Options{})
	open, err := n.Start(t.Context(), system.World{Setup: parse(t, `mkdir("/setup", 0755)`)})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close()
	// A remount of the superblock of all namespaces' files, which is seen in all
	// worlds that look meanwhile.
	var program []model.Step
	for _, p := range programs {
		if strings.HasPrefix(p.name, "a superblock") {
			program = parse(t, p.text)
		}
	}
	jobs := slices.Repeat([]system.Job{{Program: program}, {Program: program[:7]}}, 20)
	var wait sync.WaitGroup
	all := make([][]system.Recording, 3)
	for i := range all {
		wait.Go(func() {
			var err error
			if all[i], err = n.Run(t.Context(), jobs); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	for _, recordings := range all {
		for i, r := range recordings {
			want := " - nsfs nsfs ro\n"
			if i%2 == 1 {
				want = " - nsfs nsfs rw\n"
			}
			if r.Err != nil || !strings.Contains(r.Views[0].Mounts, want) {
				t.Fatalf("job %d: want %q in %v, %v", i, want, r.Views, r.Err)
			}
		}
	}
	chdir := model.NewCall(model.OpChdir, model.Str("/setup"))
	if r, err := open.Do(t.Context(), 1, &chdir); err != nil || r.Errno != 0 {
		t.Errorf("the open system: %v, %v", r, err)
	}
	if got := system.ProfileOf(open); got.Release != n.Profile().Release || got.Release == "" {
		t.Errorf("the open system says that it is %+v", got)
	}
}

// TestOwnRoot goes to the kernel's own root, makes it writable where it is a
// rootfs, and leaves something there. The next world must not find it.
func TestOwnRoot(t *testing.T) {
	n := newNative(t, Options{})
	program := parse(t, `
		pidfd_open(1, 0)
		umount2("/", MNT_DETACH)
		setns($1, CLONE_NEWNS)
		mount(NULL, "/", NULL, MS_REMOUNT, NULL)
		mkdir("/left-behind", 0755)
		chdir("/left-behind")
		mkdir("/dev", 0755)`)
	leave := system.Job{Program: program[:6]}
	look := system.Job{Program: append(slices.Clone(program[:3]), program[5])}
	recordings, err := n.Run(t.Context(), []system.Job{leave, look, {Program: program}})
	if err != nil {
		t.Fatal(err)
	}
	if made := recordings[0].Answers[4]; made.Errno != 0 {
		t.Skipf("nothing can be made there: %s", made)
	}
	if answers := recordings[1].Answers; len(answers) != 4 || answers[3].Errno != model.ENOENT {
		t.Errorf("a later world finds what an earlier one made: %v", answers)
	}
	if err := recordings[2].Err; err != nil && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a name that the kernel's own root has: %v", err)
	}
}

// TestGuard starts a server in the mount namespace of this test. It has to stop
// before it does anything there.
func TestGuard(t *testing.T) {
	space, err := os.Readlink("/proc/self/ns/mnt")
	if err != nil {
		t.Skip(err)
	}
	before := ownTable(t)
	command := exec.Command("/proc/self/exe")
	command.Env = append(os.Environ(), serverVariable+"="+space)
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	stream := struct {
		io.Reader
		io.WriteCloser
	}{output, input}
	_, err = NewClient(t.Context(), stream, Options{})
	if err == nil || !strings.Contains(err.Error(), "mount namespace of its client") {
		t.Errorf("want a server that stops, got %v", err)
	}
	_ = command.Wait()
	if after := ownTable(t); after != before {
		t.Errorf("mounts were changed: before\n%s\nafter\n%s", before, after)
	}
}

// TestServeRefusesOthers calls Serve in a process that is not init.
func TestServeRefusesOthers(t *testing.T) {
	client, server := net.Pipe()
	defer client.Close()
	go func() { _ = Serve(t.Context(), server, server) }()
	if _, err := NewClient(t.Context(), client, Options{}); err == nil || !strings.Contains(err.Error(), "process 1 of a virtual machine") {
		t.Errorf("want a refusal, got %v", err)
	}
}

// TestUnkillable has an actor that does not go when it is killed, as one does not that
// is in a call which nothing ends: a traced process is there until its tracer has seen
// its end. The client must not wait for that.
func TestUnkillable(t *testing.T) {
	if testing.Short() {
		t.Skip("a server is given time to end")
	}
	n := newNative(t, Options{Deadline: 200 * time.Millisecond, Log: io.Discard})
	sys, err := n.Start(t.Context(), system.World{})
	if err != nil {
		t.Fatal(err)
	}
	server := sys.(*nativeWorld).child
	actor := slices.Max(childrenOf(t, server.command.Process.Pid))
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.PtraceSeize(actor); err != nil {
		t.Skip("the actor cannot be traced:", err)
	}
	begun := time.Now()
	if err := sys.Close(); !errors.Is(err, ErrHang) {
		t.Errorf("a world with an actor that does not end is closed with %v, want ErrHang", err)
	}
	if took, longest := time.Since(begun), n.options.patience()+killedTime+10*time.Second; took > longest {
		t.Errorf("it took %v, want at most %v", took, longest)
	}
	select {
	case <-server.ended:
		t.Error("the server has ended, and its actor has not")
	default:
	}
	recordings, err := n.Run(t.Context(), []system.Job{{Program: parse(t, `mkdir("/a", 0755)`)}})
	if err != nil || recordings[0].Err != nil {
		t.Errorf("the next program is made with %v, %v", err, recordings)
	}
	if _, err := unix.Wait4(actor, nil, unix.WALL, nil); err != nil {
		t.Fatal(err)
	}
	select {
	case <-server.ended:
	case <-time.After(10 * time.Second):
		t.Error("the server is still there after its actor has ended")
	}
}

// childrenOf are the pids of a process's children.
func childrenOf(t *testing.T, pid int) (pids []int) {
	t.Helper()
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, field := range strings.Fields(string(data)) {
			child, err := strconv.Atoi(field)
			if err != nil {
				t.Fatal(err)
			}
			pids = append(pids, child)
		}
	}
	if len(pids) == 0 {
		t.Skip("the kernel does not tell the children of a process")
	}
	return pids
}
