package explore

import (
	"math"

	"github.com/zeebo/xxh3"
)

// fingerprint stands for a state: 128 bits of a hash of its canonical key. The
// zero value means none.
type fingerprint struct{ hi, lo uint64 }

// fingerprintOf hashes a key. The hash is the same in every process and on every
// machine, so that a checkpoint can be resumed elsewhere.
func fingerprintOf(key []byte) fingerprint {
	h := xxh3.Hash128(key)
	f := fingerprint{h.Hi, h.Lo}
	if f == (fingerprint{}) {
		f.lo = 1
	}
	return f
}

// shards is the number of parts of a set of fingerprints; each is locked, or
// grown, by itself.
const shards = 256

// shard is the part that f belongs to.
func (f fingerprint) shard() int { return int(f.hi >> 56) }

// CollisionProbability bounds the probability that two of n different states had
// one fingerprint, so that one of them was not explored: n²/2^129.
func CollisionProbability(n uint64) float64 {
	return math.Ldexp(float64(n)*float64(n), -129)
}
