package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"wirecensus/inventory/api"
)

// Problem is an error as RFC 9457 writes it.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // what to do about it

	header http.Header // to be sent with it
}

// Error returns the detail.
func (p *Problem) Error() string { return p.Detail }

// maxQuoted is the number of bytes of a request that a problem quotes.
const maxQuoted = 200

// quoted shows what a request said, cut and without what hides.
func quoted(s string) string {
	if len(s) > maxQuoted {
		s = s[:maxQuoted] + "…"
	}
	return fmt.Sprintf("%q", api.Visible(s))
}

func problem(status int, hint, format string, args ...any) *Problem {
	return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: fmt.Sprintf(format, args...), Hint: hint}
}

func (p *Problem) with(name, value string) *Problem {
	if p.header == nil {
		p.header = http.Header{}
	}
	p.header.Set(name, value)
	return p
}

// problemOf turns an error of a handler into a problem. The second result says
// that the error is nobody's but the server's.
func problemOf(err error) (p *Problem, internal bool) {
	var input *api.InputError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p):
		return p, false
	case errors.As(err, &input):
		return problem(http.StatusUnprocessableEntity, api.VisibleLines(input.Hint), "%s", api.VisibleLines(input.Msg)), false
	case errors.As(err, &large):
		return tooLarge(large.Limit), false
	case errors.Is(err, api.ErrNotFound):
		return problem(http.StatusNotFound, "list what there is: /api/v1", "there is no such object"), false
	case errors.Is(err, api.ErrChanged):
		return problem(http.StatusPreconditionFailed, "read the object again and use its ETag", "the object is not the one that the request names"), false
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return problem(http.StatusServiceUnavailable, "ask again later", "the answer was not ready in time").with("Retry-After", "5"), false
	}
	return problem(http.StatusInternalServerError, "the server's log says more", "the request could not be answered"), true
}

func tooLarge(limit int64) *Problem {
	return problem(http.StatusRequestEntityTooLarge, "split the document, or remove generated examples", "the body is larger than %s", api.Bytes(uint64(limit))).with("Connection", "close")
}

func (p *Problem) answer() *answer {
	body, err := json.Marshal(p)
	if err != nil { // strings and a number
		body = []byte("{}")
	}
	return &answer{status: p.Status, media: "application/problem+json", body: append(body, '\n'), header: p.header}
}
