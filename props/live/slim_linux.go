package live

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// slim takes away the memory of a process that it does not need: the heap, the
// data and the other stacks of the Go program that it was copied from. Each fork
// of an actor would copy them again, which is most of what a fork costs.
func (b *sandbox) slim(p *process, stack uintptr) error {
	file := fmt.Sprintf("/proc/%d/maps", p.pid)
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	const around, page = 64 << 10, 4 << 10
	near := func(at uintptr) memoryRange {
		return memoryRange{(at - around) &^ (page - 1), (at + around) &^ (page - 1)}
	}
	keep := []memoryRange{near(stack), {uintptr(b.slots.base), uintptr(b.slots.base) + slotsBytes}}
	if strings.Contains(string(data), ".so") {
		area, err := b.threadArea(p)
		if area == 0 || err != nil {
			return err
		}
		keep = append(keep, near(area))
	}
	spare, err := spareMemory(string(data), keep)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	for len(spare) > 0 {
		n := min(len(spare), maxOps)
		p.begin()
		for _, r := range spare[:n] {
			p.must(unix.SYS_MUNMAP, r.from, r.to-r.from)
		}
		if err := p.run(b.deadline); err != nil {
			return err
		}
		if err := p.failed("munmap"); err != nil {
			return err
		}
		spare = spare[n:]
	}
	return nil
}

// threadArea is where a C library keeps what belongs to the thread. The kernel
// goes on writing there (rseq). It is 0 where it cannot be found out.
func (b *sandbox) threadArea(p *process) (uintptr, error) {
	if runtime.GOARCH != "amd64" {
		return 0, nil
	}
	const sysArchPrctl, archGetFS = 158, 0x1003
	p.begin()
	at, data := p.room(8)
	p.must(sysArchPrctl, archGetFS, at)
	if err := p.run(b.deadline); err != nil {
		return 0, err
	}
	return *(*uintptr)(unsafe.Pointer(unsafe.SliceData(data))), p.failed("arch_prctl")
}

// memoryRange is from an address up to another one.
type memoryRange struct{ from, to uintptr }

// without is what is left of a range when another one is taken out.
func (r memoryRange) without(keep memoryRange) (left []memoryRange) {
	if keep.to <= r.from || r.to <= keep.from {
		return []memoryRange{r}
	}
	if r.from < keep.from {
		left = append(left, memoryRange{r.from, keep.from})
	}
	if keep.to < r.to {
		left = append(left, memoryRange{keep.to, r.to})
	}
	return left
}

// spareMemory picks what is neither code nor to be kept.
func spareMemory(maps string, keep []memoryRange) ([]memoryRange, error) {
	var spare []memoryRange
	for line := range strings.Lines(maps) {
		var r memoryRange
		var access string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &r.from, &r.to, &access); err != nil {
			return nil, fmt.Errorf("%q: %w", line, err)
		}
		if strings.Contains(access, "x") || strings.Contains(line, "[v") {
			continue
		}
		left := []memoryRange{r}
		for _, k := range keep {
			var parts []memoryRange
			for _, part := range left {
				parts = append(parts, part.without(k)...)
			}
			left = parts
		}
		spare = append(spare, left...)
	}
	return spare, nil
}
