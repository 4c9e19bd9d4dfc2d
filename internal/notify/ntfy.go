package notify

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"mime"
	"net/http"
	"strings"
	"time"
)

// maxNtfy is how many bytes of text ntfy takes; what is longer becomes an attachment. Source: docs.ntfy.sh, "Limitations".
const maxNtfy = 4096

// ntfy posts the text, with the account as title.
type ntfy struct{ token Secret }

func (ntfy) body(m Message) ([]byte, string, error) {
	return []byte(cut(Plain(m.Parts), maxNtfy)), "text/plain; charset=utf-8", nil
}

func (n ntfy) header(h http.Header, m Message, _ []byte, _ time.Time) error {
	title := "gatefold"
	if m.Account != "" {
		title += ": " + m.Account
	}
	h.Set("Title", encoded(title))
	// A message that is sent again replaces the first (since ntfy 2.16; older ones ignore it).
	sum := sha256.Sum256([]byte(m.ID))
	h.Set("X-Sequence-ID", hex.EncodeToString(sum[:16]))
	token := n.token.reveal()
	if !headerSafe(token) {
		return errors.New("the token has characters that no header can hold")
	}
	if token != "" {
		h.Set("Authorization", "Bearer "+token)
	}
	return nil
}

// final: ntfy's 4xx are about the message or the topic. 429 and the secret's are judged before.
func (ntfy) final(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout
}

func (ntfy) hint() string {
	return "set the target's secret _TOKEN to an access token that may write to the topic"
}

// encoded is s as a header can hold it (RFC 2047; ntfy decodes it).
func encoded(s string) string { return mime.BEncoding.Encode("utf-8", visible(s)) }

func headerSafe(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}
