package props_test

import (
	"context"

	"mntcheck/model"
	"mntcheck/props/system"
)

// forgetful is a model with a fault: it forgets a mount at propagation. What a
// call attached on the peers of its target is taken away again.
type forgetful struct{ *system.Model }

func newForgetful(_ context.Context, w system.World) (system.System, error) {
	s := model.NewState(model.World{Semantics: w.Semantics, MountMax: w.MountMax})
	return forgetful{system.FromState(s)}, nil
}

func (f forgetful) Do(ctx context.Context, actor int, call *model.Call) (model.Result, error) {
	r, err := f.Model.Do(ctx, actor, call)
	if err != nil || r.Errno != 0 || call.Op != model.OpMount || call.Args[2].S != "tmpfs" {
		return r, err
	}
	s := f.State()
	made := s.Journal()
	for i := len(made) - 1; i >= 0; i-- {
		m := made[i].M
		if made[i].Old.ID == 0 && s.Mounts[m].ID != 0 && s.Mounts[m].Master == 0 && s.Mounts[m].NextPeer != m && s.Mounts[m].Parent != 0 {
			s.Edit().Unmount(m)
			break
		}
	}
	return r, err
}
