package qemu_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"mntcheck/props/live/internal/qemu"
	"mntcheck/props/live/internal/qemu/qemutest"
)

// What the guest does in a test, and what a host does that is to be killed.
const (
	actVariable  = "QEMU_TEST_ACT"
	hostVariable = "QEMU_TEST_HOST"
)

func TestMain(m *testing.M) {
	qemu.Guest(act)
	if os.Getenv(hostVariable) != "" {
		if err := hostToBeKilled(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// act is the guest.
func act(channel io.ReadWriter) error {
	switch name := os.Getenv(actVariable); name {
	case "echo": // until a zero
		for b := make([]byte, 64<<10); ; {
			n, err := channel.Read(b)
			if err != nil {
				return err
			}
			end := bytes.IndexByte(b[:n], 0)
			if end >= 0 {
				n = end
			}
			if _, err := channel.Write(b[:n]); err != nil || end >= 0 {
				return err
			}
		}
	case "answer":
		return readLines(channel)
	case "fail":
		return errors.New("it was not\nto be")
	case "crash":
		panic("no way on")
	case "hang":
		return unix.Pause() // not select {}, which Go would call a deadlock
	case "panic":
		return os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0)
	case "arguments":
		_, err := fmt.Fprintf(channel, "%q\n", os.Args[1:])
		return err
	default:
		return fmt.Errorf("unknown act %q", name)
	}
}

func boot(t testing.TB, act string, o qemu.Options) *qemu.Machine {
	t.Helper()
	o.Kernel, o.Init = qemutest.Kernel(t), qemutest.Init(t)
	o.Env = append(o.Env, actVariable+"="+act)
	m, err := qemu.Boot(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

func TestEcho(t *testing.T) {
	m := boot(t, "echo", qemu.Options{})
	t.Logf("Linux %s, %s, channel %s", m.Release(), m.Accel(), m.Channel())
	echo(t, m, 1<<20)
	if _, err := m.Write([]byte{0}); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(m); err != nil || len(rest) > 0 {
		t.Errorf("after the guest's end: %q, %v; want nothing and io.EOF", rest, err)
	}
	if m.Err() != io.EOF {
		t.Errorf("Err is %v, want io.EOF", m.Err())
	}
}

// A kernel without virtio-serial has a serial line for a channel.
func TestEchoOverSerialLine(t *testing.T) {
	m := boot(t, "echo", qemu.Options{Parameters: []string{"initcall_blacklist=virtio_console_init"}})
	if m.Channel() != "ttyS1" {
		t.Fatalf("the channel is %s, want ttyS1", m.Channel())
	}
	echo(t, m, 100<<10)
}

// echo sends size bytes, any but zero, and compares what comes back.
func echo(t *testing.T, m *qemu.Machine, size int) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	sent := make([]byte, size)
	for i := range sent {
		sent[i] = byte(1 + random.IntN(255))
	}
	failed := make(chan error, 1)
	go func() {
		_, err := m.Write(sent)
		failed <- err
	}()
	got := make([]byte, size)
	if _, err := io.ReadFull(m, got); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(sent, got) {
		t.Error("what came back is not what was sent")
	}
}

func TestArguments(t *testing.T) {
	m := boot(t, "arguments", qemu.Options{Args: []string{"-v", "two words", "a=b c"}})
	line, err := bufio.NewReader(m).ReadString('\n')
	if want := `["-v" "two words" "a=b c"]` + "\n"; line != want || err != nil {
		t.Errorf("init got %q, %v; want %q", line, err, want)
	}
}

// Each way to end badly is told from the others, and says why.
func TestDead(t *testing.T) {
	for _, test := range []struct {
		act     string
		cause   qemu.Cause
		reason  string
		console string
	}{
		{"panic", qemu.Panicked, "sysrq triggered crash", "Call Trace:"},
		{"crash", qemu.Panicked, "panic: no way on (Attempted to kill init!", "goroutine 1"},
		{"fail", qemu.Failed, "it was not; to be", "it was not"},
		{"hang", qemu.Hung, "no answer by the deadline", "Show Blocked State"},
	} {
		t.Run(test.act, func(t *testing.T) {
			t.Parallel()
			m := boot(t, test.act, qemu.Options{})
			wait := time.Minute
			if test.cause == qemu.Hung {
				wait = time.Second
			}
			if err := m.SetDeadline(time.Now().Add(wait)); err != nil {
				t.Fatal(err)
			}
			_, err := io.ReadAll(m)
			var dead *qemu.Dead
			if !errors.As(err, &dead) {
				t.Fatalf("reading ended with %v, want a Dead", err)
			}
			if dead.Cause != test.cause || !strings.Contains(dead.Reason, test.reason) {
				t.Errorf("%s: %s; want %s: %s", dead.Cause, dead.Reason, test.cause, test.reason)
			}
			if !strings.Contains(dead.Console, test.console) {
				t.Errorf("the console does not have %q:\n%s", test.console, dead.Console)
			}
			if _, again := m.Write([]byte("x")); again != err {
				t.Errorf("writing fails with %v, want the same error as reading", again)
			}
		})
	}
}

// Close ends a read that waits.
func TestClose(t *testing.T) {
	m := boot(t, "hang", qemu.Options{})
	read := make(chan error)
	go func() {
		_, err := m.Read(make([]byte, 1))
		read <- err
	}()
	m.Close()
	if err := <-read; err != qemu.ErrClosed {
		t.Errorf("reading ended with %v, want %v", err, qemu.ErrClosed)
	}
}

// A boot that is given up says so; a kernel that boots too slowly is a hang.
func TestBootGivenUp(t *testing.T) {
	o := qemu.Options{Kernel: qemutest.Kernel(t), Init: qemutest.Init(t)}
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("had enough")
	time.AfterFunc(100*time.Millisecond, func() { cancel(reason) })
	if _, err := qemu.Boot(ctx, o); err != reason {
		t.Errorf("a boot that was cancelled ended with %v, want %v", err, reason)
	}
	o.Boot = 10 * time.Millisecond
	var dead *qemu.Dead
	if _, err := qemu.Boot(t.Context(), o); !errors.As(err, &dead) || dead.Cause != qemu.Hung {
		t.Errorf("a boot that took too long ended with %v, want a hang", err)
	}
}

// A kernel that has nothing to speak with is said to need it.
func TestBootWithoutConsole(t *testing.T) {
	o := qemu.Options{Kernel: qemutest.Kernel(t), Init: qemutest.Init(t)}
	o.Parameters = []string{"initcall_blacklist=virtio_console_init,serial8250_init"}
	_, err := qemu.Boot(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), "CONFIG_SERIAL_8250_CONSOLE") {
		t.Errorf("without a console and a channel: %v", err)
	}
}

// hostToBeKilled boots a machine, and waits for its own end.
func hostToBeKilled() error {
	ctx := context.Background()
	o := qemu.Options{Kernel: os.Getenv(hostVariable), Init: os.Getenv(hostVariable + "_INIT"), Env: []string{actVariable + "=hang"}}
	if _, err := qemu.Boot(ctx, o); err != nil {
		return err
	}
	fmt.Println("booted")
	select {}
}

// QEMU dies with the process that booted it, and leaves no file behind.
func TestHostIsKilled(t *testing.T) {
	tmp := t.TempDir()
	mark := "QEMU_TEST_MARK=" + tmp // tells this test's QEMU from others
	host := exec.Command("/proc/self/exe")
	host.Env = append(os.Environ(), hostVariable+"="+qemutest.Kernel(t), hostVariable+"_INIT="+qemutest.Init(t), mark, "TMPDIR="+tmp)
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line != "booted\n" {
		host.Process.Kill()
		t.Fatalf("the host said %q, %v", line, err)
	}
	if n := len(emulators(t, mark)); n != 1 {
		t.Errorf("%d processes of QEMU run, want 1", n)
	}
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // it was killed
	for end := time.Now().Add(10 * time.Second); len(emulators(t, mark)) > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("QEMU runs on without the process that booted it")
		}
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}

// emulators returns the processes of QEMU that have a variable in their
// environment; those that have ended and wait for their parent have none.
func emulators(t *testing.T, variable string) (processes []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, err := os.ReadFile("/proc/" + e.Name() + "/comm")
		if err != nil || !strings.HasPrefix(string(name), "qemu") {
			continue
		}
		environment, err := os.ReadFile("/proc/" + e.Name() + "/environ")
		if err == nil && bytes.Contains(environment, []byte(variable+"\x00")) {
			processes = append(processes, e.Name())
		}
	}
	return processes
}
