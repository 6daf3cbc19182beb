package mountinfo

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"mntcheck/model"
)

// ask makes a call on a table and returns what the answer depends on, as text.
func ask(t *testing.T, l *Loaded, call model.Call) (model.Result, []string) {
	t.Helper()
	before := l.State.Clone()
	r, err := l.State.Do(1, &call)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, x := range l.Relevant(&call, r, before, l.State) {
		all = append(all, strings.TrimPrefix(fmt.Sprintf("%T", x), "mountinfo.")+place(x))
		if s := x.Sentence(); s == "" || strings.Contains(s, "%!") {
			t.Errorf("%T says %q", x, s)
		}
	}
	return r, all
}

// place is what an assumption is about.
func place(x Assumption) string {
	switch x := x.(type) {
	case PeersElsewhere:
		return fmt.Sprint(" ", x.Group)
	case NameUnknown:
		return " " + x.Path
	case KindUnknown:
		return " " + x.Path
	case PinnedNamespace:
		return " " + x.Root
	}
	return ""
}

// An answer repeats the assumptions that it depends on, and no others.
func TestRelevant(t *testing.T) {
	num, str, null := model.Num, model.Str, model.NULL
	open := func(path string, flags int64) model.Call {
		return model.NewCall(model.OpOpenTree, num(model.AT_FDCWD), str(path), num(flags))
	}
	bind := func(from, to string, flags int64) model.Call {
		return model.NewCall(model.OpMount, str(from), str(to), null(), num(model.MS_BIND|flags), null())
	}
	for _, c := range []struct {
		host  string
		call  model.Call
		errno model.Errno
		want  string
	}{
		{"systemd", open("/", model.OPEN_TREE_NAMESPACE|model.AT_RECURSIVE), 0, "AboveRoot"},
		{"systemd", open("/boot", model.OPEN_TREE_NAMESPACE), 0, "AboveRoot, LocksUnknown"},
		{"systemd", open("/boot/none", model.OPEN_TREE_NAMESPACE), 0, "AboveRoot, NameUnknown /boot/none"},
		{"systemd", open("/proc", 0), 0, ""},
		{"systemd", model.NewCall(model.OpUmount2, str("/boot/efi"), num(0)), 0, "LocksUnknown, PeersElsewhere 1"},
		{"systemd", model.NewCall(model.OpUmount2, str("/boot"), num(0)), model.EINVAL, ""},
		{"systemd", bind("/boot/efi", "/mnt/new", 0), 0, "PeersElsewhere 1, NameUnknown /mnt/new"},
		{"systemd", bind("/boot", "/mnt", 0), 0, "LocksUnknown, PeersElsewhere 1"},
		{"systemd", bind("/boot", "/mnt", model.MS_REC), 0, "PeersElsewhere 1"},
		{"systemd", model.NewCall(model.OpPivotRoot, str("/boot/efi"), str("/boot/efi/old")), model.EINVAL, "NameUnknown /boot/efi/old"},
		{"systemd", model.NewCall(model.OpUnshare, num(model.CLONE_NEWNS)), 0, "AboveRoot"},
		{"docker", bind("/run/snapd/ns/lxd.mnt", "/run/userns", 0), 0, "PinnedNamespace mnt:[4026532299]"},
		{"docker", bind("/srv/data", "/srv/data", 0), 0, "PeersElsewhere 1, KindUnknown /srv/data"},
		{"container", open("/etc/hosts", model.OPEN_TREE_NAMESPACE), 0, "AboveRoot, KindUnknown /etc/hosts"},
		{"chroot", model.NewCall(model.OpUnshare, num(model.CLONE_NEWUSER)), model.EPERM, "Chrooted"},
		{"chroot", open("/proc/x", 0), 0, "NameUnknown /chroot/proc/x"},
		{"chroot", open("/y", 0), 0, "Chrooted, NameUnknown /chroot/y"},
	} {
		t.Run(fmt.Sprint(c.host, " ", c.call), func(t *testing.T) {
			data, err := os.ReadFile("testdata/host-" + c.host + ".mountinfo")
			if err != nil {
				t.Fatal(err)
			}
			l := load(t, string(data), LoadOptions{})
			r, got := ask(t, l, c.call)
			if r.Errno != c.errno {
				t.Errorf("%v %s, want %v", r, l.State.Sentence(r.Refusal), c.errno)
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("depends on %q, want %q", text, c.want)
			}
		})
	}
}

// All assumptions of a table, as they are listed.
func TestAssumptions(t *testing.T) {
	for host, want := range map[string]string{
		"systemd":   "AboveRoot, LocksUnknown, PeersElsewhere 0, KindUnknown , NameUnknown , IDMapUnknown",
		"container": "AboveRoot, LocksUnknown, PeersElsewhere 0, MasterElsewhere, MasterElsewhere, MasterElsewhere, MasterElsewhere, KindUnknown , NameUnknown ",
		"docker":    "AboveRoot, LocksUnknown, PeersElsewhere 0, PinnedNamespace mnt:[4026532299], KindUnknown , NameUnknown ",
		"chroot":    "Chrooted, LocksUnknown, NameUnknown ",
		"emptyns":   "LocksUnknown, NameUnknown ",
	} {
		data, err := os.ReadFile("testdata/host-" + host + ".mountinfo")
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, x := range load(t, string(data), LoadOptions{}).Assumptions {
			all = append(all, strings.TrimPrefix(fmt.Sprintf("%T", x), "mountinfo.")+place(x))
		}
		if got := strings.Join(all, ", "); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}

// With Userns the caller has power over a user namespace of its own, not over the
// mount namespace that it is in.
func TestUserns(t *testing.T) {
	data, err := os.ReadFile("testdata/host-systemd.mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	l := load(t, string(data), LoadOptions{Userns: true})
	umount := model.NewCall(model.OpUmount2, model.Str("/boot/efi"), model.Num(0))
	if r, _ := ask(t, l, umount); r.Errno != model.EPERM {
		t.Errorf("%v: %v, want EPERM", umount, r)
	}
	open := model.NewCall(model.OpOpenTree, model.Num(model.AT_FDCWD), model.Str("/boot"), model.Num(model.OPEN_TREE_NAMESPACE|model.AT_RECURSIVE))
	if r, _ := ask(t, l, open); r.Errno != 0 {
		t.Errorf("%v: %v", open, r)
	}
	chroot, err := os.ReadFile("testdata/host-chroot.mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	table, err := Parse("chroot", chroot)
	if err != nil {
		t.Fatal(err)
	}
	if _, err = Load(table, LoadOptions{Userns: true}); err == nil || !strings.Contains(err.Error(), "EPERM") {
		t.Errorf("a chrooted process in a user namespace: %v", err)
	}
}
