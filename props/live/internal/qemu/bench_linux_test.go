package qemu_test

import (
	"bufio"
	"fmt"
	"io"
	"testing"

	"mntcheck/props/live/internal/qemu"
)

// readLines reads lines such as "1000 20 …": of that many bytes, and to be
// answered by a line of so many.
func readLines(channel io.ReadWriter) error {
	r := bufio.NewReaderSize(channel, 64<<10)
	for {
		var size, answer int
		if _, err := fmt.Fscanf(r, "%d %d\n", &size, &answer); err != nil {
			return err
		}
		if _, err := r.Discard(size); err != nil {
			return err
		}
		if _, err := channel.Write(make([]byte, answer)); err != nil {
			return err
		}
	}
}

// BenchmarkChannel measures a question and its answer, of small ones and of ones
// that fill the channel in one direction.
func BenchmarkChannel(b *testing.B) {
	const large = 4 << 20
	for _, c := range []struct {
		name         string
		size, answer int
		parameter    string
	}{
		{"round-trip", 1, 1, ""},
		{"to-guest", large, 1, ""},
		{"from-guest", 1, large, ""},
		{"serial/round-trip", 1, 1, "initcall_blacklist=virtio_console_init"},
		{"serial/to-guest", large / 64, 1, "initcall_blacklist=virtio_console_init"},
		{"serial/from-guest", 1, large / 64, "initcall_blacklist=virtio_console_init"},
	} {
		b.Run(c.name, func(b *testing.B) {
			o := qemu.Options{}
			if c.parameter != "" {
				o.Parameters = []string{c.parameter}
			}
			m := boot(b, "answer", o)
			b.SetBytes(int64(max(c.size, c.answer)))
			question, answer := make([]byte, c.size), make([]byte, c.answer)
			for b.Loop() {
				if _, err := fmt.Fprintf(m, "%d %d\n%s", c.size, c.answer, question); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(m, answer); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBoot measures the time until the guest has the channel.
func BenchmarkBoot(b *testing.B) {
	for b.Loop() {
		boot(b, "hang", qemu.Options{}).Close()
	}
}
