package qemu

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
)

// Cause is the way in which a machine ended.
type Cause string

// The causes.
const (
	Panicked Cause = "panicked" // the kernel panicked, or oopsed
	Hung     Cause = "hung"     // there was no answer by the deadline
	Failed   Cause = "failed"   // the function given to Guest returned an error
	Stopped  Cause = "stopped"  // QEMU ended, and the guest did not say why
)

// Dead is the error of everything that is asked of a machine that has ended
// otherwise than by Close or by the end of the function given to Guest.
type Dead struct {
	Cause  Cause
	Reason string // one line: what the kernel or the guest said, or what was waited for
	// Console is the last of what was on the console, at most 64 KiB, without
	// control characters.
	Console string
}

// shownLines is how many lines of the console the text of the error has.
const shownLines = 60

// Error says what happened, with the end of the console's text.
func (d *Dead) Error() string {
	var b strings.Builder
	switch d.Cause {
	case Panicked:
		fmt.Fprintf(&b, "the kernel panicked: %s", d.Reason)
	case Hung:
		fmt.Fprintf(&b, "the machine hung: %s", d.Reason)
	case Failed:
		fmt.Fprintf(&b, "the program in the machine failed: %s", d.Reason)
	default:
		fmt.Fprintf(&b, "the machine stopped: %s", d.Reason)
	}
	text := strings.TrimRight(d.Console, "\n")
	if text == "" {
		b.WriteString("\nThe console was empty. (It is ttyS0: it needs CONFIG_SERIAL_8250_CONSOLE.)")
		return b.String()
	}
	lines := strings.Split(text, "\n")
	b.WriteString("\nThe console's last lines:")
	if omitted := len(lines) - shownLines; omitted > 0 {
		lines = lines[omitted:]
	}
	for _, line := range lines {
		b.WriteString("\n    " + line)
	}
	return b.String()
}

// guestFailed starts the line that a guest prints on the console where its
// function returned an error; guestDone is printed where it did not.
const (
	guestFailed = "mntcheck guest failed: "
	guestDone   = "mntcheck guest done"
)

// How a fault is reported, by the kernel or by Go, and how the kernel ends.
var (
	faultLine  = regexp.MustCompile(`^(?:watchdog: )?(?:BUG: |Oops: |kernel BUG at |general protection fault|divide error: |invalid opcode: |stack segment: |double fault: |panic: |fatal error: |Warning: unable to open an initial console)`)
	panicLine  = regexp.MustCompile(`^Kernel panic - not syncing: (.*)$`)
	printkMark = regexp.MustCompile(`^(?:<\d>)?\[ *\d+\.\d+\](?:\[[^\]]*\])? `)
)

// diagnose tells from the console how a machine ended that nobody stopped;
// Stopped with no reason where the console does not tell, ended where the
// guest's function returned no error.
func diagnose(console string) (cause Cause, reason string, ended bool) {
	fault := "" // the first one: what comes after it may be its consequence
	for line := range strings.Lines(console) {
		line = printkMark.ReplaceAllString(strings.TrimRight(line, "\n"), "")
		switch {
		case line == guestDone:
			return Stopped, "", true
		case strings.HasPrefix(line, guestFailed):
			return Failed, strings.TrimPrefix(line, guestFailed), false
		case faultLine.MatchString(line):
			fault = cmp.Or(fault, line)
		default:
			if m := panicLine.FindStringSubmatch(line); m != nil {
				return Panicked, panicReason(fault, m[1]), false
			}
		}
	}
	return Stopped, fault, false
}

// panicReason is a line about a panic that came after a fault, or after none.
func panicReason(fault, text string) string {
	switch {
	case strings.Contains(fault, "initial console"):
		// Programs of Go end at their start where they have no standard streams.
		return "the kernel has no device for its console: it needs CONFIG_SERIAL_8250 and CONFIG_SERIAL_8250_CONSOLE (" + text + ")"
	case fault != "":
		return fault + " (" + text + ")"
	case strings.HasPrefix(text, "VFS: Unable to mount root fs"):
		return text + "; the kernel has no CONFIG_BLK_DEV_INITRD, or too little memory for the initramfs"
	}
	return text
}
