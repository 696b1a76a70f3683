package pb

import (
	"testing"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// texts are the fields that can hold text or bytes, with the reason why none holds
// a value that must stay at the sensor.
var texts = map[protoreflect.FullName]string{
	"wirecensus.v1.CallBatch.sensor":                 "named by the operator",
	"wirecensus.v1.CallBatch.texts":                  "segments of paths, those of a sensitive class masked by the sensor",
	"wirecensus.v1.CallBatch.keys":                   "names of properties, sensitive ones masked",
	"wirecensus.v1.Reference.id":                     "a digest of a definition",
	"wirecensus.v1.Call.id":                          "a digest of the connection and the place in it",
	"wirecensus.v1.Call.id_text":                     "the same in another form",
	"wirecensus.v1.Call.client":                      "the connection's address",
	"wirecensus.v1.Call.client_text":                 "the same in another form",
	"wirecensus.v1.Word.text":                        "released by the sensor's rule for words",
	"wirecensus.v1.Node.name":                        "a property's name, sensitive ones masked",
	"wirecensus.v1.Node.class":                       "from the list of classes",
	"wirecensus.v1.Node.number_class":                "from the list of classes",
	"wirecensus.v1.Param.name":                       "a parameter's name, sensitive ones masked",
	"wirecensus.v1.Param.style":                      "from a list",
	"wirecensus.v1.Param.class":                      "from the list of classes",
	"wirecensus.v1.Content.media_type":               "type and subtype without parameters",
	"wirecensus.v1.Content.unread":                   "from a list",
	"wirecensus.v1.Part.name":                        "a form field's name, sensitive ones masked",
	"wirecensus.v1.Part.media_type":                  "type and subtype without parameters",
	"wirecensus.v1.Auth.scheme":                      "a scheme's name, never the credential",
	"wirecensus.v1.Auth.in":                          "from a list",
	"wirecensus.v1.Auth.name":                        "of the field, parameter or cookie",
	"wirecensus.v1.Auth.alg":                         "the algorithm's name, at most 16 bytes",
	"wirecensus.v1.Sensitive.class":                  "from the list of classes",
	"wirecensus.v1.Sensitive.in":                     "from a list",
	"wirecensus.v1.Sensitive.at":                     "names of properties, sensitive ones masked",
	"wirecensus.v1.RequestStructure.method":          "a known method or _OTHER",
	"wirecensus.v1.RequestStructure.method_original": "letters of at most 32 bytes, random and sensitive ones masked",
	"wirecensus.v1.RequestStructure.scheme":          "http or https",
	"wirecensus.v1.RequestStructure.host":            "the service's name",
	"wirecensus.v1.RequestStructure.peer":            "the server's address",
	"wirecensus.v1.RequestStructure.version":         "from a list",
	"wirecensus.v1.RequestStructure.user_agent":      "a family from a list",
	"wirecensus.v1.RequestStructure.api_version":     "a parameter's or field's name from a list and a number of at most three parts or a date",
	"wirecensus.v1.ResponseStructure.flags":          "from a list",
	"wirecensus.v1.ResponseStructure.anomalies":      "from a list",
	"wirecensus.v1.Operations.protocol":              "from a list",
	"wirecensus.v1.Operation.kind":                   "from a list",
	"wirecensus.v1.Operation.name":                   "of a method, field or action, values masked",
	"wirecensus.v1.Operation.document":               "an operation's name, values masked",
	"wirecensus.v1.Operation.status":                 "a code or its name",
	"wirecensus.v1.Operation.same":                   "names of properties, sensitive ones masked",
	"wirecensus.v1.Argument.name":                    "an argument's name, sensitive ones masked",
	"wirecensus.v1.Argument.style":                   "from a list",
	"wirecensus.v1.Argument.class":                   "from the list of classes",
	"wirecensus.v1.Argument.same":                    "names of properties, sensitive ones masked",
	"wirecensus.v1.CoverageReport.sensor":            "named by the operator",
	"wirecensus.v1.CoverageReport.shed":              "causes, from a list",
	"wirecensus.v1.Coverage.undecoded":               "reasons, from a list",
	"wirecensus.v1.Coverage.evicted":                 "causes, from a list",
	"wirecensus.v1.Coverage.anomalies":               "ids, from a list",
	"wirecensus.v1.Coverage.opaque":                  "protocols, from a list",
	"wirecensus.v1.Coverage.tls":                     "names of servers",
	"wirecensus.v1.Coverage.services":                "names of services",
	"wirecensus.v1.Coverage.shed":                    "kinds, from a list",
	"wirecensus.v1.Coverage.hosts":                   "addresses and ports of servers",
	"wirecensus.v1.TLSHost.alpn":                     "protocols of TLS",
	"wirecensus.v1.TLSHost.selected":                 "protocols of TLS",
	"wirecensus.v1.TLSHost.versions":                 "versions of TLS",
	"wirecensus.v1.TLSHost.suites":                   "cipher suites, from a list or as a number",
	"wirecensus.v1.TLSHost.ja4":                      "a fingerprint: counts and digests of what the client's software can",
	"wirecensus.v1.TLSHost.certificates":             "names of servers: what is not written like a host name or an address is left out",
	"wirecensus.v1.QUICCoverage.versions":            "versions of QUIC, from a list",
	"wirecensus.v1.QUICCoverage.others":              "versions of QUIC, from a list or as a number",
	"wirecensus.v1.Finding.id":                       "a digest of rule, scope and key",
	"wirecensus.v1.Finding.rule":                     "from the table of rules",
	"wirecensus.v1.Finding.severity":                 "from a list",
	"wirecensus.v1.Finding.title":                    "a sentence of ours",
	"wirecensus.v1.Finding.service":                  "a service's name",
	"wirecensus.v1.Finding.method":                   "as of a call",
	"wirecensus.v1.Finding.template":                 "literal segments and parameters",
	"wirecensus.v1.Finding.actor":                    "a client's address",
	"wirecensus.v1.Finding.evidence":                 "sentences of ours with counts and names",
	"wirecensus.v1.Finding.owasp":                    "from the table of rules",
	"wirecensus.v1.Finding.cwe":                      "from the table of rules",
	"wirecensus.v1.Finding.remediation":              "from the table of rules",
}

// TestNoValues: no field can hold a value that must stay at the sensor. A field
// that can hold text needs a reason here.
func TestNoValues(t *testing.T) {
	unused := map[protoreflect.FullName]bool{}
	for name := range texts {
		unused[name] = true
	}
	for _, f := range compile(t) {
		for i := range f.Messages().Len() {
			fields := f.Messages().Get(i).Fields()
			for k := range fields.Len() {
				fd := fields.Get(k)
				kind := fd.Kind()
				if fd.IsMap() {
					kind = fd.MapKey().Kind()
				}
				if kind != protoreflect.StringKind && kind != protoreflect.BytesKind {
					continue
				}
				if texts[fd.FullName()] == "" {
					t.Errorf("%s can hold text: say why no value gets there", fd.FullName())
				}
				delete(unused, fd.FullName())
			}
		}
	}
	for name := range unused {
		t.Errorf("%s is no field that can hold text", name)
	}
}
