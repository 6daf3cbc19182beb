package explore

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/zeebo/xxh3"
)

// checkpoint is the file in which a search is kept, so that it can be gone on
// with, and those beside it that have its name and an ending. Each is there as
// of the end of some layer: the logs of births and fingerprints are appended
// to, and cut off where the search is gone on with from an earlier layer; the
// states to expand, and the file itself, are written anew and renamed. So it
// can end at any moment. The log of births is locked while a search goes on.
type checkpoint struct {
	file    string
	prints  *os.File // fingerprints in the order of births
	w       *bufio.Writer
	sum     *xxh3.Hasher // of prints
	resumed bool
	last    time.Time
	saved   savedRun // as of the last layer that is complete
	before  string   // the ending of the file of states that the last checkpoint names
	waiting uint64   // the checksum of that file
}

// savedRun is what the file itself holds, which makes a checkpoint of the rest.
type savedRun struct {
	Version  int           `json:"version"`
	Program  string        `json:"program"` // whose rules the states that are passed over were explored by
	World    string        `json:"world"`   // fingerprint of all that decides what a search finds
	Depth    int           `json:"depth"`
	Covered  int           `json:"covered"`
	Complete bool          `json:"complete"`
	States   int64         `json:"states"`
	Starts   []int64       `json:"starts"` // number of the first state of each layer
	Layers   []Layer       `json:"layers"`
	Frontier string        `json:"frontier"` // ending of the file of the states to expand
	Waiting  int           `json:"waiting"`  // how many these are
	Sums     checksums     `json:"sums"`
	Elapsed  time.Duration `json:"elapsed_ns"`
	Memory   int64         `json:"memory"`
	Spilled  int64         `json:"spilled"`

	Tally     *tally    `json:"tally"`
	Broken    []finding `json:"broken"`
	Sometimes []finding `json:"sometimes"`
	Panicked  finding   `json:"panicked"`
	PanicText string    `json:"panic_text,omitempty"`

	Note json.RawMessage `json:"note,omitempty"` // Options.CheckpointNote
}

// checksums are those of the files beside a checkpoint, as far as they belong to it.
type checksums struct{ Births, Prints, Frontier uint64 }

// errDamaged says what is wrong with a part of a checkpoint, and what can be done.
func errDamaged(part string) error {
	return fmt.Errorf("%s are cut off or damaged, so that the search cannot be gone on with; remove the file to begin anew", part)
}

const (
	checkpointVersion = 3
	birthsEnding      = ".births"
	printsEnding      = ".fingerprints"
	statesEnding      = ".states-" // and the number of the layer
	unfinishedEnding  = ".new"     // of a file that is being written
	printSize         = 16
)

// CheckpointNote returns the Options.CheckpointNote of the search that a
// checkpoint is of, nil where it has none. A file that is no checkpoint is an
// error.
func CheckpointNote(file string) ([]byte, error) {
	saved, err := readSaved(file)
	return saved.Note, err
}

func readSaved(file string) (s savedRun, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return s, err
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%s: not a checkpoint: %w", file, err)
	}
	if s.Version != checkpointVersion || s.World == "" {
		return s, fmt.Errorf("%s: not a checkpoint of this version of the program", file)
	}
	if text := data[:d.InputOffset()]; string(data[len(text):]) != checksumLine(text) {
		return s, fmt.Errorf("%s: the checkpoint is damaged; remove it to begin anew", file)
	}
	return s, nil
}

// checksumLine is what stands behind the text of a checkpoint.
func checksumLine(text []byte) string { return fmt.Sprintf("\n%016x\n", xxh3.Hash(text)) }

