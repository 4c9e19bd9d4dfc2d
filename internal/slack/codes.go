package slack

import "strings"

const tokenHint = "set the secret SLACK_BOT_TOKEN (gatefold secret set) to a bot token (xoxb-...) with the scope chat:write"

// codeClass sorts the "error" of an answer with ok=false. A code that is not listed is temporary: losing a message that
// would have gone through is worse than trying one in vain until it expires.
// Source: the error tables of chat.postMessage, chat.update, chat.postEphemeral and apps.connections.open at docs.slack.dev.
func codeClass(code string) Class {
	switch code {
	case "invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "missing_scope",
		"not_allowed_token_type", "access_denied", "two_factor_setup_required", "org_login_required",
		"team_disabled", "user_removed_from_team", "forbidden_team":
		return Credential
	case "channel_not_found", "not_in_channel", "no_permission", "is_archived", "is_inactive", "channel_type_not_supported",
		"user_not_found", "user_disabled", "messages_tab_disabled", "cannot_dm_bot",
		"msg_too_long", "no_text", "msg_blocks_too_long", "invalid_blocks", "invalid_blocks_format",
		"invalid_arguments", "invalid_arg_name", "invalid_array_arg", "invalid_charset", "invalid_form_data",
		"invalid_post_type", "missing_post_type", "invalid_metadata_format", "missing_charset", "markdown_text_conflict",
		"too_many_attachments", "attachment_payload_limit_exceeded", "cannot_reply_to_message", "thread_not_found",
		"duplicate_message_not_found", "duplicate_channel_not_found",
		"message_not_found", "cant_update_message", "cant_broadcast_message", "edit_window_closed", "block_mismatch",
		"streaming_state_conflict", "team_not_found", "is_bot", "user_not_in_channel",
		"restricted_action", "ekm_access_denied", "enterprise_is_restricted", "as_user_not_supported",
		"method_deprecated", "deprecated_endpoint", "unknown_method", "team_access_not_granted":
		return Permanent
	}
	if strings.HasPrefix(code, "restricted_action_") || strings.HasPrefix(code, "slack_connect_") {
		return Permanent
	}
	return Temporary
}

// codeHint says how the operator mends code, "" if there is nothing to say beyond it.
func codeHint(code, needed string) string {
	switch {
	case code == "missing_scope" && needed != "":
		return "the token lacks the scope " + needed + ": add it to the app, install it again and " + tokenHint
	case codeClass(code) == Credential:
		return tokenHint
	}
	switch code {
	case "channel_not_found":
		return "no such channel, or a private one without the bot: see slack.channel, and /invite the bot there"
	case "not_in_channel":
		return "type /invite @ and the bot's name in that channel"
	case "is_archived":
		return "the channel is archived: choose another with slack.channel"
	case "unknown_method":
		return "see slack.api_url: nothing there knows chat.postMessage"
	}
	return ""
}

// plainCode returns code if it looks like one of Slack's (lower case, digits, _), so that what a server makes up can
// neither flood a log nor hide in it.
func plainCode(code string) string {
	if code == "" || len(code) > 64 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" {
		return "unknown_error"
	}
	return code
}

// plainScope does the same for a list of scopes; one that looks odd is left out.
func plainScope(s string) string {
	if len(s) > 128 || strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_:.,-") != "" {
		return ""
	}
	return s
}
