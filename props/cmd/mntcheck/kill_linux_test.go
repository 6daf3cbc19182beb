package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Limits of the moments at which runs are killed. They begin while the first
// servers are being started, and end where a run has long made programs; a
// machine takes seconds to boot.
const (
	longestNative  = 1500 * time.Millisecond
	longestMachine = 12 * time.Second
)

// TestKillConform kills comparisons with the running kernel at random moments.
// Whatever they had begun, the host has to be as it was before.
func TestKillConform(t *testing.T) {
	host := newHost(t)
	random := rand.New(rand.NewPCG(4, 2))
	for i := range 20 {
		host.kill(i, time.Duration(random.Int64N(int64(longestNative))), "-j", "2")
	}
	if host.most < 4 { // the command, a server, what makes worlds there, and an actor
		t.Errorf("no run had more than %d processes when it was killed: none was killed in a world", host.most)
	}
}

// TestKillConformInMachine kills comparisons with a kernel in QEMU: one while
// that boots, and two at any moment.
func TestKillConformInMachine(t *testing.T) {
	host := newHost(t)
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Skip("there is no QEMU here:", err)
	}
	kernel := kernelImage(t)
	random := rand.New(rand.NewPCG(4, 3))
	for i, longest := range []time.Duration{longestNative, longestMachine, longestMachine} {
		host.kill(i, time.Duration(random.Int64N(int64(longest))), "-j", "1", "--kernel", kernel)
	}
}

// kernelImage is the image that tests boot, or the last of those that
// .ci/kernel-image has fetched.
func kernelImage(t *testing.T) string {
	t.Helper()
	const variable = "MNTCHECK_KERNEL"
	if path := os.Getenv(variable); path != "" {
		return path
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	images, err := filepath.Glob(filepath.Join(cache, "mntcheck", "kernels", "vmlinuz-*"))
	if err != nil {
		t.Fatal(err)
	}
	if len(images) == 0 {
		t.Skipf("there is no kernel image: name one in $%s, or fetch one with .ci/kernel-image 7.3", variable)
	}
	return slices.Max(images)
}

// host is the machine on which the command is killed, as it was before.
type host struct {
	*testing.T
	command string // the executable
	dir     string // where it runs, and finds its home and its temporary files
	before  string
	others  []int // the test's own children from before
	most    int   // processes of a run when it was killed
}

// runGroup is a group that nobody has: what a killed run has made is told by it
// from the files of others.
const runGroup = 1_870_404_213

// newHost skips the test where it cannot be made. While it runs, the test is the
// one that orphans become children of: so each process that a run leaves behind
// is known for one of its own.
func newHost(t *testing.T) *host {
	t.Helper()
	if testing.Short() {
		t.Skip("twenty runs take half a minute: not in short mode")
	}
	if os.Getuid() != 0 {
		t.Skip("worlds are made by root, and this is user", os.Getuid())
	}
	if ok, err := condition("kernel"); !ok || err != nil {
		t.Skip("the running kernel cannot be compared with the model here", err)
	}
	h := &host{T: t, dir: t.TempDir()}
	h.command = filepath.Join(t.TempDir(), "mntcheck")
	build := exec.Command("go", "build", "-o", h.command, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); errors.Is(err, exec.ErrNotFound) {
		t.Skip("there is no go here to build the command:", err)
	} else if err != nil {
		t.Fatalf("building the command: %v\n%s", err, out)
	}
	h.adopt(1)
	t.Cleanup(func() { h.adopt(0) })
	h.others = h.descendants()
	h.before = h.state()
	return h
}

// adopt makes the test the process that orphans become children of, or no more.
func (h *host) adopt(on uintptr) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, on, 0, 0, 0); err != nil {
		h.Fatal("prctl:", err)
	}
}

