package main

import (
	"context"

	"mntcheck/props/conform"
	"mntcheck/props/live"
	"mntcheck/props/system"
)

// kernelFlags choose the kernel that a command works on.
type kernelFlags struct {
	Kernel string `help:"Kernel to boot in QEMU, a bzImage or vmlinux; the running one where not given." placeholder:"VMLINUZ" type:"existingfile"`
}

// starter returns what starts the kernel.
func (f kernelFlags) starter(s *session) conform.RunnerFactory {
	if s.runner != nil {
		return s.runner
	}
	o := live.Options{Log: s.stderr}
	if f.Kernel != "" {
		return func(ctx context.Context) (system.Runner, error) {
			machine, err := live.Boot(ctx, live.MachineOptions{Options: o, Kernel: f.Kernel})
			if err != nil {
				return nil, err // and no typed nil
			}
			return machine, nil
		}
	}
	return func(ctx context.Context) (system.Runner, error) {
		native, err := live.New(ctx, o)
		if err != nil {
			return nil, err // and no typed nil
		}
		return native, nil
	}
}

// words are the flags as a command line has them.
func (f kernelFlags) words() []string {
	if f.Kernel == "" {
		return nil
	}
	return []string{"--kernel " + f.Kernel}
}
