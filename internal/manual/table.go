package manual

import (
	"regexp"
	"strings"
)

// Row is a line of a table of arguments or attributes.
type Row struct {
	Name    string // "every"
	Call    string // "between(from, to, days=\"\")" if it can be called
	What    string
	Default string // as it is written; "" is none
}

// table is a table of a page.
type table struct {
	head []string
	rows [][]string
}

// tables gives those of a text.
func tables(body string) (out []table) {
	var t *table
	for line := range strings.Lines(body) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			t = nil
			continue
		}
		row := cells(line)
		switch {
		case t == nil:
			out = append(out, table{head: row})
			t = &out[len(out)-1]
		case !ruler.MatchString(line):
			t.rows = append(t.rows, row)
		}
	}
	return out
}

var ruler = regexp.MustCompile(`^\|[-:| ]+\|$`)

// cells splits a line of a table; "\|" is no end of a cell.
func cells(line string) []string {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "|"), "|")
	parts := strings.Split(strings.ReplaceAll(line, `\|`, "\x00"), "|")
	for i := range parts {
		parts[i] = strings.TrimSpace(strings.ReplaceAll(parts[i], "\x00", "|"))
	}
	return parts
}

// rowsOf reads the tables of a text that begin with a column of that name.
func rowsOf(body, column string) (rows []Row) {
	for _, t := range tables(body) {
		if t.head[0] != column {
			continue
		}
		for _, cells := range t.rows {
			m := named.FindStringSubmatch(cells[0])
			if m == nil || len(cells) < 2 {
				continue
			}
			r := Row{Name: m[1], What: cells[1]}
			if m[2] != "" {
				r.Call = m[1] + m[2]
			}
			if len(cells) > 2 {
				r.Default = cells[2]
			}
			rows = append(rows, r)
		}
	}
	return rows
}

var named = regexp.MustCompile("^`([A-Za-z_0-9.]+)(\\(.*\\))?`$")
