package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"gatefold/hardware"
)

// version is set by the linker (make build).
var version = "dev"

// revision is the commit that was built, when the build knows it.
func revision() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return ""
}

func versionCommand(s stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "print the version, and whether this build can talk to a USB light",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			usb := "with USB lights"
			if !hardware.USBSupported() {
				usb = "without USB lights (built without cgo)"
			}
			_, err := fmt.Fprintf(s.out, "gatefold %s %s %s/%s %s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, usb)
			return err
		},
	}
}
