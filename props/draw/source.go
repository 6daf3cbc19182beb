package draw

import "math/rand/v2"

// Source yields the bytes that choices are made of. It never fails: an
// exhausted one yields zeros, and zero is the first, most ordinary choice
// everywhere.
type Source interface {
	// Next returns the next byte, 0 where there are no more.
	Next() byte
	// More tells whether there are more.
	More() bool
}

// Bytes is a Source that reads a slice, as fuzzers hand it out.
type Bytes struct {
	data []byte
}

// NewBytes returns a Source of the bytes of data, which it does not change.
func NewBytes(data []byte) *Bytes { return &Bytes{data} }

// Reset makes b read data from its start.
func (b *Bytes) Reset(data []byte) { b.data = data }

// Next returns the next byte of the slice.
func (b *Bytes) Next() byte {
	if len(b.data) == 0 {
		return 0
	}
	c := b.data[0]
	b.data = b.data[1:]
	return c
}

// More tells whether bytes are left.
func (b *Bytes) More() bool { return len(b.data) > 0 }

// PaddedBytes is how far a Padded source goes on behind a short slice: some 250
// calls.
const PaddedBytes = 768

// Padded is a Source that reads a slice and, where that is short, goes on with a
// stream that is the same for all. A fuzzer's inputs are mostly short, and cost
// it about as much as many calls; so each becomes a long program, and what comes
// behind the input differs by the state that the input led to.
type Padded struct {
	data []byte
	rest Seed
	left int
}

// Reset makes p read data from its start.
func (p *Padded) Reset(data []byte) {
	p.data = data
	p.rest.Reset(1, 0)
	p.left = PaddedBytes - len(data)
}

// Next returns the next byte of the slice, then of the stream, then 0.
func (p *Padded) Next() byte {
	if len(p.data) > 0 {
		c := p.data[0]
		p.data = p.data[1:]
		return c
	}
	if p.left <= 0 {
		return 0
	}
	p.left--
	return p.rest.Next()
}

// More tells whether bytes are left.
func (p *Padded) More() bool { return len(p.data) > 0 || p.left > 0 }

// Seed is a Source that never ends: the same two numbers give the same bytes.
type Seed struct {
	pcg  rand.PCG
	word uint64
	left int
}

// NewSeed returns the stream of a seed and the number of a case.
func NewSeed(seed, number uint64) *Seed {
	s := new(Seed)
	s.Reset(seed, number)
	return s
}

// Reset makes s the stream of another seed and case.
func (s *Seed) Reset(seed, number uint64) {
	s.pcg.Seed(seed, number)
	s.left = 0
}

// Next returns the next byte of the stream.
func (s *Seed) Next() byte {
	if s.left == 0 {
		s.word, s.left = s.pcg.Uint64(), 8
	}
	c := byte(s.word)
	s.word >>= 8
	s.left--
	return c
}

// More is always true.
func (s *Seed) More() bool { return true }

// picker makes numbers of bytes. It keeps what is left of a byte after a
// choice for the next one, so that a call takes a few bytes and not one per
// choice; align forgets the rest, so that a changed byte does not change what
// the calls behind it are made of.
type picker struct {
	src    Source
	v, rng uint64 // v is uniform below rng
}

func (p *picker) align() { p.v, p.rng = 0, 1 }

// pick returns a number below n, 0 for n below 2. It is close to uniform: off
// by less than a part in 16.
func (p *picker) pick(n int) int {
	if n < 2 {
		return 0
	}
	m := uint64(n)
	for p.rng < 16*m {
		p.v = p.v<<8 | uint64(p.src.Next())
		p.rng <<= 8
	}
	x := p.v % m
	p.v /= m
	p.rng /= m
	return int(x)
}

// oneIn is true once in n times, and never when the source is exhausted.
func (p *picker) oneIn(n int) bool { return p.pick(n) == n-1 }
