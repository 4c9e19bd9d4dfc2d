package builtins

import (
	"fmt"
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

const (
	usualFade       = 500 * time.Millisecond
	usualRhythm     = time.Second
	usualBrightness = 100
)

func blink1Module(lamp Lamp, lights *Lights) engine.Module {
	b := blink1{lights}
	m := engine.Module{
		Name: "blink1",
		Members: starlark.StringDict{
			"set":     starlark.NewBuiltin("blink1.set", b.set),
			"blink":   starlark.NewBuiltin("blink1.blink", b.blink),
			"pattern": starlark.NewBuiltin("blink1.pattern", b.pattern),
			"off":     starlark.NewBuiltin("blink1.off", b.off),
		},
		Standing: []string{"set", "blink", "pattern", "off"},
	}
	if lamp != nil {
		m.Stand = func(account string, now engine.Stands) { lamp.Wish(account, WishOf(now)) }
	}
	return m
}

// blink1 knows the lights that its calls can name.
type blink1 struct{ lights *Lights }

// blink1.set(color, fade="500ms", brightness=100, led="all", light=None) shows a colour.
func (l blink1) set(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	a := setArgs{brightness: usualBrightness}
	length, light := fade(), lightArg{lights: l.lights}
	if err := unpack(b, args, kwargs, "color", &a.color, "fade?", &length, "brightness?", &a.brightness, "led?", &a.ledArg, "light??", &light); err != nil {
		return nil, err
	}
	a.fade, a.light = length.Duration, light.name
	return standLight(thread, b, a)
}

// blink1.blink(color, every="1s", brightness=100, led="all", light=None) shows a rhythm.
func (l blink1) blink(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	a := blinkArgs{brightness: usualBrightness}
	every := Duration{Duration: usualRhythm, Min: 100 * time.Millisecond, Max: time.Minute}
	light := lightArg{lights: l.lights}
	if err := unpack(b, args, kwargs, "color", &a.color, "every?", &every, "brightness?", &a.brightness, "led?", &a.ledArg, "light??", &light); err != nil {
		return nil, err
	}
	a.every, a.light = every.Duration, light.name
	return standLight(thread, b, a)
}

// blink1.pattern(pattern, brightness=100, led="all", light=None) has the device play a pattern of its own.
func (l blink1) pattern(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	a := patternArgs{brightness: usualBrightness}
	light := lightArg{lights: l.lights}
	if err := unpack(b, args, kwargs, "pattern", &a.pattern, "brightness?", &a.brightness, "led?", &a.ledArg, "light??", &light); err != nil {
		return nil, err
	}
	if !a.pattern.has(a.ledArg) {
		return nil, fmt.Errorf("%s: none of the pattern's lines is for LED %d: write 0 (both) or %[2]d as the last part of a line", b.Name(), int(a.ledArg))
	}
	a.light = light.name
	return standLight(thread, b, a)
}

// blink1.off(fade="500ms", led="all", light=None) shows nothing.
func (l blink1) off(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a offArgs
	length, light := fade(), lightArg{lights: l.lights}
	if err := unpack(b, args, kwargs, "fade?", &length, "led?", &a.ledArg, "light??", &light); err != nil {
		return nil, err
	}
	a.fade, a.light = length.Duration, light.name
	return standLight(thread, b, a)
}

func fade() Duration { return Duration{Duration: usualFade, Max: time.Minute} }

func standLight(thread *starlark.Thread, b *starlark.Builtin, a engine.Args) (starlark.Value, error) {
	turn, err := engine.Recording(thread, b)
	if err != nil {
		return nil, err
	}
	return starlark.None, turn.Stand(thread, b, engine.Effect{Args: a})
}

// setArgs are the arguments of blink1.set.
type setArgs struct {
	spot
	color      color
	fade       time.Duration
	brightness percent
}

// Arguments implements engine.Args.
func (a setArgs) Arguments() []engine.Argument {
	var p printed
	p.add("color", starlark.String(a.color.String()), false)
	p.add("fade", Duration{Duration: a.fade}.value(), a.fade == usualFade)
	p.add("brightness", starlark.MakeInt(int(a.brightness)), a.brightness == usualBrightness)
	a.spot.print(&p)
	return p
}

func (a setArgs) shows() LED {
	r, g, b := a.color.at(int(a.brightness))
	return LED{R: r, G: g, B: b, Fade: a.fade}
}

// blinkArgs are the arguments of blink1.blink.
type blinkArgs struct {
	spot
	color      color
	every      time.Duration
	brightness percent
}

// Arguments implements engine.Args.
func (a blinkArgs) Arguments() []engine.Argument {
	var p printed
	p.add("color", starlark.String(a.color.String()), false)
	p.add("every", Duration{Duration: a.every}.value(), a.every == usualRhythm)
	p.add("brightness", starlark.MakeInt(int(a.brightness)), a.brightness == usualBrightness)
	a.spot.print(&p)
	return p
}

func (a blinkArgs) shows() LED {
	r, g, b := a.color.at(int(a.brightness))
	return LED{R: r, G: g, B: b, Every: a.every}
}

// patternArgs are the arguments of blink1.pattern.
type patternArgs struct {
	spot
	pattern    pattern
	brightness percent
}

// Arguments implements engine.Args.
func (a patternArgs) Arguments() []engine.Argument {
	var p printed
	p.add("pattern", starlark.String(a.pattern.String()), false)
	p.add("brightness", starlark.MakeInt(int(a.brightness)), a.brightness == usualBrightness)
	a.spot.print(&p)
	return p
}

func (a patternArgs) shows() LED { return LED{Pattern: a.pattern.at(int(a.brightness))} }

// offArgs are the arguments of blink1.off.
type offArgs struct {
	spot
	fade time.Duration
}

// Arguments implements engine.Args.
func (a offArgs) Arguments() []engine.Argument {
	var p printed
	p.add("fade", Duration{Duration: a.fade}.value(), a.fade == usualFade)
	a.spot.print(&p)
	return p
}

func (a offArgs) shows() LED { return LED{Fade: a.fade} }

var (
	_ lightArgs = setArgs{}
	_ lightArgs = blinkArgs{}
	_ lightArgs = patternArgs{}
	_ lightArgs = offArgs{}
)
