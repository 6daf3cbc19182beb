package conform

import (
	"fmt"
	"slices"
	"strings"

	"mntcheck/model"
	"mntcheck/props/draw"
)

// Family is a kind of programs: those of a part of the mount API. A difference
// in a plain one says more than the same in a mix of everything, and a kernel
// without some calls can still be compared in the others. The names are those of
// the families of recorded traces.
type Family struct {
	Name  string
	About string // what its programs are made of

	calls      []model.Op          // nil: every one
	without    map[model.Op]uint64 // bits that its calls do not have in their flags
	namespaces bool                // calls that make namespaces of a subtree are frequent
	lacks      func(*model.Semantics) string
}

// Families lists the families; mixed, which draws from everything, is the last.
func Families() []*Family { return slices.Clone(families) }

// FamilyByName finds a family.
func FamilyByName(name string) (*Family, error) {
	names := make([]string, len(families))
	for i, f := range families {
		if f.Name == name {
			return f, nil
		}
		names[i] = f.Name
	}
	return nil, fmt.Errorf("unknown family %q: want one of %s", name, strings.Join(names, ", "))
}

// Lacks says why programs of the family are of no use under these rules; "" if
// they are.
func (f *Family) Lacks(sem *model.Semantics) string {
	if f.lacks == nil {
		return ""
	}
	return f.lacks(sem)
}

// limits are those within which programs of the family are drawn.
func (f *Family) limits(supports func(model.Op) bool) draw.Limits {
	return draw.Limits{
		OnePIDNamespace: true,
		Namespaces:      f.namespaces,
		Supports: func(op model.Op) bool {
			return (f.calls == nil || slices.Contains(f.calls, op)) && (supports == nil || supports(op))
		},
	}
}

// restrict takes those bits out of a call that the family does not have.
func (f *Family) restrict(c *model.Call) {
	bits := f.without[c.Op]
	if bits == 0 {
		return
	}
	for i, p := range c.Op.Signature().Params {
		if p.Kind == model.FlagsParam {
			c.Args[i].N &^= int64(bits)
			return
		}
	}
}

var (
	fileCalls    = []model.Op{model.OpMkdir, model.OpMknod, model.OpRmdir, model.OpUnlink, model.OpRename, model.OpSymlink}
	placeCalls   = []model.Op{model.OpPivotRoot, model.OpChroot, model.OpChdir, model.OpFchdir, model.OpFchroot}
	handleCalls  = []model.Op{model.OpOpen, model.OpClose, model.OpDup}
	mountCalls   = []model.Op{model.OpMount, model.OpUmount2}
	treeCalls    = []model.Op{model.OpOpenTree, model.OpOpenTreeAttr, model.OpMoveMount, model.OpMountSetattr}
	contextCalls = []model.Op{model.OpFsopen, model.OpFsconfig, model.OpFsmount, model.OpFspick}
	processCalls = []model.Op{model.OpUnshare, model.OpSetns, model.OpPidfdOpen, model.OpFork, model.OpClone, model.OpClone3, model.OpExitGroup}
	ioctlCall    = []model.Op{model.OpIoctl}
)

// The bits by which families of the same calls differ.
var (
	withoutSubtrees = map[model.Op]uint64{
		model.OpOpenTree: model.OPEN_TREE_NAMESPACE, model.OpOpenTreeAttr: model.OPEN_TREE_NAMESPACE,
		model.OpFsmount: model.FSMOUNT_NAMESPACE, model.OpUnshare: model.UNSHARE_EMPTY_MNTNS, model.OpClone3: model.CLONE_EMPTY_MNTNS,
	}
	withoutUsers = map[model.Op]uint64{
		model.OpUnshare: model.CLONE_NEWUSER | model.UNSHARE_EMPTY_MNTNS, model.OpClone: model.CLONE_NEWUSER,
		model.OpClone3:   model.CLONE_NEWUSER | model.CLONE_EMPTY_MNTNS,
		model.OpOpenTree: model.OPEN_TREE_NAMESPACE, model.OpOpenTreeAttr: model.OPEN_TREE_NAMESPACE,
		model.OpFsmount: model.FSMOUNT_NAMESPACE,
	}
)

var families = []*Family{
	{
		Name: "classic", About: "mount(2), umount2, pivot_root and the files below, in one namespace",
		calls: slices.Concat(fileCalls, placeCalls, handleCalls, mountCalls),
	},
	{
		Name: "newapi", About: "classic, with detached trees, filesystem contexts and mount_setattr",
		calls:   slices.Concat(fileCalls, placeCalls, handleCalls, mountCalls, treeCalls, contextCalls),
		without: withoutSubtrees,
	},
	{
		Name: "multins", About: "newapi, in several processes and mount namespaces of one user namespace",
		calls:   slices.Concat(fileCalls, placeCalls, handleCalls, mountCalls, treeCalls, contextCalls, processCalls),
		without: withoutUsers,
	},
	{
		Name: "userns", About: "multins, with user namespaces: what is locked, and who may what",
		calls:   slices.Concat(fileCalls, placeCalls, handleCalls, mountCalls, treeCalls, contextCalls, processCalls),
		without: withoutSubtrees,
	},
	{
		Name: "nsfs", About: "the files of namespaces, bound and mounted",
		calls: slices.Concat([]model.Op{model.OpMkdir, model.OpMknod, model.OpUnlink, model.OpChdir}, handleCalls, mountCalls, treeCalls, processCalls, ioctlCall),
	},
	{
		Name: "idmap", About: "idmapped mounts",
		calls: slices.Concat([]model.Op{model.OpMkdir, model.OpChdir}, handleCalls, mountCalls, treeCalls, contextCalls, processCalls, ioctlCall),
		// Namespaces of a subtree stay: what is idmapped is copied into them too.
	},
	{
		Name: "namespace", About: "namespaces of a subtree: OPEN_TREE_NAMESPACE and what is done with them",
		namespaces: true,
		lacks: func(sem *model.Semantics) string {
			if sem.OpenTreeNamespace {
				return ""
			}
			return "Linux " + sem.Release + " has no OPEN_TREE_NAMESPACE"
		},
	},
	{Name: "mixed", About: "every call"},
}
