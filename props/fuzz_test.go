package props_test

import (
	"testing"

	"mntcheck/props"
	"mntcheck/props/draw"
)

// FuzzCalls decodes each input to a world and a sequence of calls, with all
// invariants checked after every call.
func FuzzCalls(f *testing.F) { props.Fuzz(f, nil, props.Sizes(draw.Small)) }

// FuzzOpenTreeNamespace is the same with calls that make mount namespaces of a
// subtree in most places, in larger tables too.
func FuzzOpenTreeNamespace(f *testing.F) {
	props.Fuzz(f, nil, props.Sizes(draw.Small, draw.Small, draw.Medium), props.ManyNamespaces())
}
