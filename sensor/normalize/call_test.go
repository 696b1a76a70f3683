package normalize

import (
	"testing"
)

func TestSmoke(t *testing.T) {
	c := callOf(t, "POST /api/v1/users/joe%40example.com/cards/4556737586899855/orders/3f2b8c1e-1111-4222-8333-abcdefabcdef?expand=a,b&page[size]=5&ids=1&ids=2&api_key=abcdef1234567890abcd HTTP/1.1\nHost: API.Example.com:8080\nAuthorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c\nContent-Type: application/json; charset=utf-8\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\nX-Tenant: acme\nCookie: sid=abcdefgh12345678; theme=dark; _ga=1\n\n"+
		`{"user":{"name":"John Doe","email":"john@example.com","password":"hunter2!","dob":"1980-02-03"},"order_id":17,"card":{"number":"4556 7375 8689 9855","cvv":"123"},"note":"mail me at bob@example.org please"}`,
		"HTTP/1.1 201 Created\nContent-Type: application/json\nLocation: /orders/17\nDeprecation: @1688169599\nSunset: Sat, 31 Dec 2033 23:59:59 GMT\nX-RateLimit-Remaining: 17\n\n"+`{"id":17,"status":"open","iban":"DE89370400440532013000","token":"ghp_abcdefghijklmnopqrstuvwxyz0123456789"}`)
	t.Log(text(t, c))
}
