package explore

import (
	"context"
	"fmt"
	"strings"

	"mntcheck/model"
	"mntcheck/props/system"
)

// World is a bounded world: a first state, the calls that may be made in each
// state, and the bounds within which every state is explored. Worlds are read
// by ParseWorld, or found by name with Named.
type World struct {
	Name string
	Doc  string // what it is for; one or more lines

	Semantics *model.Semantics // nil: those of model.DefaultRelease
	MountMax  int32            // fs.mount-max; 0: the kernel's default
	Setup     []model.Step     // makes the first state; every step has to succeed
	// Calls are made in each state, each on its own. A call of an actor that
	// does not exist in a state is not made there. Arguments are values:
	// descriptors are said by number.
	Calls  []model.Step
	Limits Limits
	Depth  int // calls in a row at most; 0: any number
	// Interchangeable are sets of names of directories and files that may be
	// exchanged for each other: states that differ in this only count as one.
	// The first state and the calls have to be the same under each exchange,
	// which is checked.
	Interchangeable [][]string
	// Sometimes are kinds of states that have to be reachable: a world that
	// does not reach them proves less than was meant.
	Sometimes []Sometimes
	// States is how many states it is documented to have on the release and in
	// the bounds of its file; 0: not said.
	States uint64
}

// Limits bound the states of a world. A call that leads beyond one is not
// taken: it is counted, and neither checked nor followed. 0 means no bound.
// What the kernel has of its own is not counted.
type Limits struct {
	Mounts      int // in namespaces and detached trees, and unmounted ones that are in use
	Namespaces  int // mount namespaces, and those behind detached trees
	Users       int // user namespaces, but for the initial one
	Actors      int // processes that live or have lived
	Descriptors int // open descriptors of all processes
	Filesystems int // superblocks that are in use
}

// limitNames are the names of the limits, as world files and reports have them.
var limitNames = [...]string{"mounts", "namespaces", "users", "actors", "descriptors", "filesystems"}

// field is the limit of that number in limitNames.
func (l *Limits) field(i int) *int {
	return [...]*int{&l.Mounts, &l.Namespaces, &l.Users, &l.Actors, &l.Descriptors, &l.Filesystems}[i]
}

// beyond is the number in limitNames of a limit that a state is beyond, or -1:
// of those that the records tell, before a key is made.
func (l *Limits) beyond(s *model.State) int {
	switch {
	case l.Mounts > 0 && s.MountCount() > l.Mounts:
		return 0
	case l.Namespaces > 0 && liveNamespaces(s) > l.Namespaces:
		return 1
	case l.Actors > 0 && len(s.Procs)-1 > l.Actors:
		return 3
	case l.Descriptors > 0 && descriptors(s) > l.Descriptors:
		return 4
	}
	return -1
}

// beyondReached is the same for limits of what has no end of its own, so that
// only the walk for a key tells what there still is.
func (l *Limits) beyondReached(n model.Reached) int {
	switch {
	case l.Users > 0 && n.Users > l.Users:
		return 2
	case l.Filesystems > 0 && n.Filesystems > l.Filesystems:
		return 5
	}
	return -1
}

func liveNamespaces(s *model.State) (n int) {
	for i := range s.Spaces {
		if s.Spaces[i].ID != 0 {
			n++
		}
	}
	return n
}

func descriptors(s *model.State) (n int) {
	for p := range s.Procs {
		if !s.Procs[p].Alive {
			continue
		}
		for fd := s.Procs[p].FirstFD; fd != 0; fd = s.FDs[fd].Next {
			n++
		}
	}
	return n
}

// maxCalls is the number of calls that a birth has room for.
const maxCalls = 1 << callBits

// start makes the first state, and says what is wrong with the world.
func (w *World) start(sem *model.Semantics) (*model.State, error) {
	switch {
	case len(w.Calls) == 0:
		return nil, fmt.Errorf("world %s has no calls", w.Name)
	case len(w.Calls) > maxCalls:
		return nil, fmt.Errorf("world %s has %d calls; %d are the most", w.Name, len(w.Calls), maxCalls)
	case len(w.Sometimes) > maxSometimes:
		return nil, fmt.Errorf("world %s has %d kinds of states; %d are the most", w.Name, len(w.Sometimes), maxSometimes)
	}
	for i := range w.Calls {
		if err := checkCall(&w.Calls[i]); err != nil {
			return nil, fmt.Errorf("world %s: %w", w.Name, err)
		}
	}
	sys := system.FromState(model.NewState(model.World{Semantics: sem, MountMax: w.MountMax}))
	answers, err := system.Run(context.Background(), sys, w.Setup)
	if err != nil {
		return nil, fmt.Errorf("world %s: setup: %w", w.Name, err)
	}
	for i, r := range answers {
		if r.Errno != 0 {
			return nil, fmt.Errorf("world %s: setup: step %d, %s, fails: %v", w.Name, i+1, w.Setup[i].Call, r)
		}
	}
	s := sys.State()
	k := new(model.Keyer)
	k.Append(nil, s)
	if i := max(w.Limits.beyond(s), w.Limits.beyondReached(k.Reached())); i >= 0 {
		return nil, fmt.Errorf("world %s: the first state is beyond the limit of %s, %d", w.Name, limitNames[i], *w.Limits.field(i))
	}
	return s, nil
}

// checkCall wants a call whose arguments are values.
func checkCall(step *model.Step) error {
	if step.Actor < 1 {
		return fmt.Errorf("%s: actor %d: actors are numbered from 1", step.Call, step.Actor)
	}
	for i := range step.Call.Op.Signature().Params {
		if step.Call.Args[i].Kind == model.ResultOf {
			return fmt.Errorf("%s: $%d is the result of a step, which calls of a world do not have; say the descriptor's number",
				step.Call, step.Call.Args[i].N+1)
		}
	}
	if step.Call.Attr.UserNSFD.Kind == model.ResultOf {
		return fmt.Errorf("%s: userns_fd is the result of a step, which calls of a world do not have; say the descriptor's number", step.Call)
	}
	return nil
}

// actors is the largest number of an actor that makes calls.
func (w *World) actors() (n int) {
	for i := range w.Calls {
		n = max(n, w.Calls[i].Actor)
	}
	return n
}

// String is the world in a few words.
func (w *World) String() string {
	words := []string{fmt.Sprintf("%s: %d calls by %d actors", w.Name, len(w.Calls), w.actors())}
	l := w.Limits
	for i, name := range limitNames {
		if n := *l.field(i); n > 0 {
			words = append(words, fmt.Sprintf("%s %d", name, n))
		}
	}
	if w.Depth > 0 {
		words = append(words, fmt.Sprintf("depth %d", w.Depth))
	}
	return strings.Join(words, ", ")
}
