package sim

import "net/http"

// refusal has the shape of the Web API's errors; player commands add a reason.
func refusal(status int, message, reason string) answer {
	e := object{"status": status, "message": message}
	if reason != "" {
		e["reason"] = reason
	}
	return jsonAnswer(status, object{"error": e})
}

// grantRefusal has the shape of the token endpoint's errors (RFC 6749, section 5.2).
func grantRefusal(code, description string) answer {
	return jsonAnswer(http.StatusBadRequest, object{"error": code, "error_description": description})
}

func refreshRevoked() answer {
	return grantRefusal("invalid_grant", "Refresh token revoked")
}

func badToken(message string) answer {
	challenge := `Bearer realm="spotify", error="invalid_token", error_description="` + message + `"`
	return refusal(http.StatusUnauthorized, message, "").with("WWW-Authenticate", challenge)
}

func onlyBearer() answer {
	return refusal(http.StatusBadRequest, "Only valid bearer authentication supported", "")
}

func rateExceeded() answer {
	return refusal(http.StatusTooManyRequests, "API rate limit exceeded", "")
}

func quotaExceeded() answer {
	return refusal(http.StatusTooManyRequests, "Too many requests", "QUOTA_EXCEEDED")
}

func noSuchService() answer {
	return refusal(http.StatusNotFound, "Service not found", "")
}

func deviceNotFound() answer {
	return refusal(http.StatusNotFound, "Device not found", "")
}

func noActiveDevice() answer {
	return refusal(http.StatusNotFound, "Player command failed: No active device found", "NO_ACTIVE_DEVICE")
}

func resourceNotFound() answer {
	return refusal(http.StatusNotFound, "Resource not found", "")
}

func forbidden() answer {
	return refusal(http.StatusForbidden, "Forbidden", "")
}

// permissionsMissing is what the player says of a missing scope, insufficientScope what everything else says.
func permissionsMissing() answer {
	return refusal(http.StatusUnauthorized, "Permissions missing", "")
}

func insufficientScope() answer {
	return refusal(http.StatusForbidden, "Insufficient client scope", "")
}

func malformedJSON() answer {
	return refusal(http.StatusBadRequest, "Malformed json", "")
}

// lengthRequired comes from the edge, without a body.
func lengthRequired() answer {
	return textAnswer(http.StatusLengthRequired, "")
}

func volumeDisallowed() answer {
	return refusal(http.StatusForbidden, "Player command failed: Cannot control device volume", "VOLUME_CONTROL_DISALLOW")
}

func restrictionViolated() answer {
	return refusal(http.StatusForbidden, "Player command failed: Restriction violated", "UNKNOWN")
}

func restrictedDevice() answer {
	return refusal(http.StatusForbidden, "Player command failed: Restricted device", "UNKNOWN")
}

// usualBody is what Spotify says with a status when a script gives no words of its own.
func usualBody(status int) answer {
	switch status {
	case http.StatusUnauthorized:
		return badToken("The access token expired")
	case http.StatusForbidden:
		return forbidden()
	case http.StatusNotFound:
		return refusal(status, "Not found.", "")
	case http.StatusLengthRequired:
		return lengthRequired()
	case http.StatusTooManyRequests:
		return rateExceeded()
	case http.StatusInternalServerError:
		return refusal(status, "Server error.", "")
	case http.StatusBadGateway:
		return refusal(status, "Bad gateway.", "")
	case http.StatusServiceUnavailable:
		return textAnswer(status, "upstream connect error or disconnect/reset before headers. reset reason: connection termination")
	case http.StatusNoContent:
		return answer{status: status}
	}
	return refusal(status, http.StatusText(status), "")
}
