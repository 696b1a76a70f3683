package wire

import (
	"strconv"

	"wirecensus/schemas"
)

// Types and schemas of events. The number at the end is the version: another one
// when readers of the earlier one would go wrong.
const (
	CallType       = "wirecensus.call.v1"
	DefinitionType = "wirecensus.definition.v1"
	CoverageType   = "wirecensus.coverage.v1"
	FindingType    = "wirecensus.finding.v1"

	CallSchema       = "/schemas/v1/call"
	DefinitionSchema = "/schemas/v1/definition"
	CoverageSchema   = "/schemas/v1/coverage"
	FindingSchema    = "/schemas/v1/finding"
)

// KeyValue is one header of a record.
type KeyValue struct{ Key, Value string }

// Source is the CloudEvents source of a sensor's records.
func Source(sensor string) string { return "/sensor/" + escape(sensor) }

// escape percent-encodes what may not stand in a path segment of a URI (RFC 3986, Section 3.3).
func escape(s string) string {
	b := make([]byte, 0, len(s))
	for _, c := range []byte(s) {
		if c|0x20-'a' < 26 || c-'0' < 10 || c == '-' || c == '.' || c == '_' || c == '~' {
			b = append(b, c)
		} else {
			b = append(b, '%', "0123456789ABCDEF"[c>>4], "0123456789ABCDEF"[c&15])
		}
	}
	return string(b)
}

// eventID is unique per source: a sensor's run and the first call of the record.
func eventID(epoch uint64, call string) string { return strconv.FormatUint(epoch, 16) + "-" + call }

// Headers returns the headers of the record that Seal will make, by the Kafka
// binding of CloudEvents 1.0: in binary mode for Protobuf; in structured mode,
// for JSON, all but the content type stands in the value. The batch must hold a call.
func (b *Batch) Headers(o Origin) []KeyValue {
	enc := Protobuf
	if b.json != nil {
		enc = JSON
	}
	return headers(enc, CallType, CallSchema, o.Sensor, eventID(o.Epoch, b.id), b.time)
}

// DefinitionHeaders returns the headers of a definition.
func DefinitionHeaders(sensor string, id ID) []KeyValue {
	return headers(Protobuf, DefinitionType, DefinitionSchema, sensor, id.String(), 0)
}

// CoverageHeaders returns the headers of a report.
func CoverageHeaders(r *CoverageReport) []KeyValue {
	return headers(Protobuf, CoverageType, CoverageSchema, r.Sensor, eventID(r.Epoch, strconv.FormatUint(r.Sequence, 10)), r.Coverage.Last)
}

func headers(enc Encoding, kind, schema, sensor, id string, at schemas.Time) []KeyValue {
	if enc == JSON {
		return []KeyValue{{"content-type", "application/cloudevents+json; charset=UTF-8"}}
	}
	out := []KeyValue{
		{"content-type", "application/protobuf"}, {"ce_specversion", "1.0"}, {"ce_id", id}, {"ce_source", Source(sensor)},
		{"ce_type", kind}, {"ce_dataschema", schema},
	}
	if at != 0 {
		out = append(out, KeyValue{"ce_time", at.String()})
	}
	return out
}
