package props_test

import (
	"testing"

	"pgregory.net/rapid"

	"mntcheck/props"
	"mntcheck/props/draw"
)

// The properties of OPEN_TREE_NAMESPACE, spec 05 §5, one by one: in a random
// table, such calls at random places, and what else may touch the promise.

func TestNS1(t *testing.T)  { focused(t, "NS-1") }
func TestNS2(t *testing.T)  { focused(t, "NS-2") }
func TestNS3(t *testing.T)  { focused(t, "NS-3") }
func TestNS4(t *testing.T)  { focused(t, "NS-4") }
func TestNS5(t *testing.T)  { focused(t, "NS-5") }
func TestNS6(t *testing.T)  { focused(t, "NS-6") }
func TestNS7(t *testing.T)  { focused(t, "NS-7") }
func TestNS8(t *testing.T)  { focused(t, "NS-8") }
func TestNS9(t *testing.T)  { focused(t, "NS-9") }
func TestNS10(t *testing.T) { focused(t, "NS-10") }
func TestNS11(t *testing.T) { focused(t, "NS-11") }
func TestNS12(t *testing.T) { focused(t, "NS-12") }
func TestNS13(t *testing.T) { focused(t, "NS-13") }
func TestNS14(t *testing.T) { focused(t, "NS-14") }
func TestNS15(t *testing.T) { focused(t, "NS-15") }
func TestNS16(t *testing.T) { focused(t, "NS-16") }
func TestNS17(t *testing.T) { focused(t, "NS-17") }
func TestNS18(t *testing.T) { focused(t, "NS-18") }
func TestNS19(t *testing.T) { focused(t, "NS-19") }
func TestNS20(t *testing.T) { focused(t, "NS-20") }
func TestNS21(t *testing.T) { focused(t, "NS-21") }
func TestNS22(t *testing.T) { focused(t, "NS-22") }
func TestNS23(t *testing.T) { focused(t, "NS-23") }
func TestNS24(t *testing.T) { focused(t, "NS-24") }

// focused checks one invariant on tables and calls that rapid draws, and that
// its premise comes about.
func focused(t *testing.T, name string) {
	t.Parallel()
	property, premises, err := props.Focus(nil, name, props.ManyNamespaces(), props.Sizes(draw.Small, draw.Medium))
	if err != nil {
		t.Fatal(err)
	}
	for range 10 { // some need a rare table
		rapid.Check(t, property)
		if premises() > 0 || testing.Short() || t.Failed() {
			return
		}
	}
	t.Errorf("no call came about to which %s applies", name)
}
