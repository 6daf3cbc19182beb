package draw

import (
	"mntcheck/model"
)

// Limits of a case, so that no input takes a run's memory.
const (
	maxActors    = 4    // alive at once
	maxProcesses = 24   // ever
	maxFDs       = 16   // of an actor, before calls that close some are drawn
	maxSteps     = 8192 // of a program
	maxTries     = 64   // to find a way to call that the system supports
)

// Drawer draws the calls of a case one after the other, each by looking at the
// state that the calls before it have made:
//
//	d.Start(source, limits)
//	for step, ok := d.Next(state); ok; step, ok = d.Next(state) {
//		…                    // make the call
//		d.Done(answer)
//	}
//
// It keeps its memory from case to case. It is for one goroutine.
type Drawer struct {
	picker
	config  Config
	limits  Limits
	program []model.Step
	queue   []model.Step // the rest of an idiom
	made    [][]int32    // by actor and descriptor: the step that made it, plus 1
	maker   []int32      // by actor: the step that made it, plus 1
	phase   phase
	calls   int // drawn since the world was built
	rounds  int // of growth
	me      int // the actor that calls
	buf     []byte
	chain   []model.MountIx
	names   map[string]string // paths that were made before
}

type phase uint8

const (
	building phase = iota
	calling
)

// NewDrawer returns a drawer that has not started.
func NewDrawer() *Drawer { return &Drawer{names: make(map[string]string)} }

// Start begins a case: it draws the configuration.
func (d *Drawer) Start(src Source, limits Limits) {
	d.src, d.limits = src, limits
	d.program, d.queue = d.program[:0], d.queue[:0]
	for i := range d.made {
		d.made[i] = d.made[i][:0]
	}
	d.maker = d.maker[:0]
	d.phase, d.calls, d.rounds = building, 0, 0
	if limits.Built {
		d.phase = calling
	}
	if len(d.names) > 1<<14 {
		clear(d.names)
	}
	d.configure(&limits)
}

// Config is what the case has drawn for itself.
func (d *Drawer) Config() *Config { return &d.config }

// Program is what was drawn so far. It is valid until the next Start.
func (d *Drawer) Program() Program { return d.program }

// Building tells whether the calls drawn now still build the world.
func (d *Drawer) Building() bool { return d.phase == building }

// Next draws the next call; ok is false at the end of the case. It looks at
// the state and does not change it.
func (d *Drawer) Next(s *model.State) (step model.Step, ok bool) {
	if len(d.program) >= maxSteps {
		return model.Step{}, false
	}
	if len(d.queue) == 0 {
		if !d.plan(s) {
			return model.Step{}, false
		}
	}
	step = d.queue[0]
	d.queue = d.queue[:copy(d.queue, d.queue[1:])]
	if !alive(s, step.Actor) { // an idiom whose fork failed, or whose actor has ended
		d.queue = d.queue[:0]
		return d.Next(s)
	}
	d.program = append(d.program, step)
	if d.phase == calling {
		d.calls++
	}
	return step, true
}

// plan fills the queue with one call or one idiom.
func (d *Drawer) plan(s *model.State) bool {
	d.align()
	mounts := mountCount(s)
	if d.phase == building {
		d.rounds++
		if mounts >= d.config.Setup || d.rounds > 40+d.config.Setup {
			d.phase = calling
		}
	}
	if d.phase == calling && (d.calls >= d.config.Calls || !d.src.More()) {
		return false
	}
	if d.phase == building && !d.src.More() {
		return false
	}
	if !d.chooseActor(s) {
		return false
	}
	for tries := 0; len(d.queue) == 0; tries++ {
		v := d.chooseVariant(s, mounts)
		if v == nil || tries == maxTries {
			return false
		}
		if v.idiom == nil {
			d.push(d.call(s, v))
			continue
		}
		v.idiom(d, s)
		if d.limits.Supports != nil && !supportsAll(d.limits.Supports, d.queue) {
			d.queue = d.queue[:0]
		}
	}
	return true
}

func supportsAll(supports func(model.Op) bool, steps []model.Step) bool {
	for i := range steps {
		if !supports(steps[i].Call.Op) {
			return false
		}
	}
	return true
}

// chooseVariant picks a way to call that the limits allow; where growth is
// over, calls that take things away come instead of those that add them.
func (d *Drawer) chooseVariant(s *model.State, mounts int) *variant {
	c := &d.config
	if d.phase == building {
		if c.Setup > sizeMounts[Medium] && mounts < c.Setup && d.rounds > 8 && d.pick(4) > 0 {
			if i := d.choose(&c.bulk); i >= 0 {
				return &bulk[i]
			}
		}
		if i := d.choose(&c.growth); i >= 0 {
			if v := &growth[i]; !d.over(s, v.effect, mounts) {
				return v
			}
		}
		return d.supported(&growth[1])
	}
	i := d.choose(&c.weights)
	if i < 0 {
		return nil
	}
	v := &variants[i]
	if d.over(s, v.effect, mounts) {
		return d.instead(s, v.effect)
	}
	return v
}

