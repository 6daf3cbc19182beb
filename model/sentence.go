package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Sentence says why a call was refused, with the names that things have in
// this state: 'the parent of new_root, mount 31 /tmp, is shared:22'. The state
// may be the one before or after the call: a refused call changes nothing that
// a sentence names.
func (s *State) Sentence(r Refusal) string { return s.sentence(r) }

// sentence fills in a rule's text; without a state, with words for any.
func (s *State) sentence(r Refusal) string {
	text := rules[r.Rule].text
	var b strings.Builder
	arg := 0
	take := func() int32 {
		arg++
		return r.Arg(arg)
	}
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		i++
		if s == nil {
			b.WriteString(anyWord[text[i]])
			continue
		}
		switch text[i] {
		case 'm':
			b.WriteString(s.mountWords(MountIx(take())))
		case 'd':
			m := MountIx(take())
			b.WriteString(s.LocPath(Loc{m, DentryIx(take())}))
		case 'n':
			b.WriteString(s.nsWords(NSIx(take())))
		case 'u':
			b.WriteString(s.userWords(UserIx(take())))
		case 'i':
			b.WriteString(strconv.Itoa(int(take())))
		case 's':
			b.WriteString(s.nameWords(NameIx(take())))
		case 'g':
			// the group of the mount just named
			b.WriteString("shared:" + strconv.Itoa(int(s.Mounts[r.Arg(arg)].Group)))
		case 'b':
			b.WriteString(s.busyWords(MountIx(take())))
		case 'w':
			b.WriteString([...]string{"new_root", "put_old"}[take()])
		case 'l':
			b.WriteString(lockWord(MountFlags(take())))
		}
	}
	return b.String()
}

// anyWord stands for an argument where there is no state to name it in.
var anyWord = map[byte]string{
	'm': "a mount", 'd': "a path", 'n': "a mount namespace", 'u': "the user namespace",
	'i': "N", 's': "of that name", 'g': "shared", 'w': "new_root or put_old",
	'b': "the mount, or one that would go with it elsewhere, is in use or has mounts on it", 'l': "one of ro, nodev, nosuid, noexec, access time",
}

func lockWord(lock MountFlags) string {
	for _, l := range attributeLocks {
		if l.lock == lock {
			return l.name
		}
	}
	return "access time"
}

// mountWords names a mount as people look it up in mountinfo.
func (s *State) mountWords(m MountIx) string {
	if m <= 0 || int(m) >= len(s.Mounts) || s.Mounts[m].ID == 0 {
		return "a mount that is gone"
	}
	words := fmt.Sprintf("mount %d %s", s.Mounts[m].ID, s.MountPath(m))
	switch ns := s.Mounts[m].NS; {
	case ns == InternalNS:
		return words + " (the kernel's own)"
	case ns == 0 && s.Mounts[m].Flags&Umounted != 0:
		return words + " (unmounted)"
	case ns > 0 && s.Spaces[ns].Anon:
		return words + " (of a detached tree)"
	case ns > 0 && s.severalNamespaces():
		return words + " (in " + s.nsWords(ns) + ")"
	}
	return words
}

// severalNamespaces tells whether a path alone does not say which mount is meant.
func (s *State) severalNamespaces() bool {
	n := 0
	for i := range s.Spaces {
		if s.Spaces[i].ID != 0 && !s.Spaces[i].Anon {
			n++
		}
	}
	return n > 1
}

// nsWords numbers a namespace as a view does.
func (s *State) nsWords(ns NSIx) string {
	if s.Spaces[ns].Anon {
		return "a detached tree"
	}
	return fmt.Sprintf("mount namespace %d", slices.Index(s.Namespaces(), ns)+1)
}

// nameWords quotes a name that a path looked for. A state from before the call
// may not know it.
func (s *State) nameWords(n NameIx) string {
	if int(n) >= len(s.names.text) {
		return anyWord['s']
	}
	return Quote(s.Name(n))
}

// busyWords says what keeps m: a mount on it, or who uses it.
func (s *State) busyWords(m MountIx) string {
	if c := s.Mounts[m].FirstChild; c != 0 && s.Mounts[m].Refs == 0 {
		return s.mountWords(c) + " is mounted on " + s.mountWords(m)
	}
	for p := range s.Procs {
		if !s.Procs[p].Alive {
			continue
		}
		fs := &s.FSs[s.Procs[p].FS]
		switch {
		case fs.Cwd.M == m:
			return fmt.Sprintf("%s is in use: the working directory of actor %d is on it", s.mountWords(m), p)
		case fs.Root.M == m:
			return fmt.Sprintf("%s is in use: the root of actor %d is on it", s.mountWords(m), p)
		}
		for fd := s.Procs[p].FirstFD; fd != 0; fd = s.FDs[fd].Next {
			if s.Files[s.FDs[fd].File].Loc.M == m {
				return fmt.Sprintf("%s is in use: descriptor %d of actor %d is on it", s.mountWords(m), s.FDs[fd].Num, p)
			}
		}
	}
	return s.mountWords(m) + " is in use"
}

func (s *State) userWords(u UserIx) string {
	if s.Users[u].Level == 0 {
		return "the initial user namespace"
	}
	return fmt.Sprintf("user namespace %d", int(u)-1)
}

// MountPath is where m is mounted, as a path from the root of its namespace
// or of its detached tree.
func (s *State) MountPath(m MountIx) string {
	if s.Mounts[m].Parent == 0 {
		return "/"
	}
	return s.LocPath(Loc{s.Mounts[m].Parent, s.Mounts[m].MP})
}

// LocPath is the path of a location from the root of the namespace, or of the
// detached tree, that it is in. Spec 02 §6.
func (s *State) LocPath(l Loc) string {
	if k := s.Dentries[l.D].Kind; k == MntNSFile || k == UserNSFile || k == PidFile {
		if s.Mounts[l.M].NS == InternalNS {
			return s.fileWords(l.D)
		}
	}
	path := s.locPath(nil, l)
	if len(path) == 0 {
		return "/"
	}
	return string(path)
}

func (s *State) locPath(to []byte, l Loc) []byte {
	r := &s.Mounts[l.M]
	if r.Parent != 0 {
		to = s.locPath(to, Loc{r.Parent, r.MP})
	}
	to = s.appendPath(to, l.D, r.Root)
	if s.gone(l.D) {
		to = append(to, "//deleted"...)
	}
	return to
}

// fileWords names a file that has no path, as the kernel prints it.
func (s *State) fileWords(d DentryIx) string {
	r := &s.Dentries[d]
	switch r.Kind {
	case MntNSFile:
		return fmt.Sprintf("mnt:[%d]", slices.Index(s.Namespaces(), NSIx(r.Obj))+1)
	case UserNSFile:
		return fmt.Sprintf("user:[%d]", r.Obj)
	}
	return fmt.Sprintf("pidfd:[%d]", r.Obj)
}
