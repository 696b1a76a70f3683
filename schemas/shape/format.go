package shape

// Format is the lexical format of a string, judged from the string alone.
type Format uint8

// Formats, most specific first where several could apply. The order is part of
// the contract: append only.
const (
	None Format = iota
	UUID
	DateTime // RFC 3339
	Date     // RFC 3339 full-date
	Time     // RFC 3339 partial-time or full-time
	Duration // ISO 8601
	Email
	URI      // absolute, with scheme
	Hostname // with at least one dot
	IPv4
	IPv6
	CIDR
	MAC
	JWT
	Int     // decimal integer written as a string
	Decimal // decimal number written as a string
	Boolean // "true" or "false"
	Hex     // at least 16 hex digits, even
	Base64  // at least 24 characters, standard or URL alphabet
	Phone   // E.164
	HTTPDate
	ULID
	ObjectID // 24 hex digits
	Semver
	Locale        // en-GB
	Currency      // ISO 4217
	Country       // ISO 3166-1 alpha-2
	Color         // #rrggbb
	PathRef       // relative reference starting with /
	Empty         // the empty string
	Token         // short word of letters, digits, _ and -: what an enumeration looks like
	LocalDateTime // ISO 8601 date and time without an offset
	GUID          // written like a UUID, with a version or variant that none has (RFC 9562, Sections 4.1, 4.2)
	NumFormats    // number of formats; not a format
)

var formatNames = [NumFormats]string{
	"text", "uuid", "date-time", "date", "time", "duration", "email", "uri", "hostname", "ipv4", "ipv6", "cidr", "mac", "jwt", "int",
	"decimal", "boolean", "hex", "base64", "phone", "http-date", "ulid", "objectid", "semver", "locale", "currency", "country", "color",
	"path", "empty", "token", "local-date-time", "guid",
}

// String returns the format's name as in JSON; "text" for None.
func (f Format) String() string {
	if f >= NumFormats {
		return "text"
	}
	return formatNames[f]
}
