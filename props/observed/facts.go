package observed

import (
	"mntcheck/model"
	"mntcheck/props/invariant"
)

// factsBefore are what the state before the call tells.
func (f *Follower) factsBefore() invariant.Facts {
	facts := f.factsOfState()
	if f.placed() {
		facts |= invariant.Places
	}
	if !f.attaches() {
		facts |= invariant.Made
	}
	return facts
}

// factsAfter are what the state after it tells. Who entered a new namespace has to
// be somewhere in it.
func (f *Follower) factsAfter() invariant.Facts {
	facts := f.factsOfState() | invariant.Made
	if !f.shadows && f.arrived() {
		facts |= invariant.Places
	}
	return facts
}

func (f *Follower) arrived() bool {
	p := model.ProcIx(f.call.actor)
	switch f.call.call.Op {
	case model.OpClone, model.OpClone3:
		if f.call.result.Errno == 0 {
			p = model.ProcIx(f.call.result.Value)
		}
	case model.OpUnshare:
	default:
		return true
	}
	s := f.obs.State()
	fs := s.FSs[s.Procs[p].FS]
	return fs.Root != f.obs.Nowhere() && fs.Cwd != f.obs.Nowhere()
}

// factsOfState are what a state tells whatever is called in it.
func (f *Follower) factsOfState() (facts invariant.Facts) {
	if f.groups {
		facts |= invariant.Groups
	}
	if !f.several {
		facts |= invariant.Unlocked
	}
	if f.nothingHidden() {
		facts |= invariant.AllMounts
	}
	return facts
}

// nothingHidden tells whether nobody holds a mount that is not seen.
func (f *Follower) nothingHidden() bool {
	s, nowhere := f.obs.State(), f.obs.Nowhere()
	for i := range s.Files {
		if s.Files[i].Refs > 0 && s.Files[i].Kind == model.PlainFile && s.Files[i].Loc == nowhere {
			return false
		}
	}
	for i := range s.FSs {
		if fs := &s.FSs[i]; fs.Users > 0 && (fs.Root == nowhere || fs.Cwd == nowhere) {
			return false
		}
	}
	return true
}
