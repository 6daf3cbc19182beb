package model_test

import (
	"fmt"

	"mntcheck/model"
)

// A state is made directly: a tmpfs that is shared, and a bind of one of its
// directories, which is its peer. What is mounted on the one shows on the other.
func ExampleBuilder() {
	b := model.NewBuilder(model.World{})
	ns := b.Namespace(model.NamespaceSpec{})
	nullfs := b.Superblock(model.SuperblockSpec{Type: model.Nullfs})
	bottom := b.Mount(model.MountSpec{NS: ns, Root: b.Root(nullfs), Source: "nullfs"})
	tmpfs := b.Superblock(model.SuperblockSpec{Type: model.Tmpfs})
	dir := b.Root(tmpfs)
	top := b.Mount(model.MountSpec{NS: ns, Parent: bottom, MP: b.Root(nullfs), Root: dir, Source: "none", Group: 5})
	b.Mount(model.MountSpec{
		NS: ns, Parent: top, MP: b.Dentry(dir, "view", model.Dir), Root: b.Dentry(dir, "data", model.Dir), Source: "none", Group: 5,
	})
	b.Dentry(dir, "data/new", model.Dir)
	b.Process(model.ProcessSpec{NS: ns, Caps: model.AllCaps})
	s, err := b.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(s.Actor(1).Mount("none", "/data/new", "tmpfs", 0))
	fmt.Print(s.View().Mounts)
	// Output:
	// <nil>
	// # ns 1 actors 1
	// 1 1 0:1 / / rw - nullfs nullfs rw
	// 2 1 0:2 / / rw shared:1 - tmpfs none rw
	// 3 2 0:3 / /data/new rw,relatime shared:2 - tmpfs none rw
	// 4 2 0:2 /data /view rw shared:1 - tmpfs none rw
	// 5 4 0:3 / /view/new rw,relatime shared:2 - tmpfs none rw
}
