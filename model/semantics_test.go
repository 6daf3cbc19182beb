package model

import (
	"strings"
	"testing"
)

func TestForRelease(t *testing.T) {
	for _, x := range []struct{ release, want string }{
		{"7.3", "7.3.0"}, {"7.3.4", "7.3.0"}, {"8.0", "7.3.0"},
		{"7.2", "7.2.13"}, {"7.2.13", "7.2.13"}, {"7.2.12", "7.2.11"}, {"7.2.10", "7.1.0"}, {"7.2.0", "7.1.0"},
		{"7.1", "7.1.0"}, {"7.0", "7.0.13"}, {"7.0.13", "7.0.13"}, {"7.0.12", "7.0.0"},
		{"6.19", "6.18.0"}, {"6.18.15-amd64", "6.18.0"}, {"6.17.7", "6.17.0"}, {"6.17", "6.17.8"},
		{"6.16.12", "6.16.4"}, {"6.16.3", "6.15.0"}, {"6.15", "6.15.0"}, {"6.14", "6.13.0"}, {"6.13", "6.13.0"},
		{"6.12", "6.12.117"}, {"6.12.200", "6.12.117"}, {"6.12.112", "6.12.0"}, {"6.12.0", "6.12.0"},
		{"7.4", "7.3.0"}, {"7.4.0-rc1+", "7.3.0"}, {"7.2.12-1~bpo13", "7.2.11"},
	} {
		s, err := ForRelease(x.release)
		if err != nil {
			t.Errorf("%s: %v", x.release, err)
			continue
		}
		if s.Release != x.want {
			t.Errorf("%s: the rules of %s, want those of %s", x.release, s.Release, x.want)
		}
	}
}

func TestForReleaseErrors(t *testing.T) {
	for release, want := range map[string]string{
		"": "want a kernel release", "7": "want a kernel release", "seven": "want a kernel release", "7.": "want a kernel release",
		"7.3.4.5": "want a kernel release", "abc": "want a kernel release", "all": "want a kernel release", "-7.3": "want a kernel release", "6.11.9": "begin at 6.12.0", "4.19": "begin at 6.12.0", "5.10": "begin at 6.12.0", "6.11.999": "begin at 6.12.0",
	} {
		if _, err := ForRelease(release); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one that says %q", release, err, want)
		}
	}
}

// Ids are unique under either numbering, and rise with age under one only.
func TestNSNumbering(t *testing.T) {
	for _, numbering := range []NSNumbering{RisingIDs, BatchedIDs} {
		s := Semantics{NSIDs: numbering}
		seen := map[uint64]bool{}
		rises := true
		for age := uint64(1); age < 2000; age++ {
			id := s.nsID(age)
			if id == 0 || seen[id] {
				t.Fatalf("numbering %d: id %d of namespace %d was given before, or is none", numbering, id, age)
			}
			seen[id] = true
			rises = rises && (age == 1 || id > s.nsID(age-1))
		}
		if rises != (numbering == RisingIDs) {
			t.Errorf("numbering %d: ids rise with age: %v", numbering, rises)
		}
	}
}
