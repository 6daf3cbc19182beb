package explore

import (
	"encoding/binary"
	"fmt"
	"os"
)

// frontier holds the states of one layer, as their keys, in the order of their
// births. Keys lie in segments, each written by one worker; what goes beyond
// the memory limit lies in a file.
type frontier struct {
	segments []segment
	refs     []keyRef // in the layer's order
	spill    *os.File // nil: all is in memory
	spilled  int64    // bytes in it
}

// segment is a run of keys, each behind its length.
type segment struct {
	data []byte // nil: in the file, from offset on
	at   int64
	size int64
}

type keyRef struct{ segment, offset uint32 }

// maxSegment keeps offsets within what a keyRef holds.
const maxSegment = 1 << 31

func appendKey(segment, key []byte) []byte {
	return append(binary.AppendUvarint(segment, uint64(len(key))), key...)
}

// readAhead is how much is read of a key in a file before its length is known.
const readAhead = 512

// onDisk tells whether the key of a state is in the file: then key reads it into
// the buffer that it is given, else it returns the memory of the segment.
func (f *frontier) onDisk(number int) bool { return f.segments[f.refs[number].segment].data == nil }

// key returns the key of a state, in buf where it is in a file. Several workers
// may read at once.
func (f *frontier) key(number int, buf []byte) ([]byte, error) {
	r := f.refs[number]
	s := &f.segments[r.segment]
	if s.data != nil {
		n, size := binary.Uvarint(s.data[r.offset:])
		start := int(r.offset) + size
		return s.data[start : start+int(n)], nil
	}
	left := s.size - int64(r.offset)
	buf = grown(buf, int(min(left, readAhead)))
	if _, err := f.spill.ReadAt(buf, s.at+int64(r.offset)); err != nil {
		return nil, fmt.Errorf("reading a state: %w", err)
	}
	n, size := binary.Uvarint(buf)
	if size <= 0 || int64(n)+int64(size) > left {
		return nil, fmt.Errorf("reading a state: %s is damaged", f.spill.Name())
	}
	if have := len(buf); have < size+int(n) {
		buf = grown(buf, size+int(n))
		if _, err := f.spill.ReadAt(buf[have:], s.at+int64(r.offset)+int64(have)); err != nil {
			return nil, fmt.Errorf("reading a state: %w", err)
		}
	}
	return buf[size : size+int(n)], nil
}

func grown(buf []byte, n int) []byte {
	if cap(buf) < n {
		buf = append(make([]byte, 0, 2*n), buf...)
	}
	return buf[:n]
}

// write moves a segment to the file.
func (f *frontier) write(s *segment) error {
	if f.spill == nil {
		file, err := os.CreateTemp("", "mntcheck-frontier-*")
		if err != nil {
			return err
		}
		_ = os.Remove(file.Name()) // it ends with the process
		f.spill = file
	}
	if _, err := f.spill.WriteAt(s.data, f.spilled); err != nil {
		return fmt.Errorf("writing states to disk: %w", err)
	}
	s.at, s.data = f.spilled, nil
	f.spilled += s.size
	return nil
}

// writeAll moves all segments to the file.
func (f *frontier) writeAll() error {
	for i := range f.segments {
		if s := &f.segments[i]; s.data != nil {
			if err := f.write(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// memory is the number of bytes in memory.
func (f *frontier) memory() (n int64) {
	for i := range f.segments {
		n += int64(cap(f.segments[i].data))
	}
	return n + int64(cap(f.refs))*8
}

func (f *frontier) close() {
	if f.spill != nil {
		_ = f.spill.Close()
	}
	*f = frontier{}
}
