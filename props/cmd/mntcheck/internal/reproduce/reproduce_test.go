package reproduce

import (
	"bytes"
	"errors"
	"flag"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
)

var update = flag.Bool("update", false, "write the golden files")

func readTrace(t *testing.T, file string) *trace.Trace {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, file, data)
}

func parse(t *testing.T, name string, data []byte) *trace.Trace {
	t.Helper()
	tr, err := trace.ParseProgram(name, data)
	if err != nil {
		t.Fatal(err)
	}
	return tr
}

// TestGolden holds what is written of each trace of testdata to the file beside it.
func TestGolden(t *testing.T) {
	for _, test := range []struct {
		name, extension string
		write           func(*trace.Trace) ([]byte, error)
	}{
		{"script", ".go.golden", Go},
		{"actors", ".go.golden", Go},
		{"namespace", ".go.golden", Go},
		{"program", ".go.golden", Go},
		{"script", ".sh.golden", Shell},
		{"user", ".sh.golden", Shell},
	} {
		t.Run(test.name+test.extension, func(t *testing.T) {
			got, err := test.write(readTrace(t, filepath.Join("testdata", test.name+".txtar")))
			if err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", test.name+test.extension)
			if *update {
				if err := os.WriteFile(golden, got, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("what is written is not %s; see the difference after go test -update\n%s", golden, got)
			}
		})
	}
}

// everything is a program with every call, and with every flag that has a name.
func everything() []byte {
	var b bytes.Buffer
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		sig := op.Signature()
		calls := []model.Call{{Op: op}}
		for i, p := range sig.Params {
			switch p.Kind {
			case model.PathParam, model.StringParam:
				calls[0].Args[i] = model.Str("a \"`\\ \n\xff'")
			case model.AttrParam:
				calls[0].Args[i] = model.Arg{Kind: model.Attr}
				calls[0].Attr = model.MountAttr{Set: 1 << 63, Clr: model.MOUNT_ATTR_IDMAP, UserNSFD: model.Num(-1)}
			}
		}
		for i, p := range sig.Params {
			if p.Kind != model.FlagsParam {
				continue
			}
			for _, name := range p.Flags.Names {
				c := calls[0]
				if c.Args[i] = model.Num(int64(name.Bits)); name.Name != "CLONE_NEWPID" {
					calls = append(calls, c)
				}
			}
		}
		for _, c := range calls {
			if op != model.OpExitGroup {
				b.WriteString(c.String() + "\n")
			}
		}
	}
	b.WriteString("mkdir(\"/a\", 01777) = -1 errno 1000\nopen(\"/\", -1) = -1 EOPNOTSUPP\nexit_group(3) = ?\n")
	return b.Bytes()
}

// Every call can be written, in the form of gofmt. That the compiler knows all
// names is for TestCompiles.
func TestGoEverything(t *testing.T) {
	text, err := Go(parse(t, "everything", everything()))
	if err != nil {
		t.Fatal(err)
	}
	formatted, err := format.Source(text)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, formatted) {
		t.Error("not as gofmt writes it")
	}
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		if !bytes.Contains(text, []byte(op.String()+"(")) {
			t.Errorf("no %s", op)
		}
	}
}

