package config

import (
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// kind is what a YAML node is, in words for people.
type kind string

const (
	kindNothing kind = "no value"
	kindText    kind = "text"
	kindNumber  kind = "a number"
	kindBool    kind = "a truth value"
	kindSection kind = "keys"
	kindList    kind = "a list"
	kindBlock   kind = "a block of text"
	kindSpecial kind = "an anchor, alias, tag or merge key"
	kindAny     kind = "a variable" // the environment has no types
)

func describe(n ast.Node) kind {
	switch n.(type) {
	case nil, *ast.NullNode:
		return kindNothing
	case *ast.StringNode:
		return kindText
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return kindNumber
	case *ast.BoolNode:
		return kindBool
	case *ast.MappingNode, *ast.MappingValueNode:
		return kindSection
	case *ast.SequenceNode:
		return kindList
	case *ast.LiteralNode:
		return kindBlock
	}
	return kindSpecial
}

// wanted says what v can be set to.
func wanted(v reflect.Value) string {
	switch v.Addr().Interface().(type) {
	case *bool:
		return "write true or false"
	case *int:
		return "write a whole number, without quotes"
	case *time.Duration:
		return "write a duration such as 10s, 2m or 336h"
	case **time.Location:
		return "write Local, UTC or a name such as Europe/Berlin"
	case *slog.Level:
		return "write debug, info, warn or error"
	case *Users:
		return wantedUsers
	case *Address:
		return "write a URL such as https://host/path, or secret if it is to be kept as one"
	case *Light:
		return "write auto, usb, usb:<serial of 8 hex digits>, terminal or none"
	}
	return "write text, in quotes if it looks like something else"
}

// assign sets v to what s says. s was found as k; kindAny fits everything. Its error says what was found and what
// would be right.
func assign(v reflect.Value, s string, k kind) error {
	if k != kindAny && k != kindOf(v) {
		return wrongKind(v, s, k)
	}
	if parseInto(v, s) {
		return nil
	}
	return fmt.Errorf("found %s; %s", quoted(s), wanted(v))
}

// kindOf says how v is written in YAML.
func kindOf(v reflect.Value) kind {
	switch v.Addr().Interface().(type) {
	case *bool:
		return kindBool
	case *int:
		return kindNumber
	}
	return kindText
}

func wrongKind(v reflect.Value, s string, k kind) error {
	switch k {
	case kindSection, kindList, kindBlock, kindSpecial:
		return fmt.Errorf("found %s; %s", k, wanted(v))
	}
	if _, ok := v.Addr().Interface().(*string); ok {
		return fmt.Errorf("found %s, which is %s; put it in quotes: %s", shown(s), k, quoted(s))
	}
	if _, ok := v.Addr().Interface().(*time.Duration); ok && k == kindNumber {
		return fmt.Errorf("found %s without a unit; %s", shown(s), wanted(v))
	}
	if k != kindText {
		return fmt.Errorf("found %s, which is %s; %s", shown(s), k, wanted(v))
	}
	return fmt.Errorf("found %s, which is %s; %s", quoted(s), k, wanted(v))
}

// parseInto sets v to what s says, or reports false and leaves it.
func parseInto(v reflect.Value, s string) bool {
	var err error
	switch p := v.Addr().Interface().(type) {
	case *string:
		*p = s
	case *Address:
		*p = Address(s)
	case *bool:
		err = set(p, s, parseBool)
	case *int:
		err = set(p, s, strconv.Atoi)
	case *time.Duration:
		err = set(p, s, time.ParseDuration)
	case **time.Location:
		err = set(p, s, parseZone)
	case *slog.Level:
		err = set(p, s, parseLevel)
	case *Users:
		err = set(p, s, parseUsers)
	case *Light:
		err = set(p, s, parseLight)
	default:
		panic(fmt.Sprintf("config: a field of type %s has no parser", v.Type())) // found by the first test that runs
	}
	return err == nil
}

func set[T any](p *T, s string, parse func(string) (T, error)) error {
	v, err := parse(s)
	if err == nil {
		*p = v
	}
	return err
}

var errNotOne = errors.New("not one of the known values")

func parseBool(s string) (bool, error) {
	switch strings.ToLower(s) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, errNotOne
}

func parseZone(s string) (*time.Location, error) {
	if s == "" { // LoadLocation takes it for UTC
		return nil, errNotOne
	}
	return time.LoadLocation(s)
}

func parseLevel(s string) (slog.Level, error) {
	for _, l := range []slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError} {
		if s == strings.ToLower(l.String()) {
			return l, nil
		}
	}
	return 0, errNotOne
}

var serialPattern = regexp.MustCompile(`^[0-9a-fA-F]{8}$`)

func parseLight(s string) (Light, error) {
	switch s {
	case "auto", "usb", "terminal", "none":
		return Light{Kind: s}, nil
	}
	if serial, ok := strings.CutPrefix(s, "usb:"); ok && serialPattern.MatchString(serial) {
		return Light{Kind: "usb", Serial: serial}, nil
	}
	return Light{}, errNotOne
}

// String is the light as the file names it.
func (l Light) String() string {
	if l.Serial != "" {
		return l.Kind + ":" + l.Serial
	}
	return l.Kind
}

// Is says whether it is the blink(1) with this serial, and no other.
func (l Light) Is(serial string) bool { return l.Serial != "" && strings.EqualFold(l.Serial, serial) }
