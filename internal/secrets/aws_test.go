package secrets

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func openAWS(t *testing.T, o AWSOptions) *AWS {
	t.Helper()
	s, err := OpenAWS(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAWSPlaces(t *testing.T) {
	t.Parallel()
	p, err := newPlaces("shared", map[string]string{"my": "my", "my-home": "home", "client": "client", "office": ""})
	must(t, err)
	for name, want := range map[string]string{
		"SPOTIFY_MY_CREDENTIAL":          "my",
		"SPOTIFY_MY_HOME_CREDENTIAL":     "home",
		"SPOTIFY_MY_HOMES_CREDENTIAL":    "my",
		"SPOTIFY_CLIENT_CREDENTIAL":      "client",
		"SPOTIFY_CLIENT_SECRET":          "shared",
		"SPOTIFY_OTHER_CREDENTIAL":       "shared",
		"SLACK_BOT_TOKEN":                "shared",
		"JOURNAL_KEY":                    "shared",
		"SPOTIFY_MY":                     "shared",
		"SPOTIFY_OFFICE_REFRESH_TOKEN_2": "",
	} {
		got, err := p.of(name)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: in %q (%v), want %q", name, got, err, want)
		}
	}
	_, err = p.of("SPOTIFY_OFFICE_CREDENTIAL")
	wantError(t, err, Setup, "SPOTIFY_OFFICE_CREDENTIAL", "accounts[].secret_arn of office")
	p.shared = ""
	_, err = p.of(tokenName)
	wantError(t, err, Setup, tokenName, "secrets.aws.shared_arn")
}

func TestAWSOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		o    AWSOptions
		word string
	}{
		{"nothing", AWSOptions{Region: "eu-central-1"}, "secret_arn"},
		{"no ARN", AWSOptions{Shared: "gatefold/shared"}, "is not the ARN of a secret"},
		{"another service", AWSOptions{Shared: "arn:aws:s3:eu-central-1:111122223333:secret:x"}, "is not the ARN of a secret"},
		{"another region", AWSOptions{Region: "us-east-1", Shared: sharedARN}, "eu-central-1, not in us-east-1"},
		{"two regions", AWSOptions{Shared: sharedARN, Accounts: map[string]string{"home": strings.Replace(homeARN, "eu-central-1", "us-east-1", 1)}}, "region"},
		{"in the clear", AWSOptions{Shared: sharedARN, Endpoint: "http://example.com"}, "https"},
		{"another scheme", AWSOptions{Shared: sharedARN, Endpoint: "ftp://127.0.0.1"}, "https"},
	} {
		_, err := OpenAWS(t.Context(), test.o)
		if err == nil {
			t.Errorf("%s was taken", test.name)
			continue
		}
		wantError(t, err, Setup, test.word)
	}
	for _, endpoint := range []string{"", "https://example.com", "http://127.0.0.1:1", "http://[::1]:1", "http://localhost"} {
		openAWS(t, AWSOptions{Shared: sharedARN, Endpoint: endpoint})
	}
}

func TestAWSEndpointOfTheEnvironment(t *testing.T) {
	t.Setenv("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://example.com")
	_, err := OpenAWS(t.Context(), AWSOptions{Shared: sharedARN})
	wantError(t, err, Setup, "AWS_ENDPOINT_URL")
}

func TestAWSKeepsAccountsApart(t *testing.T) {
	t.Parallel()
	f := newFakeAWS(t, homeARN, sharedARN)
	s := openAWS(t, f.options())
	put(t, s, "SPOTIFY_HOME_CREDENTIAL", "home")
	put(t, s, tokenName, token)
	if got := *f.secrets[homeARN].text; got != `{"SPOTIFY_HOME_CREDENTIAL":"aG9tZQ=="}` {
		t.Errorf("the account's secret holds %s", got)
	}
	if got := f.asked(); !slices.Equal(got, []string{"GetSecretValue", "PutSecretValue", "GetSecretValue", "PutSecretValue"}) {
		t.Errorf("asked %v", got)
	}
	put(t, s, tokenName, token)
	if got := f.asked(); !slices.Equal(got, []string{"GetSecretValue"}) {
		t.Errorf("the same value again asked %v: it needs no new version", got)
	}
	if len(f.tokens) != 2 || f.tokens[0] == f.tokens[1] {
		t.Errorf("tokens %v", f.tokens)
	}
}

