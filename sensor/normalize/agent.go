package normalize

import "bytes"

// agents are marks in User-Agent fields, in the order in which they are looked
// for, with the family they show.
var agents = []struct{ mark, family string }{
	{"curl/", "curl"}, {"Wget", "wget"}, {"python-requests", "python-requests"}, {"python-httpx", "python-httpx"}, {"aiohttp", "aiohttp"}, {"Python-urllib", "python-urllib"},
	{"Go-http-client", "go"}, {"okhttp", "okhttp"}, {"Apache-HttpClient", "apache-httpclient"}, {"Java-http-client", "java"}, {"Java/", "java"}, {"axios", "axios"}, {"node-fetch", "node-fetch"},
	{"undici", "undici"}, {"got (", "got"}, {"PostmanRuntime", "postman"}, {"insomnia", "insomnia"}, {"Bruno", "bruno"}, {"HTTPie", "httpie"}, {"GuzzleHttp", "guzzle"}, {"Faraday", "faraday"}, {"Ruby", "ruby"},
	{"Dart/", "dart"}, {"CFNetwork", "cfnetwork"}, {"Alamofire", "alamofire"}, {"Dalvik", "android"}, {"RestSharp", "restsharp"}, {".NET", "dotnet"}, {"reqwest", "reqwest"}, {"hyper/", "hyper"},
	{"libwww-perl", "perl"}, {"kube-probe", "kube-probe"}, {"ELB-HealthChecker", "elb-health"}, {"GoogleHC", "google-health"}, {"Consul Health", "consul-health"}, {"Prometheus", "prometheus"}, {"Datadog", "datadog"}, {"Pingdom", "pingdom"}, {"UptimeRobot", "uptimerobot"}, {"Blackbox", "prometheus"},
	{"k6/", "k6"}, {"ApacheBench", "ab"}, {"JMeter", "jmeter"}, {"Locust", "locust"}, {"wrk", "wrk"}, {"hey/", "hey"}, {"vegeta", "vegeta"},
	{"sqlmap", "sqlmap"}, {"Nikto", "nikto"}, {"Nmap", "nmap"}, {"nuclei", "nuclei"}, {"gobuster", "gobuster"}, {"dirbuster", "dirbuster"}, {"DirBuster", "dirbuster"}, {"ffuf", "ffuf"}, {"Fuzz Faster", "ffuf"}, {"wfuzz", "wfuzz"}, {"masscan", "masscan"}, {"zgrab", "zgrab"}, {"WPScan", "wpscan"}, {"Acunetix", "acunetix"}, {"Nessus", "nessus"}, {"OpenVAS", "openvas"}, {"ZAP", "zap"}, {"Burp", "burp"}, {"feroxbuster", "feroxbuster"}, {"katana", "katana"},
	{"Googlebot", "googlebot"}, {"bingbot", "bingbot"}, {"Applebot", "applebot"}, {"YandexBot", "yandexbot"}, {"Baiduspider", "baiduspider"}, {"DuckDuckBot", "duckduckbot"}, {"facebookexternalhit", "facebook"}, {"Twitterbot", "twitterbot"}, {"GPTBot", "gptbot"}, {"ClaudeBot", "claudebot"}, {"CCBot", "ccbot"}, {"AhrefsBot", "ahrefsbot"}, {"SemrushBot", "semrushbot"}, {"Slackbot", "slackbot"},
	{"Stripe/", "stripe"}, {"GitHub-Hookshot", "github-hookshot"}, {"grpc-", "grpc"}, {"aws-sdk", "aws-sdk"}, {"Boto3", "aws-sdk"}, {"PhantomJS", "phantomjs"},
	{"bot", "bot"}, {"Bot", "bot"}, {"spider", "bot"}, {"crawler", "bot"},
}

// browsers are marks of browsers; those that name others come first.
var browsers = []struct{ mark, family string }{
	{"HeadlessChrome", "headless-chrome"}, {"Electron", "electron"}, {"Edg/", "edge"}, {"OPR/", "opera"}, {"SamsungBrowser", "samsung"}, {"Firefox/", "firefox"}, {"FxiOS", "firefox"},
	{"CriOS", "chrome"}, {"Chrome/", "chrome"}, {"Safari/", "safari"}, {"MSIE", "ie"}, {"Trident/", "ie"},
}

// maxAgents is the number of User-Agent values remembered.
const maxAgents = 1024

// agent returns the family of a User-Agent, "other" for one that is not in the
// lists, "" for none.
func (n *Normalizer) agent(v []byte) string {
	if len(v) == 0 {
		return ""
	}
	v = v[:min(len(v), 512)]
	if f, ok := n.agents[string(v)]; ok {
		return f
	}
	f := agentFamily(v)
	if len(n.agents) >= maxAgents {
		clear(n.agents)
	}
	n.agents[string(v)] = f
	return f
}

func agentFamily(v []byte) string {
	robot := bytes.Contains(v, []byte("bot")) || bytes.Contains(v, []byte("Bot")) || bytes.Contains(v, []byte("spider"))
	if robot || !bytes.HasPrefix(v, []byte("Mozilla/")) {
		for i := range agents {
			if bytes.Contains(v, []byte(agents[i].mark)) {
				return agents[i].family
			}
		}
	}
	for i := range browsers {
		if bytes.Contains(v, []byte(browsers[i].mark)) {
			return browsers[i].family
		}
	}
	for i := range agents {
		if bytes.Contains(v, []byte(agents[i].mark)) {
			return agents[i].family
		}
	}
	return "other"
}
