package engine

import (
	"strings"
	"testing"
)

// What other languages call it.
func TestOtherNames(t *testing.T) {
	for name, want := range map[string]string{"null": "write None", "nil": "write None", "true": "write True", "false": "write False", "nmae": ""} {
		src := "def on_playback(now):\n    if now == " + name + ":\n        pass\n"
		problems := Vet(snapshot("home.star", src), newFakes().modules...)
		if len(problems) != 1 || problems[0].Hint != want || problems[0].Text != "undefined: "+name {
			t.Errorf("%v, want the hint %q", problems, want)
		}
	}
	if problems := Vet(snapshot("home.star", "null = None\nx = null\n"), newFakes().modules...); len(problems) != 0 {
		t.Error(problems)
	}
}

// A syntax error is told where it has to be mended, with what is right there.
func TestSyntaxHints(t *testing.T) {
	const f = "def on_playback(now):\n"
	for src, want := range map[string]string{
		f + "    if now.device = None:\n        pass\n": "2:19 compare with ==",
		"x = 1\nif x == 1\n    y = 2\n":                 "2:10 line 2 needs a : at its end",
		"def f()\n    pass\n":                           "1:8 line 1 needs a : at its end",
		"def f()   # why\n\n    pass\n":                 "1:8 line 1 needs a : at its end",
		"x = f\"{name} plays\"\n":                       `1:6 there are no f-strings: write "%s plays" % name`,
		"import re\n":                                   "1:1 " + pythonOnly["import"],
		"from x import y\n":                             "1:1 " + pythonOnly["from"],
		"def f():\n    try:\n        pass\n":            "2:5 " + pythonOnly["try"],
		"def f():\n    while True:\n        pass\n":     "2:5 " + pythonOnly["while"],
		"def f(x):\n    return x is None\n":             "2:14 compare with ==",

		// brackets
		"def f():\n    allow(\n\ndef g():\n    pass\n":                  `2:10 "(" is never closed (a ")" is missing before line 4)`,
		f + "    light.set(\"red\"\n    log(\"x\")\n":                   `2:14 "(" is never closed (a ")" is missing before line 3)`,
		"H = [\n    \"a\",\n    \"b\"\n\ndef on_playback(now):\n  pass": `1:5 "[" is never closed (a "]" is missing before line 5)`,
		f + "    allow(\n    light.set(\"red\")\n":                      `2:10 "(" is never closed (a ")" is missing)`,
		"H = {\n    \"a\": 1,\nN = 0\n":                                 `1:5 "{" is never closed (a "}" is missing before line 3)`,
		"x = (1 +\n":                                                    `1:5 "(" is never closed (a ")" is missing)`,
		f + "    if len(now.x:\n        pass\n":                         `2:11 "(" is never closed (a ")" is missing before ":")`,
		f + "    log(len(\"x\")))\n":                                    `2:18 ")" closes nothing (it is one too many, or what it closes is missing before it)`,
		f + "    log([1)\n":                                             `2:9 "[" is never closed (a "]" is missing before ")")`,
		"H = [\n    \"a\"\n    \"b\",\n]\n":                             "3:5 is a comma missing before it?",
		f + "    log(\"a\" now)\n":                                      "2:13 is a comma missing before it?",
		"H = {\"a\" = 1}\n":                                             `1:10 a dict is written {"key": value}`,

		// other languages
		f + "    if now:\n        pass\n    else if now:\n        pass\n": "4:10 write elif",
		f + "    if now:\n        pass\n    elseif now:\n        pass\n":  "4:12 write elif",
		f + "    if now && now:\n        pass\n":                          "2:13 write and",
		f + "    if now || now:\n        pass\n":                          "2:13 write or",
		f + "    if !now:\n        pass\n":                                "2:8 write not",
		f + "    if now <> 1:\n        pass\n":                            "2:13 write !=",
		f + "    if now === 1:\n        pass\n":                           "2:14 write ==",
		"// who may play\nX = 1\n":                                        "1:1 a comment begins with #",
		"/* who may play */\n":                                            "1:1 a comment begins with #",
		f + "    allow() // the owner himself\n":                          "2:20 a comment begins with #",
		f + "    x = 1\n    x++\n":                                        "3:8 there is no ++: write += 1",
		f + "    x := 1\n":                                                "2:7 there is no :=: write name = value, on a line of its own",
		f + "    if x := now:\n        pass\n":                            "2:11 there is no :=: write name = value, on a line of its own",
		"def on_playback(now: Device):\n    pass\n":                       "1:20 there are no types: write def f(now):",
		"def on_playback(now) -> None:\n    pass\n":                       "1:22 there are no types: write def f(now):",
		"PACE: str = \"10s\"\n":                                           "1:5 there are no types: write name = value",
		f + "    allow():\n":                                              "2:12 a : stands behind def, if, elif, else and for only",
		"function on_playback(now):\n    pass\n":                          "1:10 write def",
		"let x = 1\n":                                                     "1:5 a name needs no let: write name = value",
		f + "    if now {\n        pass\n    }\n":                         "2:12 a block begins with : and is indented; it has no braces",
		f + "    if now then:\n        pass\n":                            "2:12 write : instead of then",
		f + "    x = now ? 1 : 2\n":                                       "2:13 write yes if condition else no",
		f + "    pause(every = 10s)\n":                                    `2:19 a duration is a string: "10s"`,
		f + "    log \"x\"\n":                                             "2:9 a call has parentheses: log(...)",
		f + "    log(“x”)\n":                                              `2:9 a string stands in " or '`,
		f + "    log(\u00a0\"x\")\n":                                      "2:9 U+00A0 looks like a space or like nothing: take it out",
		"@rule\ndef f(now):\n    pass\n":                                  "1:1 there are no decorators",

		// what is missing
		f + "    log(\"x)\n":             `2:9 a " is missing at its end; a text of several lines stands in """`,
		f + "    log(\"\"\"x)\n":         `2:9 a """ is missing at its end`,
		f + "    x =\n    allow()\n":     "2:8 something is missing at the end of line 2",
		f + "    log(now.)\n":            "2:13 a name is missing before it",
		f + "    now.\n    allow()\n":    "2:9 a name is missing",
		f + "    now.from\n":             "2:9 from is a word of the language: take another name",
		f + "X = 1\n":                    "1:22 what belongs to line 1 stands below it and is indented: pass, if it is nothing",
		f + "    x = 1\n      allow()\n": "3:7 this line is indented further than the one above it: tabs and spaces do not mix",
		f + "    x = 1\n  allow()\n":     "3:3 it is indented as no line above it is: tabs and spaces do not mix",
		f + "    x = 1\n    else:\n":     "3:5 no if stands above it that is indented like it",
	} {
		var got []string
		for _, p := range Vet(Snapshot{{Path: "a.star", Data: []byte(src)}}, newFakes().modules...) {
			if p.Code != CodeSyntax && p.Code != CodeLanguage {
				continue
			}
			at := strings.TrimPrefix(p.Pos(), "a.star:") + " "
			if strings.HasPrefix(p.Text, `"`) {
				at += p.Text + " (" + p.Hint + ")"
			} else {
				at += p.Hint
			}
			got = append(got, at)
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s\ngot  %q\nwant %q", src, got, want)
		}
	}
}
