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

// Methods of Slack's Web API.
const (
	methodPost    = "chat.postMessage"
	methodUpdate  = "chat.update"
	methodWhisper = "chat.postEphemeral"
)

// Post sends one message to channel, a name ("#music") or an id ("C0123").
// Its error is *WaitError or *Error; see the package for what they mean.
func (p *Poster) Post(ctx context.Context, channel string, c Card) (Receipt, error) {
	return p.post(ctx, channel, c)
}

// Reply posts c into the thread of the message that r names; with broadcast it shows in the channel as well. It takes
// its turn among the posts to that channel. Its error is as that of Post.
func (p *Poster) Reply(ctx context.Context, r Receipt, c Card, broadcast bool) (Receipt, error) {
	if !r.valid() {
		return Receipt{}, noMessage()
	}
	options := []slackgo.MsgOption{slackgo.MsgOptionTS(r.TS)}
	if broadcast {
		options = append(options, slackgo.MsgOptionBroadcast())
	}
	return p.post(ctx, r.Channel, c, options...)
}

func (p *Poster) post(ctx context.Context, channel string, c Card, more ...slackgo.MsgOption) (Receipt, error) {
	if channel == "" || len(channel) > maxChannelName {
		return Receipt{}, &Error{Code: "no_channel", Class: Permanent, Hint: "see slack.channel"}
	}
	options, err := c.options(false)
	if err != nil {
		return Receipt{}, err
	}
	options = append(options,
		// No preview is fetched of what is linked.
		slackgo.MsgOptionDisableLinkUnfurl(),
		slackgo.MsgOptionDisableMediaUnfurl(),
	)
	l := lane{method: methodPost, channel: channel}
	r, err := p.call(ctx, l, func(ctx context.Context, api *slackgo.Client) error {
		_, _, err := api.PostMessageContext(ctx, channel, append(options, more...)...)
		return err
	})
	if err == nil {
		p.pace.learn(channel, r.Channel)
	}
	return r, err
}

// Update makes the message that r names into c. What c has no notes and buttons for goes: a card without buttons takes
// them away. r must be a receipt of Post or Reply, with the channel's id. Nobody is notified. Its error is as that of
// Post; updates have a pace of their own and do not delay posts.
func (p *Poster) Update(ctx context.Context, r Receipt, c Card) error {
	if !r.valid() {
		return noMessage()
	}
	options, err := c.options(true)
	if err != nil {
		return err
	}
	_, err = p.call(ctx, lane{method: methodUpdate}, func(ctx context.Context, api *slackgo.Client) error {
		_, _, _, err := api.UpdateMessageContext(ctx, r.Channel, r.TS, options...)
		return err
	})
	return err
}

// Whisper shows parts to one user (by id) in channel (by id), and to nobody else. Slack does not keep it, and says
// nothing if that user is not there to see it. Its error is as that of Post.
func (p *Poster) Whisper(ctx context.Context, channel, user string, parts []Part) error {
	switch {
	case channel == "" || len(channel) > maxChannelName:
		return &Error{Code: "no_channel", Class: Permanent}
	case !validUser(user):
		return &Error{Code: "no_user", Class: Permanent, Hint: "a user's id is U or W and capital letters and digits: U0123ABCD"}
	}
	options, err := Card{Parts: parts}.options(false)
	if err != nil {
		return err
	}
	_, err = p.call(ctx, lane{method: methodWhisper}, func(ctx context.Context, api *slackgo.Client) error {
		_, err := api.PostEphemeralContext(ctx, channel, user, options...)
		return err
	})
	return err
}

// call makes one request when its lane is free, and says what came of it.
func (p *Poster) call(ctx context.Context, l lane, send func(context.Context, *slackgo.Client) error) (Receipt, error) {
	if err := ctx.Err(); err != nil {
		return Receipt{}, failure(ctx, err)
	}
	token := p.token()
	if err := checkBotToken(token); err != nil {
		return Receipt{}, err
	}
	if wait := p.pace.reserve(l, p.now()); wait != nil {
		return Receipt{}, wait
	}
	x := &exchange{client: p.client}
	bounded, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	err := send(bounded, slackgo.New(token, slackgo.OptionAPIURL(p.apiURL), slackgo.OptionHTTPClient(x)))
	p.pace.sent(l, p.now())
	a, err := judge(ctx, x, scrub(err, token), p.now(), p.pace.limited)
	return Receipt{Channel: a.Channel, TS: a.TS}, err
}

// judge turns what came back into what Slack said or an error. It goes by the exchange: slack-go has no error for a 429
// without Retry-After or with a date in it. limited is told of a 429, and says how long it holds.
func judge(ctx context.Context, x *exchange, err error, now time.Time, limited func(time.Time, time.Duration) *WaitError) (answer, error) {
	switch {
	case x.answer.OK:
		return x.answer, nil
	case x.status == http.StatusTooManyRequests,
		x.answer.Error == "ratelimited", x.answer.Error == "rate_limited":
		return answer{}, limited(now, retryAfter(x.retryAfter, now))
	case x.answer.Error != "":
		return answer{}, apiError(x.answer)
	case x.status == http.StatusOK && err == nil:
		return answer{}, apiError(answer{Error: "unknown_error"})
	case x.status != 0 && x.status != http.StatusOK:
		return answer{}, statusError(x.status)
	}
	return answer{}, failure(ctx, err)
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
