package check

import (
	"sync"
	"time"
)

// Portions deals out the numbers of cases, from 0 on, to workers that run at once.
// How many a worker gets follows from how long the last ones took: enough to make
// a round trip to a kernel worth it, few enough that a run ends in time.
type Portions struct {
	checks int // 0: as many as there is time for

	mu    sync.Mutex
	next  uint64 // the first that nobody has
	ended bool
}

// NewPortions deals out so many cases; 0: until it is ended.
func NewPortions(checks int) *Portions { return &Portions{checks: checks} }

// The size of a portion, in cases, and how long one should take.
const (
	firstPortion = 4
	mostPortion  = 256
	portionTime  = 300 * time.Millisecond
)

// Each gives a worker one portion after the other, until there are no more or over
// says so.
func (p *Portions) Each(over func() bool, run func(first uint64, n int)) {
	for size := firstPortion; ; {
		first, n := p.take(size, over())
		if n == 0 {
			return
		}
		begun := time.Now()
		run(first, n)
		switch took := time.Since(begun); {
		case took < portionTime/2 && n == size:
			size = min(2*size, mostPortion)
		case took > 2*portionTime:
			size = max(size/2, 1)
		}
	}
}

func (p *Portions) take(size int, over bool) (first uint64, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if over || p.ended {
		return 0, 0
	}
	first, n = p.next, size
	if p.checks > 0 {
		n = int(min(uint64(n), uint64(p.checks)-min(first, uint64(p.checks))))
	}
	p.next += uint64(n)
	return first, n
}

// End lets no more cases be dealt out.
func (p *Portions) End() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
}
