// Package manual is being built.
package manual
