//go:build !linux

package qemu

import (
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
)

// ownExecutable is no Linux executable here, and can be no machine's init.
const ownExecutable = ""

// process is QEMU, which is started on Linux only.
type process struct {
	channels []*os.File
	console  tail
}

func start(Options, Accel) (*process, error) {
	return nil, fmt.Errorf("booting a kernel on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func checkKVM() error { return errors.ErrUnsupported }

func (*process) wait() error         { return nil }
func (*process) verdict(error) error { return nil }
func (*process) said() string        { return "" }
func (*process) interrogate()        {}
func (*process) expectEnd()          {}
func (*process) kill()               {}

// Guest returns at once: the init of a machine is a Linux program.
func Guest(func(channel io.ReadWriter) error) {}
