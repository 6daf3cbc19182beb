package model

import "strings"

// Difference describes a rule in which kernel releases differ: a field of
// Semantics, as its comment has it.
type Difference struct {
	Name      string // of the field
	Decides   string // what holds where the rule does, without its full stop
	Otherwise string // what holds where it does not, in sentences; "" where that goes without saying
	Source    string // sections of the specification, commits and selftests of the kernel
	// Of is the field itself, to be read or set.
	Of func(*Semantics) *bool
}

// Span is a run of releases in which a rule holds.
type Span struct {
	From  string `json:"from"`            // the first release
	Until string `json:"until,omitempty"` // the first one after it in which the rule does not hold; "": it still does
}

// Differences lists the rules in which the known releases differ, in the order
// of the fields of Semantics.
func Differences() []Difference { return append([]Difference(nil), differences[:]...) }

// Holds tells in which of the known releases the rule holds.
func (d *Difference) Holds() (spans []Span) {
	held := false
	for _, s := range releases() {
		holds := *d.Of(&s)
		switch {
		case holds && !held:
			spans = append(spans, Span{From: s.Release})
		case !holds && held:
			spans[len(spans)-1].Until = s.Release
		}
		held = holds
	}
	return spans
}

// Since is Holds in words, such as "before 6.17.0, and since 7.2.11".
func (d *Difference) Since() string {
	spans := d.Holds()
	words := make([]string, len(spans))
	for i, s := range spans {
		words[i] = s.String()
	}
	return strings.Join(words, ", and ")
}

// String is the span in words: "before" where it begins with the oldest known
// release, "since" where it has no end.
func (s Span) String() string {
	switch {
	case s.Until == "":
		return "since " + s.From
	case s.From == releases()[0].Release:
		return "before " + s.Until
	}
	return "from " + s.From + " until " + s.Until
}
