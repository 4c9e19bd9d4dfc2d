package builtins

import "strings"

// nearest gives the word that resembles name: at most a third of its letters differ. "" when none does.
func nearest(name string, words []string) string {
	name = strings.ToLower(name)
	if len(name) > 40 {
		return ""
	}
	best, limit := "", max(1, len(name)/3)
	for _, w := range words {
		if d := edits(name, w); d <= limit && d < len(name) {
			best, limit = w, d-1
		}
	}
	return best
}

// edits counts the bytes to change, add or drop (Levenshtein's distance), with two neighbours swapped as one.
func edits(a, b string) int {
	before, last, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			next[j+1] = min(change, last[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, last, next = last, next, before
	}
	return last[len(b)]
}
