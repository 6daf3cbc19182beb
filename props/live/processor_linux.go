package live

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// processor keeps a server's thread and its actors on one processor. There, one
// process waking another costs a switch and no interrupt; and the ids of
// namespaces, which a kernel since 6.18 gives out in batches by processor, rise
// with their age, as in recorded traces. From one world to the next they may move:
// to share a processor with a program that computes slows down every call.
type processor struct {
	allowed unix.CPUSet // those that the server may use
	current int
	checked time.Time
	waited  time.Duration // the thread, for the processor, when it was checked
	idle    []int64       // of each processor, in ticks, when it was checked
}

// Limits for a move: the share of the time in which the thread waited, and in
// which another processor was idle.
const (
	checkProcessor = 200 * time.Millisecond
	tooMuchWaiting = 0.2
	enoughIdle     = 0.5
)

// newProcessor puts the calling thread on a processor: the nth of those that it
// may use. Where it is alone on the machine, nobody waits for it.
func newProcessor(nth int, alone bool) (*processor, error) {
	p := &processor{current: -1}
	if err := unix.SchedGetaffinity(0, &p.allowed); err != nil {
		return nil, fmt.Errorf("sched_getaffinity: %w", err)
	}
	if count := p.allowed.Count(); count > 0 {
		nth = (nth%count + count) % count
	}
	for i := 0; p.current < 0; i++ {
		if p.allowed.IsSet(i) {
			if nth == 0 {
				p.current = i
			}
			nth--
		}
	}
	if !alone {
		shortSlices()
	}
	p.note()
	return p, p.move(p.current, 0)
}

// move puts threads on a processor; 0 is the calling one.
func (p *processor) move(to int, pids ...int) error {
	var set unix.CPUSet
	set.Set(to)
	for _, pid := range pids {
		if err := unix.SchedSetaffinity(pid, &set); err != nil {
			return fmt.Errorf("sched_setaffinity: %w", err)
		}
	}
	p.current = to
	return nil
}

// review moves the calling thread and another process where the processor that
// they are on is busy, and another one is not.
func (p *processor) review(other int) error {
	passed := time.Since(p.checked)
	if passed < checkProcessor {
		return nil
	}
	waited, idle := p.waited, p.idle
	p.note()
	if len(p.idle) != len(idle) || (p.waited-waited).Seconds() < tooMuchWaiting*passed.Seconds() {
		return nil
	}
	best, most := p.current, int64(enoughIdle*passed.Seconds()*ticksPerSecond)
	for i := range idle {
		if n := p.idle[i] - idle[i]; n > most && p.allowed.IsSet(i) {
			best, most = i, n
		}
	}
	if best == p.current {
		return nil
	}
	return p.move(best, 0, other)
}

// ticksPerSecond is the unit of /proc/stat.
const ticksPerSecond = 100

// note reads how long the thread has waited, and how long processors were idle.
// Where the kernel does not tell, nothing is ever moved.
func (p *processor) note() {
	p.checked, p.waited, p.idle = time.Now(), 0, nil
	data, err := os.ReadFile("/proc/thread-self/schedstat")
	if fields := strings.Fields(string(data)); err == nil && len(fields) > 1 {
		n, _ := strconv.ParseInt(fields[1], 10, 64)
		p.waited = time.Duration(n)
	}
	data, err = os.ReadFile("/proc/stat")
	if err != nil {
		return
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		const idleField = 4
		if len(fields) <= idleField || !strings.HasPrefix(fields[0], "cpu") || fields[0] == "cpu" {
			continue
		}
		number, err := strconv.Atoi(fields[0][len("cpu"):])
		if err != nil || number < 0 || number >= 1<<12 {
			continue
		}
		for len(p.idle) <= number {
			p.idle = append(p.idle, 0)
		}
		p.idle[number], _ = strconv.ParseInt(fields[idleField], 10, 64)
	}
}

// shortSlices asks the scheduler to give the thread and its descendants the
// processor soon and for short, which changes nothing about how much of it they
// get. Kernels before 6.12 do not know that; there it is without effect.
func shortSlices() {
	const slice = 100 * time.Microsecond
	attr := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL, Runtime: uint64(slice)}
	_ = unix.SchedSetAttr(0, &attr, 0)
}
