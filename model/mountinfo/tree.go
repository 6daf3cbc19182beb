package mountinfo

// Tree is a table seen as a forest: what is mounted on what. It holds positions in
// the table's Entries, and is good for as long as those are not changed.
type Tree struct {
	parents []int // as Table.Parents gives them
	kids    []int // all entries, those with the same parent side by side
	starts  []int // starts[p+1]: where the children of p start in kids; p = -1: the roots
}

// NewTree finds the children of each entry. The error is the one of Table.Parents.
func NewTree(t *Table) (*Tree, error) {
	parents, err := t.Parents()
	if err != nil {
		return nil, err
	}
	// Counting sort by parent: it keeps the order of the table among siblings.
	n := len(parents)
	starts := make([]int, n+3)
	for _, p := range parents {
		starts[p+3]++
	}
	for i := 3; i < len(starts); i++ {
		starts[i] += starts[i-1]
	}
	kids := make([]int, n)
	for i, p := range parents {
		kids[starts[p+2]] = i
		starts[p+2]++
	}
	return &Tree{parents: parents, kids: kids, starts: starts}, nil
}

// Roots gives the entries without a listed parent, in the table's order.
func (t *Tree) Roots() []int { return t.Children(-1) }

// Children gives the entries whose parent is entry i, in the table's order. The
// caller must not change the slice.
func (t *Tree) Children(i int) []int { return t.kids[t.starts[i+1]:t.starts[i+2]] }

// Parent gives the entry that entry i is mounted on, or -1 for a root.
func (t *Tree) Parent(i int) int { return t.parents[i] }
