package slack

import (
	"context"

	slackgo "github.com/slack-go/slack"
)

// Identity is whose token it is.
type Identity struct {
	Team, User string // names; "" when Slack does not say
}

// Test asks Slack whether the token is good, and whose it is: auth.test. It posts nothing and needs no scope. Its error
// is as that of Post.
func (p *Poster) Test(ctx context.Context) (Identity, error) {
	token := p.token()
	if err := checkBotToken(token); err != nil {
		return Identity{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.timeout)
	defer cancel()
	x := &exchange{client: p.client}
	api := slackgo.New(token, slackgo.OptionAPIURL(p.apiURL), slackgo.OptionHTTPClient(x))
	_, err := api.AuthTestContext(ctx)
	a, err := judge(ctx, x, scrub(err, token), p.now(), p.pace.limited)
	return Identity{Team: a.Team, User: a.User}, err
}
