package secrets

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const (
	awsTimeout  = 20 * time.Second // for one call of the store, with its retries
	awsAttempts = 3
)

// AWSOptions say where in AWS Secrets Manager the secrets are. At least one ARN is required.
type AWSOptions struct {
	// Region is that of the ARNs; "": taken from them.
	Region string
	// Endpoint replaces the service's address; https, or a loopback address. "": the region's.
	Endpoint string
	// Shared is the ARN for names that belong to no account; "": there is none.
	Shared string
	// Accounts are the ARNs by account ("home"). Name every account; "" for one that has no ARN.
	Accounts map[string]string
	// HTTP sends the requests; nil: the SDK's own client.
	HTTP *http.Client
	// Credentials sign them; nil: what the SDK finds (environment, ~/.aws, the instance's role).
	Credentials aws.CredentialsProvider

	maxBackoff time.Duration // tests; 0: the SDK's
}

// AWS keeps the secrets of an account in one AWS secret: a JSON object from name to value, in base64. It uses three
// actions: GetSecretValue, PutSecretValue, DescribeSecret. Nothing is cached. Two processes that write to the same AWS
// secret at the same moment can undo one another's change, since the service knows no condition on a write.
type AWS struct {
	client      *secretsmanager.Client
	credentials aws.CredentialsProvider
	places      places
	turn        turn // one read-modify-write at a time
}

var (
	_ Store  = (*AWS)(nil)
	_ Lister = (*AWS)(nil)
)

// OpenAWS checks the options and loads the SDK's configuration. It asks nothing of the service; Check does.
func OpenAWS(ctx context.Context, o AWSOptions) (*AWS, error) {
	p, err := newPlaces(o.Shared, o.Accounts)
	if err != nil {
		return nil, err
	}
	region, err := p.region(o.Region)
	if err != nil {
		return nil, err
	}
	client, credentials, err := newClient(ctx, o, region)
	if err != nil {
		return nil, err
	}
	return &AWS{client: client, credentials: credentials, places: p, turn: newTurn()}, nil
}

// Get returns the secret called name.
func (a *AWS) Get(ctx context.Context, name string) (Value, error) {
	arn, err := a.places.of(name)
	if err != nil {
		return Value{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, awsTimeout)
	defer cancel()
	o, err := a.fetch(ctx, arn)
	if err != nil {
		return Value{}, err
	}
	return o.get(arn, name)
}

// Put writes the secret called name into the object of its account.
func (a *AWS) Put(ctx context.Context, name string, v Value) error {
	if err := checkPut(name, v); err != nil {
		return err
	}
	return a.change(ctx, name, func(o object) (bool, error) { return o.put(name, v), nil })
}

// Delete takes the secret called name out of the object of its account.
func (a *AWS) Delete(ctx context.Context, name string) error {
	return a.change(ctx, name, func(o object) (bool, error) { return true, o.remove(name) })
}

// change reads the object that name belongs to, lets f change it, and writes it back unless f says that it is the same.
func (a *AWS) change(ctx context.Context, name string, f func(object) (changed bool, err error)) error {
	arn, err := a.places.of(name)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, awsTimeout)
	defer cancel()
	release, err := a.turn.take(ctx)
	if err != nil {
		return err
	}
	defer release()
	o, err := a.fetch(ctx, arn)
	if err != nil {
		return err
	}
	changed, err := f(o)
	if err != nil || !changed {
		return err
	}
	return a.store(ctx, arn, o)
}

// fetch reads an object. A secret that was never given a value is an empty one.
func (a *AWS) fetch(ctx context.Context, arn string) (object, error) {
	if err := a.ready(ctx); err != nil {
		return nil, err
	}
	out, err := a.client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &arn})
	if hasNoVersion(err) {
		return object{}, nil
	}
	if err != nil {
		return nil, explainAWS(ctx, "GetSecretValue", arn, err)
	}
	return decodeObject(arn, out.SecretString)
}

func (a *AWS) store(ctx context.Context, arn string, o object) error {
	text, err := o.encode(arn)
	if err != nil {
		return err
	}
	token := newToken()
	_, err = a.client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{
		SecretId: &arn, SecretString: &text, ClientRequestToken: &token,
	})
	if err != nil {
		return explainAWS(ctx, "PutSecretValue", arn, err)
	}
	return nil
}

// newToken names one write, so that the SDK's retries of it make one version.
func newToken() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// List returns the sorted names in all objects.
func (a *AWS) List(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithTimeout(ctx, awsTimeout)
	defer cancel()
	var names []string
	for _, arn := range a.places.arns() {
		o, err := a.fetch(ctx, arn)
		if err != nil {
			return nil, err
		}
		names = append(names, o.names()...)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Check asks whether every AWS secret exists and is not about to be deleted. It reads no value.
func (a *AWS) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, awsTimeout)
	defer cancel()
	if err := a.ready(ctx); err != nil {
		return err
	}
	var errs []error
	for _, arn := range a.places.arns() {
		out, err := a.client.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: &arn})
		switch {
		case err != nil:
			errs = append(errs, explainAWS(ctx, "DescribeSecret", arn, err))
		case out.DeletedDate != nil:
			errs = append(errs, markedForDeletion(arn))
		}
	}
	return errors.Join(errs...)
}

// ready asks for credentials beforehand, because the SDK's error for missing ones is hard to tell from others.
func (a *AWS) ready(ctx context.Context) error {
	if a.credentials == nil {
		return noCredentials(errors.New("none are configured"))
	}
	_, err := a.credentials.Retrieve(ctx)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("asking for AWS credentials: %w", ctx.Err())
	case err != nil:
		return noCredentials(err)
	}
	return nil
}

func hasNoVersion(err error) bool {
	var missing *types.ResourceNotFoundException
	return errors.As(err, &missing) && isAboutVersion(missing.ErrorMessage())
}
