package explore

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"mntcheck/model"
)

// symmetry says which states are taken for one: those that exchanges of names
// which a world declares lead to each other, and those that differ only in orders.
type symmetry struct {
	exchanges []map[string]string // the first is the identity
	unordered bool                // orders are ignored (Options.IgnoreOrder)
}

// maxExchanges bounds the work for a key, which grows with them; maxNames have so many.
const maxExchanges, maxNames = 720, 6

// newSymmetry makes the group of exchanges, and looks whether the world is the
// same under each of them: otherwise states that count as one would have
// different futures. It is nil where each state is only itself.
func newSymmetry(w *World, first *model.State, o *Options) (*symmetry, error) {
	y := &symmetry{exchanges: []map[string]string{{}}, unordered: o.IgnoreOrder}
	seen := map[string]bool{}
	sets := w.Interchangeable
	if o.Unreduced {
		sets = nil
	}
	for _, names := range sets {
		for _, n := range names {
			if seen[n] {
				return nil, fmt.Errorf("world %s: the name %s is interchangeable twice", w.Name, n)
			}
			if n == "" || n == "." || n == ".." || strings.Contains(n, "/") {
				return nil, fmt.Errorf("world %s: %q is no name of a directory or file", w.Name, n)
			}
			seen[n] = true
		}
		if len(names) > maxNames { // of more there are too many orders to make them first
			return nil, fmt.Errorf("world %s: its names can be exchanged in more than %d ways", w.Name, maxExchanges)
		}
		var all []map[string]string
		for _, p := range permutations(names) {
			for _, x := range y.exchanges {
				if len(all) == maxExchanges {
					return nil, fmt.Errorf("world %s: its names can be exchanged in more than %d ways", w.Name, maxExchanges)
				}
				all = append(all, joined(x, names, p))
			}
		}
		y.exchanges = all
	}
	if len(y.exchanges) == 1 && !y.unordered {
		return nil, nil
	}
	return y, y.holds(w, first)
}

// permutations returns all orders of names, the given one first.
func permutations(names []string) (all [][]string) {
	if len(names) == 0 {
		return [][]string{nil}
	}
	for i := range names {
		rest := slices.Concat(names[:i], names[i+1:])
		for _, p := range permutations(rest) {
			all = append(all, append([]string{names[i]}, p...))
		}
	}
	return all
}

// joined is the exchange x with names[i] for p[i] added.
func joined(x map[string]string, names, p []string) map[string]string {
	y := make(map[string]string, len(x)+len(names))
	for from, to := range x {
		y[from] = to
	}
	for i := range names {
		if names[i] != p[i] {
			y[names[i]] = p[i]
		}
	}
	return y
}

// holds looks at the first state and at the calls under each exchange.
func (y *symmetry) holds(w *World, first *model.State) error {
	calls := map[string]bool{}
	for i := range w.Calls {
		calls[stepText(w.Calls[i])] = true
	}
	key := first.AppendKey(nil)
	for _, x := range y.exchanges[1:] {
		k := new(model.Keyer)
		k.Rename(x)
		if !bytes.Equal(key, k.Append(nil, first)) {
			return fmt.Errorf("world %s: the first state is another when %s are exchanged: the setup has to treat interchangeable names alike", w.Name, exchangeText(x))
		}
		for i := range w.Calls {
			if other := stepText(renameStep(w.Calls[i], x)); !calls[other] {
				return fmt.Errorf("world %s: when %s are exchanged, %s becomes %s, which is no call of the world", w.Name, exchangeText(x), stepText(w.Calls[i]), other)
			}
		}
	}
	return nil
}

func stepText(s model.Step) string { return fmt.Sprintf("%d %s", s.Actor, s.Call) }

func exchangeText(x map[string]string) string {
	var names []string
	for from := range x {
		names = append(names, from)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// renameStep renames the components of all strings of a call.
func renameStep(s model.Step, x map[string]string) model.Step {
	for i := range s.Call.Args {
		if a := &s.Call.Args[i]; a.Kind == model.String {
			parts := strings.Split(a.S, "/")
			for j, p := range parts {
				if to, ok := x[p]; ok {
					parts[j] = to
				}
			}
			a.S = strings.Join(parts, "/")
		}
	}
	return s
}

// inverse is the exchange that undoes x.
func inverse(x map[string]string) map[string]string {
	y := make(map[string]string, len(x))
	for from, to := range x {
		y[to] = from
	}
	return y
}

// then is the exchange x followed by y.
func then(x, y map[string]string) map[string]string {
	z := make(map[string]string, len(x)+len(y))
	for from, to := range y {
		z[from] = to
	}
	for from, mid := range x {
		to, ok := y[mid]
		if !ok {
			to = mid
		}
		z[from] = to
	}
	return z
}

// canonizer makes the keys by which states are told apart: of the keys under
// all exchanges the least. Where orders are ignored it is the key of a state
// in which these follow from the rest.
type canonizer struct {
	symmetry *symmetry // nil: the key itself
	keyers   []model.Keyer
	other    []byte
	sorted   model.State // with its orders made to follow from the rest
	chosen   int         // the exchange that gave the last key
}

func newCanonizer(y *symmetry) canonizer {
	c := canonizer{symmetry: y}
	if y != nil {
		c.keyers = make([]model.Keyer, len(y.exchanges))
		for i := range c.keyers {
			c.keyers[i].Rename(y.exchanges[i])
		}
	}
	return c
}

// append appends the key of s that k makes, or a lesser one under an exchange.
func (c *canonizer) append(to []byte, k *model.Keyer, s *model.State) []byte {
	start := len(to)
	to = k.Append(to, c.ordered(k, s))
	c.chosen = 0
	for i := 1; i < len(c.keyers); i++ {
		k := &c.keyers[i]
		other, less := k.AppendLesser(c.other[:0], c.ordered(k, s), to[start:])
		if c.other = other; less {
			to = append(to[:start], other...)
			c.chosen = i
		}
	}
	return to
}

// ordered is the state of which k makes a key: s itself, or where orders are ignored
// one in which they follow from the rest.
func (c *canonizer) ordered(k *model.Keyer, s *model.State) *model.State {
	if c.symmetry == nil || !c.symmetry.unordered {
		return s
	}
	s.Copy(&c.sorted)
	c.sorted.Unordered(k)
	return &c.sorted
}