func TestRefusals(t *testing.T) {
	const fork = "fork() = 2\n"
	for _, test := range []struct {
		write  func(*trace.Trace) ([]byte, error)
		calls  string
		column int
		want   string
	}{
		{Go, "2 fork()", 3, "actor 2 does not exist or has exited"},
		{Go, fork + "2 exit_group(0) = ?\n2 fork()", 3, "actor 2 does not exist or has exited"},
		{Go, "fork() = -1 EPERM\n2 fork()", 3, "actor 2 does not exist"},
		{Go, "1 fork() = 7", 3, "fork answers 7: actors are numbered in the order of their start, this one is 2"},
		{Go, "clone(0x100)", 1, "clone with the flags 0x100 cannot be written as a program"},
		{Go, "clone3(CLONE_NEWPID)", 1, "clone3 with CLONE_NEWPID cannot be written as a program"},
		{Go, "unshare(CLONE_NEWPID)", 1, "unshare with CLONE_NEWPID cannot be written as a program"},
		{Go, `mkdir("/` + strings.Repeat("a", maxText) + `", 0755)`, 1, "mkdir has strings of 32774 bytes: want 32768 at most"},
		{Shell, "1 " + fork, 3, "fork is of several actors"},
		{Shell, "  close(3)", 3, "close is made by no command of util-linux: not in a shell script; --go writes a program that makes it"},
		{Shell, `chdir("/a") = 0`, 1, "chdir would move the shell"},
		{Shell, `chroot("/a")`, 1, "chroot would move a command's root"},
		{Shell, `rename("/a", "/b") = -1 EXDEV`, 1, "rename is done by mv(1)"},
		{Shell, `mkdir(NULL, 0755)`, 1, "mkdir with NULL for a path"},
		{Shell, `mkdir("", 0755)`, 1, "mkdir with an empty path"},
		{Shell, `mkdir("/proc/a", 0755)`, 1, "mkdir of a path with a folder proc"},
		{Shell, `mknod("/a", S_IFREG|0644, 1)`, 1, "mknod of another file than a regular one"},
		{Shell, `mknod("/a", 0644, 0)`, 1, "mknod of another file than a regular one"},
		{Shell, `symlink(NULL, "/a")`, 1, "symlink without a target"},
		{Shell, `unshare(CLONE_NEWNS|CLONE_NEWUSER)`, 1, "unshare makes a user namespace"},
		{Shell, `unshare(CLONE_FS)`, 1, "unshare is made by unshare(1) with the flag CLONE_NEWNS only"},
		{Shell, `unshare(CLONE_NEWNS) = -1 EPERM`, 1, "unshare is recorded to fail"},
		{Shell, `umount2("/a", MNT_EXPIRE)`, 1, "umount2 with flags that umount(8) does not have, MNT_EXPIRE"},
		{Shell, `mount("/a", "/b", NULL, MS_RDONLY|MS_BIND, NULL)`, 1, "mount with other flags beside MS_BIND and MS_REC"},
		{Shell, `mount(NULL, "/b", NULL, MS_PRIVATE|MS_SHARED, NULL)`, 1, "mount with other flags beside a propagation type"},
		{Shell, `mount("/a", "/b", NULL, MS_MOVE|MS_REC, NULL)`, 1, "mount with flags that mount(8) does not have in this place, MS_MOVE|MS_REC"},
		{Shell, `mount("none", "/b", "tmpfs", 0, "size=1")`, 1, "mount with data"},
		{Shell, `mount(NULL, "/b", "tmpfs", 0, NULL)`, 1, "mount with NULL for a source or a type"},
		{Shell, `mount("none", "/b", "nofs", 0, NULL)`, 1, `mount of a type that mount(8) does not take for the name of one, "nofs"`},
		{Shell, `mount("LABEL=a", "/b", "tmpfs", 0, NULL)`, 1, `mount of a source that mount(8) does not pass on as it is, "LABEL=a"`},
		{Shell, `mount(NULL, NULL, NULL, MS_REMOUNT, NULL)`, 1, "mount with NULL for a path"},
	} {
		calls := "mkdir(\"/ok\", 0755)\n" + test.calls
		text, err := test.write(parse(t, "calls", []byte(calls)))
		var place *trace.Error
		if !errors.As(err, &place) || text != nil {
			t.Errorf("%.80s: error %v, %d bytes written; want an error with a place alone", test.calls, err, len(text))
			continue
		}
		line := strings.Count(strings.TrimRight(calls, "\n"), "\n") + 1
		if place.File != "calls" || place.Line != line || place.Column != test.column || !strings.HasPrefix(place.Msg, test.want) {
			t.Errorf("%.80s: %v\nwant calls:%d:%d: %s", test.calls, err, line, test.column, test.want)
		}
	}
}

// TestShellCommands holds which command is written for a call.
func TestShellCommands(t *testing.T) {
	for _, test := range []struct{ call, want string }{
		{`mkdir("a", 01777)`, "try mkdir -m 1777 /a"},
		{`mknod("/a b", S_IFREG|0600, 0) = 0`, "ok create '/a b'"},
		{`rmdir("/'") = -1 ENOENT`, `fails rmdir '/'\'''  # ENOENT (No such file or directory)`},
		{`symlink("-x", "/a") = 0`, "ok ln -sT -- -x /a"},
		{`rename("a", "/b") = 0`, "ok mv -fT -- /a /b"},
		{`mount("/a", "/b", "tmpfs", MS_BIND, NULL) = 0`, "ok mount --bind /a /b"},
		{`mount("/a", "/b", NULL, MS_MOVE, NULL) = 0`, "ok mount --move /a /b"},
		{`mount(NULL, "/b", NULL, MS_UNBINDABLE, NULL) = 0`, "ok mount --make-unbindable /b"},
		{`mount(NULL, "/", NULL, MS_REC|MS_SLAVE, NULL) = 0`, "ok mount --make-rslave /"},
		{`mount(NULL, "/", NULL, MS_REMOUNT|MS_BIND, NULL) = 0`, "ok mount -t tmpfs -o remount,bind none /"},
		{`mount(NULL, "/", NULL, MS_RDONLY|MS_REMOUNT|MS_STRICTATIME, NULL) = 0`, "ok mount -t tmpfs -o remount,ro,strictatime none /"},
		{`mount("a b", "/", "ramfs", MS_NOSUID|MS_NOSYMFOLLOW|MS_RELATIME, NULL) = 0`, "ok mount -t ramfs -o nosuid,nosymfollow,relatime 'a b' /"},
		{`umount2("/", MNT_FORCE|MNT_DETACH) = 0`, "ok umount -f -l /"},
		{`chroot("a") = -1 ENOTDIR`, "fails chroots /a  # ENOTDIR (Not a directory)"},
		{`chdir("/.//") = 0`, "ok chdir /.//"},
		{`pivot_root(".", ".") = -1 EBUSY`, "fails pivot_root /. /.  # EBUSY (Device or resource busy)"},
	} {
		text, err := Shell(parse(t, "calls", []byte(test.call)))
		if err != nil {
			t.Errorf("%s: %v", test.call, err)
			continue
		}
		if !bytes.Contains(text, []byte("\n0)\n"+test.want+"\n;;\n")) {
			t.Errorf("%s\nwant %s\nin %s", test.call, test.want, text)
		}
	}
}
