package engine

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// hint says what may be right where a file is no Starlark: who writes rules knows other languages, and some of what they have
// is not there. "" when nothing is known.
func (m *misread) hint() string {
	for _, know := range []func() string{m.character, m.fromElsewhere, m.python, m.missing} {
		if h := know(); h != "" {
			return h
		}
	}
	return ""
}

// character is about single characters that the language has not, and about strings.
func (m *misread) character() string {
	switch {
	case strings.HasPrefix(m.Text, "unexpected newline in string"):
		mark := markOf(m.word(m.at))
		return fmt.Sprintf(`a %s is missing at its end; a text of several lines stands in """`, strings.TrimLeft(mark, "rb"))
	case strings.HasPrefix(m.Text, "unexpected EOF in string"):
		return fmt.Sprintf("a %s is missing at its end", strings.TrimLeft(markOf(m.word(m.at)), "rb"))
	case strings.HasPrefix(m.Text, "unindent does not match"):
		return "it is indented as no line above it is: tabs and spaces do not mix"
	case !strings.HasPrefix(m.Text, "unexpected input character"):
		return ""
	}
	switch c, _ := utf8.DecodeRuneInString(m.word(m.at)); {
	case c == '!':
		return "write not"
	case c == '?':
		return "write yes if condition else no"
	case c == '@':
		return "there are no decorators"
	case strings.ContainsRune("“”„‘’«»`´", c):
		return `a string stands in " or '`
	case unicode.IsSpace(c) || unicode.Is(unicode.Cf, c):
		return fmt.Sprintf("%U looks like a space or like nothing: take it out", c)
	}
	return ""
}

const commentsBegin = "a comment begins with #"

// fromElsewhere is about what other languages write.
func (m *misread) fromElsewhere() string {
	before, at, after := m.word(m.at-1), m.word(m.at), m.word(m.at+1)
	if m.gap {
		if before == m.word(m.at-2) && (before == "+" || before == "-") && m.joined(m.at-2) {
			return fmt.Sprintf("there is no %s%[1]s: write %[1]s= 1", before)
		}
		at = ""
	}
	switch {
	case before == "else" && at == "if":
		return "write elif"
	case before == "&" && at == "&":
		return "write and"
	case before == "|" && at == "|":
		return "write or"
	case before == "<" && at == ">":
		return "write !="
	case at == ":" && after == "=" && m.joined(m.at), before == ":" && at == "=" && m.joined(m.at-1):
		return "there is no :=: write name = value, on a line of its own"
	case at == "=" && (before == "==" || before == "!=") && m.joined(m.at-1):
		return "write " + before
	case at == "-" && after == ">", m.inParameters() && at == ":":
		return "there are no types: write def f(now):"
	case at == ":" && strings.HasSuffix(m.Text, "want newline") && after != "" && !m.tokens[m.at+1].first:
		return "there are no types: write name = value"
	case at == ":" && strings.HasSuffix(m.Text, "want newline"):
		return "a : stands behind def, if, elif, else and for only"
	case at == "//", at == "/" && after == "*", m.commented():
		return commentsBegin
	case at == "{" && strings.HasSuffix(m.Text, "want ':'"):
		return "a block begins with : and is indented; it has no braces"
	case at == "then" && strings.HasSuffix(m.Text, "want ':'"):
		return "write : instead of then"
	case m.got("identifier") && m.at < len(m.tokens) && m.tokens[m.at].kind == numberToken:
		return fmt.Sprintf("a duration is a string: %q", at)
	}
	if first := m.word(m.begin()); m.got("identifier", "string literal", "int literal", "float literal", "'{'", "':'") && m.begin() < m.at {
		return otherLanguages[first]
	}
	return ""
}

// otherLanguages is what a line of another language begins with, and what takes its place.
var otherLanguages = map[string]string{
	"elseif": "write elif", "elsif": "write elif",
	"function": "write def", "func": "write def", "fn": "write def", "fun": "write def", "sub": "write def",
	"let": "a name needs no let: write name = value", "var": "a name needs no var: write name = value",
	"const": "a name needs no const: write name = value", "val": "a name needs no val: write name = value",
	"switch": "there is no switch: write if and elif", "match": "there is no match: write if and elif",
	"case": "there is no case: write if and elif", "unless": "write if not",
}

// otherNames are names that other languages have for what is always there.
var otherNames = map[string]string{
	"null": "None", "nil": "None", "none": "None", "NULL": "None", "undefined": "None", "true": "True", "TRUE": "True", "false": "False", "FALSE": "False",
	"console": "log(...)", "printf": "log(...)", "echo": "log(...)", "isinstance": `type(x) == "string"`,
}

// commented says that there is a // on the line before the place, with words behind it.
func (m *misread) commented() bool {
	if m.gap || m.got("'='") {
		return false
	}
	for i := m.at - 1; i > m.begin(); i-- {
		if m.word(i) == "//" {
			return true
		}
	}
	return false
}

// joined says that nothing stands between a token and the next.
func (m *misread) joined(i int) bool {
	return i >= 0 && i+1 < len(m.tokens) && m.tokens[i].endLine == m.tokens[i+1].line && m.tokens[i].endCol == m.tokens[i+1].col
}

