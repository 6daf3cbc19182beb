package live

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mntcheck/model"
	"mntcheck/props/system"
)

// clientVariable is in the environment of a process that TestKill is about to kill.
const clientVariable = "MNTCHECK_LIVE_TEST_CLIENT"

// runNothing makes sure that programs could be run.
func runNothing() {
	n, err := New(context.Background(), Options{})
	if err == nil {
		err = n.Close()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runClient runs programs for ever.
func runClient() {
	n, err := New(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	jobs := make([]system.Job, 50)
	for i := range jobs {
		program := []model.Step{
			{Actor: 1, Call: model.NewCall(model.OpMkdir, model.Str("/a"), model.Num(0o755))},
			{Actor: 1, Call: model.NewCall(model.OpMount, model.Str("none"), model.Str("/a"), model.Str("tmpfs"), model.Num(0), model.NULL())},
			{Actor: 1, Call: model.NewCall(model.OpFork)},
			{Actor: 2, Call: model.NewCall(model.OpUnshare, model.Num(model.CLONE_NEWNS|model.CLONE_NEWUSER))},
			{Actor: 1, Call: model.NewCall(model.OpMount, model.NULL(), model.Str("/"), model.NULL(), model.Num(model.MS_REMOUNT), model.NULL())},
		}
		jobs[i] = system.Job{World: system.World{Unprivileged: n.Profile().Unprivileged}, Program: program, EachView: true}
	}
	for {
		if _, err := n.Run(context.Background(), jobs); err != nil {
			os.Exit(1)
		}
	}
}

// TestKill kills a client at random moments, one of root's and one of another user.
// What it started has to be gone after, and everything as it was.
func TestKill(t *testing.T) {
	if err := newNative(t, Options{}).Close(); err != nil { // it would use the kernel's own root meanwhile
		t.Fatal(err)
	}
	t.Run("root", func(t *testing.T) { killAtRandom(t, nil, false) })
	t.Run("group", func(t *testing.T) { killAtRandom(t, nil, true) })
	t.Run("user", func(t *testing.T) {
		try := exec.Command("/proc/self/exe")
		try.Env = append(os.Environ(), clientVariable+"="+makeNothing)
		try.SysProcAttr = &syscall.SysProcAttr{Credential: nobody}
		if output, err := try.CombinedOutput(); err != nil {
			t.Skipf("%v: %s", err, output)
		}
		killAtRandom(t, nobody, false)
	})
}

// killAtRandom kills a client of a user, nil is this one, alone or with all of its
// process group.
func killAtRandom(t *testing.T, user *syscall.Credential, group bool) {
	before, rootBefore := ownTable(t), rootState(t)
	random := rand.New(rand.NewPCG(1, 2))
	times := 20
	if testing.Short() {
		times = 3
	}
	for i := range times {
		command := exec.Command("/proc/self/exe")
		command.Env = append(os.Environ(), clientVariable+"="+runPrograms)
		command.SysProcAttr = &syscall.SysProcAttr{Credential: user, Setpgid: group}
		command.Stderr = os.Stderr
		output, err := command.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		if i%4 != 0 { // else while the first server is being started
			if _, err := io.ReadFull(output, make([]byte, len("ready"))); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond)
		kill := command.Process.Pid
		if group {
			kill = -kill
		}
		if err := unix.Kill(kill, unix.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = command.Wait()
		waitForServers(t)
		if after := ownTable(t); after != before {
			t.Fatalf("after kill %d: before\n%s\nafter\n%s", i+1, before, after)
		}
		after := rootState(t)
		for tries := 0; after == inUse && rootBefore != inUse && tries < 50; tries++ {
			time.Sleep(10 * time.Millisecond) // what a killed process had open is closed a moment later
			after = rootState(t)
		}
		if after != rootBefore && after != inUse && rootBefore != inUse {
			t.Fatalf("after kill %d: the kernel's own root was %s, now it is %s", i+1, rootBefore, after)
		}
	}
}

// waitForServers waits until no server of a killed client is left, also none
// that was just being started.
func waitForServers(t *testing.T) {
	t.Helper()
	const enough = 5
	for i, none := 0, 0; none < enough; i++ {
		none++
		if len(orphans(t)) > 0 {
			none = 0
		}
		if i > 1000 {
			t.Fatalf("servers are left: %v", orphans(t))
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// orphans are the servers of this executable whose client is gone, and their actors.
func orphans(t *testing.T) (pids []string) {
	t.Helper()
	own, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		pid := filepath.Base(filepath.Dir(file))
		if exe, err := os.Readlink(file); err != nil || exe != own || pid == fmt.Sprint(os.Getpid()) {
			continue
		}
		data, _ := os.ReadFile("/proc/" + pid + "/environ")
		if bytes.Contains(data, []byte(clientVariable)) {
			pids = append(pids, pid)
		}
	}
	return pids
}

func ownTable(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// inUse is the state of a kernel's own root that other servers use.
const inUse = "in use"

// rootState tells of the kernel's own root what a server changes. A process of
// its own looks, in a mount namespace that goes with it.
func rootState(t *testing.T) string {
	t.Helper()
	command := exec.Command("/proc/self/exe")
	command.Env = append(os.Environ(), clientVariable+"="+lookAtRoot)
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return string(output)
}

// Values of clientVariable.
const (
	runPrograms = "run"
	lookAtRoot  = "root"
	makeNothing = "nothing"
)

// printRootState is what a process does that rootState has started.
func printRootState() {
	runtime.LockOSThread()
	text, err := readRootState()
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Print(text)
	os.Exit(0)
}

func readRootState() (string, error) {
	b := &sandbox{deadline: DefaultDeadline}
	if err := b.leave("that of no process"); err != nil {
		return "", err
	}
	var err error
	if b.slots, err = newSlots(new(atomic.Bool)); err != nil {
		return "", err
	}
	if b.self, err = b.newProcess(); err != nil {
		return "", err
	}
	if err := b.strip(); err != nil {
		return "", err
	}
	dir, err := unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(dir)
	if flock(dir, unix.LOCK_EX|unix.LOCK_NB) != nil {
		return inUse, nil
	}
	r := &ownRoot{dir: dir}
	readOnly, err := r.readOnly()
	if err != nil {
		return "", err
	}
	entries, err := os.ReadDir("/")
	return fmt.Sprintf("read-only %v, marked %v, with %v", readOnly, r.marked(), entries), err
}
