package schemas

import (
	"strconv"
	"time"
)

// Time is a packet time in nanoseconds since the Unix epoch; 0 means none.
// In JSON it is RFC 3339 in UTC with nanoseconds where there are any.
type Time int64

// Time returns t as a time.Time in UTC.
func (t Time) Time() time.Time { return time.Unix(0, int64(t)).UTC() }

// String returns the RFC 3339 form.
func (t Time) String() string { return t.Time().Format(time.RFC3339Nano) }

// MarshalJSON writes the RFC 3339 form, null for 0.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	b := make([]byte, 0, 40)
	b = append(b, '"')
	b = t.Time().AppendFormat(b, time.RFC3339Nano)
	return append(b, '"'), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		*t = 0
		return nil
	}
	s, err := strconv.Unquote(string(b))
	if err != nil {
		return err
	}
	v, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return err
	}
	*t = Time(v.UnixNano())
	return nil
}
