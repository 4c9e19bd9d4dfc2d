package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// singleKeys makes a terminal hand over each key as it is pressed, and show none of them. ctrl-C, ctrl-Z and what is
// written stay as they are: this is no raw mode. restore gives the terminal back as it was; it may be called twice.
// A program in the background gets an error: the terminal is somebody else's then.
func singleKeys(in *os.File) (restore func(), err error) {
	fd := int(in.Fd())
	before, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return nil, err
	}
	if owner, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err != nil || owner != unix.Getpgrp() {
		return nil, errors.New("the terminal is another program's")
	}
	now := *before
	now.Lflag &^= unix.ICANON | unix.ECHO
	now.Cc[unix.VMIN], now.Cc[unix.VTIME] = 1, 0
	if err := unix.IoctlSetTermios(fd, unix.TCSETS, &now); err != nil {
		return nil, err
	}
	return func() { _ = unix.IoctlSetTermios(fd, unix.TCSETS, before) }, nil
}

// continued hears that the program goes on after ctrl-Z: the terminal is as the shell left it. From then on who reads
// from the terminal in the background gets an error, where otherwise the whole program would be stopped.
func continued() (again <-chan os.Signal, stop func()) {
	signal.Ignore(syscall.SIGTTIN)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGCONT)
	return c, func() { signal.Stop(c) }
}
