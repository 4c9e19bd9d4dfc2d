package slack

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"
)

const (
	// maxChannelName bounds what is taken for a channel, in bytes. Slack's names have at most 80 characters.
	maxChannelName = 512
	// defaultHold is how long a 429 holds that does not say it.
	defaultHold = 30 * time.Second
)

// Post sends one message to channel, a name ("#music") or an id ("C0123").
// Its error is *WaitError or *Error; see the package for what they mean.
func (p *Poster) Post(ctx context.Context, channel string, parts []Part) (Receipt, error) {
	text := Render(parts)
	switch {
	case channel == "" || len(channel) > maxChannelName:
		return Receipt{}, &Error{Code: "no_channel", Class: Permanent, Hint: "see slack.channel"}
	case strings.TrimSpace(text) == "":
		return Receipt{}, &Error{Code: "no_text", Class: Permanent}
	}
	if err := ctx.Err(); err != nil {
		return Receipt{}, failure(ctx, err)
	}
	token := p.token()
	if token == "" {
		return Receipt{}, apiError(answer{Error: "not_authed"})
	}
	if wait := p.pace.reserve(channel, p.now()); wait != nil {
		return Receipt{}, wait
	}
	x := &exchange{client: p.client}
	err := p.send(ctx, x, token, channel, text)
	p.pace.sent(channel, p.now())
	return p.judge(ctx, x, scrub(err, token))
}

// send makes the request. Nothing that is plain in text becomes a mention or a link: parse and link_names are off
// whatever the workspace's defaults are, and no preview is fetched of what is linked.
func (p *Poster) send(ctx context.Context, x *exchange, token, channel, text string) error {
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	api := slackgo.New(token, slackgo.OptionAPIURL(p.apiURL), slackgo.OptionHTTPClient(x))
	_, _, err := api.PostMessageContext(ctx, channel,
		slackgo.MsgOptionText(text, false), // Render has escaped it
		slackgo.MsgOptionParse(false),
		slackgo.MsgOptionLinkNames(false),
		slackgo.MsgOptionDisableLinkUnfurl(),
		slackgo.MsgOptionDisableMediaUnfurl(),
	)
	return err
}

// judge turns what came back into a receipt or an error. It goes by the exchange: slack-go has no error for a 429
// without Retry-After or with a date in it.
func (p *Poster) judge(ctx context.Context, x *exchange, err error) (Receipt, error) {
	switch {
	case x.answer.OK:
		return Receipt{Channel: x.answer.Channel, TS: x.answer.TS}, nil
	case x.status == http.StatusTooManyRequests,
		x.answer.Error == "ratelimited", x.answer.Error == "rate_limited":
		now := p.now()
		return Receipt{}, p.pace.limited(now, retryAfter(x.retryAfter, now))
	case x.answer.Error != "":
		return Receipt{}, apiError(x.answer)
	case x.status == http.StatusOK && err == nil:
		return Receipt{}, apiError(answer{Error: "unknown_error"})
	case x.status != 0 && x.status != http.StatusOK:
		return Receipt{}, statusError(x.status)
	}
	return Receipt{}, failure(ctx, err)
}

// retryAfter reads the header of a 429: seconds, or a date (RFC 9110, 10.2.3). Between one second and a day.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil {
		seconds = min(max(seconds, 1), int64(maxHold/time.Second))
		return time.Duration(seconds) * time.Second
	}
	if date, err := http.ParseTime(header); err == nil {
		return min(max(date.Sub(now), time.Second), maxHold)
	}
	return defaultHold
}

func apiError(a answer) *Error {
	code := plainCode(a.Error)
	return &Error{Code: code, Class: codeClass(code), Hint: codeHint(code, plainScope(a.Needed))}
}

func statusError(status int) *Error {
	if status >= 300 && status < 400 {
		return &Error{Code: "redirect", Hint: fmt.Sprintf("status %d is not followed: see slack.api_url", status)}
	}
	e := &Error{Code: "http_" + strconv.Itoa(status)}
	if status == http.StatusNotFound {
		e.Hint = "see slack.api_url"
	}
	return e
}

// failure is for a post without an answer that can be read.
func failure(ctx context.Context, err error) *Error {
	code := "network"
	switch {
	case ctx.Err() != nil:
		code = "canceled"
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			code = "timeout"
		}
	case errors.Is(err, context.DeadlineExceeded):
		code = "timeout"
	case errors.Is(err, errTooLarge):
		code = "too_large"
	case errors.Is(err, errMalformed):
		code = "malformed"
	}
	return &Error{Code: code, Err: err}
}
