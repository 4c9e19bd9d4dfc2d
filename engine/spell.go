package engine

// Nearest gives the candidate that resembles name: at most a third of its
// letters differ, and at least one is the same. "" when none does, or when name
// is longer than any word that people mistype.
func Nearest(name string, candidates []string) string {
	if len(name) > 40 {
		return ""
	}
	best, limit := "", max(1, len(name)/3)
	for _, c := range candidates {
		if d := distance(name, c); d > 0 && d <= limit && d < len(name) {
			best, limit = c, d-1
		}
	}
	return best
}

// distance counts the letters to change, add, drop or swap with their
// neighbour (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	d := make([][]int, len(x)+1)
	for i := range d {
		d[i] = make([]int, len(y)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(x); i++ {
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, d[i-1][j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(x)][len(y)]
}
