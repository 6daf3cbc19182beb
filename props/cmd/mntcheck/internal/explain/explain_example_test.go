package explain_test

import (
	"fmt"
	"os"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
	"mntcheck/props/cmd/mntcheck/internal/explain"
)

// One EINVAL of pivot_root has many causes. This one has a remedy.
func ExampleAsk() {
	table, err := mountinfo.Parse("table", []byte(""+
		"25 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"+
		"31 25 0:22 / /tmp rw,relatime shared:22 - tmpfs tmp rw\n"+
		"32 31 0:23 / /tmp/r rw,relatime - tmpfs r rw\n"))
	if err != nil {
		fmt.Println(err)
		return
	}
	loaded, err := mountinfo.Load(table, mountinfo.LoadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	answer, err := explain.Ask(explain.Question{
		State: loaded.State, Actor: 1, Name: table.Name, Listed: 3,
		Call: model.NewCall(model.OpPivotRoot, model.Str("/tmp/r"), model.Str("/tmp/r/old")),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(answer.Refusal.Errno, answer.Refusal.Name)
	fmt.Println("remedy:", answer.Refusal.Remedy)
	// Output:
	// EINVAL parent-of-new-root-shared
	// remedy: [mount(NULL, "/tmp", NULL, MS_PRIVATE, NULL)]
}

// Which release one asks can matter, and which of its rules makes it.
func ExampleAskAcross() {
	across, err := explain.AskAcross(func(sem *model.Semantics) (*explain.Answer, error) {
		return explain.Ask(explain.Question{
			State: model.NewState(model.World{Semantics: sem}), Actor: 1, Name: "the empty world", Listed: 2, Brief: true,
			Call: model.NewCall(model.OpUnshare, model.Num(model.UNSHARE_EMPTY_MNTNS)),
		})
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range across.Groups {
		g := &across.Groups[i]
		fmt.Printf("%s: %s\n", g.Span, g.Answer.Call.Result)
	}
	for _, r := range across.Reasons {
		fmt.Printf("%s from %s on: %s\n", r.Rule, r.Release, r.Decides)
	}
	// Output:
	// before 7.1.0: -1 EINVAL (Invalid argument)
	// since 7.1.0: 0
	// EmptyNamespace from 7.1.0 on: unshare knows UNSHARE_EMPTY_MNTNS, and clone3 CLONE_EMPTY_MNTNS
}

// DrawCall shows what the last call of a state did.
func ExampleDrawCall() {
	s := model.NewState(model.World{})
	do := func(c model.Call) {
		if r, err := s.Do(1, &c); err != nil || r.Errno != 0 {
			fmt.Println(c, r, err)
		}
	}
	do(model.NewCall(model.OpMkdir, model.Str("/a"), model.Num(0o755)))
	before := s.Clone()
	do(model.NewCall(model.OpMount, model.Str("none"), model.Str("/a"), model.Str("tmpfs"), model.Num(model.MS_NODEV), model.NULL()))
	if err := explain.DrawCall(os.Stdout, before, s, nil); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Mount namespace 1 before, 2 mounts:
	//   TARGET  ID  SOURCE  FSTYPE  OPTIONS      PROPAGATION
	//   /       1   nullfs  nullfs  rw           private
	//   └─/     2   none    tmpfs   rw,relatime  private
	//
	// Mount namespace 1 after, 3 mounts:
	//   TARGET  ID  SOURCE  FSTYPE  OPTIONS            PROPAGATION
	//   /       1   nullfs  nullfs  rw                 private
	//   └─/     2   none    tmpfs   rw,relatime        private
	// +   └─/a  3   none    tmpfs   rw,nodev,relatime  private
}
