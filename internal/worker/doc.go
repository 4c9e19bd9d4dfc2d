// Package worker is being built.
package worker
