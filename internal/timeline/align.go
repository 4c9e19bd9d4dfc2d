package timeline

import "time"

// change is one line of a block: kept, taken away or added.
type change struct {
	op   byte // ' ', '-' or '+'
	line *expected
	text string
}

// align says how the lines of a block become what happened.
func (t *Timeline) align(b *block, got []item) []change {
	want := wanted(b)
	match := common(keys(want), keys(got))
	spans := map[*expected][]int{} // line -> what happened as it wants it
	whole := map[*expected]int{}
	for i, it := range want {
		whole[it.source]++
		if match[i] >= 0 {
			spans[it.source] = append(spans[it.source], match[i])
		}
	}
	taken := make([]bool, len(got))
	for line, js := range spans {
		if len(js) == whole[line] {
			for _, j := range js {
				taken[j] = true
			}
		}
	}
	var out []change
	j := 0
	add := func(until int) {
		var free []item
		for ; j < until; j++ {
			if !taken[j] {
				free = append(free, got[j])
			}
		}
		out = append(out, t.additions(free)...)
	}
	for _, e := range b.expected {
		js := spans[e]
		if len(js) == 0 || len(js) < whole[e] {
			out = append(out, change{'-', e, e.text})
			continue
		}
		add(js[0])
		out = append(out, change{' ', e, e.text})
	}
	add(len(got))
	return out
}

// additions writes what happened as lines; what happens at regular intervals becomes one line.
func (t *Timeline) additions(items []item) []change {
	var out []change
	for i := 0; i < len(items); {
		n := regular(items[i:])
		last, every := items[i+n-1].after, time.Duration(0)
		if n > 1 {
			every = items[i+1].after - items[i].after
		}
		out = append(out, change{op: '+', text: t.write(items[i], last, every)})
		i += n
	}
	return out
}

// regular is how many of the first items are one thing at regular intervals: at least three, or 1. What happens at the
// very moment of the at line stands alone.
func regular(items []item) int {
	n := 1
	for items[0].after > 0 && n < len(items) && n < maxMoments {
		a, b := items[n-1], items[n]
		if a.account != b.account || a.call != b.call || a.note != b.note || b.after <= a.after {
			break
		}
		if n > 1 && b.after-a.after != a.after-items[n-2].after {
			break
		}
		n++
	}
	if n < 3 {
		return 1
	}
	return n
}

const mostCells = 4 << 20 // of the table; more is not aligned

// common gives for each of a the index in b of its equal in the longest common subsequence, or -1.
func common(a, b []string) []int {
	match := make([]int, len(a))
	for i := range match {
		match[i] = -1
	}
	start := 0
	for start < len(a) && start < len(b) && a[start] == b[start] {
		match[start] = start
		start++
	}
	endA, endB := len(a), len(b)
	for endA > start && endB > start && a[endA-1] == b[endB-1] {
		endA--
		endB--
		match[endA] = endB
	}
	a, b = a[start:endA], b[start:endB]
	if len(a)*len(b) > mostCells {
		return match
	}
	table := make([][]int32, len(a)+1)
	for i := range table {
		table[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				table[i][j] = table[i+1][j+1] + 1
			} else {
				table[i][j] = max(table[i+1][j], table[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			match[start+i] = start + j
			i++
			j++
		case table[i+1][j] >= table[i][j+1]:
			i++
		default:
			j++
		}
	}
	return match
}
