package difftext_test

import (
	"fmt"

	"mntcheck/props/difftext"
)

func ExampleSideBySide() {
	const table = "# ns 1 actors 1\n1 1 0:1 / / rw - nullfs nullfs rw\n2 1 0:2 / / rw,relatime%s - tmpfs none rw\n"
	fmt.Print(difftext.SideBySide(
		difftext.Side{Title: "before", Mounts: fmt.Sprintf(table, "")},
		difftext.Side{Title: "after", Mounts: fmt.Sprintf(table, " shared:1")},
	))
	// Output:
	// before                                      after
	//   # ns 1 actors 1                             # ns 1 actors 1
	//   /    nullfs  nullfs  rw           private   /    nullfs  nullfs  rw           private
	//   └─/  none    tmpfs   rw,relatime  private | └─/  none    tmpfs   rw,relatime  shared:1
}
