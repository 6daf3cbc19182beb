package live_test

import (
	"context"
	"fmt"
	"os"

	"mntcheck/props/live"
	"mntcheck/props/system"
)

// A program that boots a kernel is itself the server in the machine: it has to
// be linked statically, and to call Main first thing.
func ExampleBoot() {
	live.Main()
	ctx := context.Background()
	machine, err := live.Boot(ctx, live.MachineOptions{Kernel: "arch/x86/boot/bzImage"})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	defer machine.Close()
	recordings, err := machine.Run(ctx, []system.Job{{}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Println(machine.Profile().Release, recordings[0].Views[0].Mounts)
}
