package reproduce_test

import (
	"fmt"
	"strings"

	"mntcheck/model/trace"
	"mntcheck/props/cmd/mntcheck/internal/reproduce"
)

// The calls of a program are a small part of it.
func Example() {
	t, err := trace.ParseProgram("moved.txt", []byte(`
mkdir("/a", 0755) = 0
mount("none", "/a", "tmpfs", 0, NULL) = 0
mount("/a", "/a", NULL, MS_MOVE, NULL) = -1 ELOOP
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	program, err := reproduce.Go(t)
	if err != nil {
		fmt.Println(err)
		return
	}
	script, err := reproduce.Shell(t)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, calls, _ := strings.Cut(string(program), "func calls() {\n")
	calls, _, _ = strings.Cut(calls, "}\n")
	fmt.Print(calls)
	_, calls, _ = strings.Cut(string(script), "\n0)\n")
	calls, _, _ = strings.Cut(calls, ";;\n")
	fmt.Print(calls)
	// Output:
	// 	do(`mkdir("/a", 0755)`, 0,
	// 		unix.SYS_MKDIRAT, unix.AT_FDCWD, "/a", 0o755)
	// 	do(`mount("none", "/a", "tmpfs", 0, NULL)`, 0,
	// 		unix.SYS_MOUNT, "none", "/a", "tmpfs", 0, nil)
	// 	do(`mount("/a", "/a", NULL, MS_MOVE, NULL)`, unix.ELOOP,
	// 		unix.SYS_MOUNT, "/a", "/a", nil, unix.MS_MOVE, nil)
	// ok mkdir -m 0755 /a
	// ok mount -t tmpfs none /a
	// fails mount --move /a /a  # ELOOP (Too many levels of symbolic links)
}
