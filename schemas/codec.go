package schemas

import "encoding/json"

// UnmarshalJSON reads the JSON form of a call. RequestSeen is not written: it
// holds exactly when there is a method.
func (c *Call) UnmarshalJSON(b []byte) error {
	type plain Call
	if err := json.Unmarshal(b, (*plain)(c)); err != nil {
		return err
	}
	c.RequestSeen = c.Method != ""
	return nil
}
