package spotify

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// tokenAnswer is what we take from an answer of the token endpoint (RFC 6749, sections 5.1 and
// 5.2). A value of another type counts as absent: with it may come the only refresh token that
// still works, and oauth2 would drop both.
type tokenAnswer struct {
	AccessToken  words   `json:"access_token,omitempty"`
	TokenType    words   `json:"token_type,omitempty"`
	RefreshToken words   `json:"refresh_token,omitempty"`
	ExpiresIn    seconds `json:"expires_in,omitempty"`
	Scope        words   `json:"scope,omitempty"`
	Error        words   `json:"error,omitempty"`
	Description  words   `json:"error_description,omitempty"`
	URI          words   `json:"error_uri,omitempty"`
}

// words is a JSON string.
type words string

func (w *words) UnmarshalJSON(b []byte) error {
	var s *string
	if json.Unmarshal(b, &s) == nil && s != nil {
		*w = words(*s)
	}
	return nil
}

// seconds is a JSON number above 0, or a string that holds one, in whole seconds.
type seconds int64

func (s *seconds) UnmarshalJSON(b []byte) error {
	text := string(b)
	if quoted := ""; json.Unmarshal(b, &quoted) == nil {
		text = strings.TrimSpace(quoted)
	}
	v, err := strconv.ParseFloat(text, 64)
	if err == nil && v > 0 && v <= math.MaxFloat64 { // a string may say NaN or Inf
		*s = seconds(max(1, min(v, math.MaxInt32))) // which is all that oauth2 takes
	}
	return nil
}
