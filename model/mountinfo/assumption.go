package mountinfo

import (
	"fmt"

	"mntcheck/model"
)

// Assumption is something that a mount table cannot tell and that was decided
// all the same. The types of this file are all there are.
type Assumption interface {
	// Sentence says what was taken for granted.
	Sentence() string
	// bearsOn tells whether an answer could be another one without it.
	bearsOn(a *answer) bool
}

// AboveRoot: the mount under the process's root is not listed.
type AboveRoot struct {
	ID   int    // the id that it has as a parent
	Type string // what it was taken for
}

// Sentence: see Assumption.
func (x AboveRoot) Sentence() string {
	return fmt.Sprintf("mount %d, on which the process's root is mounted, is not in the table: taken for the bottom of the mount namespace, %s, with nothing else on it", x.ID, x.Type)
}

// Chrooted: no listed mount is the process's root.
type Chrooted struct {
	ID    int // of the mount that the root is a directory of, as the listed mounts have it
	mount model.MountIx
}

// Sentence: see Assumption.
func (x Chrooted) Sentence() string {
	return fmt.Sprintf("the process is chrooted into a directory of mount %d, which is not in the table: taken for a private mount of a filesystem of its own, directly on the bottom of the mount namespace", x.ID)
}

// StandsOnTop: the table lists what is below the mount at /.
type StandsOnTop struct{}

// Sentence: see Assumption.
func (StandsOnTop) Sentence() string {
	return "the table lists the nullfs under the mount at /: taken for the table of a whole mount namespace, seen by a process whose root is the topmost mount"
}

// LocksUnknown: mount tables do not show locks.
type LocksUnknown struct{}

// Sentence: see Assumption.
func (LocksUnknown) Sentence() string {
	return "locks are not in the table: taken for a mount namespace without any; in one that was copied for a user namespace with less power, mounts cannot be taken from their places, nor flags from mounts"
}

// PeersElsewhere: shared mounts may have peers and slaves in other namespaces.
type PeersElsewhere struct {
	Group int // 0: any
}

// Sentence: see Assumption.
func (x PeersElsewhere) Sentence() string {
	if x.Group == 0 {
		return "peer groups may have members and slaves in other mount namespaces: taken to have none that are not in the table"
	}
	return fmt.Sprintf("peer group %d may have members and slaves in other mount namespaces, which would receive this too: taken to have none that are not in the table", x.Group)
}

// MasterElsewhere: a mount receives from a group without a listed member.
type MasterElsewhere struct {
	Group int
	ID    int // of the first mount that receives from it
	mount model.MountIx
}

// Sentence: see Assumption.
func (x MasterElsewhere) Sentence() string {
	return fmt.Sprintf("peer group %d, from which mount %d receives, has no member in the table: taken for one mount of the whole filesystem, in another mount namespace", x.Group, x.ID)
}

// PinnedNamespace: a mount of another mount namespace's file.
type PinnedNamespace struct {
	ID   int    // of the mount
	Root string // such as mnt:[4026532112]
	ns   model.NSIx
	file model.DentryIx
}

// Sentence: see Assumption.
func (x PinnedNamespace) Sentence() string {
	return fmt.Sprintf("nothing is known of the mount namespace %s that mount %d keeps: taken for a newer one than the process's, with nothing mounted in it", x.Root, x.ID)
}

// KindUnknown: what is mounted somewhere may be a file.
type KindUnknown struct {
	Path string // "": any
}

// Sentence: see Assumption.
func (x KindUnknown) Sentence() string {
	if x.Path == "" {
		return "whether what is mounted is a file or a directory is not in the table: taken for directories"
	}
	return fmt.Sprintf("whether %s is a file or a directory is not in the table: taken for a directory", x.Path)
}

// NameUnknown: no mount table lists the names of files.
type NameUnknown struct {
	Path string // "": any
}

// Sentence: see Assumption.
func (x NameUnknown) Sentence() string {
	if x.Path == "" {
		return "names that the table does not show are taken for directories that exist, not for symlinks"
	}
	return fmt.Sprintf("the table does not show %s: taken for a directory that exists, not for a symlink", x.Path)
}

// IDMapUnknown: a filesystem type of which it is not known whether it can be
// idmapped.
type IDMapUnknown struct {
	sbs map[model.SBIx]bool
}

// Sentence: see Assumption.
func (IDMapUnknown) Sentence() string {
	return "whether this type of filesystem can be idmapped is not known: taken that it cannot"
}

// UnknownWord: an option or optional field that this program has never heard of.
type UnknownWord struct {
	Word string
}

// Sentence: see Assumption.
func (x UnknownWord) Sentence() string {
	return fmt.Sprintf("the table has %q, which is not known here: taken to change nothing", x.Word)
}

// callFacts are what Load found out, for the Assumptions that follow from it.
type callFacts struct {
	rootDir  model.DentryIx // what the listed mounts without a listed parent are mounted on
	bottomSB model.SBIx
	above    *AboveRoot
	chroot   *Chrooted
	stacked  bool
	groups   bool // some listed mount is shared
	outside  model.NSIx
	masters  []MasterElsewhere
	pins     []PinnedNamespace
	guessed  []bool // by dentry: a root or mountpoint that was taken for a directory
	anyGuess bool
	idmap    IDMapUnknown
	words    []string
}

func (f *callFacts) unknownWord(w string) {
	for _, have := range f.words {
		if have == w {
			return
		}
	}
	f.words = append(f.words, w)
}

func (f *callFacts) idmapUnknown(sb model.SBIx) {
	if f.idmap.sbs == nil {
		f.idmap.sbs = map[model.SBIx]bool{}
	}
	f.idmap.sbs[sb] = true
}

func (f *callFacts) guess(d model.DentryIx) {
	for int(d) >= len(f.guessed) {
		f.guessed = append(f.guessed, false)
	}
	f.guessed[d], f.anyGuess = true, true
}

// assumptions lists all that Load took for granted.
func (l *loader) assumptions() []Assumption {
	f := &l.facts
	var all []Assumption
	if f.above != nil {
		all = append(all, *f.above)
	}
	if f.chroot != nil {
		all = append(all, *f.chroot)
	}
	if f.stacked {
		all = append(all, StandsOnTop{})
	}
	all = append(all, LocksUnknown{})
	if f.groups {
		all = append(all, PeersElsewhere{})
	}
	for _, m := range f.masters {
		all = append(all, m)
	}
	for _, p := range f.pins {
		all = append(all, p)
	}
	if f.anyGuess {
		all = append(all, KindUnknown{})
	}
	all = append(all, NameUnknown{})
	if f.idmap.sbs != nil {
		all = append(all, f.idmap)
	}
	for _, w := range f.words {
		all = append(all, UnknownWord{w})
	}
	return all
}
