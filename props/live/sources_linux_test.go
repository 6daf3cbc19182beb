package live

import (
	"strings"
	"testing"

	"mntcheck/model"
	"mntcheck/model/trace"
	"mntcheck/props/system"
)

// TestSourcesBySight reads sources as before Linux 6.13, of mounts that are harder and
// harder to see.
func TestSourcesBySight(t *testing.T) {
	n := newNative(t, Options{sourcesBySight: true})
	for _, test := range []struct {
		name, program string
		each          bool
		untold        int
	}{
		{"in sight", `
			mkdir("/a", 0755)
			mount("so me", "/a", "tmpfs", 0, NULL)`, false, 0},
		{"outside of the actor's root", `
			mkdir("/a", 0755)
			mkdir("/b", 0755)
			chdir("/a")
			chroot("/b")
			mkdir("x", 0755)
			mount("outside", "x", "tmpfs", 0, NULL)`, false, 0},
		{"below what covers the root, where an actor stands", `
			mkdir("/a", 0755)
			chdir("/a")
			mount("top", "/", "tmpfs", 0, NULL)
			chroot("/..")
			mkdir("x", 0755)
			mount("under", "x", "tmpfs", 0, NULL)`, false, 0},
		{"below what covers the root, where an actor has a directory open", `
			mkdir("/a", 0755)
			mkdir("/a/x", 0755)
			chdir("/a")
			mount("top", "/", "tmpfs", 0, NULL)
			chroot("/..")
			mount("under", "x", "tmpfs", 0, NULL)
			open(".", O_PATH)
			chdir("/")`, false, 0},
		{"below what covers the root, and nobody there", `
			mkdir("/a", 0755)
			mkdir("/a/x", 0755)
			chdir("/a")
			mount("top", "/", "tmpfs", 0, NULL)
			chroot("/..")
			mount("under", "x", "tmpfs", 0, NULL)
			chdir("/")`, false, 1},
		{"seen before nobody was there", `
			mkdir("/a", 0755)
			mkdir("/a/x", 0755)
			chdir("/a")
			mount("top", "/", "tmpfs", 0, NULL)
			chroot("/..")
			mount("under", "x", "tmpfs", 0, NULL)
			chdir("/")`, true, 0},
		{"copied into a namespace where nobody sees it, while the first goes", `
			mkdir("/a", 0755)
			mkdir("/a/x", 0755)
			mount("under", "/a/x", "tmpfs", 0, NULL)
			mount("top", "/", "tmpfs", 0, NULL)
			chroot("/..")
			chdir("/")
			unshare(CLONE_NEWNS)`, true, 0},
		{"in a namespace that a descriptor keeps", `
			mkdir("/a", 0755)
			mount("some", "/a", "tmpfs", 0, NULL)
			unshare(CLONE_NEWNS)
			pidfd_open(1, 0)
			fork()
			2 unshare(CLONE_NEWNS)
			2 mount("other", "/a", "tmpfs", 0, NULL)
			pidfd_open(2, 0)
			ioctl($8, PIDFD_GET_MNT_NAMESPACE, 0)
			2 exit_group(0)`, false, 0},
		{"where a mount is marked, and looking would clear that", `
			mkdir("/a", 0755)
			mkdir("/b", 0755)
			mount("none", "/b", "tmpfs", 0, NULL)
			chdir("/a")
			chroot("/a")
			mkdir("x", 0755)
			open("/", O_PATH)
			umount2("/proc", 0)
			chdir("../b")
			chdir("../a")
			umount2("../b", MNT_EXPIRE)
			mount("other", "../a", "tmpfs", 0, NULL)
			umount2("../b", MNT_EXPIRE)`, true, 0},
	} {
		program := parse(t, test.program)
		want := modelOf(t, n).(modelRunner).runOne(t, system.Job{Program: program, EachView: test.each})
		recordings, err := n.Run(t.Context(), []system.Job{{Program: program, EachView: test.each}})
		if err != nil {
			t.Fatal(err)
		}
		got := recordings[0]
		untold := 0
		for i := range min(len(got.Views), len(want.Views)) {
			untold += system.CountUntold(got.Views[i])
			got.Views[i] = system.TellAs(got.Views[i], want.Views[i])
		}
		if d := compare(program, &want, &got); d != "" {
			t.Errorf("%s: %s", test.name, d)
		}
		if untold != test.untold {
			t.Errorf("%s: %d sources were not told, want %d; the last view is\n%s", test.name, untold, test.untold, got.Views[len(got.Views)-1].Mounts)
		}
	}
}

// TestCorpusBySight runs the recorded traces so: what is told has to be right.
func TestCorpusBySight(t *testing.T) {
	if testing.Short() {
		t.Skip("the whole corpus once more: not in short mode")
	}
	n := newNative(t, Options{sourcesBySight: true})
	var all []*trace.Trace
	var jobs []system.Job
	err := trace.Each([]string{corpusOf(t, n.Profile().Release)}, func(file string, data []byte) error {
		x, err := trace.Parse(file, data)
		if err == nil {
			all, jobs = append(all, x), append(jobs, system.Job{Program: x.Program(), EachView: true})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	recordings, err := n.Run(t.Context(), jobs)
	if err != nil {
		t.Fatal(err)
	}
	untold, mounts := 0, 0
	for i, x := range all {
		rec := &recordings[i]
		if last := len(rec.Views) - 1; last >= 0 {
			untold += system.CountUntold(rec.Views[last])
			mounts += strings.Count(rec.Views[last].Mounts, "\n")
			rec.Views[last] = system.TellAs(rec.Views[last], model.View{Mounts: x.Final.Text})
		}
		if problem := difference(x, rec); problem != "" {
			t.Errorf("%s: %s", x.Name, problem)
		}
	}
	t.Logf("%d traces; of %d mounts in the end, %d have a source that was not told", len(all), mounts, untold)
}
