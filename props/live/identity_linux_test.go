package live

import (
	"slices"
	"testing"

	"mntcheck/model/trace"
	"mntcheck/props/system"
)

// TestIdentity has things of views found again: mounts keep their ids when the
// view counts them anew, and owners of namespaces are those who made them.
func TestIdentity(t *testing.T) {
	text := `mkdir("/b", 0755)
mount("none", "/b", "tmpfs", 0, NULL)
mkdir("/a", 0755)
mount("/b", "/a", NULL, MS_BIND, NULL)
mount(NULL, "/b", NULL, MS_SHARED, NULL)
fork()
2 unshare(CLONE_NEWUSER|CLONE_NEWNS)
chdir("/nope")
`
	program, err := trace.ParseProgram("program", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	job := system.Job{Program: program.Program(), EachView: true, Identify: true}
	recs, err := newNative(t, Options{}).Run(t.Context(), []system.Job{job})
	if err != nil || len(recs) != 1 || recs[0].Err != nil {
		t.Fatalf("got %+v, %v", recs, err)
	}
	rec := recs[0]
	if len(rec.Identities) != len(rec.Views) {
		t.Fatalf("%d identities of %d views", len(rec.Identities), len(rec.Views))
	}
	ids := func(view int) (all []uint64) {
		for _, m := range rec.Identities[view].Mounts {
			all = append(all, m.ID)
		}
		return all
	}
	// Below the root: /b alone, then /a before it.
	alone, both := ids(2), ids(4)
	if len(alone) != 3 || len(both) != 4 || alone[2] != both[3] || !slices.Equal(alone[:2], both[:2]) || slices.Contains(alone, both[2]) {
		t.Errorf("the mounts are %d, then %d", alone, both)
	}
	if a, b := rec.Identities[4].Mounts[2], rec.Identities[4].Mounts[3]; a.Device != b.Device || a.Device == rec.Identities[4].Mounts[1].Device {
		t.Errorf("a mount and what it was bound from are %+v and %+v", a, b)
	}
	shared := rec.Identities[5].Mounts[3].Group
	last := rec.Identities[7]
	if len(last.Spaces) != 2 || len(last.Users) != 2 || last.Spaces[0].Owner != last.Users[0] || last.Spaces[1].Owner != last.Users[1] ||
		last.Users[0] == last.Users[1] || last.Spaces[0].ID >= last.Spaces[1].ID {
		t.Errorf("the namespaces are %+v, of actors in %d", last.Spaces, last.Users)
	}
	if copied := last.Mounts[7]; shared == 0 || copied.Master != shared || copied.Group != 0 {
		t.Errorf("the copy of a mount in peer group %d is %+v", shared, copied)
	}
	if !sameIdentity(&rec.Identities[8], &last) {
		t.Errorf("a call that was refused made %+v of %+v", rec.Identities[8], last)
	}
}
