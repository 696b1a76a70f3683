package bpf

import (
	"fmt"
	"strings"
)

// SyntaxError is an expression that is not understood.
type SyntaxError struct {
	Expr string
	Pos  int    // byte offset in Expr
	Msg  string // what is wrong there
	Hint string // what to write instead; may be empty
}

// Error says what is wrong and where, counting bytes from 1.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("filter %q, at %d: %s", e.Expr, e.Pos+1, e.Msg)
}

// token is a word, an operator or a parenthesis; text "" is the end.
type token struct {
	text string
	pos  int
}

// scan cuts an expression into tokens. Operators in symbols become words.
func scan(expr string) ([]token, *SyntaxError) {
	var out []token
	for i := 0; i < len(expr); {
		c := expr[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
		case c == '(' || c == ')':
			out = append(out, token{string(c), i})
			i++
		case strings.HasPrefix(expr[i:], "&&"):
			out = append(out, token{"and", i})
			i += 2
		case strings.HasPrefix(expr[i:], "||"):
			out = append(out, token{"or", i})
			i += 2
		case c == '!' && !strings.HasPrefix(expr[i:], "!="):
			out = append(out, token{"not", i})
			i++
		case wordByte(c):
			start := i
			for i < len(expr) && wordByte(expr[i]) {
				i++
			}
			out = append(out, token{expr[start:i], start})
		default:
			return nil, &SyntaxError{Expr: expr, Pos: i, Msg: fmt.Sprintf("%q is not understood", expr[i:min(i+1, len(expr))]), Hint: hintArithmetic}
		}
	}
	return append(out, token{"", len(expr)}), nil
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(".:/-_", c) >= 0
}

const hintArithmetic = "comparisons of header bytes, as in tcp[13], are not in this subset; write host, net, port, portrange, proto, vlan, greater, less"
