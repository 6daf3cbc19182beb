package draw

import (
	"bytes"
	"testing"
)

// A padded source reads its input first, and goes on to the same length with
// the same bytes for all; a long input is read to its end and no further.
func TestPadded(t *testing.T) {
	read := func(data []byte) (all []byte) {
		p := new(Padded)
		p.Reset(data)
		for p.More() {
			all = append(all, p.Next())
		}
		if p.Next() != 0 {
			t.Error("an exhausted source yields something")
		}
		return all
	}
	empty := read(nil)
	if len(empty) != PaddedBytes {
		t.Fatalf("without input it is %d bytes, want %d", len(empty), PaddedBytes)
	}
	input := []byte{1, 2, 3}
	if got := read(input); !bytes.HasPrefix(got, input) || !bytes.Equal(got[3:], empty[:PaddedBytes-3]) {
		t.Errorf("behind a short input it does not go on with the stream")
	}
	long := bytes.Repeat([]byte{7}, PaddedBytes+5)
	if got := read(long); !bytes.Equal(got, long) {
		t.Errorf("a long input is not read as it is: %d bytes of %d", len(got), len(long))
	}
}
