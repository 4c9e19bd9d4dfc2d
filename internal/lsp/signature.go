package lsp

import (
	"slices"
	"strings"
)

// signature says what the call around a place takes, and which argument is being written.
func (s *server) signature(f *folder, _ string, c cursor) (any, error) {
	call, ok := c.call()
	if !ok || call.name == "" {
		return nil, nil
	}
	label, about, params := f.called(c.outline, call)
	if label == "" {
		return nil, nil
	}
	info := signatureInformation{Label: label, Parameters: []parameterInformation{}}
	if about != "" {
		info.Documentation = markdown(about)
	}
	active := call.arg
	for i, p := range params {
		info.Parameters = append(info.Parameters, p)
		if name, _, _ := strings.Cut(p.Label, "="); call.key != "" && strings.TrimSpace(name) == call.key {
			active = i
		}
	}
	return signatureHelp{Signatures: []signatureInformation{info}, ActiveParameter: active}, nil
}

// called is the heading of what is called, what it does, and its arguments as the heading writes them.
func (f *folder) called(o *outline, c call) (label, about string, params []parameterInformation) {
	if sig, ok := f.takes(o, c); ok {
		e := f.manual.Entry(c.name)
		if i := strings.LastIndexByte(c.name, '.'); e == nil && i >= 0 { // a method: device.x() of what now.x() is
			e = f.manual.Entry("now" + c.name[i:])
		}
		if e == nil {
			return sig.String(), "", nil
		}
		for _, p := range sig.Params {
			info := parameterInformation{Label: inHeading(e.Call(), p.Name)}
			if row, ok := e.Arg(p.Name); ok {
				info.Documentation = markdown(row.What)
			}
			params = append(params, info)
		}
		return e.Call(), e.Summary, params
	}
	if d := f.function(o, c.name); d != nil {
		for _, p := range d.params {
			params = append(params, parameterInformation{Label: p.text})
		}
		return d.signature(), "", params
	}
	if e := f.manual.Entry(c.name); e != nil && strings.Contains(e.Heading, "(") && !slices.Contains(o.globals(), c.name) {
		_, rest, _ := strings.Cut(e.Heading, "(")
		for _, p := range strings.Split(strings.TrimSuffix(rest, ")"), ", ") {
			params = append(params, parameterInformation{Label: p})
		}
		return e.Heading, e.Summary, params
	}
	return "", "", nil
}
