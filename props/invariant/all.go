package invariant

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"mntcheck/model"
)

// All returns every invariant, in the order of the specification: those of
// any state, those of the namespaces that OPEN_TREE_NAMESPACE makes, and the
// promises of single calls.
func All() []*Invariant {
	var all []*Invariant
	for _, group := range [][]*Invariant{
		treeInvariants(),
		groupInvariants(),
		lockInvariants(),
		spaceInvariants(),
		shapeInvariants(),
		privilegeInvariants(),
		sourceInvariants(),
		lifeInvariants(),
		failureInvariants(),
		umountInvariants(),
		typeInvariants(),
		copyInvariants(),
		authorityInvariants(),
		fixInvariants(),
		renamingInvariants(),
	} {
		all = append(all, group...)
	}
	for _, v := range all {
		v.OfState = v.OfState || strings.HasPrefix(v.Name, "INV-") // the list of spec 01 §6
		v.OfChanges = !v.OfState && v.Name != "failed-changes-nothing"
		v.Calls = callsOf(v.Name)
	}
	slices.SortStableFunc(all, func(a, b *Invariant) int { return cmp.Compare(rank(a.Name), rank(b.Name)) })
	return all
}

// callsOf are the calls that an invariant is about, where its name tells.
func callsOf(name string) []model.Op {
	switch {
	case name == "NS-23", name == "NS-24":
		return nil // what comes later, of any kind
	case strings.HasPrefix(name, "NS-"):
		return []model.Op{model.OpOpenTree, model.OpOpenTreeAttr, model.OpFsmount}
	case strings.HasPrefix(name, "umount-"):
		return []model.Op{model.OpUmount2}
	case strings.HasPrefix(name, "unshare-"):
		return []model.Op{model.OpUnshare, model.OpClone, model.OpClone3}
	}
	switch name {
	case "type-change":
		return []model.Op{model.OpMount, model.OpMountSetattr, model.OpOpenTreeAttr}
	case "INV-12", "slides-locked", "covered-stays-locked":
		return []model.Op{model.OpMount, model.OpMoveMount}
	case "copy-isomorphic":
		return []model.Op{model.OpMount, model.OpOpenTree, model.OpOpenTreeAttr}
	case "copy-keeps-unbindable", "canonical-renaming":
		return []model.Op{model.OpOpenTree, model.OpOpenTreeAttr, model.OpFsmount, model.OpUnshare, model.OpClone, model.OpClone3}
	}
	return nil
}

// rank puts INV-1, INV-2, … before NS-1, NS-2, … before the rest.
func rank(name string) int {
	for i, prefix := range [...]string{"INV-", "NS-"} {
		if number, ok := strings.CutPrefix(name, prefix); ok {
			n, _ := strconv.Atoi(number)
			return i*1000 + n
		}
	}
	return 2000
}

// ByGlob returns the invariants whose name matches a pattern as path.Match has
// it, such as "NS-*". A malformed pattern, or one that matches nothing, is an
// error.
func ByGlob(pattern string) ([]*Invariant, error) {
	var some []*Invariant
	for _, v := range All() {
		match, err := path.Match(pattern, v.Name)
		if err != nil {
			return nil, fmt.Errorf("pattern %q of invariants: %w", pattern, err)
		}
		if match {
			some = append(some, v)
		}
	}
	if len(some) == 0 {
		return nil, fmt.Errorf("no invariant is called %q; names are such as INV-1, NS-3, umount-maximal", pattern)
	}
	return some, nil
}

// Find returns the invariant of that name, or nil.
func Find(name string) *Invariant {
	for _, v := range All() {
		if v.Name == name {
			return v
		}
	}
	return nil
}
