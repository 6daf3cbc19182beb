package model_test

import (
	"errors"
	"fmt"

	"mntcheck/model"
)

// A container runtime's rootfs, and what pivot_root says to it.
func Example() {
	s := model.NewState(model.World{})
	p := s.Actor(1)
	for _, dir := range []string{"/tmp", "/tmp/old"} {
		if err := p.Mkdir(dir, 0o755); err != nil {
			fmt.Println(err)
		}
	}
	_ = p.Mount("", "/", "", model.MS_SHARED)
	_ = p.Mount("/tmp", "/tmp", "", model.MS_BIND)

	err := p.PivotRoot("/tmp", "/tmp/old")
	fmt.Println(err)
	fmt.Println(errors.Is(err, model.EINVAL))
	// Output:
	// 1 pivot_root("/tmp", "/tmp/old") = -1 EINVAL (Invalid argument): the mount of put_old, mount 3 /tmp, is shared:1
	// true
}

// The namespace that OPEN_TREE_NAMESPACE makes holds the named subtree, and
// costs what that holds.
func ExampleState_Work() {
	s := model.NewState(model.World{})
	p := s.Actor(1)
	_ = p.Mkdir("/rootfs", 0o755)
	_ = p.Mount("none", "/rootfs", "tmpfs", 0)
	for i := range 100 {
		dir := fmt.Sprintf("/m%d", i)
		_ = p.Mkdir(dir, 0o755)
		_ = p.Mount("none", dir, "tmpfs", 0)
	}
	_, _ = p.OpenTree(model.AT_FDCWD, "/rootfs", model.OPEN_TREE_NAMESPACE|model.AT_RECURSIVE)
	fmt.Println("open_tree:", s.Work().Copied, "mounts copied")
	_ = p.Unshare(model.CLONE_NEWNS)
	fmt.Println("unshare:", s.Work().Copied, "mounts copied")
	// Output:
	// open_tree: 2 mounts copied
	// unshare: 103 mounts copied
}
