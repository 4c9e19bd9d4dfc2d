package engine

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	startime "go.starlark.net/lib/time"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
)

// ownFunctions are the language's own functions, those of its libraries, and the methods of its values, by the names of
// languageTakes.
func ownFunctions(t *testing.T) map[string]*starlark.Builtin {
	t.Helper()
	out := map[string]*starlark.Builtin{}
	for name, v := range starlark.Universe {
		if b, ok := v.(*starlark.Builtin); ok {
			out[name] = b
		}
	}
	for name, v := range std() {
		switch v := v.(type) {
		case *starlark.Builtin:
			out[name] = v
		case *starlarkstruct.Module:
			for member, v := range v.Members {
				if b, ok := v.(*starlark.Builtin); ok {
					out[name+"."+member] = b
				}
			}
		}
	}
	for name, v := range map[string]func() starlark.HasAttrs{
		"string": func() starlark.HasAttrs { return starlark.String("") }, "bytes": func() starlark.HasAttrs { return starlark.Bytes("") },
		"list": func() starlark.HasAttrs { return new(starlark.List) }, "dict": func() starlark.HasAttrs { return new(starlark.Dict) },
		"set": func() starlark.HasAttrs { return new(starlark.Set) }, "time.time": func() starlark.HasAttrs { return startime.Time{} },
	} {
		for _, method := range v().AttrNames() {
			if b, ok := attribute(v(), method).(*starlark.Builtin); ok {
				out[name+"."+method] = b
			}
		}
	}
	return out
}

// zoo is a value of each sort.
func zoo() []starlark.Value {
	set := new(starlark.Set)
	return []starlark.Value{
		starlark.None, starlark.True, starlark.MakeInt(1), starlark.Float(1.5), starlark.String("a"), starlark.Bytes("a"), new(starlark.List),
		starlark.Tuple{}, new(starlark.Dict), set, starlark.Universe["len"], startime.Time(time.Unix(0, 0)), startime.Duration(time.Second),
		starlarkstruct.FromStringDict(starlark.String("x"), nil),
	}
}

// fits is a value of a sort.
func fits(sort string) starlark.Value {
	switch sort {
	case "int", "number":
		return starlark.MakeInt(1)
	case "bool":
		return starlark.True
	case "iterable":
		return new(starlark.List)
	}
	return starlark.String("a")
}

// saysOf is what a call says: set([1]).issubset() breaks off.
func saysOf(b *starlark.Builtin, args starlark.Tuple, kwargs ...starlark.Tuple) (err error) {
	defer recovered(&err)
	thread := &starlark.Thread{Print: func(*starlark.Thread, string) {}}
	thread.SetLocal(turnLocal, &Turn{event: Event{Time: time.Unix(0, 0)}})
	_, err = b.CallInternal(thread, args, kwargs)
	return err
}

// What the table says of each function, the function says too: what the validator calls wrong, fails.
func TestLanguageTakes(t *testing.T) {
	own := ownFunctions(t)
	if got, want := slices.Sorted(maps.Keys(languageTakes)), slices.Sorted(maps.Keys(own)); !slices.Equal(got, want) {
		t.Fatalf("the table has\n%q\nand there are\n%q", got, want)
	}
	for name, b := range own {
		taking := takingSpec(name, languageTakes[name])
		var args starlark.Tuple
		var kwargs []starlark.Tuple
		for _, p := range taking.params {
			switch {
			case !p.required:
			case p.named:
				kwargs = append(kwargs, starlark.Tuple{starlark.String(p.name), fits(p.sort)})
			default:
				args = append(args, fits(p.sort))
			}
		}
		if n := len(args); n > 0 && saysOf(b, args[:n-1], kwargs...) == nil {
			t.Errorf("%s works without %s", name, taking.params[n-1].name)
		}
		for _, p := range taking.params {
			byName := starlark.Tuple{starlark.String(p.name), fits(p.sort)}
			err := saysOf(b, nil, byName)
			switch refused := err != nil && (strings.Contains(err.Error(), "keyword argument")); {
			case p.unnamed && !taking.fields && err == nil:
				t.Errorf("%s takes %s by name", name, p.name)
			case !p.unnamed && refused:
				t.Errorf("%s does not take %s by name: %v", name, p.name, err)
			}
		}
		if !taking.fields && saysOf(b, args, append(kwargs, starlark.Tuple{starlark.String("frobnicate"), starlark.None})...) == nil {
			t.Errorf("%s takes other names", name)
		}
		full := starlark.Tuple{}
		for _, p := range taking.params {
			if !p.named {
				full = append(full, fits(p.sort))
			}
		}
		if err := saysOf(b, append(slices.Clone(full), starlark.MakeInt(1))); !taking.any && err == nil {
			t.Errorf("%s takes more than %d arguments", name, len(full))
		}
		for i, p := range taking.params {
			for _, v := range zoo() {
				if sortError(p.sort, v) == nil {
					continue
				}
				var err error
				if p.named {
					err = saysOf(b, args, starlark.Tuple{starlark.String(p.name), v})
				} else {
					with := slices.Clone(full)
					with[i] = v
					err = saysOf(b, with[:max(i+1, len(args))])
				}
				if err == nil {
					t.Errorf("%s takes %s for %s", name, v, p.name)
				}
			}
		}
		for _, v := range zoo() {
			if taking.more != "" && sortError(taking.more, v) != nil && saysOf(b, starlark.Tuple{v}) == nil {
				t.Errorf("%s takes %s", name, v)
			}
		}
		for _, p := range append(taking.params, take{sort: taking.more}) {
			if _, ok := sorts[p.sort]; p.sort != "" && !ok {
				t.Errorf("%s: there is no sort %s", name, p.sort)
			}
		}
	}
}

// None of the functions that are called to see what they say can take long, whatever they are given, or break the process.
func TestCallsAreMadeSafely(t *testing.T) {
	for _, src := range []string{
		`x = list(range(1000000000))`, `x = "a" * 1000000000`, `x = "` + strings.Repeat("a", 4000) + `".replace("a", "` + strings.Repeat("b", 4000) + `")`,
		`x = 1 << 100000`, `x = int("` + strings.Repeat("9", 100000) + `")`, `x = json.decode("` + strings.Repeat("[", 50000) + `")`, `x = ` + strings.Repeat("9", 4000) + strings.Repeat("*"+strings.Repeat("9", 4000), 20),
		`x = "%s" % ("` + strings.Repeat("%s", 50000) + `")`, `x = math.gamma(1e300)`, `x = sorted([1, "a"])`, `x = chr(-1)`, `x = "".join(["` + strings.Repeat(`a","`, 20000) + `"])`,
	} {
		begin := time.Now()
		Vet(snapshot("home.star", "def f():\n\t"+src+"\n"))
		if took := time.Since(begin); took > 20*time.Second {
			t.Errorf("%.40s took %s", src, took)
		}
	}
	if _, err := safely(starlark.NewBuiltin("x", func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
		panic(errors.New("no"))
	}), nil, nil); err != nil {
		t.Error(err)
	}
}
