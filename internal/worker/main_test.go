package worker

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// The test binary is the child, too.
func TestMain(m *testing.M) {
	if IsChild(os.Args) {
		os.Exit(Main())
	}
	goleak.VerifyTestMain(m)
}
