package shrink

import "mntcheck/model"

// DefaultTries is how often the predicate is asked where Options.Tries is 0.
const DefaultTries = 5000

// Options bound the work.
type Options struct {
	Tries int // calls of the predicate at most; 0: DefaultTries
}

// Stats tell what was done.
type Stats struct {
	Tries    int  // calls of the predicate
	Accepted int  // of them, how many failed as the program did
	Rounds   int  // times that all passes were made
	Complete bool // false: the tries were used up before nothing helped any more
}

// Program returns the smallest program that it finds for which fails is true.
// The given one has to fail; it is not changed. The predicate may be given
// programs in which actors do not exist or descriptors are not open: it is for
// the caller to decide whether these fail.
func Program(program []model.Step, fails func([]model.Step) bool, o Options) ([]model.Step, Stats) {
	if o.Tries <= 0 {
		o.Tries = DefaultTries
	}
	s := &shrinker{best: clone(program), fails: fails, limit: o.Tries}
	for changed := true; changed && !s.spent(); {
		s.stats.Rounds++
		before := s.stats.Accepted
		s.chunks()
		s.actors()
		s.dependents()
		s.mergeActors()
		s.arguments()
		changed = s.stats.Accepted > before
	}
	s.stats.Complete = !s.spent()
	return s.best, s.stats
}

// shrinker holds the smallest failing program so far.
type shrinker struct {
	best  []model.Step
	fails func([]model.Step) bool
	limit int
	stats Stats
}

func (s *shrinker) spent() bool { return s.stats.Tries >= s.limit }

// try asks whether a candidate fails, and keeps it if so.
func (s *shrinker) try(candidate []model.Step) bool {
	if s.spent() {
		return false
	}
	s.stats.Tries++
	if !s.fails(candidate) {
		return false
	}
	s.stats.Accepted++
	s.best = candidate
	return true
}

// chunks drops runs of steps, long ones first, from the end on: what comes
// late depends on what comes early.
func (s *shrinker) chunks() {
	for size := max(1, len(s.best)/2); size >= 1; size /= 2 {
		for end := len(s.best); end > 0 && !s.spent(); end -= size {
			end = min(end, len(s.best))
			start := max(0, end-size)
			s.drop(func(i int) bool { return i >= start && i < end })
		}
	}
}

// drop tries the program without the steps that gone tells.
func (s *shrinker) drop(gone func(i int) bool) bool {
	c := Without(s.best, gone)
	return len(c) > 0 && len(c) < len(s.best) && s.try(c)
}

// actors drops each actor with all its steps.
func (s *shrinker) actors() {
	for a := lastActor(s.best); a > 0 && !s.spent(); a-- {
		s.drop(func(i int) bool { return s.best[i].Actor == a })
	}
}

// dependents drops each step together with those that use its result.
func (s *shrinker) dependents() {
	for k := len(s.best) - 1; k >= 0 && !s.spent(); k-- {
		if k >= len(s.best) {
			continue
		}
		gone := make([]bool, len(s.best))
		gone[k] = true
		for i := k + 1; i < len(s.best); i++ {
			eachArg(&s.best[i].Call, func(a *model.Arg) {
				if a.Kind == model.ResultOf && a.N >= 0 && a.N < int64(len(gone)) && gone[a.N] {
					gone[i] = true
				}
			})
		}
		s.drop(func(i int) bool { return gone[i] })
	}
}

// mergeActors gives the steps of an actor to one with a lower number.
func (s *shrinker) mergeActors() {
	for a := lastActor(s.best); a > 1; a-- {
		for to := 1; to < a && !s.spent(); to++ {
			c := clone(s.best)
			changed := false
			for i := range c {
				if c[i].Actor == a {
					c[i].Actor, changed = to, true
				}
			}
			if changed && s.try(c) {
				break
			}
		}
	}
}

func lastActor(program []model.Step) (a int) {
	for i := range program {
		a = max(a, program[i].Actor)
	}
	return a
}
