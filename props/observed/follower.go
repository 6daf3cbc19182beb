package observed

import (
	"errors"
	"fmt"

	"mntcheck/model"
	"mntcheck/model/mountinfo"
	"mntcheck/props/invariant"
)

// ErrLost is in the error of a follower that has lost track.
var ErrLost = errors.New("lost track")

func lost(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrLost, fmt.Sprintf(format, args...))
}

// Follower follows one program. It is for one goroutine, and can be started over.
type Follower struct {
	obs    *model.Observer
	before model.State // as obs.State() was before the last call
	lost   error

	devices map[uint64]model.SBIx   // of filesystems that were seen, by device
	users   map[uint64]model.UserIx // user namespaces that are seen
	spaces  map[uint64]model.NSIx   // mount namespaces that are seen
	// tangled: something was mounted where no table shows it.
	tangled bool
	missing bool // a name was made where that does not show
	several bool // a second user namespace was seen, or what is below the first is not the program's

	call struct {
		actor  int
		call   *model.Call
		result model.Result
	}
	facts  invariant.Facts // of the last transition
	groups bool            // every group of the last view has a member in it
	// shadows: two mounts of the last view are mounted at one place (INV-2), and a
	// path leads to the one or the other.
	shadows bool
	number  map[uint64]int32 // of the last view, by unique id
	old     map[uint64]int32 // of the one before
}

// Start begins with the world's first view.
func (f *Follower) Start(w model.World, view model.View, id model.Identity) error {
	*f = Follower{
		obs: model.NewObserver(w), devices: map[uint64]model.SBIx{}, users: map[uint64]model.UserIx{},
		spaces: map[uint64]model.NSIx{}, several: w.Unprivileged,
	}
	s := f.obs.State()
	if own := s.View(); own != view {
		return f.lose(lost("the world does not begin as every trace does"))
	}
	own := s.Identity()
	for i := range own.Mounts {
		f.devices[id.Mounts[i].Device] = s.SBOf(f.mountOf(own.Mounts[i].ID))
	}
	ns := s.Procs[1].NS
	f.spaces[id.Spaces[0].ID] = ns
	s.Spaces[ns].ID = id.Spaces[0].ID
	f.users[id.Users[0]] = s.Procs[1].User
	f.users[id.Spaces[0].Owner] = s.Spaces[ns].Owner
	s.Copy(&f.before)
	f.adoptIDs(id)
	return f.lose(f.look(view, id))
}

// adoptIDs has the records of the first mounts carry the kernel's own ids
// from the start: they are no new ones.
func (f *Follower) adoptIDs(id model.Identity) {
	own := f.before.Identity()
	for i := range own.Mounts {
		f.before.Mounts[f.mountOf(own.Mounts[i].ID)].UID = id.Mounts[i].ID
	}
}

func (f *Follower) mountOf(uid uint64) model.MountIx {
	s := f.obs.State()
	for m := range s.Mounts {
		if s.Mounts[m].ID != 0 && s.Mounts[m].UID == uid {
			return model.MountIx(m)
		}
	}
	return 0
}

func (f *Follower) lose(err error) error {
	f.lost = err
	return err
}

// Lost is why the follower has lost track, or nil.
func (f *Follower) Lost() error { return f.lost }

// Follow notes a call, with references to steps resolved, its answer, and the view
// after it. The call has to stay as it is until the next one.
func (f *Follower) Follow(actor int, call *model.Call, r model.Result, view model.View, id model.Identity) (err error) {
	if f.lost != nil {
		return f.lost
	}
	defer func() {
		if p := recover(); p != nil { // tables that hang together in no way that is thought of
			err = f.lose(lost("%v", p))
		}
	}()
	f.obs.State().Copy(&f.before)
	f.call.actor, f.call.call, f.call.result = actor, call, r
	f.facts = f.factsBefore()
	if err := f.note(); err != nil {
		return f.lose(err)
	}
	if err := f.look(view, id); err != nil {
		return f.lose(err)
	}
	f.facts &= f.factsAfter()
	return nil
}

// Describe makes t describe the last call. It is not to be used of a follower that
// has lost track.
func (f *Follower) Describe(t *invariant.Transition) {
	t.Reset(&f.before, f.obs.State(), f.call.actor, f.call.call, f.call.result)
	t.Observed(f.facts, f.name)
}

// name names a mount by the number that it has in the view.
func (f *Follower) name(s *model.State, m model.MountIx) string {
	numbers, when := f.number, ""
	n, ok := numbers[s.Mounts[m].UID]
	if !ok {
		n, when = f.old[s.Mounts[m].UID], ", before the call,"
	}
	return fmt.Sprintf("mount %d %s%s", n, s.MountPath(m), when)
}

// look reads a view into the state.
func (f *Follower) look(view model.View, id model.Identity) error {
	sections, err := mountinfo.ParseSections("view", []byte(view.Mounts))
	if err != nil {
		return lost("%v", err)
	}
	places, err := parsePlaces(view.Actors)
	if err != nil {
		return err
	}
	l := looking{Follower: f, s: f.obs.State(), sections: sections, places: places, id: id}
	return l.run()
}
