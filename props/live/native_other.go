//go:build !linux

package live

import (
	"context"
	"io"
	"runtime"

	"mntcheck/props/system"
)

// Native is a kernel that this program runs on; there is one on Linux only.
type Native struct{}

// New says that there is no Linux kernel here.
func New(context.Context, Options) (*Native, error) { return nil, elsewhere() }

func elsewhere() error {
	return &UnreachableError{Reason: "this is " + runtime.GOOS + ", and mount calls are Linux's; a virtual machine can run a Linux kernel"}
}

// Run does nothing: there is no Native outside Linux.
func (*Native) Run(context.Context, []system.Job) ([]system.Recording, error) {
	return nil, elsewhere()
}

// Start does nothing: there is no Native outside Linux.
func (*Native) Start(context.Context, system.World) (system.System, error) {
	return nil, elsewhere()
}

// Factory does nothing: there is no Native outside Linux.
func (*Native) Factory() system.Factory { return (*Native)(nil).Start }

// Profile is empty: there is no Native outside Linux.
func (*Native) Profile() system.Profile { return system.Profile{} }

// Close does nothing: there is no Native outside Linux.
func (*Native) Close() error { return nil }

// Main does nothing: there are servers on Linux only.
func Main() {}

// Serve says that there is no Linux kernel here.
func Serve(context.Context, io.Reader, io.Writer) error { return elsewhere() }
