package config

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// keepsModes says whether a file's mode says who can read and write it.
const keepsModes = runtime.GOOS != "windows"

// readFile returns the bytes of a regular file of at most limit bytes, and what fstat says about that very file.
// It is opened without blocking: a FIFO must not hold up the start.
func readFile(path string, limit int64) ([]byte, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("reading a file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("reading a file: %w", err)
	}
	if info.IsDir() {
		return nil, nil, fmt.Errorf("%s is a folder, not a file", path)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is not a regular file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, nil, fmt.Errorf("reading a file: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, nil, fmt.Errorf("%s is larger than %d KiB", path, limit>>10)
	}
	return data, info, nil
}

// shellQuote returns path as it can be pasted into a shell.
func shellQuote(path string) string {
	const plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+@%,"
	if strings.Trim(path, plain) == "" && path[0] != '-' {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
