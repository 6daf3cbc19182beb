package mountinfo

import (
	"fmt"
	"io"
	"testing"
)

// bigMounts is the kernel's default limit on the mounts of a namespace.
const bigMounts = 100_000

// bigTable makes a table like the one of a host full of containers: an overlay each
// with some mounts in it, peer groups, a space now and then.
func bigTable() []byte {
	var b []byte
	b = append(b, "1 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"...)
	for id := 2; id <= bigMounts; id++ {
		c := id / 8
		switch {
		case id%8 == 0 || id == 2:
			b = fmt.Appendf(b, "%d 1 0:%d / /var/lib/containers/storage/overlay/%x/merged rw,nodev,relatime shared:%d - overlay overlay rw,lowerdir=/var/lib/l/A:/var/lib/l/B,upperdir=/var/lib/u,workdir=/var/lib/w\n", id, id, c*7919, id)
		case id%8 == 7:
			b = fmt.Appendf(b, "%d 1 254:0 /srv/%d /var/lib/containers/volumes/my\\040data/%d rw,relatime master:1 - ext4 /dev/vda rw,discard\n", id, c, c)
		default:
			b = fmt.Appendf(b, "%d %d 0:%d / /var/lib/containers/storage/overlay/%x/merged/m%d rw,nosuid,nodev,noexec,relatime shared:%d - tmpfs tmpfs rw,size=65536k,mode=755\n", id, max(c*8, 1), id, c*7919, id, id)
		}
	}
	return b
}

func BenchmarkParse(b *testing.B) {
	data := bigTable()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse("f", data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	data := bigTable()
	t, err := Parse("f", data)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out = t.Append(out[:0])
	}
}

func BenchmarkRender(b *testing.B) {
	t, err := Parse("f", bigTable())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := Render(io.Discard, t, RenderOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

// Parsing takes a copy of the text, the entries, and what finds parents; nothing
// line by line but the texts with escapes, of which this table has one in eight.
func TestParseAllocations(t *testing.T) {
	data := bigTable()
	allocs := testing.AllocsPerRun(1, func() {
		if _, err := Parse("f", data); err != nil {
			t.Fatal(err)
		}
	})
	if most := float64(bigMounts/8 + 20); allocs > most {
		t.Errorf("%.0f allocations, want at most %.0f", allocs, most)
	}
}

// BenchmarkLoad reads and loads a table of 100,000 lines.
func BenchmarkLoad(b *testing.B) {
	data := bigTable()
	b.ReportAllocs()
	for b.Loop() {
		t, err := Parse("f", data)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Load(t, LoadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOfProcess(b *testing.B) {
	t, err := Parse("f", bigTable())
	if err != nil {
		b.Fatal(err)
	}
	l, err := Load(t, LoadOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if got := OfProcess(l.State, 1); len(got.Entries) != bigMounts {
			b.Fatalf("%d mounts", len(got.Entries))
		}
	}
}
