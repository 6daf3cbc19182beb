package mountinfo

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Mark is what a caller adds to the line of one mount.
type Mark struct {
	Sign string // put before the line, such as + or -; all lines move to make room
	Note string // put at the end of the line

	// Fold leaves the mount out, unless a mount below it is shown. The folded
	// siblings, with all below them, become one line that tells how many they are.
	Fold bool
}

// RenderOptions says how a tree is drawn. The zero value draws all of it.
type RenderOptions struct {
	Columns  []Column         // none: Target, Source, FSType, MountFlags, Propagation
	NoHeader bool             // leaves out the line of titles
	Mark     func(i int) Mark // called once for each position in Entries; nil: no marks
}

// MaxIndent is the number of levels that branches are drawn for. A mount further
// down starts with its depth in place of the outer levels: the drawing of a stack of
// 100,000 mounts would otherwise take gigabytes.
const MaxIndent = 40

// Render draws a table as findmnt(8) does: a line for each mount, in columns, the
// children of a mount below it in the table's order. Mounts without a listed parent
// start at the left. Control characters and bytes that are not printable text are
// shown as \ooo, so that a mountpoint cannot play tricks on a terminal; columns are
// aligned by counting characters, of which wide ones spoil the alignment.
//
// The error is the one of Table.Parents or of w. A table without entries draws
// nothing but the header.
func Render(w io.Writer, t *Table, opts RenderOptions) error {
	tree, err := NewTree(t)
	if err != nil {
		return err
	}
	r := renderer{table: t, tree: tree, columns: opts.Columns}
	if len(r.columns) == 0 {
		r.columns = []Column{Target, Source, FSType, MountFlags, Propagation}
	}
	if !opts.NoHeader {
		r.header()
	}
	r.mark(opts.Mark)
	r.walk()
	_, err = w.Write(r.align())
	return err
}

// renderer collects the lines of a tree, since their widths are known only at the
// end.
type renderer struct {
	table   *Table
	tree    *Tree
	columns []Column
	marks   []Mark  // nil: none
	folded  []int   // by entry: mounts that disappear with it; 0: it is shown. nil: all are
	stack   []level // the path from the roots to the mount being drawn
	rows    []row
}

// level is a list of siblings that is being drawn.
type level struct {
	next   []int // those not yet looked at, shown or not
	shown  int   // how many of them are shown
	folded int   // mounts, at this level and below, that the last line stands for
}

// more tells whether another line comes at this level, so that its branch goes on.
func (l *level) more() bool { return l.shown > 0 || l.folded > 0 }

type row struct {
	sign, note string
	cells      []string
}

func (r *renderer) header() {
	h := row{cells: make([]string, len(r.columns))}
	for i, c := range r.columns {
		h.cells[i] = c.header()
	}
	r.rows = append(r.rows, h)
}

// mark asks the caller about each mount and works out what stays folded.
func (r *renderer) mark(ask func(int) Mark) {
	if ask == nil {
		return
	}
	n := len(r.table.Entries)
	r.marks = make([]Mark, n)
	for i := range r.marks {
		r.marks[i] = ask(i)
	}
	// Children before parents: the reverse of an order that has parents first.
	order := append(make([]int, 0, n), r.tree.Roots()...)
	for i := 0; i < len(order); i++ {
		order = append(order, r.tree.Children(order[i])...)
	}
	r.folded = make([]int, n)
	for k := n - 1; k >= 0; k-- {
		i := order[k]
		if r.marks[i].Fold {
			r.folded[i] = r.foldable(i)
		}
	}
}

// foldable counts entry i and all below it, or gives 0 if one of those is shown.
func (r *renderer) foldable(i int) int {
	n := 1
	for _, k := range r.tree.Children(i) {
		if r.folded[k] == 0 {
			return 0
		}
		n += r.folded[k]
	}
	return n
}

func (r *renderer) hidden(i int) int {
	if r.folded == nil {
		return 0
	}
	return r.folded[i]
}

