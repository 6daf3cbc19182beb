package trace

import (
	"errors"
	"strings"
	"testing"

	"mntcheck/model"
)

// TestParseCall holds what a call reads as against its canonical text, which
// package model writes; spelling that differs comes out canonical.
func TestParseCall(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{`open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE|AT_RECURSIVE)`, ""},
		{`mount_setattr(3, "", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=0, propagation=MS_SLAVE, userns_fd=4}, 32)`, ""},
		{`open_tree_attr(AT_FDCWD, "/", 0, NULL, 0)`, ""},
		{`move_mount($1, "", AT_FDCWD, "/b", MOVE_MOUNT_F_EMPTY_PATH)`, ""},
		{`mount_setattr($2, "", 0, {attr_set=0, attr_clr=0, propagation=0, userns_fd=$12}, 32)`, ""},
		{`pidfd_open($3, 0)`, ""},
		{`fork()`, ""},
		{`exit_group(0)`, ""},
		{`mkdir("/a", 0755)`, ""},
		{`mknod("/x", S_IFREG|0644, 0)`, ""},
		{`open("/a", O_RDONLY|O_CLOEXEC)`, ""},
		{`open("/a", O_PATH)`, ""},
		{`fsconfig(4, 0xc, NULL, NULL, 0)`, ""},
		{`fsmount(3, FSMOUNT_NAMESPACE|0x8, 0x1000)`, ""},
		{`mount(NULL, "", "a\tb\n\"\\\1772\1\377", MS_BIND|MS_REC, NULL)`, ""},
		{`clone3(CLONE_NEWNS|CLONE_EMPTY_MNTNS)`, ""},
		{`close(-1)`, ""},
		{`mount_setattr(3, "", 0, {attr_set=MOUNT_ATTR_IDMAP, attr_clr=0, propagation=0, userns_fd=2147483648}, 32)`, ""},

		{"  chdir  (\t\"/a\" )  ", `chdir("/a")`},
		{`umount2("/a",MNT_DETACH|MNT_FORCE)`, `umount2("/a", MNT_FORCE|MNT_DETACH)`},
		{`umount2("/a", MNT_FORCE | 0x2)`, `umount2("/a", MNT_FORCE|MNT_DETACH)`},
		{`umount2("/a", 3)`, `umount2("/a", MNT_FORCE|MNT_DETACH)`},
		{`umount2("/a", 0x10 /* MNT_??? */)`, `umount2("/a", 0x10)`},
		{`mkdir("/a", 0x1ff)`, `mkdir("/a", 0777)`},
		{`mkdir(/* twice */ "/a" /**/, 511)`, `mkdir("/a", 0777)`},
		{`close(0x10)`, `close(16)`},
		{`close(010)`, `close(8)`},
		{`open_tree(-100, "/a", 0)`, `open_tree(AT_FDCWD, "/a", 0)`},
		{`mknod("/x", 0, 18446744073709551615)`, `mknod("/x", 00, -1)`},
		{`mknod("/x", 0, -9223372036854775808)`, `mknod("/x", 00, -9223372036854775808)`},
		{`umount2("/a", -1)`, `umount2("/a", MNT_FORCE|MNT_DETACH|MNT_EXPIRE|UMOUNT_NOFOLLOW|0xfffffffffffffff0)`},
		{`chdir("\x2fa\x41\101\0608\'\?\a\e")`, `chdir("/aAA08'?\7\33")`},
		{`chdir("ä")`, `chdir("\303\244")`},
		{`mount_setattr(3, "", 0, {}, 32)`, `mount_setattr(3, "", 0, {attr_set=0, attr_clr=0, propagation=0, userns_fd=0}, 32)`},
		{`mount_setattr(3, "", 0, { userns_fd = -1 ,attr_clr=MOUNT_ATTR__ATIME}, 32)`,
			`mount_setattr(3, "", 0, {attr_set=0, attr_clr=MOUNT_ATTR__ATIME, propagation=0, userns_fd=-1}, 32)`},
	} {
		call, err := ParseCall(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		want := test.want
		if want == "" {
			want = test.text
		}
		if call.String() != want {
			t.Errorf("%s\n got %s\nwant %s", test.text, call, want)
		}
	}
}

