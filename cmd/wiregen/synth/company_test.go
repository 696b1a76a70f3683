package synth_test

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"wirecensus/cmd/wiregen/synth"
)

// TestDemoIsOfTheSizeOfADemo holds the default capture to what the
// demonstration needs: small, many endpoints, every verdict.
func TestDemoIsOfTheSizeOfADemo(t *testing.T) {
	c := synth.Company(synth.Options{Seed: 1, Trouble: synth.Moderate()})
	size := 0
	for f := range c.Frames() {
		size += len(f.Data) + 16
	}
	truth := c.Truth
	if truth.Frames < 30000 || truth.Frames > 60000 || size > 40<<20 {
		t.Errorf("%d frames, %d bytes", truth.Frames, size)
	}
	if days := truth.Last.Sub(truth.First).Hours() / 24; days < 20 {
		t.Errorf("%.1f days", days)
	}
	verdicts := map[string]int{}
	for _, e := range truth.Endpoints {
		verdicts[e.Verdict]++
		if e.Verdict != "orphan" && e.Calls < 5 {
			t.Errorf("%s %s %s has %d calls", e.Service, e.Method, e.Template, e.Calls)
		}
	}
	for v, atLeast := range map[string]int{"documented": 50, "shadow": 3, "zombie": 4, "undocumented": 8, "orphan": 4, "health": 3, "fallback": 1} {
		if verdicts[v] < atLeast {
			t.Errorf("%d endpoints are %s, want %d", verdicts[v], v, atLeast)
		}
	}
	if len(truth.Hidden) < 2 || len(truth.Probed) < 50 || len(truth.Actors) < 5 {
		t.Errorf("hidden %v, %d probed, actors %v", truth.Hidden, len(truth.Probed), truth.Actors)
	}
	if s := truth.Summary; s.Whole < s.Calls*95/100 || s.Whole == s.Calls {
		t.Errorf("moderate trouble left %d of %d calls whole", s.Whole, s.Calls)
	}
}

// TestCanariesAreInTheTrafficOnly: every canary is said on the wire, and none
// is part of what an output may hold: hosts, paths, templates, documents.
func TestCanariesAreInTheTrafficOnly(t *testing.T) {
	c := synth.Company(synth.Options{Seed: 8, Days: 4})
	all := streams(t, c)
	var traffic []byte // the streams, and the content without its codings
	for _, s := range all {
		traffic = append(append(traffic, s.join(t)...), '\n')
	}
	exchanges(t, all, func(_, _ string, _ *http.Request, sent []byte, r *http.Response, answer []byte) {
		if coding := r.Header.Get("Content-Encoding"); coding != "" && len(answer) > 0 {
			traffic = append(append(traffic, inflate(t, coding, answer)...), '\n')
		}
		traffic = append(append(traffic, sent...), '\n')
	})
	var public strings.Builder
	for _, call := range c.Truth.Calls {
		if !strings.HasPrefix(call.Path, "/v1/accounts/") { // the account number is masked there
			public.WriteString(call.Host + call.Path + "\n")
		}
		public.WriteString(call.Template + "\n")
	}
	for _, doc := range synth.Specs() {
		public.Write(doc)
	}
	classes, basic := map[string]int{}, ""
	for _, k := range c.Truth.Canaries {
		if k.Class == "basic" {
			pair, err := base64.StdEncoding.DecodeString(k.Value)
			if err != nil {
				t.Errorf("%s: %v", k.Value, err)
			}
			basic += string(pair) + "\n"
		}
	}
	for _, k := range c.Truth.Canaries {
		classes[k.Class]++
		if len(k.Value) < 6 {
			t.Errorf("%s %q is too short to look for", k.Class, k.Value)
		}
		if strings.Contains(public.String(), k.Value) {
			t.Errorf("%s %q is no secret", k.Class, k.Value)
		}
		if !bytes.Contains(traffic, []byte(k.Value)) && !bytes.Contains(traffic, []byte(url.QueryEscape(k.Value))) && !strings.Contains(basic, k.Value) {
			t.Errorf("%s %q was never said", k.Class, k.Value)
		}
	}
	for _, class := range []string{"email", "phone", "card", "iban", "national-id", "name", "jwt", "secret", "basic", "password", "cookie", "address", "insurance", "value"} {
		if classes[class] == 0 {
			t.Errorf("no canary of class %s", class)
		}
	}
}

// TestValuesPassTheirChecks: cards pass Luhn, account numbers ISO 13616.
func TestValuesPassTheirChecks(t *testing.T) {
	c := synth.Company(synth.Options{Seed: 8, Days: 3})
	for _, k := range c.Truth.Canaries {
		switch k.Class {
		case "card":
			if !luhn(k.Value) {
				t.Errorf("card %s", k.Value)
			}
		case "iban":
			if !iban(k.Value) {
				t.Errorf("account %s", k.Value)
			}
		case "jwt":
			if !regexp.MustCompile(`^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{40,}$`).MatchString(k.Value) {
				t.Errorf("token %s", k.Value)
			}
		case "national-id":
			if !regexp.MustCompile(`^\d{8}[A-Z]$`).MatchString(k.Value) {
				t.Errorf("identity number %s", k.Value)
			}
		}
	}
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		v := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			v = v*2/10 + v*2%10
		}
		sum += v
	}
	return sum%10 == 0
}

func iban(s string) bool {
	rest := 0
	for _, c := range s[4:] + s[:4] {
		if c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest == 1 && len(s) >= 22
}
