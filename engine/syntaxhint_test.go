package engine

import "testing"

func TestSyntaxHints(t *testing.T) {
	for src, want := range map[string]string{
		"def on_playback(now):\n    if now.device = None:\n        pass\n": "compare with ==",
		"x = 1\nif x == 1\n    y = 2\n":                                    "line 2 needs a : at its end",
		"def f()\n    pass\n":                                              "line 1 needs a : at its end",
		"x = f\"{name} plays\"\n":                                          `there are no f-strings: write "%s plays" % name`,
		"import re\n":                                                      pythonOnly["import"],
		"from x import y\n":                                                pythonOnly["from"],
		"def f():\n    try:\n        pass\n":                               pythonOnly["try"],
		"def f():\n    while True:\n        pass\n":                        pythonOnly["while"],
		"def f(x):\n    return x is None\n":                                "compare with ==",
		"def f():\n    allow(\n\ndef g():\n    pass\n":                     "",
		"x = (1 +\n": "is a bracket left open above?",
	} {
		problems := Vet(Snapshot{{Path: "a.star", Data: []byte(src)}}, newFakes().modules...)
		if len(problems) != 1 || problems[0].Hint != want {
			t.Errorf("%q: %v, want the hint %q", src, problems, want)
		}
	}
}