// kill starts a comparison, kills it after a while, and looks at what is left.
func (h *host) kill(i int, after time.Duration, args ...string) {
	h.Helper()
	var said bytes.Buffer
	command := exec.Command(h.command, append([]string{"conform", "--duration", "1h", "--seed", strconv.Itoa(i)}, args...)...)
	command.Dir, command.Stderr = h.dir, &said
	command.WaitDelay = time.Minute // a server that it leaves behind may hold that open
	command.Env = append(os.Environ(), "TMPDIR="+h.dir, "HOME="+h.dir, "XDG_CACHE_HOME="+h.dir)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Gid: runGroup, NoSetGroups: true}}
	if err := command.Start(); err != nil {
		h.Fatal(err)
	}
	time.Sleep(after)
	had := len(h.descendants()) - len(h.others)
	h.most = max(h.most, had)
	if err := command.Process.Kill(); err != nil {
		h.Fatal(err)
	}
	err := command.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		h.Fatalf("run %d: want one that was killed after %v, got %v: %s", i, after, err, &said)
	}
	took := h.await(i)
	if now := h.state(); now != h.before {
		h.Fatalf("run %d, killed after %v: the host was\n%s\nand now it is\n%s", i, after, h.before, now)
	}
	h.Logf("run %d, killed after %v: its %d processes were gone in %v", i, after, had, took)
}

// longestEnd is how long what a run leaves behind may take to end. The servers of
// a machine whose processors are busy elsewhere wait for these.
const longestEnd = 60 * time.Second

// await waits until no process of a killed run is left.
func (h *host) await(i int) time.Duration {
	h.Helper()
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		left := slices.DeleteFunc(h.descendants(), func(pid int) bool { return slices.Contains(h.others, pid) })
		if len(left) == 0 {
			return time.Since(began)
		}
		if time.Since(began) > longestEnd {
			h.Fatalf("run %d has left processes behind: %v", i, left)
		}
		for _, pid := range left {
			_, _ = unix.Wait4(pid, nil, unix.WNOHANG, nil) // those that have become children of this one
		}
	}
}

// descendants are the processes below the test's own, in the order of their pids.
func (h *host) descendants() (all []int) {
	h.Helper()
	parents := map[int]int{}
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		h.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		_, fields, ok := strings.Cut(string(data), ") ") // behind the name
		var state string
		var parent int
		if err != nil || !ok {
			continue // it has ended
		}
		if _, err := fmt.Sscan(fields, &state, &parent); err != nil {
			h.Fatalf("%s: %v", file, err)
		}
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		parents[pid] = parent
	}
	for pid := range parents {
		for at := parents[pid]; at != 0; at = parents[at] {
			if at == os.Getpid() {
				all = append(all, pid)
				break
			}
		}
	}
	slices.Sort(all)
	return all
}

// state is what of the host a run could have changed: the mounts, the one
// superblock of namespaces' files, how many mounts there may be, files.
func (h *host) state() string {
	h.Helper()
	var b strings.Builder
	for _, file := range []string{"/proc/self/mountinfo", "/proc/sys/fs/mount-max"} {
		data, err := os.ReadFile(file)
		if err != nil {
			h.Fatal(err)
		}
		lines := strings.SplitAfter(string(data), "\n")
		slices.Sort(lines)
		b.WriteString(strings.Join(lines, ""))
	}
	fmt.Fprintf(&b, "namespaces' files: read-only %v\n", h.nsfsReadOnly())
	for _, dir := range []string{h.dir, "/tmp", "/var/tmp", "/dev/shm", "/run", "."} {
		h.files(&b, dir)
	}
	return b.String()
}

// nsfsReadOnly looks while no server of another package's tests has a world that
// remounted this superblock: such a one holds the lock alone until that is undone.
func (h *host) nsfsReadOnly() bool {
	h.Helper()
	file, err := os.Open("/proc/self/ns/uts")
	if err != nil {
		h.Fatal(err)
	}
	defer file.Close()
	var nsfs unix.Statfs_t
	err = errors.Join(unix.Flock(int(file.Fd()), unix.LOCK_SH), unix.Fstatfs(int(file.Fd()), &nsfs))
	if err != nil {
		h.Fatal(err)
	}
	return nsfs.Flags&unix.ST_RDONLY != 0
}

// files lists what a run has made in a folder. Others work there meanwhile.
func (h *host) files(b *strings.Builder, dir string) {
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil //nolint:nilerr // it is another's, and gone
		}
		if info, err := d.Info(); err == nil && info.Sys().(*syscall.Stat_t).Gid == runGroup {
			fmt.Fprintf(b, "%s, of the run\n", path)
		}
		return nil
	})
	if err != nil {
		h.Fatal(err)
	}
}
