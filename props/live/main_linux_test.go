package live

import (
	"os"
	"testing"
)

// TestMain lets the test's own executable be a server, or what a test needs a
// process of its own for.
func TestMain(m *testing.M) {
	_ = os.Setenv("GORACE", "atexit_sleep_ms=0") // of servers, in a test with the race detector
	Main()
	switch os.Getenv(clientVariable) {
	case runPrograms:
		runClient()
	case lookAtRoot:
		printRootState()
	case makeNothing:
		runNothing()
	}
	os.Exit(m.Run())
}
