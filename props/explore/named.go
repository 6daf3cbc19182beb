package explore

import (
	"cmp"
	"embed"
	"fmt"
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
	data, err := namedFile(name)
	if err != nil {
		return nil, err
	}
	p, err := parseWorld(name+worldEnding, data, namedFile, []string{name})
	if err != nil {
		return nil, err
	}
	return p.w, nil
}

// worldEnding is that of the file of a world, behind its name.
const worldEnding = ".world"

// namedFile is the file of the world of a name.
func namedFile(name string) ([]byte, error) {
	data, err := worldFiles.ReadFile("worlds/" + name + worldEnding)
	if err != nil {
		return nil, fmt.Errorf("no world is called %q; those with names are %s", name, strings.Join(fileNames(), ", "))
	}
	return data, nil
}

// fileNames are the names of all worlds, without a look into their files.
func fileNames() (names []string) {
	entries, _ := worldFiles.ReadDir("worlds")
	for _, entry := range entries {
		names = append(names, strings.TrimSuffix(entry.Name(), worldEnding))
	}
	return names
}

// namedWorlds reads the files of this package, which a test has read before. The
// smallest come first, and last those of which nobody has counted the states.
func namedWorlds() (all []*World) {
	for _, name := range fileNames() {
		if w, err := Named(name); err == nil {
			all = append(all, w)
		}
	}
	// Without a number, 0 becomes the largest there is.
	slices.SortStableFunc(all, func(a, b *World) int { return cmp.Compare(a.States-1, b.States-1) })
	return all
}
