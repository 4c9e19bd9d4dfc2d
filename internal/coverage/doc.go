// Package coverage is being built.
package coverage