// openCheckpoint opens the files of a search. Where there is a checkpoint, the
// engine is set to go on from there.
func openCheckpoint(e *engine) (*checkpoint, error) {
	if e.o.KeepKeys {
		return nil, fmt.Errorf("explore: keys of states are not kept in checkpoints: without them collisions cannot be ruled out")
	}
	if e.o.CheckpointNote != nil && !json.Valid(e.o.CheckpointNote) {
		return nil, fmt.Errorf("explore: the note of a checkpoint has to be JSON")
	}
	name := e.o.Checkpoint
	if _, _, err := savedSearch(e); err != nil { // before files are made beside it
		return nil, err
	}
	open := func(ending string) (*os.File, error) {
		return os.OpenFile(name+ending, os.O_RDWR|os.O_CREATE, 0o644)
	}
	births, err := open(birthsEnding)
	if err != nil {
		return nil, err
	}
	if !lock(births) {
		return nil, errors.Join(fmt.Errorf("%s: another process keeps its search there, and runs", name), births.Close())
	}
	saved, there, err := savedSearch(e)
	if err != nil {
		return nil, errors.Join(err, births.Close())
	}
	prints, err := open(printsEnding)
	if err != nil {
		return nil, errors.Join(err, births.Close())
	}
	c := &checkpoint{file: name, prints: prints, w: bufio.NewWriterSize(prints, 1<<16), sum: xxh3.New(), last: time.Now(), saved: saved}
	e.births = &birthLog{file: births, w: bufio.NewWriterSize(births, 1<<16), sum: xxh3.New()}
	if there {
		c.resumed = true
		err = c.restore(e)
	} else {
		err = errors.Join(e.births.rewind(0), c.rewind(0))
	}
	if err == nil {
		err = c.removeLeftovers()
	}
	if err != nil {
		e.births.close()
		c.close()
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return c, nil
}

// savedSearch reads the checkpoint that there is, if any. One of another search is
// an error.
func savedSearch(e *engine) (saved savedRun, there bool, err error) {
	name := e.o.Checkpoint
	saved, err = readSaved(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return saved, false, nil
	case err != nil:
		return saved, false, err
	case saved.Program != programVersion():
		return saved, false, fmt.Errorf("%s: the checkpoint is of version %s of the program, and this is %s, whose rules may be others; give another file, or remove it",
			name, saved.Program, programVersion())
	case saved.World != e.identity():
		return saved, false, fmt.Errorf("%s: the checkpoint is of another world, release, bound or set of invariants; give another file, or remove it", name)
	}
	return saved, true, nil
}

// programVersion is the version of this module, which says the commit where the
// program was built from a checkout.
func programVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, m := range info.Deps {
		if m.Path == modulePath {
			return cmp.Or(m.Version, "unknown")
		}
	}
	return cmp.Or(info.Main.Version, "unknown")
}

// modulePath is the module of this package, as others require it.
const modulePath = "mntcheck"

// removeLeftovers removes files of states that a process which was killed wrote
// without a checkpoint that names them.
func (c *checkpoint) removeLeftovers() error {
	entries, err := os.ReadDir(filepath.Dir(c.file))
	if err != nil {
		return err
	}
	name := filepath.Base(c.file)
	for _, entry := range entries {
		ending, ok := strings.CutPrefix(entry.Name(), name)
		if !ok || !strings.HasPrefix(ending, statesEnding) && ending != unfinishedEnding || c.resumed && ending == c.saved.Frontier {
			continue
		}
		if err := os.Remove(c.file + ending); err != nil {
			return err
		}
	}
	return nil
}

// identity tells searches apart that find different things.
func (e *engine) identity() string {
	var b strings.Builder
	first, err := e.w.start(e.sem)
	if err != nil {
		return ""
	}
	fmt.Fprintf(&b, "%x\n%+v\n%+v %d %v %v %v %v\n", first.AppendKey(nil), *e.sem, e.w.Limits, e.w.Depth, e.w.Interchangeable,
		e.o.Unreduced, e.o.Strict, e.o.IgnoreOrder)
	for i := range e.w.Calls {
		b.WriteString(stepText(e.w.Calls[i]) + "\n")
	}
	for _, v := range e.o.Invariants {
		b.WriteString(v.Name + "\n")
	}
	for _, s := range e.w.Sometimes {
		b.WriteString(s.Name + "\n")
	}
	f := fingerprintOf([]byte(b.String()))
	return fmt.Sprintf("%016x%016x", f.hi, f.lo)
}

