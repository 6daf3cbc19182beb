package explore

import (
	"math"

	"github.com/zeebo/xxh3"
)

// fingerprint stands for a state: 104 bits of a hash of its canonical key, of
// which 8 are the upper ones of hi and 32 the lower ones. The zero value means
// none.
type fingerprint struct{ hi, lo uint64 }

// keptOfHi are the bits of hi that a fingerprint has. With the number of the
// shard, which is not kept, a fingerprint takes 12 bytes.
const keptOfHi = 0xff<<56 | 0xffffffff

// fingerprintOf hashes a key. The hash is the same in every process and on every
// machine, so that a checkpoint can be resumed elsewhere.
func fingerprintOf(key []byte) fingerprint {
	h := xxh3.Hash128(key)
	f := fingerprint{h.Hi & keptOfHi, h.Lo}
	if f.packed() == (packed{}) {
		f.lo = 1
	}
	return f
}

// packed is a fingerprint without the number of its shard. The zero value means
// none.
type packed [3]uint32

func (f fingerprint) packed() packed { return packed{uint32(f.hi), uint32(f.lo >> 32), uint32(f.lo)} }

// slot spreads fingerprints evenly over any number of slots.
func (p packed) slot(slots int) int { return slotOf(uint64(p[1])<<32|uint64(p[2]), slots) }

// shards is the number of parts of a set of fingerprints; each is locked, or
// grown, by itself.
const shards = 256

// shard is the part that f belongs to.
func (f fingerprint) shard() int { return int(f.hi >> 56) }

// CollisionProbability bounds the probability that two of n different states had
// one fingerprint, so that one of them was not explored: n²/2^105.
func CollisionProbability(n uint64) float64 {
	return math.Ldexp(float64(n)*float64(n), -105)
}
