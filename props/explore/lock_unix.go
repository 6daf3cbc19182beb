//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package explore

import (
	"errors"
	"os"
	"syscall"
)

// lock locks a file until it is closed, or its process ends. It reports false if
// another one has it locked; where files cannot be locked it does nothing.
func lock(f *os.File) bool {
	return !errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}
