package trace

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

// FuzzParseCall holds that what reads as a call prints as one that reads as the
// same.
func FuzzParseCall(f *testing.F) {
	for _, text := range []string{
		`open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE|AT_RECURSIVE)`,
		`mount_setattr(3, "", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY, attr_clr=0, propagation=MS_SLAVE, userns_fd=$4}, 32)`,
		`open_tree_attr(-100, "/", 0x1000 /* AT_??? */, NULL, 0)`,
		`mount("none", "/a\t\"\\\177\x41", "tmpfs", 0, NULL)`,
		`mkdir("/a", 0755)`,
		`open("/a", O_PATH|O_RDONLY)`,
		`ioctl($1, PIDFD_GET_MNT_NAMESPACE, 0)`,
		`clone(CLONE_NEWNS|SIGCHLD)`,
		`fork()`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		call, err := ParseCall(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error without a word")
			}
			return
		}
		back, err := ParseCall(call.String())
		if err != nil {
			t.Fatalf("%q reads as %s, which does not read: %v", text, call, err)
		}
		if back != call {
			t.Errorf("%q reads as %s, which reads as %s", text, call, back)
		}
	})
}

// FuzzParse holds that what reads as a program, or as a trace, prints as one that
// reads as the same, and prints the same again.
func FuzzParse(f *testing.F) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte(whole))
	f.Add([]byte("# list\n\nfork() = 2\r\n2 close($1) = -1 EBADF\n2 exit_group(0) = ?\n#"))
	f.Add([]byte("-- trace --\n-- meta --\nkernel 7.3\n\n"))
	f.Add([]byte("-- meta --\nkernel 7.3\n-- initial.mountinfo --\n-- trace --\nfork() = 0x2\n-- final.mountinfo --\n-- actors --"))
	f.Fuzz(func(t *testing.T, data []byte) {
		program, err := ParseProgram("program", data)
		if err == nil {
			checkReadsBack(t, program, ParseProgram)
		}
		recorded, traceErr := Parse("trace", data)
		if traceErr == nil {
			checkReadsBack(t, recorded, Parse)
		}
		if traceErr == nil && err != nil {
			t.Errorf("a trace that is no program: %v", err)
		}
	})
}

func checkReadsBack(t *testing.T, first *Trace, parse func(string, []byte) (*Trace, error)) {
	t.Helper()
	text := first.Format()
	second, err := parse(first.Name, text)
	if err != nil {
		t.Fatalf("%v in what was written:\n%s", err, text)
	}
	if again := second.Format(); !bytes.Equal(again, text) {
		t.Errorf("wrote\n%s\nand then\n%s", text, again)
	}
	if a, b := unplaced(first), unplaced(second); !reflect.DeepEqual(a, b) {
		t.Errorf("read\n%+v\nand then\n%+v", a, b)
	}
}

// unplaced is the trace without what tells where in a file it was read.
func unplaced(t *Trace) *Trace {
	u := *t
	u.Initial.Line, u.Final.Line, u.Actors.Line = 0, 0, 0
	u.Steps = append([]Step(nil), t.Steps...)
	for i := range u.Steps {
		u.Steps[i].Number, u.Steps[i].Text = 0, ""
	}
	return &u
}