func TestAWSKeepsWhatIsNotOurs(t *testing.T) {
	t.Parallel()
	f := newFakeAWS(t, homeARN, sharedARN)
	text := `{"a person's note": "not base64 !", "BAD": "??"}`
	f.secrets[sharedARN].text = &text
	s := openAWS(t, f.options())
	put(t, s, tokenName, token)
	if got := *f.secrets[sharedARN].text; !strings.Contains(got, `"a person's note":"not base64 !"`) {
		t.Error("a foreign entry is gone")
	}
	wantNames(t, s, "BAD", tokenName)
	_, err := s.Get(t.Context(), "BAD")
	wantError(t, err, Damaged, sharedARN, "BAD")
}

func TestAWSObjectThatIsNotOurs(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", token, `"` + token + `"`, `["` + token + `"]`, `{"A": 1, "B": "` + token, `{"A": {"B": "` + token + `"}}`, "null"} {
		f := newFakeAWS(t, homeARN, sharedARN)
		f.secrets[sharedARN].text = &text
		s := openAWS(t, f.options())
		_, err := s.Get(t.Context(), tokenName)
		wantError(t, err, Damaged, sharedARN, "{}")
		wantError(t, s.Put(t.Context(), tokenName, NewValue([]byte("new"))), Damaged)
		if *f.secrets[sharedARN].text != text {
			t.Error("it was overwritten")
		}
	}
	f := newFakeAWS(t, homeARN, sharedARN)
	f.secrets[sharedARN].binary = true
	_, err := openAWS(t, f.options()).Get(t.Context(), tokenName)
	wantError(t, err, Damaged, "binary")
}

func TestAWSFull(t *testing.T) {
	t.Parallel()
	s := openAWS(t, newFakeAWS(t, homeARN, sharedARN).options())
	put(t, s, tokenName, token)
	err := s.Put(t.Context(), "JOURNAL_KEY", NewValue([]byte(strings.Repeat(token, 50_000/len(token)))))
	wantError(t, err, Unfit, sharedARN, "at most 65536")
	wantNames(t, s, tokenName)
}

// The service's errors, as its documentation shapes them. None of their messages is repeated.
func TestAWSErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		fail  fakeFailure
		kind  Kind
		words []string
		asks  int
	}{
		{fakeFailure{400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret."}, Setup, []string{"no secret with this ARN"}, 1},
		{fakeFailure{400, "AccessDeniedException", "User: x is not authorized " + token}, Permission, []string{"allow secretsmanager:ACTION on this ARN", "kms:"}, 1},
		{fakeFailure{400, "DecryptionFailure", token}, Permission, []string{"KMS key", "kms:"}, 1},
		{fakeFailure{400, "InvalidRequestException", token}, Setup, []string{"scheduled for deletion", "restore-secret --secret-id"}, 1},
		{fakeFailure{400, "ThrottlingException", "Rate exceeded"}, Unavailable, []string{"3 attempts"}, 3},
		{fakeFailure{400, "UnrecognizedClientException", token}, Permission, []string{"credentials are wrong or expired"}, 1},
		{fakeFailure{400, "LimitExceededException", token}, Unavailable, []string{"too many versions"}, 3},
		{fakeFailure{400, "ValidationException", "Value '" + token + "' at 'secretString' failed"}, Unavailable, []string{"ValidationException"}, 1},
		{fakeFailure{500, "InternalServiceError", token}, Unavailable, []string{"InternalServiceError"}, 3},
	} {
		t.Run(test.fail.code, func(t *testing.T) {
			t.Parallel()
			calls := map[string]func(*AWS) error{
				"GetSecretValue": func(s *AWS) error { _, err := s.Get(t.Context(), tokenName); return err },
				"PutSecretValue": func(s *AWS) error { return s.Put(t.Context(), tokenName, NewValue([]byte(token))) },
				"DescribeSecret": func(s *AWS) error { return s.Check(t.Context()) },
			}
			for action, call := range calls {
				f := newFakeAWS(t, sharedARN)
				o := f.options()
				o.Accounts = nil
				f.fail(action, false, test.fail)
				err := call(openAWS(t, o))
				words := []string{sharedARN}
				for _, w := range test.words {
					words = append(words, strings.ReplaceAll(w, "ACTION", action))
				}
				wantError(t, err, test.kind, words...)
				if errors.Is(err, ErrNotFound) {
					t.Error("taken for a secret that does not exist")
				}
				asked := f.asked()
				if n := len(slices.DeleteFunc(asked, func(a string) bool { return a != action })); n != test.asks {
					t.Errorf("%s was asked %d times, want %d", action, n, test.asks)
				}
			}
		})
	}
}

// A throttled write that works at the second attempt is one version: both attempts carry the same token.
func TestAWSRetriesAWrite(t *testing.T) {
	t.Parallel()
	f := newFakeAWS(t, homeARN, sharedARN)
	s := openAWS(t, f.options())
	f.fail("PutSecretValue", true, fakeFailure{400, "ThrottlingException", "Rate exceeded"})
	put(t, s, tokenName, token)
	wantValue(t, s, tokenName, token)
	if len(f.tokens) != 2 || f.tokens[0] != f.tokens[1] {
		t.Errorf("tokens %v", f.tokens)
	}
}

// The fake would notice a request that is not signed as the service wants it.
func TestFakeAWSWantsASignature(t *testing.T) {
	t.Parallel()
	const good = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-central-1/secretsmanager/aws4_request, " +
		"SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature="
	hex := strings.Repeat("0a", 32)
	for auth, want := range map[string]bool{
		good + hex:                      true,
		"":                              false,
		good + hex[1:]:                  false,
		good + hex + "0":                false,
		good + strings.Repeat("zz", 32): false,
		strings.Replace(good, "SHA256", "SHA1", 1) + hex:                  false,
		strings.Replace(good, "eu-central-1", "us-east-1", 1) + hex:       false,
		strings.Replace(good, "secretsmanager", "s3", 1) + hex:            false,
		strings.Replace(good, "aws4_request", "aws4", 1) + hex:            false,
		strings.Replace(good, "20260102", "20260103", 1) + hex:            false,
		strings.Replace(good, ";host", "", 1) + hex:                       false,
		strings.Replace(good, ";x-amz-date", "", 1) + hex:                 false,
		strings.Replace(good, ";x-amz-target", "", 1) + hex:               false,
		strings.Replace(good, "AKIDEXAMPLE", "ANOTHER", 1) + hex:          false,
		strings.Replace(good, "SignedHeaders=", "SignedHeader=", 1) + hex: false,
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://127.0.0.1/", nil)
		must(t, err)
		r.Header.Set("Authorization", auth)
		r.Header.Set("X-Amz-Date", "20260102T030405Z")
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		if err := checkRequest(r); (err == nil) != want {
			t.Errorf("%s: %v", auth, err)
		}
	}
}

func TestAWSCheck(t *testing.T) {
	t.Parallel()
	f := newFakeAWS(t, homeARN, sharedARN)
	s := openAWS(t, f.options())
	must(t, s.Check(t.Context()))
	if got := f.asked(); !slices.Equal(got, []string{"DescribeSecret", "DescribeSecret"}) {
		t.Errorf("asked %v", got)
	}
	f.secrets[homeARN].deletion = true
	delete(f.secrets, sharedARN)
	err := s.Check(t.Context())
	wantError(t, err, Setup, homeARN, "restore-secret", sharedARN, "no secret with this ARN")
	_, err = s.Get(t.Context(), "SPOTIFY_HOME_CREDENTIAL")
	wantError(t, err, Setup, homeARN, "restore-secret")
}

func TestAWSOutOfReach(t *testing.T) {
	t.Parallel()
	f := newFakeAWS(t, homeARN, sharedARN)
	o := f.options()
	f.Close()
	_, err := openAWS(t, o).Get(t.Context(), tokenName)
	wantError(t, err, Unavailable, sharedARN, "did not reach", "network")

	o.HTTP = &http.Client{Transport: notJSON{}}
	_, err = openAWS(t, o).Get(t.Context(), tokenName)
	wantError(t, err, Unavailable, sharedARN)
}

// notJSON answers with what is no answer of the service, and holds a secret.
type notJSON struct{}

func (notJSON) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(`{"SecretString": ` + token)), Status: token}, nil
}

func TestAWSWithoutCredentials(t *testing.T) {
	t.Parallel()
	o := newFakeAWS(t, homeARN, sharedARN).options()
	o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, errors.New("none found")
	})
	s := openAWS(t, o)
	_, err := s.Get(t.Context(), tokenName)
	wantError(t, err, Setup, "AWS_ACCESS_KEY_ID", "none found")
	wantError(t, s.Check(t.Context()), Setup, "AWS_ACCESS_KEY_ID")
}
