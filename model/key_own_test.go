package model

import "testing"

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
