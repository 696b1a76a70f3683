package main

// servingUsage is the part of the help that all commands share that serve.
const servingUsage = `
how it serves:
      --tokens FILE    who may ask: a line for each token, "read TOKEN" or "admin
                       TOKEN"; sha256:HEX can stand for a token. An address
                       that can be reached from elsewhere needs it
      --unsafe-no-auth let everybody in who can connect
      --tls-cert FILE, --tls-key FILE
                       serve https with this certificate, in PEM
      --pprof          profiles below /debug/pprof/
      --drain-delay D  how long /readyz says no before the end (default 0s)
`

const runUsage = `wirecensus run listens to a network interface, or reads captures, keeps an inventory
of what it sees, and serves it: a page for browsers and a REST API.

usage:
  wirecensus run -i INTERFACE|any|udp:ADDRESS:PORT [flags]
  wirecensus run -r FILE|DIR|- [flags]
  wirecensus run -r DIR --watch [flags]

flags:
  -i, --interface NAME  listen to a network interface; needs Linux and CAP_NET_RAW;
                       may be given more than once
  -r, --read FILE|DIR|- read captures; afterwards serve until interrupted; may be
                       given more than once
      --watch          read each capture that comes into DIR, when it is finished
      --watch-quiet TIME, --watch-state FILE
                       as of sensor
      --store STORE    where the inventory is kept: sqlite:FILE (default
                       sqlite:wirecensus.db), postgres://…, or memory:
      --listen ADDRESS:PORT
                       where it is served (default 127.0.0.1:8080)
  -s, --spec FILE|DIR  declared document: OpenAPI 3.x, Swagger 2, a Postman
                       collection or a HAR file, or a folder of them, put into the store; may be given more than once
      --name NAME      what the sensor is called (default the host's name)
  -f, --filter EXPR    only packets that match, as tcpdump writes it
      --ring-size SIZE of the packet ring (default 64MiB)
      --snaplen BYTES  cut frames; what is cut is counted (default 0: whole frames)
      --no-promiscuous only packets for this host
      --ignore-outgoing, --hardware-times
                       as of sensor
      --user NAME      become this user once the interface is open
      --key FILE       key of the digests that stand in place of values, at
                       least 16 bytes (default: another one each run)
      --proto PATH     message types of gRPC: a FileDescriptorSet, a .proto file or
                       a folder of them; may be given more than once
      --keylog FILE    TLS secrets to decrypt with, an NSS key log as clients and
                       servers write with SSLKEYLOGFILE, followed as it grows; may
                       be given more than once
      --rsa-key FILE   RSA private key of an observed server, PEM, for TLS 1.2 and
                       below with RSA key exchange; may be given more than once
      --no-words       release no word: enumerations of the documents stay
                       plain strings
      --shards N       workers (default 1); on an interface each has a ring of its own
      --checksums ignore|verify|auto
                       TCP segments with a wrong checksum: take, drop, or decide
                       by the first 1,000 segments
      --ignore-tunnel-ids
                       take flows of equal addresses in two overlay networks
                       (VNI, GRE key) for one
  -h, --help           print this
` + servingUsage + `
example:
  $ sudo wirecensus run -i eth0 --user nobody --store sqlite:/var/lib/wirecensus/inventory.db
`

const inventoryUsage = `wirecensus inventory reads the calls that sensors publish, keeps the inventory, and
serves it: a page for browsers and a REST API. Several of them with one group and
one PostgreSQL store share the work, and each answers everything.

usage:
  wirecensus inventory --from kafka://BROKER[,BROKER]/TOPIC --store STORE [flags]
  wirecensus inventory --store STORE [flags]     only serve what is kept

flags:
      --from URL       where the calls come from; TOPIC is wirecensus.calls
                       unless named, a broker's port 9092
      --store STORE    sqlite:FILE or postgres://USER@HOST/DATABASE
      --listen ADDRESS:PORT
                       where it is served (default 127.0.0.1:8080)
      --group NAME     consumer group (default wirecensus)
  -s, --spec FILE|DIR  declared document: OpenAPI 3.x, Swagger 2, a Postman
                       collection or a HAR file, or a folder of them, put into the store; may be given more than once
      --kafka-sasl MECHANISM, --kafka-user NAME
                       plain, scram-sha-256 or scram-sha-512; the password comes
                       from $WIRECENSUS_KAFKA_PASSWORD or
      --kafka-password-file FILE
      --kafka-tls      speak TLS to the brokers
      --kafka-ca FILE  certificates of those who may have signed theirs, in PEM
      --kafka-cert FILE, --kafka-cert-key FILE
                       a certificate to show to them
  -h, --help           print this
` + servingUsage + `
example:
  $ wirecensus inventory --from kafka://kafka:9092 --store sqlite:inventory.db
`

