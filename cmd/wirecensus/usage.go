package main

const usage = `wirecensus takes a census of the HTTP APIs in captured traffic.

usage:
  wirecensus replay [flags] FILE|DIR|-...
  wirecensus sensor (-i INTERFACE | -r FILE|DIR|-) --to -|file:PATH|kafka://BROKER/TOPIC [flags]
  wirecensus run (-i INTERFACE | -r FILE|DIR|-) [flags]
  wirecensus inventory --from kafka://BROKER[,BROKER]/TOPIC --store STORE [flags]
  wirecensus services | endpoints | findings | coverage [flags]
  wirecensus spec list|import|delete|export|diff|lint [flags]
  wirecensus version
  wirecensus help

commands:
  replay    capture files in, inventory, findings and OpenAPI documents out
  run       sensor and inventory in one process: an interface in, page and REST
            API out
  sensor    an interface or captures in, calls out, as they finish
  inventory calls from Kafka in, page and REST API out
  services, endpoints, findings, coverage
            list what an inventory knows
  spec      declared and observed OpenAPI documents: list, compare, check
  version   print the version

Run wirecensus COMMAND --help for its flags.

exit status: 0 done, 1 failed, 2 wrong usage
`

const replayUsage = `wirecensus replay reads capture files and writes down which HTTP services and
endpoints they show, which of them are shadow or zombie against the declared
specifications, what leaks, and an OpenAPI document for every service.
Everything happens in this process; nothing is sent anywhere.

usage:
  wirecensus replay [flags] FILE|DIR|-...

  FILE   a capture: pcap or pcapng, plain or compressed with gzip or zstd
  DIR    all captures in and below it
  -      a capture on standard input: tcpdump -w - | wirecensus replay -

flags:
  -o, --out DIR        where to write (default wirecensus-out)
  -s, --spec FILE|DIR  declared document: OpenAPI 3.x, Swagger 2, a Postman
                       collection or a HAR file, or a folder of them; may be given more than once
      --openapi 3.1|3.0
                       version of the generated documents (default 3.1)
      --calls          also write calls.ndjson: every call in normal form
      --no-words       release no word: enumerations of the documents stay
                       plain strings
      --json           print the summary as JSON
      --key FILE       key of the digests that stand in place of values, at
                       least 16 bytes (default: derived from the capture)
      --proto PATH     message types of gRPC: a FileDescriptorSet, a .proto file or
                       a folder of them; may be given more than once
      --keylog FILE    TLS secrets to decrypt with, an NSS key log as clients and
                       servers write with SSLKEYLOGFILE; may be given more than
                       once. Secrets inside of pcapng files are always used
      --rsa-key FILE   RSA private key of an observed server, PEM, for TLS 1.2 and
                       below with RSA key exchange; may be given more than once
      --shards N       workers (default 1); the result does not depend on it
      --checksums ignore|verify|auto
                       TCP segments with a wrong checksum: take them (default),
                       drop them, or decide by the first 1,000 segments
      --ignore-tunnel-ids
                       take flows of equal addresses in two overlay networks
                       (VNI, GRE key) for one
      --db FILE        also add what was read to the inventory in this file
      --serve ADDRESS:PORT
                       afterwards serve page and REST API until interrupted
      --progress auto|always|never
                       progress bar on standard error (default auto: when that
                       is a terminal)
  -q, --quiet          print nothing but errors
  -h, --help           print this
` + servingUsage + `
what it writes:
  report.html          the report, for a browser; it loads nothing from elsewhere
  endpoints.json       every endpoint: status, counts, callers, drift, and why
  findings.json        what somebody should look at, with evidence
  coverage.json        what was seen and what could not be seen
  openapi/             SERVICE.yaml and SERVICE.json for every service
  calls.ndjson         with --calls

example:
  $ tcpdump -i eth0 -w api.pcap 'tcp port 8080'
  $ wirecensus replay --spec openapi.yaml api.pcap
`

