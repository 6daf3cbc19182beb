package live

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/system"
)

// programs are calls with what this package has to do more about than to pass
// them on. Kernel and model have to agree after each of them.
var programs = []struct{ name, text string }{
	{"nothing", ``},
	{"descriptors that are no part of the world", `
		fspick(AT_FDCWD, "/", 0)
		fsconfig($1, FSCONFIG_SET_FD, "nope", NULL, 0)
		fsconfig($1, FSCONFIG_SET_FD, "nope", NULL, 3)
		fchdir(0)
		dup(1)
		close(2)
		open_tree(1, "", AT_EMPTY_PATH)
		open("/", O_PATH)`},
	{"nested user namespaces", `
		unshare(CLONE_NEWUSER)
		unshare(CLONE_NEWUSER|CLONE_NEWNS)
		fork()
		2 unshare(CLONE_NEWUSER|CLONE_NEWNS)
		2 mount("none", "/", "tmpfs", 0, NULL)
		2 umount2("/..", 0)
		2 clone(SIGCHLD|CLONE_NEWUSER|CLONE_NEWNS)
		3 mkdir("/a", 0755)
		3 mount("none", "/a", "tmpfs", 0, NULL)`},
	{"expiry of a mount in a directory", `
		mkdir("/a", 0755)
		mount("none", "/a", "tmpfs", 0, NULL)
		umount2("/a", MNT_EXPIRE)
		fork()
		2 mkdir("/b", 0755)
		umount2("/a", MNT_EXPIRE)`},
	{"expiry of a mount on the root of its namespace", `
		pidfd_open(1, 0)
		umount2("/", MNT_DETACH)
		setns($1, CLONE_NEWNS)
		mount("none", "/", "tmpfs", 0, NULL)
		umount2("/..", MNT_EXPIRE)
		umount2("/..", MNT_EXPIRE)
		umount2("/..", MNT_EXPIRE)`},
	{"expiry of what is mounted on the directory that a path names", `
		pidfd_open(1, 0)
		umount2("/", MNT_DETACH)
		setns($1, CLONE_NEWNS)
		mount("none", "/", "tmpfs", 0, NULL)
		umount2("/", MNT_EXPIRE)
		umount2("/", MNT_EXPIRE)
		mount("none", "/", "tmpfs", 0, NULL)
		umount2(".", MNT_EXPIRE)
		umount2(".", MNT_EXPIRE)`},
	{"nothing but the root of a namespace", `
		fork()
		2 unshare(CLONE_NEWNS)
		2 pidfd_open(2, 0)
		2 ioctl($3, PIDFD_GET_MNT_NAMESPACE, 0)
		2 umount2("/", MNT_DETACH)
		2 setns($4, CLONE_NEWNS)
		2 fork()
		pidfd_open(2, 0)
		ioctl($8, PIDFD_GET_MNT_NAMESPACE, 0)
		2 exit_group(0)
		3 exit_group(0)
		setns($9, CLONE_NEWNS)
		chdir("/")`},
	{"a namespace that dies and is made again", `
		fork()
		2 unshare(CLONE_NEWNS)
		2 exit_group(0)
		fork()
		3 unshare(CLONE_NEWUSER)
		fork()
		4 unshare(CLONE_NEWNS)
		pidfd_open(4, 0)
		ioctl($8, PIDFD_GET_USER_NAMESPACE, 0)
		pidfd_open(2, 0)`},
	{"pid namespaces", `
		unshare(CLONE_NEWPID)
		fork()
		fork()
		2 fork()
		2 pidfd_open(2, 0)
		3 fork()
		5 mkdir("/a", 0755)
		4 chdir("/a")
		4 fork()
		6 unshare(CLONE_NEWNS)
		6 exit_group(0)
		5 exit_group(0)`},
	{"a child that is the first of its pid namespace", `
		clone(SIGCHLD|CLONE_NEWPID)
		2 fork()
		2 fork()
		3 exit_group(0)
		4 chdir("/")`},
	{"a root that is younger than what is mounted on it", `
		mkdir("a", 0755)
		fsopen("tmpfs", 0)
		fsconfig($2, FSCONFIG_CMD_CREATE, NULL, NULL, 0)
		fsmount($2, 0, 0)
		unshare(CLONE_NEWNS)
		move_mount($4, "", AT_FDCWD, "a", MOVE_MOUNT_F_EMPTY_PATH)
		mkdir("a/b", 0755)
		mount("none", "a/b", "tmpfs", 0, NULL)
		pivot_root("a", "a")
		mkdir("/c", 0755)
		chdir("/")`},
	{"a mark in a namespace that its maker has left", `
		fork()
		2 unshare(CLONE_NEWNS)
		2 pidfd_open(1, 0)
		2 mkdir("/a", 0755)
		2 mount("none", "/a", "tmpfs", 0, NULL)
		2 umount2("/a", MNT_EXPIRE)
		2 fork()
		2 setns($3, CLONE_NEWNS)
		2 exit_group(0)
		3 umount2("/a", MNT_EXPIRE)
		3 exit_group(0)`},
	{"pins", `
		mknod("/f", S_IFREG|0644, 0)
		fork()
		2 unshare(CLONE_NEWNS)
		pidfd_open(2, 0)
		ioctl($4, PIDFD_GET_MNT_NAMESPACE, 0)
		open_tree($5, "", OPEN_TREE_CLONE|AT_EMPTY_PATH)
		move_mount($6, "", AT_FDCWD, "/f", MOVE_MOUNT_F_EMPTY_PATH)
		close($4)
		close($5)
		close($6)
		2 exit_group(0)
		open("/f", O_RDONLY)
		setns($12, CLONE_NEWNS)
		umount2("/f", MNT_DETACH)`},
	{"a namespace that is made empty", `
		mkdir("/a", 0755)
		mount("none", "/a", "tmpfs", 0, NULL)
		fork()
		2 open_tree(AT_FDCWD, "/a", OPEN_TREE_CLONE)
		2 unshare(UNSHARE_EMPTY_MNTNS)
		2 mkdir("/x", 0755)
		2 mount(NULL, "/", NULL, MS_SHARED, NULL)
		2 move_mount($4, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)
		2 chroot("/..")
		2 mkdir("/b", 0755)
		pidfd_open(2, 0)
		2 unshare(CLONE_NEWUSER|UNSHARE_EMPTY_MNTNS)
		setns($11, CLONE_NEWNS)
		2 exit_group(0)`},
	{"a directory in the kernel's own root, where that can be written to", `
		umount2("/", MNT_DETACH)
		pidfd_open(1, 0)
		setns($2, CLONE_NEWNS)
		mount(NULL, "/", NULL, MS_REMOUNT, NULL)
		mkdir("a", 00)
		mount("/", "a", "tmpfs", 0, NULL)
		mkdir("b", 00)
		mount("/", "b", "tmpfs", 0, NULL)`},
	{"a superblock that all machines have one of", `
		mknod("/f", S_IFREG|0644, 0)
		fork()
		2 unshare(CLONE_NEWNS)
		pidfd_open(2, 0)
		ioctl($4, PIDFD_GET_MNT_NAMESPACE, 0)
		open_tree($5, "", OPEN_TREE_CLONE|AT_EMPTY_PATH)
		move_mount($6, "", AT_FDCWD, "/f", MOVE_MOUNT_F_EMPTY_PATH)
		mount(NULL, "/f", NULL, MS_RDONLY|MS_REMOUNT, NULL)`},
	{"removed directories", `
		mkdir("/a", 0755)
		mkdir("/a/b", 0755)
		mkdir("/a b", 0755)
		mount("/a/b", "/a b", NULL, MS_BIND, NULL)
		fork()
		2 chdir("/a/b")
		fork()
		3 chdir("/a b")
		rmdir("/a/b")
		rename("/a", "/c\\d")`},
	{"working directories that are shared", `
		clone(SIGCHLD|CLONE_FS)
		2 pidfd_open(1, 0)
		2 ioctl($2, PIDFD_GET_MNT_NAMESPACE, 0)
		mkdir("/a", 0755)
		2 chdir("/a")
		2 unshare(CLONE_FS)
		2 chdir("/")`},
	{"sources", `
		mkdir("/a", 0755)
		mkdir("/b", 0755)
		mount("x y#z", "/a", "tmpfs", 0, NULL)
		mount("", "/b", "tmpfs", 0, NULL)
		mount(NULL, "/b", "ramfs", 0, NULL)
		mount("/a", "/b", NULL, MS_BIND, NULL)
		umount2("/a", 0)`},
	{"options", `
		mkdir("/a", 0755)
		mount("none", "/a", "tmpfs", MS_RDONLY|MS_NOSUID|MS_NODEV|MS_NOEXEC|MS_NOSYMFOLLOW|MS_NOATIME|MS_NODIRATIME, NULL)
		mount(NULL, "/a", NULL, MS_REMOUNT|MS_BIND|MS_STRICTATIME, NULL)
		mount(NULL, "/a", NULL, MS_SHARED, NULL)
		unshare(CLONE_NEWUSER|CLONE_NEWNS)
		mount(NULL, "/a", NULL, MS_UNBINDABLE, NULL)`},
	{"no arguments", `
		mount(NULL, NULL, NULL, 0, NULL)
		mount("none", "/", NULL, 0, NULL)
		open_tree(-1, "", AT_EMPTY_PATH)
		open_tree(AT_FDCWD, NULL, 0)
		mount_setattr(AT_FDCWD, "/", 0, NULL, 32)
		mount_setattr(AT_FDCWD, "/", 0, {attr_set=MOUNT_ATTR_NODEV}, 31)
		mount_setattr(AT_FDCWD, "/", 0, {attr_set=MOUNT_ATTR_NODEV}, 64)
		mount_setattr(AT_FDCWD, "/", 0, {attr_set=MOUNT_ATTR_NODEV}, 5000)
		chdir("")
		close(-1)
		fsopen(NULL, 0)
		fsopen("tmpfs", 0x8)`},
}

