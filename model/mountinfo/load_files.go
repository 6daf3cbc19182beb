package mountinfo

import (
	"slices"
	"strings"

	"mntcheck/model"
)

// fsTypes are the filesystem types that the model tells apart. All others are
// opaque. Spec 01 §1.1.
var fsTypes = map[string]model.FSType{
	"tmpfs": model.Tmpfs, "ramfs": model.Ramfs, "proc": model.Proc, "sysfs": model.Sysfs,
	"rootfs": model.Rootfs, "nullfs": model.Nullfs, "nsfs": model.Nsfs, "pidfs": model.Pidfs,
}

// idmapTypes are the opaque types that can be idmapped (FS_ALLOW_IDMAP), and
// fixedTypes those that cannot. Of types in neither it is assumed that they can't.
var (
	idmapTypes = []string{"bcachefs", "btrfs", "ceph", "erofs", "ext2", "ext3", "ext4", "f2fs", "hugetlbfs", "msdos",
		"ntfs3", "overlay", "squashfs", "vfat", "xfs", "zfs"}
	fixedTypes = []string{"autofs", "binfmt_misc", "bpf", "cgroup", "cgroup2", "configfs", "debugfs", "devpts",
		"devtmpfs", "efivarfs", "fusectl", "mqueue", "pstore", "rpc_pipefs", "securityfs", "selinuxfs", "tracefs"}
)

// device is what superblocks are found by.
type device struct{ major, minor int32 }

// makeFilesystems adds one superblock for each device number. Two types with one
// number are two superblocks: a number may come from a table made by hand.
func (l *loader) makeFilesystems() error {
	entries := l.t.Entries
	l.sb, l.first = make([]model.SBIx, len(entries)), make([]int32, len(entries))
	known := make(map[device]int32, len(entries)) // the entry that came last with this number
	before := make([]int32, len(entries))         // the one that came before that, with another type; -1: none
	for i := range entries {
		e := &entries[i]
		at := device{int32(e.Major), int32(e.Minor)}
		if t := fsTypes[e.FSType]; t == model.Nsfs || t == model.Pidfs {
			at = device{-1, int32(t)} // there is one in a machine
		}
		have, found := known[at]
		if !found {
			have = -1
		}
		newest := have
		for have >= 0 && entries[have].FSType != e.FSType {
			have = before[have]
		}
		if have < 0 {
			before[i] = newest
			known[at] = int32(i)
			l.first[i] = int32(i)
			l.sb[i] = l.addFilesystem(e)
			continue
		}
		l.first[i], l.sb[i] = have, l.sb[have]
		if f := &entries[have]; f.SuperOptions.ReadOnly() != e.SuperOptions.ReadOnly() {
			return l.errorAt(i, FieldSuperOptions, "want what mount %d on line %d says of the same filesystem, %d:%d, which is ro in one place only: was it remounted while the table was read?",
				f.ID, l.t.line(int(have)), e.Major, e.Minor)
		}
	}
	return nil
}

func (l *loader) addFilesystem(e *Entry) model.SBIx {
	sb := l.b.Superblock(describeFilesystem(e))
	kind, _, _ := strings.Cut(e.FSType, ".")
	if fsTypes[e.FSType] == 0 && !slices.Contains(idmapTypes, kind) && !slices.Contains(fixedTypes, kind) {
		l.facts.idmapUnknown(sb)
	}
	return sb
}

func describeFilesystem(e *Entry) model.SuperblockSpec {
	n := model.SuperblockSpec{
		Type: fsTypes[e.FSType], Name: e.FSType, Major: int32(e.Major), Minor: int32(e.Minor), Opts: superOptions(e),
	}
	if n.Type == 0 {
		n.Type = model.Opaque
		if kind, _, _ := strings.Cut(e.FSType, "."); slices.Contains(idmapTypes, kind) {
			n.Flags |= model.AllowIDMap
		}
	}
	if n.Type != model.Nullfs && n.Type != model.Nsfs && n.Type != model.Pidfs {
		n.Flags |= model.UnknownContent
	}
	if e.SuperOptions.ReadOnly() {
		n.Flags |= model.SBReadOnly
	}
	if n.Type == model.Proc && e.SuperOptions.Has("subset=pid") {
		n.Flags |= model.RestrictedVariant
	}
	return n
}

// superOptions is what comes behind ro or rw.
func superOptions(e *Entry) string {
	first, rest, _ := strings.Cut(string(e.SuperOptions), ",")
	if first == "ro" || first == "rw" {
		return rest
	}
	return string(e.SuperOptions)
}

// makeRoots finds what each mount shows of its filesystem. What was removed
// comes first, so that a new file of the same name is another.
func (l *loader) makeRoots() error {
	l.roots = make([]model.DentryIx, len(l.t.Entries))
	type removed struct {
		sb   model.SBIx
		root string
	}
	gone := map[removed]model.DentryIx{}
	for i := range l.t.Entries {
		e := &l.t.Entries[i]
		if !e.Deleted() || !strings.HasPrefix(e.Root, "/") {
			continue
		}
		at := removed{l.sb[i], e.Root}
		if gone[at] == 0 {
			d := l.b.Dentry(l.b.Root(at.sb), e.RootPath(), model.Dir)
			l.b.Remove(d)
			gone[at] = d
		}
		l.roots[i] = gone[at]
	}
	for i := range l.t.Entries {
		if l.roots[i] == 0 {
			l.roots[i] = l.rootOf(i)
		}
	}
	l.keepOptions()
	return nil
}

func (l *loader) rootOf(i int) model.DentryIx {
	e := &l.t.Entries[i]
	if strings.HasPrefix(e.Root, "/") {
		return l.b.Dentry(l.b.Root(l.sb[i]), e.Root, model.Dir)
	}
	if d := l.spaces[e.Root]; d != 0 {
		return d
	}
	d := l.special(i)
	l.spaces[e.Root] = d
	return d
}

// initUserInode is the number of the initial user namespace's file.
const initUserInode = 0xEFFFFFFD

// special makes the file behind a root that is no path, such as mnt:[4026532112].
func (l *loader) special(i int) model.DentryIx {
	e := &l.t.Entries[i]
	kind, number, ok := e.NamespaceFile()
	ok = ok && fsTypes[e.FSType] == model.Nsfs
	var d model.DentryIx
	switch {
	case ok && kind == "mnt":
		ns := l.b.Namespace(model.NamespaceSpec{}) // after, so newer than, the process's own
		d = l.b.NamespaceFile(ns)
		l.facts.pins = append(l.facts.pins, PinnedNamespace{ID: e.ID, Root: e.Root, ns: ns, file: d})
	case ok && kind == "user" && number == initUserInode:
		d = l.b.UserFile(l.b.InitUser())
	case ok && kind == "user":
		d = l.b.UserFile(l.b.User(0))
	default:
		return l.b.Special(l.sb[i], e.Root)
	}
	l.b.ShowAs(d, e.Root)
	return d
}

// keepOptions notes the options of filesystems that show others for each mount:
// for all of their mounts, since a directory without any shows those above it.
func (l *loader) keepOptions() {
	differ := map[model.SBIx]bool{}
	for i := range l.t.Entries {
		if f := int(l.first[i]); f != i && l.t.Entries[f].SuperOptions != l.t.Entries[i].SuperOptions {
			differ[l.sb[i]] = true
		}
	}
	if len(differ) == 0 {
		return
	}
	for i := range l.t.Entries {
		if differ[l.sb[i]] {
			l.b.SetOpts(l.roots[i], superOptions(&l.t.Entries[i]))
		}
	}
}
