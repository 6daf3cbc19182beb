package explore

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"github.com/zeebo/xxh3"
)

// birthLog keeps, layer by layer, by which transition each state was found: 8
// bytes a state in a file. Ways to states are read off it.
type birthLog struct {
	file   *os.File
	w      *bufio.Writer
	layers []int64 // the number of the first state of each layer
	states int64
	sum    *xxh3.Hasher // of what is in the file; nil: nobody asks for it
}

// birthSize is the size of a birth in the file.
const birthSize = 8

// newBirthLog makes a log in a file that ends with the process.
func newBirthLog() (*birthLog, error) {
	file, err := os.CreateTemp("", "mntcheck-births-*")
	if err != nil {
		return nil, err
	}
	_ = os.Remove(file.Name())
	return &birthLog{file: file, w: bufio.NewWriterSize(file, 1<<16)}, nil
}

// layer begins the next layer.
func (l *birthLog) layer() { l.layers = append(l.layers, l.states) }

func (l *birthLog) add(b birth) {
	var buf [birthSize]byte
	binary.LittleEndian.PutUint64(buf[:], uint64(b))
	_, _ = l.w.Write(buf[:]) // an error is kept, and Flush returns it
	if l.sum != nil {
		_, _ = l.sum.Write(buf[:])
	}
	l.states++
}

func (l *birthLog) flush() error {
	if err := l.w.Flush(); err != nil {
		return fmt.Errorf("writing the log of states: %w", err)
	}
	return nil
}

// way returns the numbers of the calls that lead from the first state to state
// number of a layer.
func (l *birthLog) way(layer, number int) ([]int, error) {
	if err := l.flush(); err != nil {
		return nil, err
	}
	calls := make([]int, layer)
	for ; layer > 0; layer-- {
		var buf [birthSize]byte
		if _, err := l.file.ReadAt(buf[:], (l.layers[layer]+int64(number))*birthSize); err != nil {
			return nil, fmt.Errorf("reading the log of states: %w", err)
		}
		b := birth(binary.LittleEndian.Uint64(buf[:]))
		calls[layer-1], number = b.call(), b.parent()
	}
	return calls, nil
}

// rewind forgets all that was written behind the first states.
func (l *birthLog) rewind(states int64) error {
	l.states = states
	if err := l.file.Truncate(states * birthSize); err != nil {
		return err
	}
	_, err := l.file.Seek(states*birthSize, io.SeekStart)
	l.w.Reset(l.file)
	return err
}

func (l *birthLog) close() { _ = l.file.Close() }