// over tells whether a call of that effect would pass a limit.
func (d *Drawer) over(s *model.State, e effect, mounts int) bool {
	limit := d.config.MaxMounts
	switch e {
	case grows:
		return mounts >= limit
	case copies, namespace:
		own := 0
		if ns := s.Procs[d.me].NS; ns > 0 {
			own = int(s.Spaces[ns].Nr)
		}
		return mounts >= limit || mounts+own > limit+limit/2 || d.fdCount(s) >= maxFDs
	case newActor:
		return aliveCount(s) >= maxActors || len(s.Procs) > maxProcesses
	case newFD:
		return d.fdCount(s) >= maxFDs
	case exits:
		return aliveCount(s) < 2
	}
	return false
}

// The ways to call that stand in for those that would pass a limit.
var (
	unmountInstead = variant{op: model.OpUmount2, effect: shrinks, args: args(pathOf(mountPath), bits(model.MNT_DETACH, model.MNT_DETACH, 0))}
	closeInstead   = variant{op: model.OpClose, effect: closes, args: args(fdOf(anyFD))}
	exitInstead    = variant{op: model.OpExitGroup, effect: exits, args: args(zero)}
	changeInstead  = variant{op: model.OpMount, args: args(null, pathOf(mountPath), null, bits(model.MS_SHARED, model.MS_SLAVE, model.MS_PRIVATE, model.MS_UNBINDABLE), null)}
)

func (d *Drawer) instead(s *model.State, e effect) *variant {
	x := d.pick(16)
	switch {
	case d.fdCount(s) > maxFDs/2 && x < 8 || e == newFD:
		return d.supported(&closeInstead)
	case aliveCount(s) > 1 && (x == 8 || e == newActor):
		return d.supported(&exitInstead)
	case x < 12:
		return d.supported(&unmountInstead)
	case x < 14 && d.fdCount(s) > 0:
		return d.supported(&closeInstead)
	}
	return d.supported(&changeInstead)
}

// supported is v, or where the system does not make such calls, any that it makes.
func (d *Drawer) supported(v *variant) *variant {
	if d.limits.Supports == nil || d.limits.Supports(v.op) {
		return v
	}
	return &variants[max(0, d.choose(&d.config.weights))]
}

// push queues a call of the current actor and returns a reference to its result.
func (d *Drawer) push(c model.Call) model.Arg { return d.pushAs(d.me, c) }

func (d *Drawer) pushAs(actor int, c model.Call) model.Arg {
	d.queue = append(d.queue, model.Step{Actor: actor, Call: c})
	return model.Ref(len(d.program) + len(d.queue) - 1)
}

// Done takes the answer to the call that Next returned last. From it the
// drawer knows which step made which descriptor and actor, so that later calls
// refer to steps and not to numbers.
func (d *Drawer) Done(r model.Result) {
	n := len(d.program)
	step := &d.program[n-1]
	if r.Errno != 0 || r.Value < 0 || r.Value > 1<<16 {
		return
	}
	switch step.Call.Op.Signature().Result {
	case model.FDResult:
		d.setMade(step.Actor, int(r.Value), int32(n))
	case model.ActorResult:
		child := int(r.Value)
		for len(d.maker) <= child {
			d.maker = append(d.maker, 0)
		}
		d.maker[child] = int32(n)
		if step.Actor < len(d.made) {
			for fd, by := range d.made[step.Actor] {
				d.setMade(child, fd, by)
			}
		}
	}
}

func (d *Drawer) setMade(actor, fd int, step int32) {
	for len(d.made) <= actor {
		d.made = append(d.made, nil)
	}
	for len(d.made[actor]) <= fd {
		d.made[actor] = append(d.made[actor], 0)
	}
	d.made[actor][fd] = step
}

// chooseActor picks one that lives; false where none does.
func (d *Drawer) chooseActor(s *model.State) bool {
	n := aliveCount(s)
	if n == 0 {
		return false
	}
	i := d.pick(n)
	for p := 1; p < len(s.Procs); p++ {
		if s.Procs[p].Alive {
			if i == 0 {
				d.me = p
				return true
			}
			i--
		}
	}
	return false
}

func alive(s *model.State, actor int) bool {
	return actor > 0 && actor < len(s.Procs) && s.Procs[actor].Alive
}

func aliveCount(s *model.State) (n int) {
	for p := 1; p < len(s.Procs); p++ {
		if s.Procs[p].Alive {
			n++
		}
	}
	return n
}

// mountCount is the number of mounts in all namespaces and detached trees.
func mountCount(s *model.State) (n int) {
	for i := range s.Spaces {
		if s.Spaces[i].ID != 0 {
			n += int(s.Spaces[i].Nr)
		}
	}
	return n
}

func (d *Drawer) fdCount(s *model.State) (n int) {
	for fd := s.Procs[d.me].FirstFD; fd != 0; fd = s.FDs[fd].Next {
		n++
	}
	return n
}
