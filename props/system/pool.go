package system

import (
	"context"
	"sync"
)

// Pool has runners for those who work at once: one that nobody uses is used again,
// and one more is started where there is none.
type Pool struct {
	start func(context.Context) (Runner, error)

	mu   sync.Mutex
	idle []Runner
}

// NewPool makes a pool of those that start makes, and of one that is there already.
func NewPool(start func(context.Context) (Runner, error), first Runner) *Pool {
	return &Pool{start: start, idle: []Runner{first}}
}

// Borrow returns a runner that nobody else uses; the error is that of starting one.
func (p *Pool) Borrow(ctx context.Context) (Runner, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		r := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return r, nil
	}
	p.mu.Unlock()
	return p.start(ctx)
}

// GiveBack lets others use the runner.
func (p *Pool) GiveBack(r Runner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, r)
}

// Close closes those that nobody uses. What they did has been reported by then, so
// that their errors say nothing more.
func (p *Pool) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.idle {
		_ = r.Close()
	}
	p.idle = nil
}
