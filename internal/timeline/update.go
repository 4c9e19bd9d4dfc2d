package timeline

import "strings"

// Update gives the file as it would be if it expected what happened. Only indented lines change, and of those only the
// ones that are wrong; comments, blank lines and everything else stay. Data that is not the timeline of the result comes
// back as it is.
func Update(data []byte, r Result) []byte {
	t := r.Timeline
	lines := splitLines(data)
	if t == nil || strings.Join(lines, "") != strings.Join(t.lines, "") {
		return data
	}
	ending := "\n"
	if len(lines) > 0 && strings.HasSuffix(lines[0], "\r\n") {
		ending = "\r\n"
	}
	u := updater{drop: map[int]bool{}, add: map[int][]string{}, ending: ending}
	got := r.below()
	for i, b := range t.blocks {
		u.block(b, t.align(b, got[i]), t.indent(b))
	}
	return []byte(u.apply(lines))
}

// updater collects what changes, by line number.
type updater struct {
	drop   map[int]bool
	add    map[int][]string // behind the line
	ending string
}

// block puts what is new behind the line that stays, or would have stayed, before it.
func (u updater) block(b *block, changes []change, indent string) {
	behind := b.line
	for _, c := range changes {
		switch c.op {
		case '+':
			u.add[behind] = append(u.add[behind], indent+c.text+u.ending)
			continue
		case '-':
			u.drop[c.line.line] = true
		}
		behind = c.line.line
	}
}

func (u updater) apply(lines []string) string {
	var b strings.Builder
	for i, line := range lines {
		if !u.drop[i+1] {
			b.WriteString(line)
		}
		news := u.add[i+1]
		if len(news) > 0 && !u.drop[i+1] && !strings.HasSuffix(line, "\n") {
			b.WriteString(u.ending)
		}
		for _, text := range news {
			b.WriteString(text)
		}
	}
	return b.String()
}

// indent is how the block's lines are indented, or the lines of the block before it.
func (t *Timeline) indent(b *block) string {
	indent := "\t"
	for _, other := range t.blocks {
		if len(other.expected) > 0 {
			line := t.lines[other.expected[0].line-1]
			indent = line[:len(line)-len(strings.TrimLeft(line, " \t"))]
		}
		if other == b {
			break
		}
	}
	return indent
}
