//go:build !linux

package main

import (
	"errors"
	"os"
)

// singleKeys is for Linux; elsewhere a key is handed over after Enter.
func singleKeys(*os.File) (restore func(), err error) {
	return nil, errors.New("keys are handed over after Enter here")
}

// continued never hears anything.
func continued() (again <-chan os.Signal, stop func()) { return nil, func() {} }