const sensorUsage = `wirecensus sensor listens to a network interface, or reads captures, and writes
every HTTP call in normal form as soon as it is complete. It sends nothing on the interface.

usage:
  wirecensus sensor -i INTERFACE... --to TARGET [flags]
  wirecensus sensor -i udp:ADDRESS:PORT --to TARGET [flags]
  wirecensus sensor -r FILE|DIR|- --to TARGET [flags]
  wirecensus sensor -r DIR --watch --to TARGET [flags]

flags:
  -i, --interface NAME  listen to a network interface; needs Linux and CAP_NET_RAW. May be
                        given more than once; any is all interfaces, also those that
                        come later. What passes two of them is counted once
  -i udp:ADDRESS:PORT   receive mirrored VXLAN, GENEVE, GTP-U or GRE datagrams; the
                        port says which (4789, 6081, 2152, 4754), others are VXLAN
  -r, --read FILE|DIR|- read captures; may be given more than once
      --watch           stay, and read each capture that comes into DIR when it is finished:
                        renamed from a name that begins with a dot or ends in .tmp or
                        .part, followed by the next of its name, or not changed for a while
      --watch-quiet TIME
                        how long that is (default 10s); what grows later is read on
      --watch-state FILE
                        where is remembered what was read, so that no run reads it twice
                        (default .wirecensus-read in the first DIR)
  -t, --to -            write calls to standard output, one JSON object a line
  -t, --to file:PATH    append them to a file
  -t, --to kafka://BROKER[,BROKER][/TOPIC]
                        send them to a topic (default wirecensus.calls); see below
      --encoding protobuf|json
                        how they are written: for - and file: JSON is the default, but
                        for file:PATH.pb and Kafka Protobuf is
      --name NAME       the sensor's name in Protobuf and topics (default: this host's)
      --coverage FILE   what was seen and lost, as JSON, once a minute and at the end
      --metrics HOST:PORT
                        what was seen and lost, for Prometheus, at /metrics; /healthz
  -f, --filter EXPR     take only these frames: tcpdump's host, net, port, portrange,
                        src, dst, tcp, udp, ip, ip6, arp, proto, vlan, greater, less,
                        joined by and, or, not
      --ring-size SIZE  memory shared with the kernel, of all workers (default 64MiB)
      --snaplen BYTES   cut frames; what is cut is counted (default 0: whole frames)
      --no-promiscuous  only frames to and from this host
      --ignore-outgoing leave out what this host sends; always so on lo
      --hardware-times  take the times of the interface's own clock where it has one; it
                        must be kept right (phc2sys). The log says which are used
      --user NAME       become this user once everything is open
      --key FILE        key of the digests that stand in place of values, at least 16
                        bytes (default: a random one for an interface, one derived
                        from the capture for files)
      --proto PATH      message types of gRPC: a FileDescriptorSet, a .proto file or a
                        folder of them; may be given more than once
      --keylog FILE     TLS secrets to decrypt with, an NSS key log as clients and servers
                        write with SSLKEYLOGFILE; may be given more than once. For an
                        interface the file is followed as it grows, or comes into being
      --rsa-key FILE    RSA private key of an observed server, PEM, for TLS 1.2 and below
                        with RSA key exchange; may be given more than once
      --shards N        workers (default 1); on an interface each gets a ring of its own, to
                        which the kernel brings both directions of a connection
      --checksums ignore|verify|auto
                        TCP segments with a wrong checksum: take them (default),
                        drop them, or decide by the first 1,000 segments
      --ignore-tunnel-ids
                        take flows of equal addresses in two overlay networks
                        (VNI, GRE key) for one
  -h, --help            print this

flags for Kafka:
      --no-words        release no word: enumerations of the documents stay plain strings
      --compression none|gzip|snappy|lz4|zstd
                        of the records (default zstd)
      --queue-size SIZE memory for records on their way (default 64MiB)
      --spool DIR       folder for what the broker does not take, once the memory is full
      --spool-size SIZE space for it (default 1GiB)
      --when-full wait|shed
                        queue and spool are full: wait, or give up calls and count
                        them (default: wait for files, shed for an interface)
      --flush-timeout TIME
                        how long the broker is waited for at the end (default 10s)
      --coverage-interval TIME
                        how often an interface's coverage is sent (default 10s)
      --kafka-partitions N, --kafka-replication N, --kafka-retention TIME
                        of topics that are missing and made (default 6 partitions,
                        copies as the cluster says, 168h; 0: as the cluster says)
      --kafka-sasl plain|scram-sha-256|scram-sha-512
      --kafka-user NAME, --kafka-password-file FILE
                        log in; without a file the password is in the environment
                        variable WIRECENSUS_KAFKA_PASSWORD
      --kafka-tls       encrypt
      --kafka-ca FILE   certificates to trust (default: those of this host)
      --kafka-cert FILE, --kafka-cert-key FILE
                        the sensor's own certificate

A sensor that reads files and is broken off, even killed, can be started again with the same
flags: it gives the calls the numbers that they had, and the inventory drops what it has.

SIGINT and SIGTERM end it: what has arrived is worked off first, within 2 seconds, and the
broker is waited for; what it does not take by then stays in the spool for the next run.
The last line on standard error says what became of every packet:
received = used + kernel_drops + discarded.

example:
  $ sudo wirecensus sensor -i eth1 --to file:calls.ndjson --coverage coverage.json --user nobody
  $ sudo wirecensus sensor -i eth1 --to kafka://kafka1,kafka2 --spool /var/lib/wirecensus/spool
`
