package check

import (
	"sync"
	"time"
)

// progressEvery is how often Progress functions are called.
const progressEvery = 100 * time.Millisecond

// Watch waits for workers, and meanwhile calls show, which may be nil, with how
// far they are: now and then, and once more at the end.
func Watch(workers *sync.WaitGroup, at func() Progress, show func(Progress)) {
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
