package secrets

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	homeARN   = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:gatefold/home-AbCdEf"
	sharedARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:gatefold/shared-GhIjKl"
)

// fakeAWS is Secrets Manager over real HTTP, as far as the store knows it. What it refuses has the service's shape.
type fakeAWS struct {
	*httptest.Server
	t *testing.T

	mu       sync.Mutex
	secrets  map[string]*fakeSecret // by ARN
	fails    map[string]fakeFailure // by action, until taken away
	once     bool                   // a failure goes away when it was answered
	requests []string               // the actions asked for
	tokens   []string               // ClientRequestTokens
}

type fakeSecret struct {
	text     *string // nil: no version
	binary   bool
	deletion bool
}

type fakeFailure struct {
	status        int
	code, message string
}

func newFakeAWS(t *testing.T, arns ...string) *fakeAWS {
	t.Helper()
	f := &fakeAWS{t: t, secrets: map[string]*fakeSecret{}, fails: map[string]fakeFailure{}}
	for _, arn := range arns {
		f.secrets[arn] = &fakeSecret{}
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeAWS) options() AWSOptions {
	return AWSOptions{
		Region: "eu-central-1", Endpoint: f.URL, Shared: sharedARN, Accounts: map[string]string{"home": homeARN},
		HTTP: f.Client(), maxBackoff: time.Nanosecond,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "example"}, nil
		}),
	}
}

var authorization = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\d{8})/eu-central-1/secretsmanager/aws4_request, ` +
	`SignedHeaders=([a-z0-9;-]+), Signature=[0-9a-f]{64}$`)

// checkRequest looks at the form of the signature and of the request.
func checkRequest(r *http.Request) error {
	m := authorization.FindStringSubmatch(r.Header.Get("Authorization"))
	date := r.Header.Get("X-Amz-Date")
	switch {
	case m == nil:
		return fmt.Errorf("not signed: %q", r.Header.Get("Authorization"))
	case !regexp.MustCompile(`^\d{8}T\d{6}Z$`).MatchString(date) || date[:8] != m[1]:
		return fmt.Errorf("X-Amz-Date %q beside the scope's date %s", date, m[1])
	case r.Method != http.MethodPost || r.URL.Path != "/" || r.URL.RawQuery != "":
		return fmt.Errorf("%s %s", r.Method, r.URL)
	case r.Header.Get("Content-Type") != "application/x-amz-json-1.1":
		return fmt.Errorf("Content-Type %q", r.Header.Get("Content-Type"))
	}
	signed := strings.Split(m[2], ";")
	for _, h := range []string{"host", "x-amz-date", "x-amz-target", "content-type"} {
		if !slices.Contains(signed, h) {
			return fmt.Errorf("%s is not signed", h)
		}
	}
	return nil
}

type fakeInput struct{ SecretId, SecretString, ClientRequestToken string }

func (f *fakeAWS) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := checkRequest(r); err != nil {
		f.t.Errorf("request: %v", err)
		refuse(w, fakeFailure{400, "IncompleteSignature", "the request is not signed"})
		return
	}
	action, ok := strings.CutPrefix(r.Header.Get("X-Amz-Target"), "secretsmanager.")
	if !ok || !slices.Contains([]string{"GetSecretValue", "PutSecretValue", "DescribeSecret"}, action) {
		f.t.Errorf("the target %q is not one of the three", r.Header.Get("X-Amz-Target"))
		refuse(w, fakeFailure{400, "UnknownOperationException", ""})
		return
	}
	var in fakeInput
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		f.t.Errorf("body: %v", err)
	}
	f.requests = append(f.requests, action)
	if action == "PutSecretValue" {
		f.tokens = append(f.tokens, in.ClientRequestToken)
	}
	if fail, ok := f.fails[action]; ok {
		if f.once {
			delete(f.fails, action)
		}
		refuse(w, fail)
		return
	}
	secret := f.secrets[in.SecretId]
	if secret == nil {
		refuse(w, fakeFailure{400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."})
		return
	}
	f.answer(w, action, in, secret)
}

func (f *fakeAWS) answer(w http.ResponseWriter, action string, in fakeInput, s *fakeSecret) {
	out := map[string]any{"ARN": in.SecretId, "Name": "gatefold"}
	switch {
	case action == "DescribeSecret":
		if s.deletion {
			out["DeletedDate"] = 1.7e9
		}
	case s.deletion:
		refuse(w, fakeFailure{400, "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."})
		return
	case action == "PutSecretValue":
		if n := len(in.ClientRequestToken); n < 32 || n > 64 {
			f.t.Errorf("ClientRequestToken has %d characters", n)
		}
		if len(in.SecretString) > 65536 {
			f.t.Errorf("SecretString has %d bytes", len(in.SecretString))
		}
		s.text = &in.SecretString
	case s.binary:
		out["SecretBinary"] = "eHh4"
	case s.text == nil:
		refuse(w, fakeFailure{400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT"})
		return
	default:
		out["SecretString"] = *s.text
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(w).Encode(out)
}

// refuse answers as the service does. Its message may repeat what was sent, as that of a ValidationException does.
func refuse(w http.ResponseWriter, fail fakeFailure) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(fail.status)
	_ = json.NewEncoder(w).Encode(map[string]string{"__type": fail.code, "Message": fail.message})
}

// fail lets an action fail, once or until fails is emptied.
func (f *fakeAWS) fail(action string, once bool, fail fakeFailure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[action], f.once = fail, once
}

// asked returns the actions since the last call.
func (f *fakeAWS) asked() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	actions := f.requests
	f.requests = nil
	return actions
}