// TestParseCallValues looks at the values behind the text, where canonical text
// alone could hide a mistake that parser and printer share.
func TestParseCallValues(t *testing.T) {
	call, err := ParseCall(`mount_setattr($3, NULL, AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=MOUNT_ATTR_NODEV, propagation=MS_SLAVE, userns_fd=$4}, 32)`)
	if err != nil {
		t.Fatal(err)
	}
	want := model.NewCall(model.OpMountSetattr, model.Ref(2), model.NULL(), model.Num(model.AT_EMPTY_PATH), model.Arg{Kind: model.Attr}, model.Num(32))
	want.Attr = model.MountAttr{Set: model.MOUNT_ATTR_RDONLY, Clr: model.MOUNT_ATTR_NODEV, Propagation: model.MS_SLAVE, UserNSFD: model.Ref(3)}
	if call != want {
		t.Errorf("got %+v\nwant %+v", call, want)
	}
}

func TestParseCallErrors(t *testing.T) {
	for _, test := range []struct {
		text   string
		column int
		want   string // in the message
	}{
		{``, 1, `want a call such as umount2("/a", MNT_DETACH), not the end of the line`},
		{`(`, 1, `want a call`},
		{`opentree(3)`, 1, `unknown call "opentree": did you mean open or open_tree?`},
		{`umount("/a")`, 1, `did you mean mount or umount2?`},
		{`openat(AT_FDCWD, "/a", 0)`, 1, `did you mean open?`},
		{`pivot("/a", "/b")`, 1, `did you mean pivot_root?`},
		{`frobnicate()`, 1, `unknown call "frobnicate": want one of mkdir, mknod, `},
		{`chdir "/a"`, 7, `want "(" behind chdir, not "\"/a\""`},
		{`open_tree(AT_FDCWD, "/a")`, 25, `open_tree takes 3 arguments (dfd, filename, flags), not 2`},
		{`open_tree()`, 11, `open_tree takes 3 arguments (dfd, filename, flags), not 0`},
		{`chdir("/a", 3)`, 11, `chdir takes 1 argument (path): want ")", not ", 3)"`},
		{`fork(3)`, 6, `fork takes no arguments: want ")", not "3)"`},
		{`close(3`, 8, `want ")", not the end of the line`},
		{`open_tree(3 "/a", 0)`, 13, `want "," behind argument 1 of open_tree, not`},
		{`open_tree(AT_FDCWD, "/a", OPEN_TREE_CLON)`, 27, `argument 3 of open_tree, flags: unknown flag "OPEN_TREE_CLON": want `},
		{`open_tree(AT_FDCWD, "/a", AT_RECURSIVE | CLON)`, 42, `argument 3 of open_tree, flags: unknown flag "CLON": want `},
		{`open_tree(AT_FDCWD, "/a", AT_RECURSIVE|)`, 40, `unknown flag ""`},
		{`umount2("/a", )`, 15, `argument 2 of umount2, flags: want flags joined by '|' or a number, not ")"`},
		{`umount2("/a", "x")`, 15, `argument 2 of umount2, flags: want flags joined by '|' or a number, not`},
		{`chdir("/a)`, 7, `argument 1 of chdir, path: unterminated string`},
		{`chdir("/a\`, 7, `unterminated string`},
		{`chdir("/a\"`, 7, `unterminated string`},
		{`chdir("/a"...)`, 11, `cut short`},
		{`chdir("\q")`, 8, `unknown escape "\\q"`},
		{`chdir("\xg")`, 8, `no byte`},
		{`chdir("\400")`, 8, `no byte`},
		{`chdir("/a\0b")`, 7, `a C string ends at its first \0`},
		{`chdir(/a)`, 7, `want a string in double quotes or NULL, not "/a)"`},
		{`chdir(NULLS)`, 7, `want a string in double quotes or NULL`},
		{`close(AT_FDCWD)`, 7, `argument 1 of close, fd: want a descriptor's number, or a step's result such as $1, not "AT_FDCWD)"`},
		{`open_tree(AT_FDCWDX, "", 0)`, 11, `want AT_FDCWD, a descriptor's number, or a step's result such as $1`},
		{`close(08)`, 7, `"08" is no number`},
		{`close(1_0)`, 7, `"1_0" is no number`},
		{`close(0b1)`, 7, `"0b1" is no number`},
		{`close(99999999999)`, 7, `99999999999 does not fit in an int`},
		{`exit_group(99999999999999999999)`, 12, `99999999999999999999 does not fit in 64 bits`},
		{`exit_group(-9223372036854775809)`, 12, `-9223372036854775809 does not fit in 64 bits`},
		{`exit_group($1)`, 12, `argument 1 of exit_group, status: want a number, not "$1)"`},
		{`close($0)`, 7, `steps are counted from 1`},
		{`close($-1)`, 7, `steps are counted from 1`},
		{`close($)`, 8, `want the number of a step behind $`},
		{`close($99999999)`, 7, `no earlier step's result`},
		{`mount_setattr(3, "", 0, 5, 32)`, 25, `argument 4 of mount_setattr, `},
		{`mount_setattr(3, "", 0, {attr_sett=0}, 32)`, 26, `want a field attr_set, attr_clr, propagation or userns_fd, not "attr_sett=0}, 32)"`},
		{`mount_setattr(3, "", 0, {attr_set=0, attr_set=0}, 32)`, 38, `field attr_set is given twice`},
		{`mount_setattr(3, "", 0, {attr_set}, 32)`, 34, `want "=" behind attr_set`},
		{`mount_setattr(3, "", 0, {attr_set=0 attr_clr=0}, 32)`, 35, `attr_set: unknown flag "0 attr_clr"`},
		{`mount_setattr(3, "", 0, {userns_fd=0 attr_clr=0}, 32)`, 38, `want "," or "}" behind userns_fd`},
		{`mount_setattr(3, "", 0, {attr_set=0`, 36, `want "," or "}" behind attr_set, not the end of the line`},
		{`mount_setattr(3, "", 0, {propagation=MS_BIND}, 32)`, 38, `propagation: unknown flag "MS_BIND"`},
		{`mount_setattr(3, "", 0, {userns_fd=x}, 32)`, 36, `userns_fd: want a descriptor's number`},
		{`close(3) = 0`, 10, `want nothing behind the call, not "= 0"`},
		{`close(3 /* three)`, 9, `want ")", not "/* three)"`},
	} {
		_, err := ParseCall(test.text)
		checkError(t, test.text, err, 0, test.column, test.want)
	}
}

// checkError holds that err is an *Error at a place, with want in its message.
func checkError(t *testing.T, text string, err error, line, column int, want string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Errorf("%q: got %v, want an *Error at %d:%d: %s", text, err, line, column, want)
		return
	}
	if e.Line != line || e.Column != column || !strings.Contains(e.Msg, want) {
		t.Errorf("%q:\n got %d:%d: %s\nwant %d:%d: %s", text, e.Line, e.Column, e.Msg, line, column, want)
	}
}

// TestEveryCallReadsBack makes a call of each signature with arguments of every
// form that its parameters have.
func TestEveryCallReadsBack(t *testing.T) {
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		for form := range 3 {
			call := model.Call{Op: op}
			for i, p := range op.Signature().Params {
				call.Args[i] = sampleArg(p, form)
				if call.Args[i].Kind == model.Attr {
					call.Attr = model.MountAttr{Set: 1 << form, Clr: ^uint64(0), Propagation: 1 << 18, UserNSFD: model.Ref(form)}
				}
			}
			back, err := ParseCall(call.String())
			if err != nil || back != call {
				t.Errorf("%s reads as %s: %v", call, back, err)
			}
		}
	}
}

func sampleArg(p model.Param, form int) model.Arg {
	switch p.Kind {
	case model.PathParam, model.StringParam:
		return []model.Arg{model.NULL(), model.Str(""), model.Str("/a\"\\\n\x01\x017\xff8")}[form]
	case model.FlagsParam:
		return []model.Arg{model.Num(0), model.Num(1<<form | 1<<40), model.Num(-1)}[form]
	case model.DirFDParam, model.FDParam, model.ActorParam:
		return []model.Arg{model.Num(model.AT_FDCWD), model.Ref(0), model.Num(7)}[form]
	case model.AttrParam:
		return []model.Arg{model.NULL(), {Kind: model.Attr}, {Kind: model.Attr}}[form]
	default:
		return model.Num(int64(form) - 1)
	}
}
