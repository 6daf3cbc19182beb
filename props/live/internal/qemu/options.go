package qemu

import (
	"cmp"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"time"
)

// Accel is what runs the guest's instructions.
type Accel string

// The accelerators. TCG translates instructions in QEMU: it works everywhere,
// and is some ten times slower than KVM, which runs them on the processor.
const (
	Auto Accel = ""    // KVM where it works, else TCG
	KVM  Accel = "kvm" // fails where /dev/kvm does not work
	TCG  Accel = "tcg"
)

// Options say what to boot, and how. Only Kernel has to be set.
type Options struct {
	Kernel     string        // path of a bzImage or vmlinux
	Parameters []string      // more of the kernel's parameters, such as "panic_on_warn=1"
	Init       string        // path of a static executable that calls Guest; "": this program's own
	Args       []string      // arguments of init, after its name
	Env        []string      // environment of init, "KEY=value"
	Memory     int           // MiB; 0: 512
	CPUs       int           // 0: 1
	Accel      Accel         // what to run it with
	Boot       time.Duration // until init has to have opened the channel; 0: a minute
	Emulator   string        // path of QEMU; "": qemu-system-x86_64 in $PATH
}

// guestVariable is in the environment of a guest's init, and nowhere else.
const guestVariable = "MNTCHECK_GUEST"

// The kernel passes at most so many arguments and variables to init (its
// CONFIG_INIT_ENV_ARG_LIMIT), and takes a command line of so many bytes.
const (
	maxInitWords   = 32
	maxCommandLine = 2047
)

// withDefaults returns the options with everything set.
func (o Options) withDefaults() (Options, error) {
	o.Memory = cmp.Or(o.Memory, 512)
	o.CPUs = cmp.Or(o.CPUs, 1)
	o.Boot = cmp.Or(o.Boot, time.Minute)
	if o.Accel != Auto && o.Accel != KVM && o.Accel != TCG {
		return o, fmt.Errorf("accelerator %q: want kvm or tcg", string(o.Accel))
	}
	if o.Kernel == "" {
		return o, errors.New("no kernel image to boot was named")
	}
	emulator, err := exec.LookPath(cmp.Or(o.Emulator, "qemu-system-x86_64"))
	if err != nil {
		return o, fmt.Errorf("QEMU is needed to boot a kernel (the package is qemu-system-x86 in most distributions): %w", err)
	}
	o.Emulator = emulator
	return o, nil
}

// commandLine is that of the kernel.
func (o Options) commandLine(accel Accel) (string, error) {
	words := []string{
		"console=ttyS0",
		// Warnings are shown: they are what a developer looks for.
		"loglevel=5",
		// A kernel that has oopsed may hold any lock, and nothing that it does
		// afterwards can be told from what it should do: it restarts at once.
		"oops=panic", "panic=-1", "reboot=t",
		// For a kernel that hangs: see Machine.interrogate.
		"sysrq_always_enabled",
		// Half a second each where instructions are translated, and nothing to us:
		// certificates of modules, and ciphers that test themselves.
		"initcall_blacklist=load_system_certificate_list", "cryptomgr.notests=1",
		"rdinit=" + initPath,
	}
	if accel == TCG {
		// The test whether timer interrupts arrive counts ticks in a loop, which
		// fails by chance where the host is busy.
		words = append(words, "no_timer_check",
			// What a real processor does in passing is most of a small system call
			// here: clearing memory that is given out (16 KiB for each statmount), and
			// guarding against flaws that translated instructions do not have.
			"init_on_alloc=0", "init_on_free=0", "mitigations=off")
	}
	words = append(words, o.Parameters...)
	words = append(words, guestVariable+"=1")
	for _, variable := range o.Env {
		key, _, ok := strings.Cut(variable, "=")
		// A name with a dot is taken for a module's parameter.
		if !ok || key == "" || strings.ContainsAny(key, ". \"-") {
			return "", fmt.Errorf("variable %q cannot be passed to init: want KEY=value, and no dot or dash in KEY", variable)
		}
		words = append(words, variable)
	}
	// HOME, TERM and the mark of a guest are there already, and the name of init.
	if len(o.Env)+3 > maxInitWords || len(o.Args)+1 > maxInitWords {
		return "", fmt.Errorf("the kernel passes at most %d arguments or variables to init", maxInitWords)
	}
	if len(o.Args) > 0 {
		words = append(append(words, "--"), o.Args...)
	}
	for i, word := range words {
		quoted, err := quote(word)
		if err != nil {
			return "", err
		}
		words[i] = quoted
	}
	line := strings.Join(words, " ")
	if len(line) > maxCommandLine {
		return "", fmt.Errorf("the kernel's command line has %d bytes, it takes at most %d: %s", len(line), maxCommandLine, line)
	}
	return line, nil
}

// quote writes a word of the kernel's command line. The kernel knows double
// quotes and no way to write one inside.
func quote(word string) (string, error) {
	if word == "" || strings.ContainsAny(word, "\"\n\x00") {
		return "", fmt.Errorf("%q cannot be passed on the kernel's command line", word)
	}
	if !strings.ContainsAny(word, " \t") {
		return word, nil
	}
	if key, value, ok := strings.Cut(word, "="); ok && !strings.ContainsAny(key, " \t") {
		return key + `="` + value + `"`, nil
	}
	return `"` + word + `"`, nil
}
