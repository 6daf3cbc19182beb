package model

import (
	"bytes"
	"errors"
	"testing"
)

// The kernel's own objects are the first records of their kinds on every
// release, and no others are made with them.
func TestOwnRecords(t *testing.T) {
	for _, release := range Releases() {
		sem, err := ForRelease(release)
		if err != nil {
			t.Fatal(err)
		}
		s := newBareState(World{Semantics: sem})
		have := [numKinds]int32{
			mountObject: int32(len(s.Mounts)) - 1, dentryObject: int32(len(s.Dentries)) - 1, sbObject: int32(len(s.SBs)) - 1,
			nsObject: int32(len(s.Spaces)) - 1, userObject: int32(len(s.Users)) - 1, fsObject: int32(len(s.FSs)) - 1,
			fileObject: int32(len(s.Files)) - 1,
		}
		if have != ownRecords {
			t.Errorf("%s: %v records, want %v", release, have, ownRecords)
		}
	}
}

// A key that says of a record what no record has is refused: an entry of a file, or a
// part that there is no name for.
func TestKeySaysTooMuch(t *testing.T) {
	s := NewState(World{})
	if err := errors.Join(s.Actor(1).Mkdir("/d", 0o755), s.Actor(1).Mkdir("/d/e", 0o755)); err != nil {
		t.Fatal(err)
	}
	key := s.AppendKey(nil)
	dir := byte(Dir) | keyHasEntries
	file := byte(RegularFile) | keyHasEntries
	if !bytes.Contains(key, []byte{dir}) {
		t.Fatalf("no directory with entries in the key %q", key)
	}
	refused := 0
	for i := range key {
		if key[i] != dir {
			continue
		}
		bad := bytes.Clone(key)
		bad[i] = file
		if _, err := DecodeKey(bad, s.Sem); err == nil {
			t.Errorf("byte %d: a file with entries is taken", i)
		}
		refused++
	}
	d := NewDecoder(s.Sem)
	for _, has := range []byte{2 * keySlaves, 0x7f &^ (2*keySlaves - 1)} {
		d.d.begin(d.base, s.Clone(), append([]byte{0, has}, make([]byte, 8)...))
		if d.d.mount(1); !d.d.bad {
			t.Errorf("a mount with the parts %#x is taken", has)
		}
	}
	if refused == 0 {
		t.Error("nothing was refused")
	}
}