func (r *renderer) push(siblings []int) {
	l := level{next: siblings}
	for _, i := range siblings {
		if n := r.hidden(i); n > 0 {
			l.folded += n
		} else {
			l.shown++
		}
	}
	r.stack = append(r.stack, l)
}

// walk makes the rows, depth first. The stack is a slice of our own because mounts
// can be stacked as deep as there are mounts.
func (r *renderer) walk() {
	r.push(r.tree.Roots())
	for len(r.stack) > 0 {
		top := &r.stack[len(r.stack)-1]
		switch {
		case top.shown > 0:
			i := top.next[0]
			top.next = top.next[1:]
			if r.hidden(i) > 0 {
				continue
			}
			top.shown--
			r.entry(i)
			r.push(r.tree.Children(i))
		case top.folded > 0:
			n := top.folded
			top.folded = 0
			r.fold(n)
		default:
			r.stack = r.stack[:len(r.stack)-1]
		}
	}
}

// branches draws what stands before a mount at the innermost level.
func (r *renderer) branches() string {
	depth := len(r.stack) - 1 // the roots have none
	if depth == 0 {
		return ""
	}
	var b strings.Builder
	first := 1
	if depth > MaxIndent {
		first = depth - MaxIndent + 1
		b.WriteString("…" + strconv.Itoa(depth) + "… ")
	}
	for d := first; d < depth; d++ {
		if r.stack[d].more() {
			b.WriteString("│ ")
		} else {
			b.WriteString("  ")
		}
	}
	if r.stack[depth].more() {
		b.WriteString("├─")
	} else {
		b.WriteString("└─")
	}
	return b.String()
}

func (r *renderer) entry(i int) {
	e := &r.table.Entries[i]
	line := row{cells: make([]string, len(r.columns))}
	if r.marks != nil {
		line.sign, line.note = r.marks[i].Sign, r.marks[i].Note
	}
	for k, c := range r.columns {
		line.cells[k] = e.cell(c)
		if c == Target {
			line.cells[k] = r.branches() + line.cells[k]
		}
	}
	r.rows = append(r.rows, line)
}

// fold draws the line that stands for n mounts, in the column of the mountpoints or,
// where there is none, in the first.
func (r *renderer) fold(n int) {
	text := "… " + strconv.Itoa(n) + " mounts"
	if n == 1 {
		text = "… 1 mount"
	}
	at := slices.Index(r.columns, Target)
	if at >= 0 {
		text = r.branches() + text
	}
	at = max(at, 0)
	cells := make([]string, at+1)
	cells[at] = text
	r.rows = append(r.rows, row{cells: cells})
}

// columnGap is the number of blanks between two columns, and before a note.
const columnGap = 2

// align lays out the rows. No line ends in blanks.
func (r *renderer) align() []byte {
	sign, widths := r.measure()
	var b []byte
	for i := range r.rows {
		line := &r.rows[i]
		width := 0 // of what is written
		at := 0    // where the next piece belongs
		put := func(s string) {
			if s == "" {
				return
			}
			for ; width < at; width++ {
				b = append(b, ' ')
			}
			b = append(b, s...)
			width += utf8.RuneCountInString(s)
		}
		put(line.sign)
		at = sign
		for k, cell := range line.cells {
			put(cell)
			at += widths[k] + columnGap
		}
		put(line.note)
		b = append(b, '\n')
	}
	return b
}

// measure gives the room for signs, the blank after them included, and the width of
// each column, in characters. A line that stands for folded mounts ends with the cell
// that says so, which therefore has no neighbour to push aside.
func (r *renderer) measure() (sign int, widths []int) {
	widths = make([]int, len(r.columns))
	for i := range r.rows {
		line := &r.rows[i]
		if line.sign != "" {
			sign = max(sign, utf8.RuneCountInString(line.sign)+1)
		}
		if len(line.cells) < len(widths) {
			continue
		}
		for k, cell := range line.cells {
			widths[k] = max(widths[k], utf8.RuneCountInString(cell))
		}
	}
	return sign, widths
}
