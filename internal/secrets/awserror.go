package secrets

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// explainAWS turns the SDK's error into ours. The service's own text is left out: it can repeat what was sent.
func explainAWS(ctx context.Context, action, arn string, err error) error {
	var api smithy.APIError
	var send *smithyhttp.RequestSendError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %s: %w", arn, action, ctx.Err())
	case errors.As(err, &api):
		return explainCode(action, arn, api.ErrorCode())
	case errors.As(err, &send):
		return &Error{Kind: Unavailable, Path: arn, Reason: action + " did not reach the service", Hint: "is the network up?", Err: send.Err}
	}
	return &Error{Kind: Unavailable, Path: arn, Reason: action + " got an answer that cannot be read"}
}

func explainCode(action, arn, code string) error {
	e := &Error{Path: arn, Reason: action + " was refused (" + visibleCode(code) + ")"}
	switch code {
	case "ResourceNotFoundException":
		e.Kind, e.Hint = Setup, "there is no secret with this ARN in this region and AWS account: copy the ARN from the console"
	case "AccessDeniedException", "AccessDenied":
		e.Kind = Permission
		e.Hint = "allow secretsmanager:" + action + " on this ARN (examples/aws/policy.json); with a KMS key of your own also " + kmsAction(action) + " on that key"
	case "DecryptionFailure", "EncryptionFailure":
		e.Kind, e.Hint = Permission, "the KMS key of the secret is disabled, deleted or denied: allow "+kmsAction(action)+" on that key"
	case "InvalidRequestException":
		return markedForDeletion(arn)
	case "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded":
		e.Kind, e.Hint = Unavailable, fmt.Sprintf("too many requests; %d attempts were made, try again in a minute", awsAttempts)
	case "LimitExceededException":
		e.Kind, e.Hint = Unavailable, "the secret has too many versions; try again in a day"
	case "UnrecognizedClientException", "InvalidClientTokenId", "InvalidSignatureException", "ExpiredTokenException",
		"IncompleteSignature", "MissingAuthenticationToken", "SignatureDoesNotMatch":
		e.Kind, e.Hint = Permission, "the AWS credentials are wrong or expired, or this machine's clock is"
	default:
		e.Kind, e.Hint = Unavailable, "try again; if it stays, look at the secret in the AWS console"
	}
	return e
}

// visibleCode keeps an error code printable and short: it comes from outside.
func visibleCode(code string) string {
	clean := strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, code)
	return clean[:min(len(clean), 60)]
}

func kmsAction(action string) string {
	if action == "PutSecretValue" {
		return "kms:GenerateDataKey and kms:Decrypt"
	}
	return "kms:Decrypt"
}

// isAboutVersion tells the two meanings of ResourceNotFoundException apart: the service says "can't find the specified
// secret value for staging label: AWSCURRENT" of a secret that exists and was never given a value.
func isAboutVersion(message string) bool {
	return strings.Contains(message, "staging label")
}

func markedForDeletion(arn string) error {
	return &Error{
		Kind: Setup, Path: arn, Reason: "is scheduled for deletion, or managed by another service",
		Hint: "aws secretsmanager restore-secret --secret-id " + quotePath(arn),
	}
}

func noCredentials(err error) error {
	return &Error{
		Kind: Setup, Path: "AWS", Reason: "there are no credentials",
		Hint: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, name an AWS_PROFILE, or give the machine a role", Err: err,
	}
}
