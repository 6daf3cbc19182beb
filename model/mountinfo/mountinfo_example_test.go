package mountinfo_test

import (
	"fmt"
	"os"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
)

// A table as a process in a container might see it: the parent of its root mount
// is not listed, the volume is a part of another filesystem and receives what is
// mounted on the host.
const container = `612 580 0:54 / / rw,relatime - overlay overlay rw,lowerdir=/l,upperdir=/u,workdir=/w
613 612 0:57 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw
614 612 254:1 /volumes/my\040data /data ro,relatime master:1 - ext4 /dev/vda1 rw,errors=remount-ro
615 614 0:60 / /data/cache rw,relatime master:7 propagate_from:1 - tmpfs  rw
`

func Example() {
	table, err := mountinfo.Parse("container", []byte(container))
	if err != nil {
		fmt.Println(err)
		return
	}
	data := &table.Entries[2]
	fmt.Printf("%s: %q of %s, read-only %t, receives from group %d\n",
		data.Mountpoint, data.Root, data.Source, data.Options.ReadOnly(), data.Master)

	if err := mountinfo.Render(os.Stdout, table, mountinfo.RenderOptions{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(table.String() == container)
	// Output:
	// /data: "/volumes/my data" of /dev/vda1, read-only true, receives from group 1
	// TARGET           SOURCE                       FSTYPE   OPTIONS                          PROPAGATION
	// /                overlay                      overlay  rw,relatime                      private
	// ├─/proc          proc                         proc     rw,nosuid,nodev,noexec,relatime  private
	// └─/data          /dev/vda1[/volumes/my data]  ext4     ro,relatime                      master:1
	//   └─/data/cache                               tmpfs    rw,relatime                      master:7,propagate_from:1
	// true
}

func ExampleParse_error() {
	_, err := mountinfo.Parse("mountinfo.txt", []byte("1 1 0:1 / / rw - tmpfs none rw\n2 1 8 / /a rw - ext4 /dev/sda rw\n"))
	fmt.Println(err)
	// Output:
	// mountinfo.txt:2:5: field 3 (major:minor): want two decimal numbers with a colon between, such as 8:1, got "8"
}

func ExampleRender_marks() {
	table, err := mountinfo.Parse("", []byte(container))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = mountinfo.Render(os.Stdout, table, mountinfo.RenderOptions{
		Columns: []mountinfo.Column{mountinfo.Target, mountinfo.FSType},
		Mark: func(i int) mountinfo.Mark {
			switch table.Entries[i].ID {
			case 614:
				return mountinfo.Mark{Sign: "~", Note: "was rw"}
			case 615:
				return mountinfo.Mark{Sign: "+"}
			}
			return mountinfo.Mark{Fold: true} // the parents of what is shown stay
		},
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	//   TARGET           FSTYPE
	//   /                overlay
	// ~ ├─/data          ext4     was rw
	// + │ └─/data/cache  tmpfs
	//   └─… 1 mount
}

func ExampleParseSections() {
	sections, err := mountinfo.ParseSections("final.mountinfo", []byte(`# ns 1 actors 1
1 1 0:1 / / rw - nullfs nullfs rw
2 1 0:2 / / rw,relatime - tmpfs none rw
# ns 2 fds 1:3
3 3 0:1 / / rw - nullfs nullfs rw
4 3 0:2 /a / rw,relatime - tmpfs none rw
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range sections {
		fmt.Println("namespace", s.NS, "actors", s.Actors, "descriptors", s.FDs, "mounts", len(s.Entries))
	}
	// Output:
	// namespace 1 actors [1] descriptors [] mounts 2
	// namespace 2 actors [] descriptors [{1 3}] mounts 2
}

// What would happen on a machine of which there is only the mount table?
func ExampleLoad() {
	table, err := mountinfo.Parse("mountinfo", []byte(`22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
35 22 8:1 / /boot rw,relatime shared:30 - vfat /dev/sda1 rw
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	host, err := mountinfo.Load(table, mountinfo.LoadOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	umount := model.NewCall(model.OpUmount2, model.Str("/boot"), model.Num(0))
	before := host.State.Clone()
	answer, err := host.State.Do(1, &umount)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(umount, "=", answer)
	fmt.Print(mountinfo.OfProcess(host.State, 1))
	for _, a := range host.Relevant(&umount, answer, before, host.State) {
		fmt.Println("-", a.Sentence())
	}
	// Output:
	// umount2("/boot", 0) = 0
	// 22 1 8:2 / / rw,relatime shared:1 - ext4 /dev/sda2 rw
	// - locks are not in the table: taken for a mount namespace without any; in one that was copied for a user namespace with less power, mounts cannot be taken from their places, nor flags from mounts
	// - peer group 1 may have members and slaves in other mount namespaces, which would receive this too: taken to have none that are not in the table
}