func (c *checkpoint) rewind(states int64) error {
	if err := c.prints.Truncate(states * printSize); err != nil {
		return err
	}
	_, err := c.prints.Seek(states*printSize, io.SeekStart)
	c.w.Reset(c.prints)
	return err
}

// restore makes the engine what it was.
func (c *checkpoint) restore(e *engine) error {
	s := &c.saved
	if _, err := io.CopyN(e.births.sum, e.births.file, s.States*birthSize); err != nil || e.births.sum.Sum64() != s.Sums.Births {
		return errDamaged("the ways to the states")
	}
	if err := e.births.rewind(s.States); err != nil {
		return err
	}
	e.births.layers = s.Starts
	if err := c.readPrints(e); err != nil {
		return err
	}
	if err := c.rewind(s.States); err != nil {
		return err
	}
	e.depth, e.covered, e.layers, e.complete = s.Depth, s.Covered, s.Layers, s.Complete
	e.total.take(s.Tally)
	e.broken, e.sometimes = s.Broken, s.Sometimes
	e.panicked = panicFinding{s.Panicked, s.PanicText}
	e.earlier, e.memory, e.spilled = s.Elapsed, s.Memory, s.Spilled
	c.before, c.waiting = s.Frontier, s.Sums.Frontier
	if err := c.readFrontier(e); err != nil {
		return err
	}
	c.note(e)
	return nil
}

// readPrints fills the set of the visited states.
func (c *checkpoint) readPrints(e *engine) error {
	file := io.NewSectionReader(c.prints, 0, c.saved.States*printSize)
	r := bufio.NewReaderSize(io.TeeReader(file, c.sum), 1<<20)
	var buf [printSize]byte
	for range c.saved.States {
		if _, err := io.ReadFull(r, buf[:]); err != nil {
			return errDamaged("the fingerprints of the states")
		}
		f := fingerprint{binary.LittleEndian.Uint64(buf[:]), binary.LittleEndian.Uint64(buf[8:])}
		p := &e.visited.parts[f.shard()]
		p.reserve(1)
		p.add(f)
	}
	if c.sum.Sum64() != c.saved.Sums.Prints {
		return errDamaged("the fingerprints of the states")
	}
	return nil
}

