package engine

import (
	"fmt"
	"strings"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
)

// languageTakes says what the language's own functions take, those of its libraries, and the methods of its values ("list.append"):
// the arguments in their order, each with the sort that it has to be. Before "/" they have no names, after "*" nothing but
// names; "?" may be left out; "*iterable" is any number of them, "**" any others by name. They do not say it themselves, so a
// test asks each of them.
var languageTakes = map[string]string{
	"abs": "x:number /", "all": "x:iterable /", "any": "x:iterable /", "bool": "x? /", "bytes": "x:bytes /", "chr": "i:int /",
	"dict": "pairs:iterable? / **", "dir": "x /", "enumerate": "iterable:iterable start:int? /", "fail": "*any sep:string?",
	"float": "x:numeral? /", "getattr": "x name:string default? /", "hasattr": "x name:string /", "hash": "x:text /",
	"int": "x:numeral base?", "len": "x:sized /", "list": "iterable:iterable? /", "max": "*any key?", "min": "*any key?",
	"ord": "x:text /", "print": "*any sep:string?", "range": "start:int stop:int? step:int? /", "repr": "x /",
	"reversed": "iterable:iterable /", "set": "iterable:iterable? /", "sorted": "iterable:iterable key? reverse:bool?",
	"str": "x /", "tuple": "iterable:iterable? /", "type": "x /", "zip": "*iterable",

	"time.from_timestamp": "sec:int nsec:int? /", "time.is_valid_timezone": "loc:string /", "time.now": "",
	"time.parse_duration": "d:duration /", "time.parse_time": "x:string format:string? location:string?",
	"time.time":   "* year:int? month:int? day:int? hour:int? minute:int? second:int? nanosecond:int? location:string?",
	"json.encode": "x /", "json.encode_indent": "x / * prefix:string? indent:string?",
	"json.decode": "x:string / default?", "json.indent": "str:string / * prefix:string? indent:string?",
	"struct":    "**",
	"math.ceil": "x:number /", "math.floor": "x:number /", "math.round": "x:number /", "math.fabs": "x:number /",
	"math.mod": "x:number y:number /", "math.remainder": "x:number y:number /", "math.pow": "x:number y:number /",
	"math.sqrt": "x:number /", "math.exp": "x:number /", "math.log": "x:number base:number? /", "math.hypot": "x:number y:number /",
	"math.copysign": "x:number y:number /", "math.sin": "x:number /", "math.cos": "x:number /", "math.tan": "x:number /",
	"math.asin": "x:number /", "math.acos": "x:number /", "math.atan": "x:number /", "math.atan2": "x:number y:number /",
	"math.sinh": "x:number /", "math.cosh": "x:number /", "math.tanh": "x:number /", "math.asinh": "x:number /",
	"math.acosh": "x:number /", "math.atanh": "x:number /", "math.degrees": "x:number /", "math.radians": "x:number /",
	"math.gamma": "x:number /",

	"string.capitalize": "", "string.codepoint_ords": "", "string.codepoints": "", "string.count": "sub:string start? end? /",
	"string.elem_ords": "", "string.elems": "", "string.endswith": "suffix:affix start? end? /", "string.find": "sub:string start? end? /",
	"string.format": "*any **", "string.index": "sub:string start? end? /", "string.isalnum": "", "string.isalpha": "",
	"string.isdigit": "", "string.islower": "", "string.isspace": "", "string.istitle": "", "string.isupper": "",
	"string.join": "iterable:iterable /", "string.lower": "", "string.lstrip": "cutset:string? /", "string.partition": "sep:string /",
	"string.removeprefix": "prefix:string /", "string.removesuffix": "suffix:string /", "string.replace": "old:string new:string count:int? /",
	"string.rfind": "sub:string start? end? /", "string.rindex": "sub:string start? end? /", "string.rpartition": "sep:string /",
	"string.rsplit": "sep:separator? maxsplit:int? /", "string.rstrip": "cutset:string? /", "string.split": "sep:separator? maxsplit:int? /",
	"string.splitlines": "keepends:bool? /", "string.startswith": "prefix:affix start? end? /", "string.strip": "cutset:string? /",
	"string.title": "", "string.upper": "",
	"bytes.elems": "",
	"list.append": "x /", "list.clear": "", "list.extend": "x:iterable /", "list.index": "x start? end? /", "list.insert": "i:int x /",
	"list.pop": "i:int? /", "list.remove": "x /",
	"dict.clear": "", "dict.get": "key default? /", "dict.items": "", "dict.keys": "", "dict.pop": "key default? /", "dict.popitem": "",
	"dict.setdefault": "key default? /", "dict.update": "pairs:iterable? / **", "dict.values": "",
	"set.add": "x /", "set.clear": "", "set.difference": "*iterable", "set.discard": "x /", "set.intersection": "*iterable",
	"set.issubset": "other:iterable /", "set.issuperset": "other:iterable /", "set.pop": "", "set.remove": "x /",
	"set.symmetric_difference": "other:iterable /", "set.union": "*iterable", "set.update": "*iterable",
	"time.time.in_location": "loc:string /", "time.time.format": "layout:string /",
}

