package props_test

// unreachable names the rules that no call decides in the world that traces
// start in, under the rules of 7.3, and why. Their tests are in package model.
var unreachable = map[string]string{
	"source-pseudo-file":        "such a file is on a mount of the kernel's own, and that is found first",
	"locked-namespace-file":     "nothing leads to a locked mount of a namespace's file",
	"beneath-locked":            "of releases before 7.3",
	"beneath-root":              "of releases before 7.3",
	"beneath-on-namespace-root": "of releases before 7.3",
	"no-such-call":              "of releases before 7.3",
	"start-is-a-file":           "of releases before 7.3",
	"chroot-capability":         "every process has all capabilities in its own user namespace",
	"own-capability":            "every process has all capabilities in its own user namespace",
	"setns-own-capability":      "every process has all capabilities in its own user namespace",
}
