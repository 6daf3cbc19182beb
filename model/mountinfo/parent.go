package mountinfo

import (
	"fmt"
	"strconv"
	"strings"
)

// Parents gives, for each entry, the position in Entries of its parent, or -1 for
// a root: a mount that is its own parent, or whose parent is not listed. Following
// parents from anywhere ends at a root. An *Error says that an id is listed twice
// or that mounts are each other's parents, which no kernel shows and which would
// send a walk in circles.
func (t *Table) Parents() ([]int, error) {
	ids := newIDIndex(t.Entries)
	for i := range t.Entries {
		if first, listed := ids.put(t.Entries[i].ID, i); listed {
			return nil, t.duplicate(first, i)
		}
	}
	parents := make([]int, len(t.Entries))
	for i := range t.Entries {
		e := &t.Entries[i]
		parents[i] = -1
		if e.Parent != e.ID {
			parents[i] = ids.get(e.Parent)
		}
	}
	if at := findCycle(parents); at >= 0 {
		return nil, t.cycle(parents, at)
	}
	return parents, nil
}

func (t *Table) duplicate(first, second int) *Error {
	return &Error{
		File: t.Name, Line: t.line(second), Column: 1, Field: FieldID,
		Msg: fmt.Sprintf("want each mount once, got id %d here and on line %d", t.Entries[second].ID, t.line(first)),
	}
}

// findCycle gives an entry on a cycle of parents, or -1. Each entry is stamped with
// the walk that came by first, so that all walks together are as long as the table:
// coming upon this walk's own stamp closes a cycle, another's is known to end well.
func findCycle(parents []int) int {
	stamps := make([]int32, len(parents)) // 0: no walk came by yet
	for start := range parents {
		stamp := int32(start + 1)
		i := start
		for i >= 0 && stamps[i] == 0 {
			stamps[i] = stamp
			i = parents[i]
		}
		if i >= 0 && stamps[i] == stamp {
			return i
		}
	}
	return -1
}

// maxNamed is the number of mounts that an error about many of them names.
const maxNamed = 8

func (t *Table) cycle(parents []int, at int) *Error {
	first := at // the entry of the cycle that stands first in the file
	for i := parents[at]; i != at; i = parents[i] {
		first = min(first, i)
	}
	var b strings.Builder
	n := 0
	for i := first; ; i = parents[i] {
		if n == maxNamed {
			b.WriteString(" on …")
			break
		}
		if n > 0 {
			b.WriteString(" on ")
		}
		b.WriteString(strconv.Itoa(t.Entries[i].ID))
		if n > 0 && i == first {
			break
		}
		n++
	}
	return &Error{
		File: t.Name, Line: t.line(first), Field: FieldParent,
		Msg: "want parents that lead up to a root, got a circle: mount " + b.String(),
	}
}

// idIndex finds entries by id. Kernels hand out the smallest free number, so ids
// hardly exceed the number of mounts of the machine, and a slice does what takes a
// map several times as long. The map is for a table whose ids are far apart.
type idIndex struct {
	dense  []int32 // by id, position + 1; 0: none
	sparse map[int]int32
}

// slack is how many times as many ids as entries the slice may cover: a container
// sees few of the machine's mounts.
const slack = 16

func newIDIndex(entries []Entry) idIndex {
	low, top := 0, 0
	for i := range entries {
		low, top = min(low, entries[i].ID), max(top, entries[i].ID)
	}
	if low == 0 && top < slack*len(entries)+1024 {
		return idIndex{dense: make([]int32, top+1)}
	}
	return idIndex{sparse: make(map[int]int32, len(entries))}
}

// put notes that entry i has the id, unless another entry has it: that one is
// returned.
func (x *idIndex) put(id, i int) (first int, listed bool) {
	if first = x.get(id); first >= 0 {
		return first, true
	}
	if x.sparse != nil {
		x.sparse[id] = int32(i + 1)
	} else {
		x.dense[id] = int32(i + 1)
	}
	return i, false
}

// get gives the entry with the id, or -1.
func (x *idIndex) get(id int) int {
	if x.sparse != nil {
		return int(x.sparse[id]) - 1
	}
	if uint(id) >= uint(len(x.dense)) {
		return -1
	}
	return int(x.dense[id]) - 1
}
