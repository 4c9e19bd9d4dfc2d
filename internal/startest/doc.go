// Package startest is being built.
package startest
