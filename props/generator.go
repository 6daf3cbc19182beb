package props

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"pgregory.net/rapid"

	"mntcheck/model"
	"mntcheck/props/check"
	"mntcheck/props/draw"
	"mntcheck/props/system"
)

// Words of eight bytes that rapid draws for a case: enough for 40 to 120 calls.
const (
	minWords = 40
	maxWords = 120
)

// input draws the bytes of a case. rapid likes short slices and small numbers,
// which would all be the same few calls: there is a least length, and words but
// zero are spread over all values. Shrinking makes words zero, the most ordinary
// choice everywhere.
func input() *rapid.Generator[[]byte] {
	return rapid.Map(rapid.SliceOfN(rapid.Uint64(), minWords, maxWords), func(words []uint64) []byte {
		data := make([]byte, 0, 8*len(words))
		for i, w := range words {
			if w != 0 {
				w = spread(w + uint64(i)<<56)
			}
			data = binary.LittleEndian.AppendUint64(data, w)
		}
		return data
	})
}

// spread is the finalizer of splitmix64: a permutation of all numbers.
func spread(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Program generates programs: calls that build a world, and calls in it.
// They are drawn by running them on the model, so most of them do something.
func Program() *rapid.Generator[draw.Program] {
	return rapid.Custom(func(t *rapid.T) draw.Program {
		p, err := draw.Decode(input().Draw(t, "bytes"), draw.Limits{Sizes: []draw.Size{draw.Small, draw.Medium}})
		if err != nil {
			t.Fatalf("the model: %v", err)
		}
		return p
	})
}

// Table generates states that a few dozen calls lead to: stacked, shared, locked
// and unbindable mounts, several namespaces and processes. The state is the caller's.
func Table() *rapid.Generator[*model.State] {
	return rapid.Custom(func(t *rapid.T) *model.State {
		d := draw.NewDrawer()
		source := draw.NewBytes(input().Draw(t, "bytes"))
		s, err := d.State(source, draw.Limits{Sizes: []draw.Size{draw.Small, draw.Medium}})
		if err != nil {
			t.Fatalf("the model: %v", err)
		}
		return s
	})
}

// machineTries bounds the shrinking of each of the many failures that rapid
// goes through while it shrinks the bytes.
const machineTries = 300

// Machine is a state machine test for rapid.Check: each case is a system of the
// factory, nil for the model, on which calls are made one after the other, with all
// invariants checked after each. rapid shrinks the bytes; what is printed has
// been shrunken as a program as well.
func Machine(factory system.Factory, opts ...Option) func(*rapid.T) {
	runner, err := newRunner(factory, opts)
	return func(t *rapid.T) {
		if err != nil {
			t.Fatalf("props: %v", err)
		}
		machine(t, runner)
	}
}

// Focus is Machine for one invariant. premises tells how often it applied so
// far. An error is that of the options, or that no invariant has the name.
func Focus(factory system.Factory, name string, opts ...Option) (property func(*rapid.T), premises func() uint64, err error) {
	runner, err := newRunner(factory, append(opts, Invariants(name)))
	if err != nil {
		return nil, nil, err
	}
	property = func(t *rapid.T) { machine(t, runner) }
	return property, func() uint64 { return runner.Premises(name) }, nil
}

func newRunner(factory system.Factory, opts []Option) (*check.Runner, error) {
	s := &settings{check: check.Options{Factory: factory, ShrinkTries: machineTries}}
	for _, o := range opts {
		if err := o(s); err != nil {
			return nil, err
		}
	}
	return check.NewRunner(s.check)
}

func machine(t *rapid.T, runner *check.Runner) {
	ctx := context.Background()
	broken, err := runner.Run(ctx, draw.NewBytes(input().Draw(t, "bytes")))
	if err != nil {
		t.Fatalf("props: %v", err)
	}
	if broken == nil {
		return
	}
	f, err := runner.Failure(ctx, broken)
	if err != nil {
		t.Fatalf("props: shrinking: %v", err)
	}
	t.Fatalf("%s", f)
}

// maxSeedBytes bounds the longest input that fuzzing begins with, some 500 calls: long inputs
// spread what the fuzzer itself costs over more calls.
const maxSeedBytes = 2000

// seeds are inputs to begin fuzzing with: random bytes, which the decoder makes
// programs of, some of each length.
func seeds() (all [][]byte) {
	rng := rand.New(rand.NewPCG(1, 2))
	for n := 0; n <= maxSeedBytes; n = 3*n + 40 {
		data := make([]byte, n)
		for i := range data {
			data[i] = byte(rng.Uint32())
		}
		all = append(all, data)
	}
	return all
}
