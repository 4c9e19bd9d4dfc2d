package secrets

import (
	"context"
	"net/netip"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go/logging"
)

// newClient builds the SDK's client. It logs nothing, and sends nothing in the clear, whatever the environment says
// (AWS_ENDPOINT_URL).
func newClient(ctx context.Context, o AWSOptions, region string) (*secretsmanager.Client, aws.CredentialsProvider, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRegion(region),
		config.WithLogger(logging.Nop{}),
		config.WithRetryer(func() aws.Retryer { return newRetryer(o) }),
	}
	if o.HTTP != nil {
		options = append(options, config.WithHTTPClient(o.HTTP))
	}
	if o.Credentials != nil {
		options = append(options, config.WithCredentialsProvider(o.Credentials))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, nil, &Error{Kind: Setup, Path: "AWS", Reason: "its configuration cannot be loaded", Hint: "look at the AWS_ variables and ~/.aws/config", Err: err}
	}
	endpoint := ""
	client := secretsmanager.NewFromConfig(cfg, func(s *secretsmanager.Options) {
		s.ClientLogMode = 0
		if o.Endpoint != "" {
			s.BaseEndpoint = &o.Endpoint
		}
		if s.BaseEndpoint != nil {
			endpoint = *s.BaseEndpoint
		}
	})
	return client, cfg.Credentials, checkEndpoint(endpoint)
}

func newRetryer(o AWSOptions) aws.Retryer {
	return retry.NewStandard(func(s *retry.StandardOptions) {
		s.MaxAttempts = awsAttempts
		if o.maxBackoff > 0 {
			s.Backoff = retry.NewExponentialJitterBackoff(o.maxBackoff)
		}
	})
}

// checkEndpoint takes "", https, and plain http to a loopback address.
func checkEndpoint(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err == nil && u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u)) {
		return nil
	}
	return &Error{
		Kind: Setup, Path: "AWS", Reason: "the endpoint is neither https nor plain http to a loopback address",
		Hint: "leave it out, or write https://...; the variable AWS_ENDPOINT_URL sets it too",
	}
}

func isLoopback(u *url.URL) bool {
	host := u.Hostname()
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}
