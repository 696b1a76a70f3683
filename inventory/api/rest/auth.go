package rest

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Tokens say which token has which role. The tokens themselves are not kept.
type Tokens struct {
	rows []tokenRow
}

type tokenRow struct {
	role   Role
	digest [sha256.Size]byte
}

// The bounds of a tokens file.
const (
	maxTokens  = 1000
	leastToken = 16 // bytes
)

// ReadTokens reads a tokens file: a line for each token, "read TOKEN" or "admin
// TOKEN", where sha256:HEX can stand for the token whose digest it is. Empty lines
// and lines that begin with # are passed over. Errors name the line and no token.
func ReadTokens(r io.Reader) (*Tokens, error) {
	t := &Tokens{}
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("line %d: %d words, want a role and a token", n, len(fields))
		}
		row, err := newToken(fields[0], fields[1])
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if t.rows = append(t.rows, row); len(t.rows) > maxTokens {
			return nil, fmt.Errorf("more than %d tokens", maxTokens)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(t.rows) == 0 {
		return nil, fmt.Errorf("no token")
	}
	return t, nil
}

func newToken(role, token string) (tokenRow, error) {
	var row tokenRow
	switch role {
	case Read.String():
		row.role = Read
	case Admin.String():
		row.role = Admin
	default:
		return row, fmt.Errorf("the role is read or admin")
	}
	if sum, ok := strings.CutPrefix(token, "sha256:"); ok {
		b, err := hex.DecodeString(sum)
		if err != nil || len(b) != sha256.Size {
			return row, fmt.Errorf("sha256: is followed by %d hexadecimal digits", 2*sha256.Size)
		}
		copy(row.digest[:], b)
		return row, nil
	}
	if len(token) < leastToken {
		return row, fmt.Errorf("the token has %d bytes, at least %d are needed", len(token), leastToken)
	}
	row.digest = sha256.Sum256([]byte(token))
	return row, nil
}

// role returns what a token allows; the time it takes does not depend on which
// tokens there are.
func (t *Tokens) role(token string) Role {
	sum := sha256.Sum256([]byte(token))
	found := 0
	for i := range t.rows {
		same := subtle.ConstantTimeCompare(sum[:], t.rows[i].digest[:])
		found = subtle.ConstantTimeSelect(same, max(found, int(t.rows[i].role)), found)
	}
	return Role(found)
}

// authorize returns nil if the request may use a route of a role.
func (s *Server) authorize(r *http.Request, need Role) error {
	if s.cfg.Tokens == nil || need == Nobody {
		return nil
	}
	token, given := credential(r)
	if !given {
		return unauthorized("Authorization: Bearer TOKEN; a browser takes the token as password, with any user name", "the request has no token")
	}
	switch have := s.cfg.Tokens.role(token); {
	case have == Nobody:
		return unauthorized("the server's tokens file lists those that it knows", "the token is not known")
	case have < need:
		return problem(http.StatusForbidden, "use a token with the role admin", "the token may read and not change")
	}
	return nil
}

func unauthorized(hint, detail string) *Problem {
	p := problem(http.StatusUnauthorized, hint, "%s", detail)
	p.header = http.Header{"Www-Authenticate": {`Bearer realm="wirecensus"`, `Basic realm="wirecensus", charset="UTF-8"`}}
	return p
}

func credential(r *http.Request) (token string, given bool) {
	if _, password, ok := r.BasicAuth(); ok {
		return password, true
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(token), strings.EqualFold(scheme, "Bearer")
}
