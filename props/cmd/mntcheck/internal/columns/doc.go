// Package columns aligns the cells of a text table: words to the left, and
// numbers to the right, so that they can be compared at a glance.
//
// It is text/tabwriter, which aligns all columns alike, with numbers padded
// beforehand, the last column wrapped, and no blanks at the ends of lines.
package columns
