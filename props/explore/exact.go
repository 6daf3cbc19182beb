package explore

import (
	"bytes"
	"fmt"
	"sync"
)

// exactSet keeps the key of each state by its fingerprint, so that two states of
// one fingerprint do not go unnoticed.
type exactSet struct {
	parts [shards]struct {
		mu   sync.Mutex
		keys map[fingerprint][]byte
		size int64
	}
}

func newExactSet() *exactSet {
	x := new(exactSet)
	for i := range x.parts {
		x.parts[i].keys = map[fingerprint][]byte{}
	}
	return x
}

// check keeps a key; the error is that of another key with its fingerprint.
func (x *exactSet) check(f fingerprint, key []byte) error {
	p := &x.parts[f.shard()]
	p.mu.Lock()
	defer p.mu.Unlock()
	if have, ok := p.keys[f]; ok {
		if !bytes.Equal(have, key) {
			return fmt.Errorf("two states have the fingerprint %016x%016x", f.hi, f.lo)
		}
		return nil
	}
	p.keys[f] = bytes.Clone(key)
	p.size += int64(len(key)) + exactEntry
	return nil
}

// exactEntry is about what an entry takes besides its key, in bytes.
const exactEntry = 80

func (x *exactSet) bytes() (n int64) {
	if x == nil {
		return 0
	}
	for i := range x.parts {
		x.parts[i].mu.Lock()
		n += x.parts[i].size
		x.parts[i].mu.Unlock()
	}
	return n
}
