package model

import (
	"fmt"
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
		return r.Args[arg-1]
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
			fmt.Fprintf(&b, "mount namespace %d", s.Spaces[take()].Age)
		case 'u':
			b.WriteString(s.userWords(UserIx(take())))
		case 'i':
			b.WriteString(strconv.Itoa(int(take())))
		case 's':
			b.WriteString(Quote(s.Name(NameIx(take()))))
		case 'l':
			b.WriteString(lockWord(MountFlags(take())))
		}
	}
	return b.String()
}

// anyWord stands for an argument where there is no state to name it in.
var anyWord = map[byte]string{
	'm': "a mount", 'd': "a file", 'n': "a mount namespace", 'u': "the user namespace",
	'i': "N", 's': "of that name", 'l': "one of ro, nodev, nosuid, noexec, access time",
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
	if g := s.Mounts[m].Group; g != 0 && s.Mounts[m].Flags&Shared != 0 {
		words += fmt.Sprintf(" (shared:%d)", g)
	}
	return words
}

func (s *State) userWords(u UserIx) string {
	if s.Users[u].Level == 0 {
		return "the initial user namespace"
	}
	return fmt.Sprintf("user namespace %d", u)
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
