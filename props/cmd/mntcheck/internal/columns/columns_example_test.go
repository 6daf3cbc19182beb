package columns_test

import (
	"fmt"
	"os"

	"mntcheck/props/cmd/mntcheck/internal/columns"
)

func ExampleTable() {
	t := columns.Table{Right: []bool{false, true}}
	t.Row("CALL", "MOUNTS", "")
	t.Row("unshare", 99992, "copies the table")
	t.Row("open_tree", 11, "copies the subtree")
	if err := t.Write(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// CALL       MOUNTS
	// unshare    99,992  copies the table
	// open_tree      11  copies the subtree
}
