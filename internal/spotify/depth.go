package spotify

import "errors"

// deepest is how far JSON may nest: real answers stay below ten.
const deepest = 64

var errTooDeep = errors.New("it nests too deep")

// tooDeep tells, before anything is decoded and without recursion, whether brackets outside
// of strings nest deeper than that. The text need not be JSON.
func tooDeep(text []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{', c == '[':
			if depth++; depth > deepest {
				return true
			}
		case c == '}', c == ']':
			depth--
		}
	}
	return false
}
