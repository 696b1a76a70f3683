‚
tap-1 	*ß€¨±ãŸçË€Ğƒõ×¢çË *
arp*
b08@HPX`	h
px‚
b‚	
flowsˆ˜ ª
bª
	bad-chunk²
b²
tlsº$
	a.example *
b*
h2Â
a.example:80 Ê **02
b2

bodiesÏ	{"specversion":"1.0","id":"7-2-9","source":"/sensor/tap-1","type":"wirecensus.coverage.v1","time":"2023-11-14T22:15:00Z","datacontenttype":"application/json","dataschema":"/schemas/v1/coverage","sensor":"tap-1","epoch":"7","lane":2,"sequence":"9","data":{"sensor":"tap-1","epoch":7,"lane":2,"sequence":9,"coverage":{"first":"2023-11-14T22:13:20.000000001Z","last":"2023-11-14T22:15:00Z","frames":1,"bytes":2,"undecoded":{"arp":3,"b":1},"segments":3,"duplicates":4,"connections":5,"midstream":6,"one_sided":7,"stream_bytes":8,"gap_bytes":9,"cut_bytes":10,"gaps":11,"conflicts":12,"evicted":{"b":1,"flows":3},"calls":13,"half_calls":14,"orphan_responses":15,"skipped_bytes":16,"anomalies":{"b":1,"bad-chunk":3},"opaque":{"b":1,"tls":3},"tls":{"a.example":{"connections":1,"bytes":2,"first":"1970-01-01T00:00:00.000000003Z","last":"1970-01-01T00:00:00.000000004Z","alpn":{"b":1,"h2":3}}},"services":{"a.example:80":{"calls":1,"half_calls":2,"incomplete":3,"one_sided":4}},"live":{"kernel_packets":1,"kernel_drops":2,"waiting":3,"queue_drops":4,"outages":[{"from":"1970-01-01T00:00:00.000000001Z","to":"1970-01-01T00:00:00.000000002Z"},{"from":"1970-01-01T00:00:00.000000003Z","to":null}],"more_outages":5}},"shed":{"b":1,"bodies":3}}}