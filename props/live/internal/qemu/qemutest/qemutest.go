package qemutest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"mntcheck/props/live/internal/qemu"
)

// kernelVariable names the kernel image that tests boot.
const kernelVariable = "MNTCHECK_KERNEL"

// Kernel is the path of a kernel image: that of $MNTCHECK_KERNEL, or the newest
// that .ci/kernel-image has fetched. The test is skipped where there is none, or no
// QEMU, and in short mode.
func Kernel(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("booting a kernel takes seconds: not in short mode")
	}
	if runtime.GOOS != "linux" {
		t.Skip("machines are booted on Linux only")
	}
	if _, err := exec.LookPath("qemu-system-x86_64"); err != nil {
		t.Skip("there is no QEMU here:", err)
	}
	if path := os.Getenv(kernelVariable); path != "" {
		return path
	}
	path := newestImage(t)
	if path == "" {
		t.Skipf("there is no kernel image: name one in $%s, or fetch one with .ci/kernel-image 7.3", kernelVariable)
	}
	return path
}

// newestImage looks where .ci/kernel-image puts its images.
func newestImage(t testing.TB) string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	paths, err := filepath.Glob(filepath.Join(cache, "mntcheck", "kernels", "vmlinuz-*"))
	if err != nil {
		t.Fatal(err)
	}
	newest, release := "", []int(nil)
	for _, path := range paths {
		var r [3]int
		_, err := fmt.Sscanf(filepath.Base(path), "vmlinuz-%d.%d.%d", &r[0], &r[1], &r[2])
		if err == nil && slices.Compare(r[:], release) > 0 {
			newest, release = path, r[:]
		}
	}
	return newest
}

// Init is the path of an executable that can be a machine's init: this test
// binary, or where that is linked dynamically, as with -race, one that is built
// of the same package. "" stands for this executable.
func Init(t testing.TB) string {
	t.Helper()
	err := qemu.CheckInit("/proc/self/exe")
	if err == nil {
		return ""
	}
	if !errors.Is(err, qemu.ErrDynamic) {
		t.Fatal(err)
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("this test is linked dynamically, and there is no go here to build a static one:", err)
	}
	path := filepath.Join(t.TempDir(), "init.test")
	build := exec.Command("go", "test", "-c", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building a static executable of this test: %v\n%s", err, out)
	}
	return path
}