// TestAgreesWithModel runs programs on the kernel and on the model, and compares
// every answer and every view.
func TestAgreesWithModel(t *testing.T) {
	n := newNative(t, Options{CrossCheck: true})
	reference := modelOf(t, n)
	for _, test := range programsFor(reference.(modelRunner).sem) {
		t.Run(test.name, func(t *testing.T) {
			compareRunners(t, n, reference, system.Job{Program: parse(t, test.text), EachView: true})
			compareRunners(t, n, reference, system.Job{Program: parse(t, test.text)})
		})
	}
}

// programsFor are those that can be made under these rules.
func programsFor(sem *model.Semantics) []struct{ name, text string } {
	if sem.EmptyNamespace {
		return slices.Concat(programs, emptyPrograms)
	}
	return programs
}

// emptyPrograms are programs for kernels that make a process in an empty mount namespace.
var emptyPrograms = []struct{ name, text string }{
	{"a child in a namespace that is made empty", `
		mkdir("/a", 0755)
		clone3(CLONE_EMPTY_MNTNS)
		2 fsopen("tmpfs", 0)
		2 fsconfig($3, FSCONFIG_CMD_CREATE, NULL, NULL, 0)
		2 fsmount($3, 0, 0)
		2 move_mount($5, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH)
		pidfd_open(2, 0)
		ioctl($7, PIDFD_GET_MNT_NAMESPACE, 0)
		2 exit_group(0)
		open_tree($8, "", OPEN_TREE_CLONE|AT_EMPTY_PATH)
		setns($8, CLONE_NEWNS)`},
}