// readFrontier reads the states to expand, in segments as workers write them.
func (c *checkpoint) readFrontier(e *engine) error {
	file, err := os.Open(c.file + c.saved.Frontier)
	if err != nil {
		return err
	}
	defer file.Close()
	damaged := errDamaged("the states to expand")
	sum := xxh3.New()
	if _, err := io.Copy(sum, file); err != nil || sum.Sum64() != c.saved.Sums.Frontier {
		return damaged
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	r := bufio.NewReaderSize(file, 1<<20)
	l := &e.layer
	var keys []byte
	room := int64(math.MaxInt64)
	if e.o.Memory > 0 { // as much as expandLayer leaves in memory
		room = e.o.Memory/2 - e.visited.bytes() - int64(c.saved.Waiting)*8
	}
	flush := func() error {
		l.segments = append(l.segments, segment{data: keys, size: int64(len(keys))})
		room -= int64(cap(keys))
		keys = nil
		if room < 0 {
			return l.write(&l.segments[len(l.segments)-1])
		}
		return nil
	}
	for range c.saved.Waiting {
		size, err := binary.ReadUvarint(r)
		if err != nil || size > maxSegment/2 {
			return damaged
		}
		key := make([]byte, size)
		if _, err := io.ReadFull(r, key); err != nil {
			return damaged
		}
		l.refs = append(l.refs, keyRef{uint32(len(l.segments)), uint32(len(keys))})
		if keys = appendKey(keys, key); len(keys) > readSegment {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if keys != nil {
		return flush()
	}
	return nil
}

// readSegment is the size from which on a segment that is read ends.
const readSegment = 1 << 20

// add logs the fingerprint of a state, in the order of births.
func (c *checkpoint) add(f fingerprint) {
	var buf [printSize]byte
	binary.LittleEndian.PutUint64(buf[:], f.hi)
	binary.LittleEndian.PutUint64(buf[8:], f.lo)
	_, _ = c.w.Write(buf[:]) // an error is kept, and Flush returns it
	_, _ = c.sum.Write(buf[:])
}

// note keeps what was added up as of now, the end of a layer.
func (c *checkpoint) note(e *engine) {
	t := newTally(len(e.o.Invariants), len(e.w.Calls), len(e.w.Sometimes))
	copyOf := *e.total
	copyOf.Checks, copyOf.Premises, copyOf.Breaches = slices.Clone(copyOf.Checks), slices.Clone(copyOf.Premises), slices.Clone(copyOf.Breaches)
	copyOf.Succeeded, copyOf.Sometimes = slices.Clone(copyOf.Succeeded), slices.Clone(copyOf.Sometimes)
	t.take(&copyOf)
	c.saved = savedRun{
		Version: checkpointVersion, Program: programVersion(), World: e.identity(), Depth: e.depth, Covered: e.covered, Complete: e.complete,
		States: e.births.states, Starts: slices.Clone(e.births.layers), Layers: slices.Clone(e.layers),
		Frontier: fmt.Sprintf("%s%d", statesEnding, e.depth), Waiting: len(e.layer.refs),
		Sums:    checksums{e.births.sum.Sum64(), c.sum.Sum64(), c.waiting},
		Elapsed: e.earlier + time.Since(e.begun), Memory: e.memory, Spilled: e.spilled,
		Tally: t, Broken: slices.Clone(e.broken), Sometimes: slices.Clone(e.sometimes),
		Panicked: e.panicked.finding, PanicText: e.panicked.text, Note: e.o.CheckpointNote,
	}
}

// saveError is why a checkpoint could not be written. What was found is reported
// all the same.
type saveError struct{ error }

func (e *saveError) Unwrap() error { return e.error }

// layerDone is called at the end of each layer.
func (c *checkpoint) layerDone(e *engine) error {
	c.note(e)
	if time.Since(c.last) < e.o.CheckpointEvery {
		return nil
	}
	return c.save(e)
}

// save writes the checkpoint of the end of the last layer.
func (c *checkpoint) save(e *engine) error {
	if err := errors.Join(e.births.flush(), c.w.Flush(), e.births.file.Sync(), c.prints.Sync()); err != nil {
		return err
	}
	if c.saved.Frontier != c.before {
		if err := c.writeFrontier(e); err != nil {
			return err
		}
		c.saved.Sums.Frontier = c.waiting
	}
	data, err := json.Marshal(&c.saved)
	if err != nil {
		return err
	}
	data = append(data, checksumLine(data)...)
	if err := writeWhole(c.file, func(w io.Writer) error { _, err := w.Write(data); return err }); err != nil {
		return err
	}
	if c.before != "" && c.before != c.saved.Frontier {
		_ = os.Remove(c.file + c.before)
	}
	c.before, c.last = c.saved.Frontier, time.Now()
	return nil
}

func (c *checkpoint) writeFrontier(e *engine) error {
	return writeWhole(c.file+c.saved.Frontier, func(w io.Writer) error {
		sum := xxh3.New()
		w = io.MultiWriter(w, sum)
		defer func() { c.waiting = sum.Sum64() }()
		var buf, line []byte
		for i := range e.layer.refs {
			key, err := e.layer.key(i, buf)
			if err != nil {
				return err
			}
			if e.layer.onDisk(i) {
				buf = key[:0]
			}
			line = appendKey(line[:0], key)
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
}

// writeWhole writes a file that is there as a whole, or as it was.
func writeWhole(name string, write func(io.Writer) error) error {
	file, err := os.Create(name + unfinishedEnding)
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(file, 1<<20)
	if err = write(w); err == nil { // else Flush would say the same again
		err = w.Flush()
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		_ = os.Remove(file.Name()) // there may be no room for it, and others want some
		return fmt.Errorf("writing a checkpoint: %w", err)
	}
	return os.Rename(name+unfinishedEnding, name)
}

func (c *checkpoint) close() { _ = c.prints.Close() }
