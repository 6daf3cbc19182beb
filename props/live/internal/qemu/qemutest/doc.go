// Package qemutest finds what tests need to boot a machine, and skips those that
// do not find it.
//
//	func TestInAMachine(t *testing.T) {
//		machine, err := qemu.Boot(t.Context(), qemu.Options{
//			Kernel: qemutest.Kernel(t),
//			Init:   qemutest.Init(t),
//		})
//		…
//
// and TestMain calls qemu.Guest before all.
package qemutest