// modelOf is the model with the rules of the kernel's release.
func modelOf(t *testing.T, n *Native) system.Runner {
	release := n.Profile().Release
	sem, err := model.ForRelease(release)
	if err != nil {
		t.Skip(err)
	}
	return modelRunner{system.RunnerOf(system.NewModel, system.Profile{Name: "model", Release: release}), sem}
}

// modelRunner has all programs run under the rules of one release.
type modelRunner struct {
	system.Runner
	sem *model.Semantics
}

func (r modelRunner) runOne(t *testing.T, job system.Job) system.Recording {
	t.Helper()
	job.World.Semantics = r.sem
	recordings, err := r.Run(t.Context(), []system.Job{job})
	if err != nil {
		t.Fatal(err)
	}
	return recordings[0]
}

func parse(t *testing.T, text string) []model.Step {
	t.Helper()
	if strings.TrimSpace(text) == "" {
		return nil
	}
	program, err := trace.ParseProgram(t.Name(), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return program.Program()
}

func compareRunners(t *testing.T, n *Native, reference system.Runner, job system.Job) {
	t.Helper()
	want := reference.(modelRunner).runOne(t, job)
	if want.Err != nil {
		t.Fatalf("the model: %v", want.Err)
	}
	recordings, err := n.Run(t.Context(), []system.Job{job})
	if err != nil {
		t.Fatal(err)
	}
	if d := compare(job.Program, &want, &recordings[0]); d != "" {
		t.Error(d)
	}
}

// compare says where two recordings differ first.
func compare(program []model.Step, want, got *system.Recording) string {
	first := 0 // the view before the first call
	if len(want.Views) > 1 {
		first = 1
	}
	for i := range want.Answers {
		if i >= len(got.Answers) {
			return got.Err.Error()
		}
		w, g := trace.Recorded(program[i].Call.Op, want.Answers[i]), trace.Recorded(program[i].Call.Op, got.Answers[i])
		if !w.Agrees(g) {
			return fmt.Sprintf("step %d, %s: want %s, got %s", i+1, program[i].Call, w, g)
		}
		if first == 1 && i+1 >= len(got.Views) {
			return fmt.Sprintf("after step %d, %s: no view: %v", i+1, program[i].Call, got.Err)
		}
		if first == 1 && want.Views[i+1] != system.TellAs(got.Views[i+1], want.Views[i+1]) {
			return fmt.Sprintf("after step %d, %s: want\n%s%sgot\n%s%s", i+1, program[i].Call,
				want.Views[i+1].Mounts, want.Views[i+1].Actors, got.Views[i+1].Mounts, got.Views[i+1].Actors)
		}
	}
	if got.Err != nil {
		return got.Err.Error()
	}
	w, g := want.Views[len(want.Views)-1], got.Views[len(got.Views)-1]
	if w != system.TellAs(g, w) {
		return fmt.Sprintf("at the end: want\n%s%sgot\n%s%s", w.Mounts, w.Actors, g.Mounts, g.Actors)
	}
	return ""
}
