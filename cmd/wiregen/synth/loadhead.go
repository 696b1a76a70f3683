package synth

import (
	"net/http"
	"strconv"
	"time"
)

// clientFields appends the fields that a client sends with every request.
func (l *load) clientFields(b []byte) []byte {
	d := l.d
	if l.short {
		b = append(b, "User-Agent: probe/1.4 (service mesh; go1.26)\r\nAccept: */*\r\nX-Api-Key: "...)
		return append(l.randomText(b, 32), "\r\n"...)
	}
	b = append(append(append(b, "User-Agent: "...), browsers[d.IntN(len(browsers))]...), "\r\n"...)
	b = append(b, "Accept: application/json\r\nAccept-Encoding: gzip\r\nAuthorization: Bearer "...)
	b = append(b, d.jwt("HS256", "load", strconv.Itoa(d.IntN(1e6)), loadStart, loadStart+int64(time.Hour))...)
	b = append(b, "\r\nCookie: sid="...)
	b = append(l.randomText(b, 40), "; pref="...)
	b = append(append(b, l.cookie[:20+d.IntN(20)]...), "\r\n"...)
	return b
}

// requestHead appends a request's head and enters it into the call.
func (l *load) requestHead(b []byte, s *slot, e *loadEndpoint, body []byte, call *Call) []byte {
	b = append(append(b, e.method...), ' ')
	from := len(b)
	for _, seg := range e.segments {
		b = l.segment(append(b, '/'), seg)
	}
	if l.o.Calls {
		call.Client, call.Server = s.client.String(), loadHosts[s.site]
		call.Method, call.Host, call.Path, call.Template = e.method, loadHosts[s.site], string(b[from:]), e.template
		call.Time = time.Unix(0, loadStart).UTC()
	}
	if e.queryable {
		b = append(b, "?limit="...)
		b = strconv.AppendInt(b, int64(10+l.d.IntN(5)*10), 10)
		b = append(b, "&offset="...)
		b = strconv.AppendInt(b, int64(l.d.IntN(100)*10), 10)
	}
	b = append(b, " HTTP/1.1\r\nHost: "...)
	b = append(append(b, loadHosts[s.site]...), "\r\n"...)
	b = append(b, s.fixed...)
	if body != nil {
		b = append(b, "Content-Type: application/json\r\nContent-Length: "...)
		b = append(strconv.AppendInt(b, int64(len(body)), 10), "\r\n"...)
	}
	if !l.short {
		b = appendUUID(append(b, "X-Request-Id: "...), l.d.Uint64(), l.d.Uint64())
		b = append(b, "\r\nConnection: keep-alive\r\n"...)
	}
	return append(b, "\r\n"...)
}

func (l *load) segment(b []byte, kind string) []byte {
	r := l.d.Uint64()
	switch kind {
	case "{int}":
		return strconv.AppendUint(b, 1+r%900000, 10)
	case "{uuid}":
		return appendUUID(b, r, l.d.Uint64())
	case "{hex}":
		return appendHex(b, r|1, 16)
	case "{slug}":
		b = append(append(b, l.words[r%400]...), '-')
		b = append(append(b, l.words[r>>20%400]...), '-')
		return strconv.AppendUint(b, r>>40%1000, 10)
	}
	return append(b, kind...)
}

// responseHead appends a response's head; length -1 means none, -2 chunked.
func (l *load) responseHead(b []byte, status, length int, zipped, problem bool) []byte {
	b = append(strconv.AppendInt(append(b, "HTTP/1.1 "...), int64(status), 10), ' ')
	b = append(append(b, http.StatusText(status)...), "\r\n"...)
	if l.short {
		b = append(b, "Date: Mon, 01 Jun 2026 12:00:00 GMT\r\nServer: api\r\n"...)
	} else {
		b = append(b, "Server: nginx/1.26.2\r\nDate: Mon, 01 Jun 2026 12:00:00 GMT\r\nCache-Control: private, max-age=0, must-revalidate\r\n"+
			"Strict-Transport-Security: max-age=31536000; includeSubDomains\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nX-Request-Id: "...)
		b = append(appendUUID(b, l.d.Uint64(), l.d.Uint64()), "\r\nVary: Accept-Encoding, Origin\r\nConnection: keep-alive\r\n"...)
	}
	if length != -1 {
		if problem {
			b = append(b, "Content-Type: application/problem+json\r\n"...)
		} else {
			b = append(b, "Content-Type: application/json\r\n"...)
		}
	}
	if zipped {
		b = append(b, "Content-Encoding: gzip\r\n"...)
	}
	switch {
	case length >= 0:
		b = append(strconv.AppendInt(append(b, "Content-Length: "...), int64(length), 10), "\r\n"...)
	case length == -2:
		b = append(b, "Transfer-Encoding: chunked\r\n"...)
	}
	return append(b, "\r\n"...)
}
