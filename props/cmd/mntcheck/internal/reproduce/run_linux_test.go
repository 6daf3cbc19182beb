package reproduce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mntcheck/model"
	"mntcheck/model/trace"
)

// deadline is far above what a program needs.
const deadline = 2 * time.Minute

// needRoot skips a test where no mount namespace can be made.
func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("the programs make mount namespaces, which needs root")
	}
	c := exec.Command("true")
	c.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if err := c.Run(); err != nil {
		t.Skipf("no mount namespace can be made: %v", err)
	}
}

// series is the kernel series of this machine, such as "6.18".
func series(t *testing.T) string {
	t.Helper()
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	var major, minor int
	if _, err := fmt.Sscanf(unix.ByteSliceToString(name.Release[:]), "%d.%d", &major, &minor); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%d.%d", major, minor)
}

// recorded gives so many traces of each family that were recorded on a series:
// of those in the project, and of those in the corpus beside it if there is one.
func recorded(t *testing.T, series string, each int) []*trace.Trace {
	t.Helper()
	paths := []string{"../../../../replay/testdata"}
	if more, err := filepath.Glob("../../../../../../shared/corpus/" + series + ".*"); err == nil {
		paths = append(paths, more...)
	}
	type source struct {
		archive bool
		family  string
	}
	count := map[source]int{}
	var all []*trace.Trace
	err := trace.Each(paths, func(file string, data []byte) error {
		tr, err := trace.Parse(file, data)
		if err != nil || !strings.HasPrefix(tr.Meta.Kernel(), series+".") {
			return err
		}
		if from := (source{strings.Contains(file, ".tar.gz"), tr.Meta.Family()}); count[from] < each {
			count[from]++
			all = append(all, tr)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Skipf("no trace was recorded on %s, which this machine has", series)
	}
	return all
}

// build compiles programs, each a main.go, as their readers would, and vets them. It
// answers the paths of the binaries.
func build(t *testing.T, programs [][]byte) []string {
	t.Helper()
	dir := t.TempDir()
	module := strings.TrimSpace(run(t, ".", "go", "list", "-m", "-f", "{{.Version}}\n{{.GoVersion}}", "golang.org/x/sys"))
	version, language, _ := strings.Cut(module, "\n")
	sums, err := os.ReadFile("../../../../../go.sum")
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", fmt.Appendf(nil, "module reproduce\n\ngo %s\n\nrequire golang.org/x/sys %s\n", language, version))
	write("go.sum", sums)
	binaries := make([]string, len(programs))
	for i, text := range programs {
		name := fmt.Sprintf("p%03d", i)
		write(filepath.Join(name, "main.go"), text)
		binaries[i] = filepath.Join(dir, "bin", name)
	}
	run(t, dir, "go", "vet", "./...")
	run(t, dir, "go", "build", "-ldflags=-s -w", "-o", "bin/", "./...")
	return binaries
}

// run runs a command of Go that must succeed.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=mod", "GOWORK=off")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%.4000s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// execute runs a reproducer and answers its output and exit status.
func execute(t *testing.T, name string, args ...string) (string, int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.WaitDelay = time.Second
	out, err := c.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out), c.ProcessState.ExitCode()
}

// leavesMounts holds that the machine's mount table is after a test what it was.
func leavesMounts(t *testing.T) {
	t.Helper()
	read := func() []byte {
		table, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	before := read()
	t.Cleanup(func() {
		if after := read(); !bytes.Equal(before, after) {
			t.Errorf("the machine's mount table was\n%sand is\n%s", before, after)
		}
	})
}

// TestGoRuns builds and runs the programs of recorded traces: the machine answers
// every call as it was recorded. One whose recording is wrong says so.
func TestGoRuns(t *testing.T) {
	needRoot(t)
	leavesMounts(t)
	each := 3
	if testing.Short() {
		each = 1
	}
	traces := recorded(t, series(t), each)
	if testing.Short() {
		traces = traces[:2]
	}
	for _, name := range []string{"actors", "script"} {
		traces = append(traces, readTrace(t, filepath.Join("testdata", name+".txtar")))
	}
	wrong := readTrace(t, "testdata/actors.txtar")
	wrong.Steps[0].Result = trace.Failure(model.EEXIST)
	wrong.Steps[7].Result = trace.Success(9)
	traces = append(traces, wrong, readTrace(t, "testdata/program.txtar"))

	var programs [][]byte
	for _, tr := range traces {
		text, err := Go(tr)
		if err != nil {
			t.Fatal(err)
		}
		programs = append(programs, text)
	}
	for i, binary := range build(t, programs) {
		tr := traces[i]
		t.Run(filepath.Base(filepath.Dir(tr.Name))+"/"+filepath.Base(tr.Name), func(t *testing.T) {
			out, status := execute(t, binary)
			if tr == wrong {
				checkWrong(t, out, status,
					"\n1 ioctl(3, PIDFD_GET_USER_NAMESPACE, 0) = 4   <-- recorded: 9\n", "22 calls, 2 answered differently\n")
				if !strings.HasPrefix(out, "1 mkdir(\"/a\", 0755) = 0   <-- recorded: -1 EEXIST (File exists)\n") {
					t.Errorf("the first call is not marked\n%s", out)
				}
				return
			}
			if status != 0 || !strings.Contains(out, "mount table") {
				t.Errorf("exit status %d, want 0\n%s", status, out)
			}
			if want := fmt.Sprintf("%d calls, 0 answered differently\n", len(tr.Steps)); !strings.HasSuffix(out, want) {
				t.Errorf("not all calls are answered as recorded\n%s", out)
			}
		})
	}
}

func checkWrong(t *testing.T, out string, status int, marks ...string) {
	t.Helper()
	if status != 1 || strings.Count(out, "<-- recorded") != 2 {
		t.Errorf("exit status %d, want 1 and two marks\n%s", status, out)
	}
	for _, mark := range marks {
		if !strings.Contains(out, mark) {
			t.Errorf("no %q in\n%s", mark, out)
		}
	}
}

// TestCompiles builds a program with every call and every flag that has a name, so
// that each name is one of golang.org/x/sys/unix or the program's own.
func TestCompiles(t *testing.T) {
	text, err := Go(parse(t, "everything", everything()))
	if err != nil {
		t.Fatal(err)
	}
	namespace, err := Go(readTrace(t, "testdata/namespace.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	build(t, [][]byte{text, namespace})
}

// TestShellRuns runs the scripts of those recorded traces that have one.
func TestShellRuns(t *testing.T) {
	needRoot(t)
	leavesMounts(t)
	for _, name := range []string{"sh", "unshare", "mount", "umount", "pivot_root", "ldd", "readlink", "sed"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skip(err)
		}
	}
	each := 1000
	if testing.Short() {
		each = 1
	}
	ran := 0
	script := func(tr *trace.Trace) (string, int) {
		text, err := Shell(tr)
		if err != nil {
			return "", -1
		}
		file := filepath.Join(t.TempDir(), "script.sh")
		if err := os.WriteFile(file, text, 0o666); err != nil {
			t.Fatal(err)
		}
		ran++
		return execute(t, "sh", file)
	}
	for _, tr := range append(recorded(t, series(t), each), readTrace(t, "testdata/script.txtar")) {
		if out, status := script(tr); status > 0 || status == 0 && !strings.HasSuffix(out, "\n0 calls ended otherwise than recorded\n") {
			t.Errorf("%s: exit status %d, want 0\n%s", tr.Name, status, out)
		}
	}
	t.Logf("%d scripts ran", ran)
	wrong := readTrace(t, "testdata/script.txtar")
	wrong.Steps[0].Result = trace.Failure(model.EEXIST)
	wrong.Steps[9].Result = trace.Success(0)
	out, status := script(wrong)
	checkWrong(t, out, status, "mkdir -m 0755 /a: ok   <-- recorded: failed\n", "\n2 calls ended otherwise than recorded\n")
}
