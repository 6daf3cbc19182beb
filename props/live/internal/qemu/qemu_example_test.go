package qemu_test

import (
	"fmt"

	"mntcheck/props/live/internal/qemu"
)

// The error of a machine that has ended says what of, and what was on the console.
func ExampleDead() {
	err := &qemu.Dead{
		Cause:   qemu.Panicked,
		Reason:  "sysrq triggered crash",
		Console: "sysrq: Trigger a crash\nKernel panic - not syncing: sysrq triggered crash\n",
	}
	fmt.Println(err)
	// Output:
	// the kernel panicked: sysrq triggered crash
	// The console's last lines:
	//     sysrq: Trigger a crash
	//     Kernel panic - not syncing: sysrq triggered crash
}
