package explore

import "mntcheck/model"

// Sometimes is a kind of state that has to be reachable in a world. One that is
// not says that the world is emptier than was meant, so that what held in it
// held for want of cases.
type Sometimes struct {
	Name      string
	Statement string // one sentence
	Holds     func(s *model.State) bool
}

// AllSometimes returns the kinds of states that have names.
func AllSometimes() []Sometimes {
	anyMount := func(f func(s *model.State, m *model.Mount) bool) func(*model.State) bool {
		return func(s *model.State) bool {
			for i := range s.Mounts {
				if r := &s.Mounts[i]; r.ID > 0 && f(s, r) {
					return true
				}
			}
			return false
		}
	}
	mounted := func(s *model.State, m *model.Mount) bool { return m.NS > 0 }
	return []Sometimes{
		{"shared", "A mount has a peer.", anyMount(func(s *model.State, m *model.Mount) bool {
			return mounted(s, m) && m.Group != 0 && s.Mounts[m.NextPeer].ID != m.ID
		})},
		{"slave", "A mount is a slave.", anyMount(func(s *model.State, m *model.Mount) bool { return m.Master != 0 })},
		{"shared-and-slave", "A mount is shared and a slave.", anyMount(func(s *model.State, m *model.Mount) bool {
			return m.Master != 0 && m.Group != 0
		})},
		{"unbindable", "A mount is unbindable.", anyMount(func(s *model.State, m *model.Mount) bool { return m.Flags&model.Unbindable != 0 })},
		{"locked", "A mount is LOCKED.", anyMount(func(s *model.State, m *model.Mount) bool { return m.Flags&model.Locked != 0 })},
		{"locked-unbindable", "A mount is LOCKED and unbindable, in a namespace of another owner than the initial one.",
			anyMount(func(s *model.State, m *model.Mount) bool {
				return m.Flags&model.Locked != 0 && m.Flags&model.Unbindable != 0 && mounted(s, m) && s.Users[s.Spaces[m.NS].Owner].Level > 0
			})},
		{"stacked", "A mount is mounted on the root of another that is itself mounted.", anyMount(func(s *model.State, m *model.Mount) bool {
			return m.Parent != 0 && m.MP == s.Mounts[m.Parent].Root && s.Mounts[m.Parent].Parent != 0
		})},
		{"detached", "There is a detached tree.", func(s *model.State) bool {
			for i := range s.Spaces {
				if s.Spaces[i].ID != 0 && s.Spaces[i].Anon {
					return true
				}
			}
			return false
		}},
		{"pinned", "A mount of a mount namespace's file keeps a namespace.", anyMount(func(s *model.State, m *model.Mount) bool {
			return mounted(s, m) && s.Dentries[m.Root].Kind == model.MntNSFile
		})},
		{"unmounted-in-use", "An unmounted mount is in use.", anyMount(func(s *model.State, m *model.Mount) bool {
			return m.Flags&model.Umounted != 0
		})},
		{"foreign-namespace", "There is a mount namespace of another owner than the initial one.", func(s *model.State) bool {
			for i := range s.Spaces {
				if r := &s.Spaces[i]; r.ID != 0 && !r.Anon && s.Users[r.Owner].Level > 0 {
					return true
				}
			}
			return false
		}},
	}
}

// SometimesNames lists the names of the kinds of states.
func SometimesNames() (names []string) {
	for _, s := range AllSometimes() {
		names = append(names, s.Name)
	}
	return names
}

func sometimesByName(name string) (Sometimes, bool) {
	for _, s := range AllSometimes() {
		if s.Name == name {
			return s, true
		}
	}
	return Sometimes{}, false
}
