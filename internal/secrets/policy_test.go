package secrets

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// examples/aws/policy.json allows what the store asks for, on one ARN, and nothing else.
func TestPolicyAllowsThreeActionsOnOneSecret(t *testing.T) {
	t.Parallel()
	text := readFile(t, filepath.Join("..", "..", "examples", "aws", "policy.json"))
	if strings.Contains(text, "*") {
		t.Error("the policy holds a *")
	}
	var policy struct {
		Version   string
		Statement []map[string]any
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	must(t, d.Decode(&policy))
	if policy.Version != "2012-10-17" || len(policy.Statement) != 1 {
		t.Fatalf("version %q, %d statements", policy.Version, len(policy.Statement))
	}
	s := policy.Statement[0]
	for key := range s {
		if !slices.Contains([]string{"Sid", "Effect", "Action", "Resource"}, key) {
			t.Errorf("the statement has a %s", key)
		}
	}
	var actions []string
	for _, a := range s["Action"].([]any) {
		actions = append(actions, a.(string))
	}
	slices.Sort(actions)
	want := []string{"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"}
	if s["Effect"] != "Allow" || !slices.Equal(actions, want) {
		t.Errorf("%v %v", s["Effect"], actions)
	}
	resource, ok := s["Resource"].(string)
	if _, err := newPlaces(resource, nil); !ok || err != nil || !strings.HasPrefix(resource, "arn:aws:secretsmanager:") {
		t.Errorf("resource %v", s["Resource"])
	}
}
