package live

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// DefaultDeadline is how long a call may take where Options.Deadline is 0.
const DefaultDeadline = 5 * time.Second

// Options say how a kernel is used. The zero value is fine.
type Options struct {
	// Deadline is how long one call may take before its world is given up;
	// 0: DefaultDeadline. A kernel that is emulated needs more than one that is not.
	Deadline time.Duration
	// CrossCheck: every view is checked against /proc/PID/mountinfo of every
	// actor, not only the last one of a program.
	CrossCheck bool
	// Log is where a server says what ended it; nil: os.Stderr.
	Log io.Writer

	// sourcesBySight: sources of mounts are read as before Linux 6.13, from what
	// processes see. For tests.
	sourcesBySight bool
}

func (o Options) deadline() time.Duration {
	if o.Deadline <= 0 {
		return DefaultDeadline
	}
	return o.Deadline
}

func (o Options) log() io.Writer {
	if o.Log == nil {
		return os.Stderr
	}
	return o.Log
}

// UnreachableError says that there is no kernel to be checked here, and why:
// what is missing is a privilege, a system call, or Linux.
type UnreachableError struct {
	Reason string // a clause, such as "this process is not root"
	Err    error  // what the kernel said; nil if it was not asked
}

// Error is a sentence for people.
func (e *UnreachableError) Error() string {
	text := "the kernel cannot be reached here: " + e.Reason
	if e.Err != nil {
		text += fmt.Sprintf(" (%v)", e.Err)
	}
	return text
}

// Unwrap returns what the kernel said.
func (e *UnreachableError) Unwrap() error { return e.Err }

// ErrHang is that of a call that did not come back by the deadline. Its world
// is gone.
var ErrHang = errors.New("the call did not come back by the deadline")

// ErrDied is that of a call during which the process that made it ended without
// having asked for it, as when the kernel kills it. Its world is gone.
var ErrDied = errors.New("the process that made the call was killed")

// errUnsupported is short for errors.ErrUnsupported, which ends sentences that
// say what cannot be done.
var errUnsupported = errors.ErrUnsupported
