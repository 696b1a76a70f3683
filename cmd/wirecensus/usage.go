package main

const usage = `wirecensus takes a census of the HTTP APIs in captured traffic.

usage:
  wirecensus replay [flags] FILE|DIR|-...
  wirecensus version
  wirecensus help

commands:
  replay    capture files in, inventory, findings and OpenAPI documents out
  version   print the version

Run wirecensus replay --help for its flags.

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
  -s, --spec FILE|DIR  declared OpenAPI 3.x or Swagger 2 document, or a folder
                       of them; may be given more than once
      --openapi 3.1|3.0
                       version of the generated documents (default 3.1)
      --calls          also write calls.ndjson: every call in normal form
      --no-words       release no word: enumerations of the documents stay
                       plain strings
      --json           print the summary as JSON
      --key FILE       key of the digests that stand in place of values, at
                       least 16 bytes (default: derived from the capture)
      --shards N       workers (default 1); the result does not depend on it
      --progress auto|always|never
                       progress bar on standard error (default auto: when that
                       is a terminal)
  -q, --quiet          print nothing but errors
  -h, --help           print this

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
