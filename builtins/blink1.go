package builtins

import (
	"time"

	"go.starlark.net/starlark"

	"gatefold/engine"
)

const (
	usualFade       = 500 * time.Millisecond
	usualRhythm     = time.Second
	usualBrightness = 100
)

func blink1Module(lamp Lamp) engine.Module {
	m := engine.Module{
		Name: "blink1",
		Members: starlark.StringDict{
			"set":   starlark.NewBuiltin("blink1.set", blink1Set),
			"blink": starlark.NewBuiltin("blink1.blink", blink1Blink),
			"off":   starlark.NewBuiltin("blink1.off", blink1Off),
		},
	}
	if lamp != nil {
		m.Stand = func(account string, now engine.Stands) { lamp.Wish(account, WishOf(now)) }
	}
	return m
}

// blink1.set(color, fade="500ms", brightness=100, led="all", light=None) shows a colour.
func blink1Set(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a struct {
		setArgs
		fade Duration
	}
	a.fade, a.brightness = fade(), usualBrightness
	if err := unpack(b, args, kwargs, "color", &a.color, "fade?", &a.fade, "brightness?", &a.brightness, "led?", &a.ledArg, "light??", oneLight{}); err != nil {
		return nil, err
	}
	a.setArgs.fade = a.fade.Duration
	return standLight(thread, b, a.setArgs)
}

// blink1.blink(color, every="1s", brightness=100, led="all", light=None) shows a rhythm.
func blink1Blink(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	var a struct {
		blinkArgs
		every Duration
	}
	a.every = Duration{Duration: usualRhythm, Min: 100 * time.Millisecond, Max: time.Minute}
	a.brightness = usualBrightness
	if err := unpack(b, args, kwargs, "color", &a.color, "every?", &a.every, "brightness?", &a.brightness, "led?", &a.ledArg, "light??", oneLight{}); err != nil {
		return nil, err
	}
	a.blinkArgs.every = a.every.Duration
	return standLight(thread, b, a.blinkArgs)
}

// blink1.off(fade="500ms", led="all", light=None) shows nothing.
func blink1Off(thread *starlark.Thread, b *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	a := offArgs{}
	length := fade()
	if err := unpack(b, args, kwargs, "fade?", &length, "led?", &a.ledArg, "light??", oneLight{}); err != nil {
		return nil, err
	}
	a.fade = length.Duration
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
	ledArg
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
	p.add("led", a.ledArg.value(), a.ledArg == ledAll)
	return p
}

func (a setArgs) shows() LED {
	r, g, b := a.color.at(int(a.brightness))
	return LED{R: r, G: g, B: b, Fade: a.fade}
}

// blinkArgs are the arguments of blink1.blink.
type blinkArgs struct {
	ledArg
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
	p.add("led", a.ledArg.value(), a.ledArg == ledAll)
	return p
}

func (a blinkArgs) shows() LED {
	r, g, b := a.color.at(int(a.brightness))
	return LED{R: r, G: g, B: b, Every: a.every}
}

// offArgs are the arguments of blink1.off.
type offArgs struct {
	ledArg
	fade time.Duration
}

// Arguments implements engine.Args.
func (a offArgs) Arguments() []engine.Argument {
	var p printed
	p.add("fade", Duration{Duration: a.fade}.value(), a.fade == usualFade)
	p.add("led", a.ledArg.value(), a.ledArg == ledAll)
	return p
}

func (a offArgs) shows() LED { return LED{Fade: a.fade} }

var (
	_ lightArgs = setArgs{}
	_ lightArgs = blinkArgs{}
	_ lightArgs = offArgs{}
)