// begin is the first token of the line.
func (m *misread) begin() int {
	for i := min(m.at, len(m.tokens)-1); i > 0; i-- {
		if m.tokens[i].first && !(m.gap && i == m.at) {
			return i
		}
	}
	return 0
}

// inside is the bracket around the place.
func (m *misread) inside() string {
	for i := m.at - 1; i >= 0; i-- {
		switch t := m.tokens[i]; {
		case t.closes() && t.pair >= 0:
			i = t.pair
		case t.opens():
			return t.text
		case t.first && statementWord[t.text]:
			return ""
		}
	}
	return ""
}

// inParameters says that the place is among the parameters of a def.
func (m *misread) inParameters() bool {
	for i := m.at - 1; i >= 2; i-- {
		switch t := m.tokens[i]; {
		case t.closes() && t.pair >= 0:
			i = t.pair
		case t.is("("):
			return m.tokens[i-2].is("def")
		case t.first:
			return false
		}
	}
	return false
}

// python is about what Python has and Starlark has not.
func (m *misread) python() string {
	at := m.word(m.at)
	switch {
	case !m.gap && m.got("string literal") && (m.word(m.at-1) == "f" || m.word(m.at-1) == "F") && m.joined(m.at-1):
		return `there are no f-strings: write "%s plays" % name`
	case m.got("is"):
		return "compare with =="
	}
	if instead, ok := pythonOnly[at]; ok && !m.gap && m.got(at) {
		return instead
	}
	if first := m.begin(); first < len(m.tokens) {
		return pythonOnly[m.word(first)]
	}
	return ""
}

// pythonOnly is what Python has and Starlark has not, with what takes its place.
var pythonOnly = map[string]string{
	"import":   `there is no import: time, json and math are there, and load("lib/devices.star", "HOUSEHOLD") takes names from another file`,
	"from":     `there is no import: load("lib/devices.star", "HOUSEHOLD") takes names from another file`,
	"try":      "there are no exceptions: look before, as in if x != None",
	"except":   "there are no exceptions: look before, as in if x != None",
	"finally":  "there are no exceptions: look before, as in if x != None",
	"raise":    `there are no exceptions: fail("why") ends the handler, and voids its turn`,
	"while":    "there is no while: write for i in range(10)",
	"class":    "there are no classes: struct(name = 1) holds values",
	"with":     "there is no with",
	"yield":    "there are no generators: return a list",
	"global":   "globals do not change: state.set(key, value) remembers",
	"nonlocal": "there is no nonlocal: return the value",
	"del":      "there is no del: list.pop(), dict.pop() and state.delete() take away",
	"assert":   `there is no assert in rules: write if not x: fail("why")`,
	"async":    "there is no async: calls do not wait",
	"await":    "there is no await: calls do not wait",
}

// firstWord is that of a line.
func firstWord(lines []string, line int) string {
	if line < 1 || line > len(lines) {
		return ""
	}
	word, _, _ := strings.Cut(strings.TrimSpace(lines[line-1]), " ")
	return strings.TrimSuffix(word, ":")
}

// missing is about what should stand before the place.
func (m *misread) missing() string {
	last := m.Line
	if m.gap && m.at > 0 {
		last = m.tokens[m.at-1].endLine
	}
	wants := func(what string) bool { return strings.HasSuffix(m.Text, "want "+what) }
	switch {
	case m.got("'='") && m.inside() == "{":
		return `a dict is written {"key": value}`
	case m.got("'='"):
		return "compare with =="
	case strings.HasPrefix(m.Text, "keyword argument must") && m.at > 0 && m.tokens[m.at-1].kind == stringToken:
		return "the name of an argument has no quotation marks"
	case strings.HasPrefix(m.Text, "keyword argument must"):
		return "compare with =="
	case wants("indent"):
		return fmt.Sprintf("what belongs to line %d stands below it and is indented: pass, if it is nothing", last)
	case m.got("indent"):
		return "this line is indented further than the one above it: tabs and spaces do not mix"
	case m.gap && wants("':'"):
		return fmt.Sprintf("line %d needs a : at its end", last)
	case wants("':'"):
		return "a : is missing before it"
	case m.Text == "not an identifier" && m.gap:
		return "a name is missing"
	case m.Text == "not an identifier" && m.at < len(m.tokens) && m.tokens[m.at].kind != wordToken:
		return "a name is missing before it"
	case m.Text == "not an identifier" && m.at < len(m.tokens) && m.tokens[m.at].kind == wordToken:
		return m.word(m.at) + " is a word of the language: take another name"
	case m.got("end of file", "newline", "outdent"):
		return fmt.Sprintf("something is missing at the end of line %d", last)
	case m.got("else", "elif"):
		return "no if stands above it that is indented like it"
	case (wants("','") || wants("']'") || wants("'}'") || wants("')'")) && m.got("identifier", "string literal", "int literal", "float literal", "'('", "'['", "'{'"):
		return "is a comma missing before it?"
	case wants("newline") && m.at-1 == m.begin() && m.got("string literal", "int literal", "float literal", "identifier") && m.tokens[m.at-1].kind == wordToken:
		return fmt.Sprintf("a call has parentheses: %s(...)", m.word(m.at-1))
	}
	return ""
}
