package qemu

import (
	"strings"
	"testing"
)

func TestDiagnose(t *testing.T) {
	for _, test := range []struct {
		name, console string
		cause         Cause
		reason        string
		ended         bool
	}{
		{name: "nothing", cause: Stopped},
		{name: "a boot", console: "[    0.1] Linux version 7.3.4\n", cause: Stopped},
		{name: "the end", console: "hello\n\nmntcheck guest done\n[    5.8] reboot: Restarting system\n", cause: Stopped, ended: true},
		{name: "an error", console: "\nmntcheck guest failed: no tmpfs\n", cause: Failed, reason: "no tmpfs"},
		{
			name:    "a panic",
			console: "[    2.98] Kernel panic - not syncing: sysrq triggered crash\n[    2.99] CPU: 0 UID: 0 PID: 1\n",
			cause:   Panicked, reason: "sysrq triggered crash",
		},
		{
			name:    "a panic with the number of the thread",
			console: "[    2.98][   T1] Kernel panic - not syncing: sysrq triggered crash\n",
			cause:   Panicked, reason: "sysrq triggered crash",
		},
		{
			name: "an oops, and the panic that it became",
			console: "[    7.1] BUG: kernel NULL pointer dereference, address: 0000000000000010\n" +
				"[    7.1] Oops: Oops: 0002 [#1] PREEMPT SMP\n[    7.2] Kernel panic - not syncing: Fatal exception\n",
			cause: Panicked, reason: "BUG: kernel NULL pointer dereference, address: 0000000000000010 (Fatal exception)",
		},
		{
			name:    "a fault that nothing came of",
			console: "[    7.1] BUG: KASAN: slab-use-after-free in mntput\n",
			cause:   Stopped, reason: "BUG: KASAN: slab-use-after-free in mntput",
		},
		{
			name:    "a program that crashed",
			console: "panic: no way on\n\ngoroutine 1 [running]:\n[    3.9] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000200\n",
			cause:   Panicked, reason: "panic: no way on (Attempted to kill init! exitcode=0x00000200)",
		},
		{
			name:    "no initramfs",
			console: "[    3.9] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n",
			cause:   Panicked,
			reason:  "VFS: Unable to mount root fs on unknown-block(0,0); the kernel has no CONFIG_BLK_DEV_INITRD, or too little memory for the initramfs",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			cause, reason, ended := diagnose(test.console)
			if cause != test.cause || reason != test.reason || ended != test.ended {
				t.Errorf("got %s, %q, %t\nwant %s, %q, %t", cause, reason, ended, test.cause, test.reason, test.ended)
			}
		})
	}
}

func TestDeadShowsTheEndOfTheConsole(t *testing.T) {
	d := &Dead{Panicked, "oops", strings.Repeat("early\n", shownLines) + "late\n"}
	text := d.Error()
	if !strings.HasPrefix(text, "the kernel panicked: oops\n") || !strings.HasSuffix(text, "\n    late") {
		t.Errorf("got %s", text)
	}
	if n := strings.Count(text, "early"); n != shownLines-1 {
		t.Errorf("%d lines before the last, want %d", n, shownLines-1)
	}
}

func TestTailKeepsTheLast(t *testing.T) {
	var console tail
	console.Write([]byte("\x1bc\x1b[?7l\x1b[2J\x1b[0mBooting\r\n\xff\x00.\n"))
	if got, want := console.String(), "Booting\n?.\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for range 3 * consoleSize {
		console.Write([]byte("x"))
	}
	console.Write([]byte("end"))
	if got := console.String(); len(got) != consoleSize || !strings.HasSuffix(got, "xend") {
		t.Errorf("%d bytes are kept, ending in %q; want %d and the end", len(got), got[max(0, len(got)-8):], consoleSize)
	}
}

func TestReadHello(t *testing.T) {
	const line = `mntcheck {"release":"7.3.4","channel":"ttyS1"}` + "\n"
	for _, noise := range []string{"", "\n", "\x00\xff?", "mntcheck {\n", strings.Repeat("x", 10_000) + "\n"} {
		h, err := readHello(strings.NewReader(noise + line + "rest"))
		if err != nil || h != (hello{Release: "7.3.4", Channel: channelSerial}) {
			t.Errorf("after %.20q: %v, %v", noise, h, err)
		}
	}
	if _, err := readHello(strings.NewReader(line[:20])); err == nil {
		t.Error("half a hello was taken for one")
	}
}
