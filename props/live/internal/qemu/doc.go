// Package qemu boots a Linux kernel in QEMU with a Go program as its init, and
// gives a stream of bytes to that program.
//
// It is one program on both ends. On the host, [Boot] packs the program's own
// executable into an initramfs that has nothing else in it, and starts QEMU. In
// the guest, the kernel starts that executable as process 1, where [Guest] sees
// that it is init, opens the channel and calls a function with it:
//
//	func main() {
//		qemu.Guest(serve) // in a machine: does not return
//		machine, err := qemu.Boot(ctx, qemu.Options{Kernel: "bzImage"})
//		…
//
// # What a kernel has to have
//
// Any bzImage will do, or a vmlinux of a kernel with CONFIG_PVH. It needs
//
//   - CONFIG_BLK_DEV_INITRD and CONFIG_BINFMT_ELF, to start the program;
//   - CONFIG_SERIAL_8250_CONSOLE, to say what it died of;
//   - CONFIG_VIRTIO_CONSOLE, CONFIG_VIRTIO_PCI and CONFIG_SYSFS, for the
//     channel: a port of virtio-serial. A kernel without them has a serial line
//     for a channel, ttyS1, which is a hundred times slower.
//
// All of it built in, since there is nothing to load modules from. What is
// missing is named by the error of Boot.
//
// # How a machine ends
//
// A kernel that panics or oopses restarts, which ends QEMU. One that does not
// answer by the deadline of [Machine.SetDeadline] is asked over the console to show
// its tasks, and ended. Either way reads and writes of the machine fail with a
// [Dead] that has the reason and the last of what was on the console.
//
// QEMU does not outlive the process that booted it, whatever ends that process:
// the kernel of the host kills it with its parent. There are no temporary files;
// the initramfs is in memory, and the channels are pairs of sockets without names.
package qemu
