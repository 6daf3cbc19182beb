package trace

import (
	"strings"

	"mntcheck/model"
)

// farthest is the number of letters by which a misspelt name may differ from
// the one that was meant.
const farthest = 2

// suggestCalls says which calls somebody who wrote name may have meant: those
// spelt most like it, and those whose variant it is (openat, umount). It lists
// all calls where nothing is near.
func suggestCalls(name string) string {
	var near, all []string
	nearest := farthest
	for op := model.OpNone + 1; op < model.NumOps; op++ {
		known := op.String()
		all = append(all, known)
		letters := distance(name, known)
		if strings.HasPrefix(name, known) || len(name) > farthest && strings.HasPrefix(known, name) {
			letters = 1
		}
		if letters < nearest {
			nearest, near = letters, nil
		}
		if letters == nearest {
			near = append(near, known)
		}
	}
	if near != nil {
		return "did you mean " + strings.Join(near, " or ") + "?"
	}
	return "want one of " + strings.Join(all, ", ")
}

// distance counts the letters to insert, drop or replace to make b of a
// (Levenshtein). Names too long to be near are not worth the work.
func distance(a, b string) int {
	if len(a) > len(b)+farthest {
		return len(a) - len(b)
	}
	row := make([]int, len(b)+1) // of a[:i] to each b[:j]
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
