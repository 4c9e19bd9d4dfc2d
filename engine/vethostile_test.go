package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// hostile are files that are as large as a rule file may be, and made to take long or to go deep.
func hostile() map[string]string {
	const size = 256 << 10
	fill := func(head, part, tail string) string {
		return head + strings.Repeat(part, (size-len(head)-len(tail))/len(part)) + tail
	}
	numbered := func(head, part string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < size-2*len(part)-20; i++ {
			fmt.Fprintf(&b, part, i, i+1)
		}
		return b.String()
	}
	return map[string]string{
		"a long sum":                     fill("def on_playback(now):\n\treturn 1", "+1", "\n"),
		"a long sum that is passed":      fill("def on_playback(now):\n\tpause(1", "+1", ")\n"),
		"a long conjunction":             fill("def on_playback(now):\n\tif now", " and a", ":\n\t\tallow()\na = 1\n"),
		"a long disjunction":             fill("def on_playback(now):\n\tif now", " or not a", ":\n\t\tallow()\na = 1\n"),
		"attributes of attributes":       fill("def on_playback(now):\n\tx = now", ".a", "\n"),
		"calls of calls":                 fill("def on_playback(now):\n\tx = now", ".a()", "\n"),
		"calls of a builtin":             fill("def on_playback(now):\n\tx = pause", "()", "\n"),
		"elements of elements":           fill("def on_playback(now):\n\tx = now", "[0]", "\n"),
		"percents":                       fill("def on_playback(now):\n\tx = 'a'", "%a", "\na = 1\n"),
		"nested lists":                   "x = " + strings.Repeat("[", 900) + strings.Repeat("]", 900),
		"many elifs":                     fill("def on_playback(now):\n\tif now.x:\n\t\tpass\n", "\telif now.y:\n\t\tlog(1)\n", ""),
		"many elifs that judge":          numbered("def on_playback(now):\n\tif now.who == 'x':\n\t\tallow()\n", "\telif now.who == %d:\n\t\tx%d = 1\n\t\tdeny('x')\n"),
		"many ifs that return":           numbered("def on_playback(now):\n", "\tif now.who == %d:\n\t\treturn %d\n"),
		"many ifs that judge":            numbered("def on_playback(now):\n", "\tif now.who == %d:\n\t\tallow(str(%d))\n"),
		"the same ifs again and again":   numbered("def on_playback(now):\n", "\tif now.who == %[1]d %% 100 and now.item:\n\t\tif now.who == %[1]d %% 100:\n\t\t\tallow(str(%[2]d))\n"),
		"many loops":                     numbered("def on_playback(now):\n", "\tfor i%d in [1]:\n\t\tif now.who == %d:\n\t\t\tbreak\n"),
		"variables of variables":         numbered("def on_playback(now):\n\tx0 = now\n", "\tx%[2]d = x%[1]d == None\n\tif x%[2]d:\n\t\tallow()\n"),
		"conjunctions of variables":      numbered("def on_playback(now):\n\tx0 = now\n", "\tx%[2]d = x%[1]d and x%[1]d\n"),
		"constants of constants":         numbered("x0 = '1'\n", "x%[2]d = x%[1]d if 1 else x%[1]d\n") + "def f():\n\tpause(x9000)\n\tpause(x5)\n",
		"functions that call the next":   numbered("def on_playback(now):\n\tf0(now)\n", "def f%[1]d(x):\n\tf%[2]d(x)\n\tf%[2]d(x)\n"),
		"functions that call the last":   numbered("def on_playback(now):\n\tf0(now)\ndef f0(x):\n\treturn x.who\n", "def f%[2]d(x):\n\tif f%[1]d(x):\n\t\treturn f%[1]d(x.a)\n"),
		"functions that call themselves": "def f(x):\n\tif x.a:\n\t\treturn f(x)\n\treturn f(x.b)\ndef on_playback(now):\n\tf(now)\n\tf(f(now))\n",
		"variables that hold themselves": "def on_playback(now):\n\tx = x.a\n\ty = z\n\tz = y\n\tpause(z)\n\tif y == None:\n\t\tallow()\na = b\nb = a\n",
		"unknown names":                  numbered("", "nam%d\nnam%d\n"),
		"unknown members":                numbered("", "mail.sen%d\nmail.snd%d\n"),
		"unknown attributes":             numbered("def on_playback(now):\n", "\tnow.wh%d\n\tnow.hw%d\n"),
		"unknown topics":                 numbered("def f():\n", "\tpublish('party%d')\n\tpublish('night%d')\n"),
		"unknown handlers":               numbered("", "def on_party%d(e):\n\te.a%d\n"),
		"handlers of topics":             numbered("", "def on_party%[1]d(e):\n\te.a%[1]d\n\tpublish('party%[2]d', b=1)\n"),
		"topics that publish each other": "def on_a(e):\n\tpublish('b')\ndef on_b(e):\n\tpublish('a')\ndef on_playback(now):\n\tpublish('a')\n",
		"wrong arguments":                numbered("def f():\n", "\tlight.set(x%d=1, y%d=1)\n"),
		"loads":                          numbered("", "load('lib/x.star', 'a%d')\nload('lib/x.star', 'b%d')\n"),
		"a large dict, read everywhere":  numbered("D = {"+strings.Repeat("'a': 'b', ", 5000)+"'c': 'd'}\ndef on_playback(now):\n", "\tlight.set(D[now.who])\n\tx%d = D.get(now.who, 'y%d')\n"),
		"a dict of which all is wrong":   numbered("D = {"+strings.Repeat("'a': 1, ", 5000)+"'c': 'd'}\ndef on_playback(now):\n", "\tif now.who == 'x%d':\n\t\tlight.set(D[now.who], %d)\n"),
		"dicts of dicts":                 numbered("d0 = {'a': 1}\n", "d%[2]d = {'a': d%[1]d, 'b': d%[1]d}\n") + "def f(n):\n\tlight.set(d300[n.a][n.b][n.c][n.a][n.a])\n",
		"loops of loops":                 "L0 = [1, 2, 3]\ndef f():\n" + nest("\tfor x%d in [L0, L0, x%d]:\n", 200) + strings.Repeat("\t", 201) + "light.set(x199)\n",
		"sums of lists of sums":          fill("A = ['a', 'b']\ndef f():\n\tfor a in A:\n\t\tlight.set('a'", " + a", ")\n"),
		"arguments of arguments":         numbered("def on_playback(now):\n\tf0('redd')\n\tf0('blu')\n", "def f%[1]d(x):\n\tf%[2]d(x)\n\tf%[2]d(x + 'a')\n"),
		"a function that everyone calls": numbered("D = {'a': 1}\ndef g(x, y=1, z=2):\n\tlight.set(x)\n\tlight.set(D[y])\ndef f():\n", "\tg(%d, %d)\n"),
		"calls that are made":            numbered("def f():\n", "\tint('x%d')\n\t'%%s %%s' %% 'a%d'\n"),
		"empty":                          "",
		"only a star":                    "*",
	}
}

