package draw

import (
	"math/rand/v2"

	"mntcheck/model"
	"mntcheck/props/system"
)

// Size is how large a world grows.
type Size uint8

const (
	Small  Size = iota // up to 8 mounts
	Medium             // up to 64
	Large              // a thousand and more
	NumSizes
)

// String names the size.
func (s Size) String() string { return [...]string{"small", "medium", "large"}[s] }

// sizeMounts is where the growth of a world of each size ends, in mounts.
var sizeMounts = [NumSizes]int{Small: 8, Medium: 64, Large: 1400}

// mountMax is fs.mount-max in worlds of each size, 0 for the kernel's default:
// propagation multiplies, and a mount too many on a shared root would take a large
// table to the kernel's own limit.
var mountMax = [NumSizes]int32{Medium: 1000, Large: 3000}

// Limits bound what is drawn. The zero value draws everything.
type Limits struct {
	Sizes     []Size              // those to draw from; none: all, small ones most often
	MaxMounts int                 // in all namespaces together; 0: what the size has
	Calls     int                 // in a case, without those that build its world; 0: drawn
	Supports  func(model.Op) bool // the calls to draw; nil: all
	// Namespaces makes calls that make mount namespaces of a subtree frequent,
	// for looking at what these promise.
	Namespaces bool
	Built      bool // the world is there already: calls only
	// OnePIDNamespace: no call makes a pid namespace, so that a process is known
	// by the same number to all.
	OnePIDNamespace bool
}

// Config is what a case has drawn for itself before its calls: the size of its
// world, and which calls it is made of. That each case has a subset and weights
// of its own (swarm testing) makes the long runs of one kind likely that
// uniform choice would hardly ever make.
type Config struct {
	Size      Size
	MaxMounts int   // growth stops there
	Setup     int   // mounts that the world is built up to first
	Calls     int   // after that
	MountMax  int32 // fs.mount-max; 0: the default
	NSIDs     model.NSNumbering
	Invalid   int // of 16 arguments, how many are drawn without regard to the state

	weights [maxVariants]uint16 // of the lists in variant.go, cumulative
	growth  [maxVariants]uint16
	bulk    [maxVariants]uint16
}

// maxVariants is how many ways to call a list can have.
const maxVariants = 96

// configure draws what a case draws for itself. It takes a few bytes only:
// the weights come from a generator of which they are the seed, so that a
// fuzzer's input is calls, not configuration.
func (d *Drawer) configure(limits *Limits) {
	p, c := &d.picker, &d.config
	p.align()
	c.Size = p.size(limits.Sizes)
	c.MaxMounts = sizeMounts[c.Size]
	if limits.MaxMounts > 0 {
		c.MaxMounts = min(c.MaxMounts, limits.MaxMounts)
	}
	c.Setup = p.pick(c.MaxMounts + 1)
	c.NSIDs = model.RisingIDs
	if p.oneIn(4) {
		c.NSIDs = model.BatchedIDs
	}
	c.MountMax = mountMax[c.Size]
	if p.oneIn(12) {
		c.MountMax = int32(2 + p.pick(c.MaxMounts+2))
	}
	c.Calls = limits.Calls
	if c.Calls == 0 {
		c.Calls = 20 + p.pick(100)
	}
	c.Invalid = 1 + p.pick(4)
	seed := uint64(p.pick(1 << 16))
	c.weigh(seed, limits)
}

func (p *picker) size(of []Size) Size {
	if len(of) > 0 {
		return of[p.pick(len(of))]
	}
	switch x := p.pick(256); {
	case x < 208:
		return Small
	case x < 254:
		return Medium
	default:
		return Large
	}
}

// weigh draws weights: some ways to call are left out, some are frequent. Seed
// 0 gives each its own weight.
func (c *Config) weigh(seed uint64, limits *Limits) {
	supports := limits.Supports
	rng := rand.New(rand.NewPCG(seed, 1))
	own := func(v *variant) int { return v.weight }
	sum := accumulate(&c.weights, variants, supports, func(v *variant) int {
		w := v.weight
		if limits.Namespaces && v.effect == namespace {
			return 12 * w
		}
		if seed == 0 {
			return w
		}
		return w * [...]int{0, 0, 1, 1, 1, 2, 3, 9}[rng.IntN(8)]
	})
	if sum == 0 {
		accumulate(&c.weights, variants, supports, own)
	}
	accumulate(&c.growth, growth, supports, func(v *variant) int {
		if seed == 0 {
			return v.weight
		}
		return v.weight * (1 + rng.IntN(5))
	})
	accumulate(&c.bulk, bulk, supports, own)
}

func accumulate(to *[maxVariants]uint16, list []variant, supports func(model.Op) bool, weigh func(*variant) int) (sum int) {
	for i := range to {
		if i >= len(list) {
			to[i] = uint16(sum)
			continue
		}
		w := weigh(&list[i])
		if supports != nil && list[i].op != model.OpNone && !supports(list[i].op) {
			w = 0
		}
		sum += w
		to[i] = uint16(sum)
	}
	return sum
}

// choose picks from a cumulative list of weights; -1 where all are zero.
func (p *picker) choose(weights *[maxVariants]uint16) int {
	sum := weights[len(weights)-1]
	if sum == 0 {
		return -1
	}
	x := uint16(p.pick(int(sum)))
	for i, w := range weights {
		if x < w {
			return i
		}
	}
	return len(weights) - 1
}

// World is the world that the drawn case starts in: the given rules, nil for
// those of the default release, with the numbering of namespaces that the
// case has drawn. Its setup is part of the program, not of the world.
func (d *Drawer) World(sem *model.Semantics) system.World {
	if sem == nil {
		sem, _ = model.ForRelease(model.DefaultRelease)
	}
	if sem.NSIDs != d.config.NSIDs {
		own := *sem
		own.NSIDs = d.config.NSIDs
		sem = &own
	}
	return system.World{Semantics: sem, MountMax: d.config.MountMax}
}