// ofLanguage is what one of them takes.
func (v *vocabulary) ofLanguage(key, name string) (taking, bool) {
	if known, ok := v.language[key]; ok {
		return known, true
	}
	spec, ok := languageTakes[key]
	if !ok {
		return taking{}, false
	}
	t := takingSpec(name, spec)
	v.language[key] = t
	return t, true
}

func takingSpec(name, spec string) taking {
	t := taking{name: name}
	named := false
	for _, part := range strings.Fields(spec) {
		switch {
		case part == "/":
			for i := range t.params {
				t.params[i].unnamed = true
			}
		case part == "*":
			named = true
		case part == "**":
			t.fields = true
		case part[0] == '*':
			t.any, named = true, true
			if part != "*any" {
				t.more = part[1:]
			}
		default:
			bare := strings.TrimSuffix(part, "?")
			p := take{required: bare == part, named: named}
			p.name, p.sort, _ = strings.Cut(bare, ":")
			t.params = append(t.params, p)
		}
	}
	return t
}

// sorts are what an argument of the language's own functions has to be, in the words of an error.
var sorts = map[string]struct {
	want string
	is   func(starlark.Value) bool
}{
	"string":    {"string", isText},
	"int":       {"int", func(v starlark.Value) bool { _, ok := v.(starlark.Int); return ok }},
	"bool":      {"bool", func(v starlark.Value) bool { _, ok := v.(starlark.Bool); return ok }},
	"number":    {"int or float", isNumber},
	"numeral":   {"a number or a string", func(v starlark.Value) bool { _, ok := v.(starlark.Bool); return ok || isNumber(v) || isText(v) }},
	"iterable":  {"a list or something else to go through", func(v starlark.Value) bool { _, ok := v.(starlark.Iterable); return ok }},
	"sized":     {"a string, a list or something else that has a length", func(v starlark.Value) bool { return starlark.Len(v) >= 0 }},
	"text":      {"string or bytes", func(v starlark.Value) bool { _, ok := v.(starlark.Bytes); return ok || isText(v) }},
	"affix":     {"string, or a tuple of strings", func(v starlark.Value) bool { _, ok := v.(starlark.Tuple); return ok || isText(v) }},
	"separator": {"string", func(v starlark.Value) bool { return v == starlark.None || isText(v) }},
	"duration":  {`string, as in "1h30m"`, func(v starlark.Value) bool { _, ok := v.(startime.Duration); return ok || isText(v) }},
	"bytes": {"string, bytes or a list of ints", func(v starlark.Value) bool {
		switch v.(type) {
		case starlark.Bytes, starlark.Iterable:
			return true
		}
		return isText(v)
	}},
}

func isText(v starlark.Value) bool { _, ok := v.(starlark.String); return ok }

func isNumber(v starlark.Value) bool {
	switch v.(type) {
	case starlark.Int, starlark.Float:
		return true
	}
	return false
}

// sortError says what is wrong with a value for an argument of a sort; nil: nothing.
func sortError(sort string, v starlark.Value) error {
	s, ok := sorts[sort]
	if !ok || s.is(v) {
		return nil
	}
	return fmt.Errorf("got %s, want %s", v.Type(), s.want)
}
