package secrets

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
)

// ofNoAccount is a name that would be that of an account called "client".
const ofNoAccount = "SPOTIFY_CLIENT_SECRET"

// places say which AWS secret a name is in.
type places struct {
	shared   string
	accounts []place // the longest prefix first: SPOTIFY_MY_HOME_ is asked before SPOTIFY_MY_
}

type place struct{ account, prefix, arn string }

func newPlaces(shared string, accounts map[string]string) (places, error) {
	p := places{shared: shared}
	for account, arn := range accounts {
		prefix := "SPOTIFY_" + strings.ToUpper(strings.ReplaceAll(account, "-", "_")) + "_"
		p.accounts = append(p.accounts, place{account, prefix, arn})
	}
	slices.SortFunc(p.accounts, func(a, b place) int {
		return cmp.Or(cmp.Compare(len(b.prefix), len(a.prefix)), cmp.Compare(a.account, b.account))
	})
	if len(p.arns()) == 0 {
		return places{}, &Error{Kind: Setup, Path: "AWS", Reason: "no secret is named", Hint: "set accounts[].secret_arn and secrets.aws.shared_arn"}
	}
	return p, nil
}

// of returns the ARN for name.
func (p places) of(name string) (string, error) {
	if err := ValidName(name); err != nil {
		return "", err
	}
	for _, a := range p.accounts {
		if name == ofNoAccount || !strings.HasPrefix(name, a.prefix) {
			continue
		}
		if a.arn == "" {
			return "", noPlace(name, "accounts[].secret_arn of "+a.account)
		}
		return a.arn, nil
	}
	if p.shared == "" {
		return "", noPlace(name, "secrets.aws.shared_arn")
	}
	return p.shared, nil
}

func noPlace(name, key string) error {
	return &Error{Kind: Setup, Path: name, Reason: "has no place in AWS", Hint: "set " + key + " to the ARN of the secret that keeps it"}
}

// arns returns each ARN once, sorted.
func (p places) arns() []string {
	set := map[string]bool{p.shared: true}
	for _, a := range p.accounts {
		set[a.arn] = true
	}
	delete(set, "")
	return slices.Sorted(maps.Keys(set))
}

// region returns the region of all ARNs, which is want unless that is "".
func (p places) region(want string) (string, error) {
	for _, text := range p.arns() {
		a, err := arn.Parse(text)
		if err != nil || a.Service != "secretsmanager" || a.Region == "" || !strings.HasPrefix(a.Resource, "secret:") {
			return "", &Error{
				Kind: Setup, Path: text, Reason: "is not the ARN of a secret",
				Hint: "copy it whole, as in arn:aws:secretsmanager:eu-central-1:111122223333:secret:gatefold/home-AbCdEf",
			}
		}
		if want == "" {
			want = a.Region
		}
		if a.Region != want {
			return "", &Error{
				Kind: Setup, Path: text, Reason: fmt.Sprintf("is in the region %s, not in %s", a.Region, want),
				Hint: "keep all secrets in one region, and name that one",
			}
		}
	}
	return want, nil
}
