package live

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"mntcheck/props/conform"
	"mntcheck/props/system"
)

// nobody is a user who is not root, and has no capability.
var nobody = &syscall.Credential{Uid: 65534, Gid: 65534}

// userVariable is in the environment of a test that root has started once more, as
// nobody.
const userVariable = "MNTCHECK_LIVE_TEST_USER"

// asUser runs a test as a user who is not root: where root runs it, in a process of
// its own, whose result is that of the test.
func asUser(t *testing.T, test func(t *testing.T, n *Native)) {
	t.Helper()
	if os.Geteuid() != 0 || os.Getenv(userVariable) != "" {
		n := startNative(t, Options{CrossCheck: true})
		if !n.Profile().Unprivileged {
			t.Skip("this user has what root has")
		}
		test(t, n)
		return
	}
	command := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", fmt.Sprintf("-test.short=%v", testing.Short()))
	command.Env = append(os.Environ(), userVariable+"=1")
	command.SysProcAttr = &syscall.SysProcAttr{Credential: nobody}
	output, err := command.CombinedOutput()
	switch {
	case errors.Is(err, unix.EPERM):
		t.Skip("root cannot become another user here: ", err)
	case err != nil:
		t.Fatalf("as another user: %v\n%s", err, output)
	case bytes.Contains(output, []byte("--- SKIP")):
		t.Skipf("as another user:\n%s", output)
	}
	t.Logf("as another user:\n%s", output)
}

// startNative starts the kernel of this machine for a test, whoever runs it.
func startNative(t testing.TB, o Options) *Native {
	t.Helper()
	n, err := New(t.Context(), o)
	if unreachable := (*UnreachableError)(nil); errors.As(err, &unreachable) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

// Kernel and model agree in the worlds of a user, after each call of programs that
// ask more of this package than most, and of random ones.
func TestUserAgreesWithModel(t *testing.T) {
	asUser(t, func(t *testing.T, n *Native) {
		reference := modelOf(t, n)
		for _, test := range programs {
			t.Run(test.name, func(t *testing.T) {
				job := system.Job{World: system.World{Unprivileged: true}, Program: parse(t, test.text), EachView: true}
				compareRunners(t, n, reference, job)
			})
		}
		checks := 200
		if testing.Short() {
			checks = 40
		}
		runner := func(context.Context) (system.Runner, error) { return n, nil }
		report, err := conform.Run(t.Context(), conform.Options{Runner: runner, Checks: checks, Seed: 1})
		if kernel := (*conform.KernelError)(nil); errors.As(err, &kernel) {
			t.Skip(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range report.Differences {
			t.Errorf("%s: the kernel %s, the model %s:\n%s", d.Call, d.Kernel, d.Model, d.Text)
		}
		t.Logf("%d calls", report.Calls)
	})
}

// The kernel of this machine answers a user as the one did that traces were
// recorded on.
func TestUserTraces(t *testing.T) {
	asUser(t, func(t *testing.T, n *Native) {
		for _, x := range userTraces(t) {
			job := system.Job{World: system.World{Unprivileged: true}, Program: x.Program()}
			recordings, err := n.Run(t.Context(), []system.Job{job})
			if err != nil {
				t.Fatal(err)
			}
			if series(x.Meta.Kernel()) != series(n.Profile().Release) {
				continue // its own root has another name, say
			}
			if d := difference(x, &recordings[0]); d != "" {
				t.Errorf("%s: %s", x.Name, d)
			}
		}
	})
}

// series is that of a release: 6.18 of 6.18.44.
func series(release string) string {
	return strings.Join(strings.SplitN(release, ".", 3)[:2], ".")
}

// A world of the other kind is refused, and the server goes on.
func TestOtherWorlds(t *testing.T) {
	n := startNative(t, Options{})
	other := system.World{Unprivileged: !n.Profile().Unprivileged}
	own := system.World{Unprivileged: n.Profile().Unprivileged}
	recordings, err := n.Run(t.Context(), []system.Job{{World: other}, {World: own}})
	if err != nil {
		t.Fatal(err)
	}
	if !errors.Is(recordings[0].Err, errors.ErrUnsupported) {
		t.Errorf("the other world: %v", recordings[0].Err)
	}
	if recordings[1].Err != nil || len(recordings[1].Views) != 1 {
		t.Errorf("its own: %+v", recordings[1])
	}
}

func TestWithoutUserNamespace(t *testing.T) {
	const most, clone, apparmor = "user/max_user_namespaces", "kernel/unprivileged_userns_clone", "kernel/apparmor_restrict_unprivileged_userns"
	for _, test := range []struct {
		err      error
		uid      int
		secret   bool // the program cannot be read
		settings map[string]string
		want     string
	}{
		{unix.ENOSPC, 1000, false, map[string]string{most: "0"}, "user.max_user_namespaces is 0"},
		{unix.ENOSPC, 1000, false, map[string]string{most: "7"}, "user.max_user_namespaces is 7"},
		{unix.EPERM, 1000, false, map[string]string{most: "7", clone: "0"}, "kernel.unprivileged_userns_clone is 0"},
		{unix.EACCES, 1000, false, map[string]string{most: "7", apparmor: "1"}, "AppArmor"},
		{unix.EPERM, 1000, false, map[string]string{most: "7", clone: "1", apparmor: "0"}, "a filter of system calls"},
		{unix.EACCES, 1000, true, map[string]string{most: "7"}, "its own program"},
		{unix.EPERM, 0, false, map[string]string{most: "7"}, "CAP_SETFCAP"},
		{unix.EROFS, 1000, false, map[string]string{most: "7"}, "/proc is read-only"},
		{unix.EINVAL, 1000, false, nil, "this kernel has none"},
	} {
		c := circumstances{test.uid, !test.secret, func(name string) string { return test.settings[name] }}
		got := c.withoutUserNamespace(test.err)
		if !strings.Contains(got, test.want) || !strings.HasPrefix(got, "this process is not root of the initial user namespace, and cannot make") {
			t.Errorf("%v with %v: %q, want %q in it", test.err, test.settings, got, test.want)
		}
	}
}
