package spotify

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const opPause = "PUT /me/player/pause"

// Pause pauses one device: PUT /me/player/pause?device_id=. It always names the device,
// because the active one may have changed since the look. Any 2xx is success: what is in
// the body is opaque since 2024. PauseOutcome says what an error means.
//
// by is when the look behind the pause becomes too old: a request that would go out later,
// because a token or a connection took its time, is not made (ErrLate). Zero: never.
// sent is when the request went out; zero when none did.
func (c *Client) Pause(ctx context.Context, deviceID string, by time.Time) (sent time.Time, err error) {
	if deviceID == "" {
		return time.Time{}, ErrNoDevice
	}
	a, err := c.call(ctx, request{
		class: Pause, method: http.MethodPut, path: "/me/player/pause", scopes: []string{ScopeModifyPlayback},
		query: url.Values{"device_id": {deviceID}}, opaque: true, by: by,
	})
	return a.sent, err
}

// Transfer moves the playback to a device: PUT /me/player. With play false it goes on as it
// is, playing or not. It ends an intruder's playback where a pause cannot, so it is as urgent
// as one.
func (c *Client) Transfer(ctx context.Context, deviceID string, play bool) error {
	if deviceID == "" {
		return ErrNoDevice
	}
	body, err := json.Marshal(struct {
		IDs  []string `json:"device_ids"`
		Play bool     `json:"play"`
	}{[]string{deviceID}, play})
	if err != nil {
		return err
	}
	_, err = c.call(ctx, request{
		class: Pause, method: http.MethodPut, path: "/me/player", scopes: []string{ScopeModifyPlayback},
		body: body, opaque: true,
	})
	return err
}

// Volume sets the volume, 0 to 100, of a device, or of the active one when deviceID is "":
// PUT /me/player/volume. Like Transfer it is a means against an intruder, and as urgent as
// a pause.
func (c *Client) Volume(ctx context.Context, percent int, deviceID string) error {
	if percent < 0 || percent > 100 {
		return fmt.Errorf("a volume of %d: it goes from 0 to 100", percent)
	}
	query := url.Values{"volume_percent": {strconv.Itoa(percent)}}
	if deviceID != "" {
		query.Set("device_id", deviceID)
	}
	_, err := c.call(ctx, request{
		class: Pause, method: http.MethodPut, path: "/me/player/volume", scopes: []string{ScopeModifyPlayback},
		query: query, opaque: true,
	})
	return err
}
