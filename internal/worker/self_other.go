//go:build !linux

package worker

import "os"

// Self is this very program.
func Self() (string, error) { return os.Executable() }

// resident is not known here.
func resident(int) int64 { return 0 }
