package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"gatefold/hardware"
)

// Set by the linker: version by make build, and commit too by make dist, whose programs are the same whether they were
// built in a repository or in a copy of it.
var (
	version = "dev"
	commit  = ""
)

// revision is the commit that was built, when the build knows it.
func revision() string {
	if commit != "" {
		return commit
	}
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
