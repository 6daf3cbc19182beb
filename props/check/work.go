package check

import (
	"context"
	"sync"
	"time"
)

// progressEvery is how often Progress functions are called.
const progressEvery = 100 * time.Millisecond

// Work runs workers at once and waits for them. The context that each is given
// ends after longest; 0: never. Meanwhile show, which may be nil, is called with how
// far they are: now and then, and once more at the end.
func Work(n int, longest time.Duration, worker func(until context.Context), at func() Progress, show func(Progress)) {
	until := context.Background()
	if longest > 0 {
		var cancel context.CancelFunc
		until, cancel = context.WithTimeout(until, longest)
		defer cancel()
	}
	var workers sync.WaitGroup
	for range n {
		workers.Go(func() { worker(until) })
	}
	if show == nil {
		workers.Wait()
		return
	}
	done := make(chan struct{})
	go func() {
		workers.Wait()
		close(done)
	}()
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	for {
		show(at())
		select {
		case <-done:
			show(at())
			return
		case <-tick.C:
		}
	}
}
