package trace

import (
	"slices"
	"strings"
)

// Meta says which trace this is: keys and their values, in the order of the
// file. No key occurs twice.
type Meta []MetaEntry

// MetaEntry is one line of the section "meta".
type MetaEntry struct {
	Key   string // letters, digits, '_', '-' and '.'; the first a letter
	Value string // one line
}

// Get is the value of a key, "" where there is none.
func (m Meta) Get(key string) string {
	for _, e := range m {
		if e.Key == key {
			return e.Value
		}
	}
	return ""
}

// Set gives a key its value. A new key comes last.
func (m *Meta) Set(key, value string) {
	i := slices.IndexFunc(*m, func(e MetaEntry) bool { return e.Key == key })
	if i < 0 {
		*m = append(*m, MetaEntry{key, value})
		return
	}
	(*m)[i].Value = value
}

// Kernel is the release that gave the answers, such as "7.3.4".
func (m Meta) Kernel() string { return m.Get("kernel") }

// Family is the kind of world and calls that the trace was made of, such as
// "classic" or "namespace".
func (m Meta) Family() string { return m.Get("family") }

// Unprivileged tells whether the trace starts in the world of a user who is not root
// of the initial user namespace (model.World has what that means), and not in
// the one of root: the entry "world unprivileged". In both the tables are the same.
func (m Meta) Unprivileged() bool { return m.Get(worldKey) == unprivileged }

// SetUnprivileged says that the trace starts in such a world.
func (m *Meta) SetUnprivileged() { m.Set(worldKey, unprivileged) }

const worldKey, unprivileged = "world", "unprivileged"

// parseMeta reads lines "key value"; blank ones are passed over. line is the
// first one's number.
func parseMeta(file, text string, line int) (Meta, error) {
	var meta Meta
	for ; text != ""; line++ {
		var row string
		row, text, _ = strings.Cut(text, "\n")
		entry := strings.TrimSpace(row)
		if entry == "" {
			continue
		}
		column := strings.Index(row, entry) + 1
		key, value, _ := strings.Cut(entry, " ")
		value = strings.TrimSpace(value)
		switch {
		case !isKey(key):
			return nil, &Error{file, line, column, quoteShort(key) + " is no key: want a line such as \"kernel 7.3.4\""}
		case value == "":
			return nil, &Error{file, line, column, "key " + key + " has no value: want a line such as \"kernel 7.3.4\""}
		case meta.Get(key) != "":
			return nil, &Error{file, line, column, "key " + key + " is given twice"}
		}
		meta = append(meta, MetaEntry{key, value})
	}
	return meta, nil
}

func isKey(key string) bool {
	if key == "" || key[0] == '-' || key[0] == '.' || key[0] == '_' || isDigit(key[0]) {
		return false
	}
	for i := range len(key) {
		if !isNameByte(key[i]) && key[i] != '-' && key[i] != '.' {
			return false
		}
	}
	return true
}
