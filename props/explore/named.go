package explore

import (
	"embed"
	"fmt"
	"path"
	"slices"
	"strings"
)

//go:embed worlds/*.world
var worldFiles embed.FS

// DefaultWorld is the name of the world that is explored where none is named;
// it ends in a second.
const DefaultWorld = "binds"

// Names lists the worlds that have names, the smallest first.
func Names() []string {
	var names []string
	for _, w := range namedWorlds() {
		names = append(names, w.Name)
	}
	return names
}

// Named returns the world of a name.
func Named(name string) (*World, error) {
	for _, w := range namedWorlds() {
		if w.Name == name {
			return w, nil
		}
	}
	return nil, fmt.Errorf("no world is called %q; those with names are %s", name, strings.Join(Names(), ", "))
}

// namedWorlds reads the files of this package, which a test has read before.
func namedWorlds() (all []*World) {
	entries, _ := worldFiles.ReadDir("worlds")
	for _, entry := range entries {
		data, err := worldFiles.ReadFile(path.Join("worlds", entry.Name()))
		if err != nil {
			continue
		}
		if w, err := ParseWorld(entry.Name(), data); err == nil {
			all = append(all, w)
		}
	}
	slices.SortStableFunc(all, func(a, b *World) int {
		if a.States < b.States {
			return -1
		}
		return 1
	})
	return all
}
