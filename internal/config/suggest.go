package config

// didYouMean returns `; did you mean "x"?` for the candidate that looks most like word, "" if none does.
func didYouMean(word string, candidates []string) string {
	if best := closest(word, candidates); best != "" {
		return `; did you mean "` + best + `"?`
	}
	return ""
}

// closest returns the candidate within a typo or three of word, by the word's length; "" if there is none.
func closest(word string, candidates []string) string {
	if len(word) == 0 || len(word) > 64 {
		return ""
	}
	best, most := "", 1+min(len(word)/4, 2)
	for _, c := range candidates {
		if d := distance(word, c); d <= most {
			best, most = c, d-1
		}
	}
	return best
}

// distance counts the bytes to insert, drop, replace or swap with their neighbour to make b of a.
func distance(a, b string) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		d[i][0] = i
	}
	for j := range d[0] {
		d[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := d[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			d[i][j] = min(d[i-1][j]+1, d[i][j-1]+1, replaced)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
