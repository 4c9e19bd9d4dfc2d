// Package lsp is being built.
package lsp
