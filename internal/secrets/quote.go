package secrets

import "strings"

// quotePath makes a path safe to paste into a shell.
func quotePath(path string) string {
	safe := path != "" && path[0] != '-'
	for _, r := range path {
		safe = safe && (r == '/' || r == '.' || r == '_' || r == '-' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z')
	}
	if safe {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
