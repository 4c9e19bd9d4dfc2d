package engine

import (
	"strings"
	"time"

	"go.starlark.net/syntax"
)

// Written is what a kept event that no rule decided has written to the state, as far as rules can read it: somebody's word
// about a device.
func (r EventRecord) Written() (Write, bool) {
	if r.Kind != KindApproval {
		return Write{}, false
	}
	p, err := decodeOrder(r.Data)
	if err != nil {
		return Write{}, false
	}
	o := p.(Order)
	call, args, ok := literalCall(o.What)
	holder, named := args["device_key"]
	if !ok || !named {
		return Write{}, false
	}
	switch call {
	case "undo":
		return Write{Key: reservedApproval + holder}, true
	case "approve", "disapprove":
		length := time.Duration(0)
		if text := args["for_"]; text != "" {
			if length, err = time.ParseDuration(text); err != nil {
				return Write{}, false
			}
		}
		return approvalWrite(holder, Approval{Allowed: call == "approve", By: o.By, At: r.Time}, length), true
	}
	return Write{}, false
}

// literalCall takes a call apart whose arguments are named strings.
func literalCall(text string) (name string, args map[string]string, ok bool) {
	expr, err := (&syntax.FileOptions{}).ParseExpr("order", text, 0)
	call, isCall := expr.(*syntax.CallExpr)
	if err != nil || !isCall {
		return "", nil, false
	}
	fn, ok := call.Fn.(*syntax.Ident)
	if !ok {
		return "", nil, false
	}
	args = map[string]string{}
	for _, arg := range call.Args {
		named, ok := arg.(*syntax.BinaryExpr)
		if !ok || named.Op != syntax.EQ {
			return "", nil, false
		}
		key, ok := named.X.(*syntax.Ident)
		value, isText := named.Y.(*syntax.Literal)
		if !ok || !isText || value.Token != syntax.STRING {
			return "", nil, false
		}
		args[key.Name] = strings.Clone(value.Value.(string))
	}
	return fn.Name, args, true
}

// PauseOf says what became of a pause, if the kept event is one that was sent to the holder's device.
func (r EventRecord) PauseOf(holder string) (outcome string, ok bool) {
	if r.Kind != KindPause {
		return "", false
	}
	p, err := decodeOrder(r.Data)
	if err != nil {
		return "", false
	}
	rest, ok := strings.CutPrefix(p.(Order).What, holder+": ")
	end := strings.IndexAny(rest, " ;")
	if end < 0 {
		end = len(rest)
	}
	return rest[:end], ok
}

// PauseEvery is the pace of the pause that stands; 0: none does.
func PauseEvery(standing []Effect) time.Duration { return cadence(standing, CallPause) }