// askingUsage is the part of the help that all commands share that ask an inventory.
const askingUsage = `
which inventory:
      --server URL     one that is served (default $WIRECENSUS_SERVER, else
                       http://127.0.0.1:8080)
      --token-file FILE
                       holds the token that the server wants (default
                       $WIRECENSUS_TOKEN, else the file $WIRECENSUS_TOKEN_FILE)
      --db FILE        one in a file of wirecensus run or inventory
      --json           print JSON
  -h, --help           print this
`

const servicesUsage = `wirecensus services lists the observed services, or those whose traffic could not be read.

usage:
  wirecensus services [flags]

flags:
      --encrypted      the encrypted services, with their share of the traffic; they
                       can be sorted by name, bytes, connections, first_seen, last_seen
      --text WORDS     words that must all be in the name
      --declared true|false
                       only those that a declared document covers, or does not
      --sort name|calls|endpoints|last_seen
                       the order; - in front turns it round: --sort=-calls
      --limit N        at most so many (default 100; 0 all; --json: all)
` + askingUsage + `
example:
  $ wirecensus services --declared false
`

const endpointsUsage = `wirecensus endpoints lists the endpoints, or says why one of them is what it is.

usage:
  wirecensus endpoints [flags]
  wirecensus endpoints explain METHOD TEMPLATE [--service NAME]

  TEMPLATE   as the list shows it: '/users/{id}'

flags:
      --service NAME   only of this service; this and the next six may be
                       repeated, or have several values with commas between
      --method METHOD  only this method
      --status STATUS  documented, shadow, undocumented, zombie, orphan, unknown
      --class CLASS    endpoint, health; or places that are none: probed, …
      --auth SCHEME    only with this kind of credential; none: without one
      --sensitive CLASS
                       only with this class of sensitive values; any for all
      --protocol NAME  only what carries grpc, grpc-web, graphql, json-rpc, soap,
                       websocket or event-stream; any for all
      --drift true|false
                       only those that differ from their document, or do not
      --text WORDS     words that must all be in method, template, service
                       or names of operations
      --sort place|calls|last_seen|first_seen|clients|confidence
                       the order; - in front turns it round: --sort=-calls
      --limit N        at most so many (default 100; 0 all; --json: all)
` + askingUsage + `
examples:
  $ wirecensus endpoints --status shadow,zombie --sort=-calls
  $ wirecensus endpoints explain GET '/users/{id}' --service api.example.com
`

const findingsUsage = `wirecensus findings lists what somebody should look at, worst first.

usage:
  wirecensus findings [flags]

flags:
      --service NAME   only of this service; this and the next three may be
                       repeated, or have several values with commas between
      --rule ID        only of this rule
      --severity NAME  critical, high, medium, low, info
      --method METHOD  only about this method
      --text WORDS     words that must all be in title, template, service or actor
      --sort rank|last_seen|count|confidence
                       the order; - in front turns it round: --sort=-count
      --limit N        at most so many (default 100; 0 all; --json: all)
` + askingUsage + `
example:
  $ wirecensus findings --severity critical,high
`

const coverageUsage = `wirecensus coverage says what was seen, lost and could not be read, in all and by
sensor.

usage:
  wirecensus coverage [flags]
` + askingUsage

const specUsage = `wirecensus spec handles OpenAPI documents: declared ones and those written from
what was observed.

usage:
  wirecensus spec list
  wirecensus spec import [--name NAME] [--no-replace] FILE|-...
  wirecensus spec delete NAME
  wirecensus spec export [--service NAME]... [--out FILE|DIR|-] [--merged]
                         [--openapi 3.1|3.0] [--at TIME]
  wirecensus spec diff FILE FILE [--fail-on breaking|warning]
  wirecensus spec diff --service NAME [--base SIDE] [--revision SIDE]
                         [--fail-on breaking|warning]
  wirecensus spec lint FILE|- | --service NAME [--errors-only] | --rules

  SIDE   observed, observed@TIME, declared or declared:NAME
  TIME   packet time as RFC 3339 has it: 2026-06-01T00:00:00Z

flags:
      --name NAME      what an imported document is called (default its file name)
      --no-replace     keep a document of that name that is there
      --service NAME   the service; of export: may be repeated, default all
  -o, --out PATH       where to write (default standard output); several
                       documents go to a folder
      --merged         one document for all services
      --openapi VERSION
                       3.1 (default) or 3.0
      --at TIME        the document as it was then
      --base SIDE      what is compared (default declared)
      --revision SIDE  with what (default observed)
      --fail-on CLASS  end with 1 if there is a difference of this class or worse
      --errors-only    print no warnings and remarks
      --rules          list the rules of lint
` + askingUsage + `
Differences are breaking, warning or info for clients that keep to the base;
unseen is what was declared and not observed. lint ends with 1 if a document has
an error.

examples:
  $ wirecensus spec import openapi/*.yaml
  $ wirecensus spec diff --service api.example.com --base declared:v2.yaml
  $ wirecensus spec diff v1.yaml v2.yaml --fail-on breaking
  $ wirecensus spec export --service api.example.com | wirecensus spec lint -
`
