package template

import "testing"

func TestClassify(t *testing.T) {
	for _, c := range []struct {
		s    string
		want Class
	}{
		{"users", Word}, {"gpg_keys", Word}, {"oauth2", Word}, {"push-mirrors", Word}, {"findByStatus", Word}, {"2fa", Word}, {"mike60", Word}, {"isaac50", Word},
		{"granite-infra", Word}, {"s3", Word}, {"help-wanted", Word}, {"feature-login-2", Word}, {"deadbeef", Word}, {"SendEmailVerificationCode", Word},
		{"chat.postMessage", Dotted}, {"stream.go", Dotted}, {"report-2024.pdf", Dotted}, {"acme.example.com", Dotted}, {"openapi.v3.json", Dotted},
		{"v1", Version}, {"v1.56", Version}, {"v2beta1", Version}, {"1.2.3", Version}, {"v1alpha1", Version}, {"V2", Version},
		{"1", Int}, {"42", Int}, {"20240131", Int}, {"-12.5", Number}, {"3.14", Number}, {"-7", Number},
		{"f47ac10b-58cc-4372-a567-0e02b2c3d479", UUID}, {"507f1f77bcf86cd799439011", Hex}, {"a1b2c3d4", Hex},
		{"sha256:9f86d081884c7d659a2feaa0c55ad015", Hex}, {"da39a3ee5e6b4b0d3255bfef95601890afd80709", Hex},
		{"cus_NffrFeUfNV2Hib", Token}, {"01ARZ3NDEKTSV4RRFFQ69G5FAV", Token}, {"4uLU6hMCjMI75M1A2tKUQC", Token}, {"C024BE7LR", Token}, {"AC0123456789abcdef0123456789abcdef", Token},
		{"V1StGXR8_Z5jdHi6B-myT", Token}, {"1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms", Token},
		{"2024-01-31", Date}, {"2024-01-31T10:00:00Z", Date}, {"a@b.example", Email}, {"10.1.2.3", IP}, {"{email}", Masked}, {"17...3", Dotted},
		{"f47ac10b-58cc-1372-a567-0e02b2c3d479", UUID}, {"018f3c1e-7b2a-7cc3-98c4-dc0c0c07398f", UUID}, {"0ujtsYcgvSTl8PAuAdqWYSMnLOv", Token}, {"SGVsbG8gV29ybGQh", Token},
		{"5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ", Token}, {"7n42DGM5Tflk9n8mt7Fhc7", Token}, {"20240131T100000Z", Token}, {"10:30:00", Date}, {"23:59", Date},
		{"+14155550100", Number}, {"52.5200,13.4050", Number}, {"-33.86,151.20", Number}, {"1.5,2", Other}, {"2001:db8::1", IP}, {"en-US", Word}, {"de", Word}, {"USD", Word},
		{"report.pdf", Dotted}, {"my-first-post", Word}, {"main...dev", Dotted}, {"12:cancel", Other}, {"Products(1)", Other}, {"a;v=1", Other},
		// Chance and words: camel case, acronyms and other languages are words.
		{"qjdVQHazhKUIZLReujUbpf", Token}, {"DjdzWHUcfBdGNJNITLnjlj", Token}, {"31ZTCTWDxIp", Token}, {"PYbJPmeGzSj", Token}, {"wrk_JcXKLDKDzrpeeZSt", Token},
		{"getOntologyTermsByPathway", Word}, {"getPathwaysByParentOntologyTerm", Word}, {"listSourceShareSynchronizationSettings", Word}, {"change-resource-deletion-setting", Word},
		{"getHTMLPDF", Word}, {"getXMLHTTPRequest", Word}, {"ListAWSVPCIDs", Word}, {"exportCSVAndXLSX", Word}, {"findByJWKS", Word}, {"krankenversicherungsnummer", Word}, {"ufficiPostaliItaliani", Word},
		{"a%20b", Other}, {"Sheet1!A1:B2", Other}, {"1,2,3", Other}, {"@me", Other}, {"", Other},
	} {
		if got := Classify(c.s); got != c.want {
			t.Errorf("Classify(%q) = %v, want %v", c.s, got, c.want)
		}
	}
}

func BenchmarkClassify(b *testing.B) {
	b.ReportAllocs()
	segs := []string{"users", "f47ac10b-58cc-4372-a567-0e02b2c3d479", "granite-infra", "42", "cus_NffrFeUfNV2Hib"}
	for i := 0; b.Loop(); i++ {
		Classify(segs[i%len(segs)])
	}
}