// What is deep or large takes neither long nor the stack. Only the parser's own limits are errors.
func TestVetHostileFiles(t *testing.T) {
	modules := judgingFakes()
	for name, src := range hostile() {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			problems := Vet(snapshot("home.star", src, "lib/x.star", "X = 1"), modules...)
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("took %s, and found %d problems", took, len(problems))
			}
			inside(t, src, problems)
		})
	}
}

// nest is n lines, each further in than the last.
func nest(line string, n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat("\t", i) + fmt.Sprintf(line, i, max(0, i-1)))
	}
	return b.String()
}

// judgingFakes are the fakes, with what the validator can know of them.
func judgingFakes() []Module {
	modules := newFakes().modules
	modules[0].Judges = []string{"allow", "deny", "done"}
	modules[0].Timers = []string{"every", "at"}
	modules[0].Samples = map[string]Sample{KindPlayback: {Payload: snap{Who: "bob", Item: "Blue Train"}, Holder: "who"}}
	return modules
}

// inside checks that each problem lies in its file.
func inside(t *testing.T, src string, problems []Problem) {
	t.Helper()
	lines := sourceLines([]byte(src))
	for _, p := range problems {
		if p.File != "home.star" {
			continue
		}
		switch {
		case p.Text == "" || p.Code == "":
			t.Errorf("%+v says nothing", p)
		case p.Line < 0 || p.Line > len(lines):
			t.Errorf("%s: there is no such line", p)
		case p.Line > 0 && (p.Col < 1 || p.Col > len([]rune(lines[p.Line-1]))+1):
			t.Errorf("%s: there is no such column", p)
		case p.EndLine != 0 && (p.EndLine < p.Line || p.EndLine > len(lines) || p.EndLine == p.Line && p.EndCol <= p.Col):
			t.Errorf("%s: ends at %d:%d", p, p.EndLine, p.EndCol)
		case p.EndLine != 0 && p.EndCol > len([]rune(lines[p.EndLine-1]))+1:
			t.Errorf("%s: ends at %d:%d, beyond the line", p, p.EndLine, p.EndCol)
		}
	}
}

// FuzzVet: whatever a file holds, every problem lies in it.
func FuzzVet(f *testing.F) {
	for _, src := range hostile() {
		f.Add(src[:min(len(src), 300)])
	}
	for _, src := range []string{
		"def on_playback(now):\n\tif now.who in ['a']:\n\t\tallow()\n\telse:\n\t\tdeny('x')\n\t\tpause(every='10')\n",
		"load('lib/x.star', 'X', y='Y')\n\ndef on_playback(now, *args, x=1, **kw):\n\tfor a, (b, c) in [(1, (2, 3))]:\n\t\tpublish('party', a=a, **kw)\n\ndef on_party(e):\n\tlog(e.a, e.by, e.z)\nevery('1h', lambda e: log(e.tiem))\n",
		"x = [f(y) for y in {'a': 1}.keys() if y]\ndef f(x): return x.upr() if x else -1\n\x00",
		"def on_playback(now): return now.é.ü(\n'''\nö''', \"\\\n\")\n",
	} {
		f.Add(src)
	}
	modules := judgingFakes()
	f.Fuzz(func(t *testing.T, src string) {
		inside(t, src, Vet(snapshot("home.star", src, "lib/x.star", "X = 1"), modules...))
		problems, _ := VetFile(snapshot("home.star", src, "a.star", "load('home.star', 'x')"), "home.star", modules...)
		inside(t, src, problems)
	})
}
