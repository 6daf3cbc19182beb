package live

import (
	"context"
	"io"

	"mntcheck/props/live/internal/qemu"
)

// serveInMachine is the server where this process is the init of a machine that
// Boot has started, and does not return there.
func serveInMachine() {
	qemu.Guest(func(channel io.ReadWriter) error {
		return Serve(context.Background(), channel, channel)
	})
}
