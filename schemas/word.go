package schemas

// Word is a token of shape.Strings.Tokens with the text behind it. It is the only text
// from bodies, queries and fields that can leave a sensor, and leaves it
// when the sensor has released it: the text has the form of a word of a
// program, several clients had it in several calls, and it never stood where a sensitive
// value, a secret or a person's login name stands. A sensor may be told to release none.
type Word struct {
	Digest uint64 `json:"digest,string"`
	Text   string `json:"text"`
}
