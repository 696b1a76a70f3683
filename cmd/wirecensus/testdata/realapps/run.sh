#!/usr/bin/env bash
# Real applications, driven by their own clients, captured by the sensor on the
# loopback interface, and the document that was found compared with the one that
# they publish.
#
#   run.sh WIRECENSUS OUT [alertmanager|prefect]...
#
# WIRECENSUS is the program, OUT a folder for captures' documents and figures. It
# needs root (live capture), Go and python3 with venv, and fetches the applications
# into the user's cache. Servers listen on 127.0.0.1 only and are ended.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
wirecensus=$(realpath "$1"); mkdir -p "$2"; out=$(realpath "$2"); shift 2
[ $# -gt 0 ] || set -- alertmanager prefect
cache=${XDG_CACHE_HOME:-$HOME/.cache}/wirecensus-test/realapps; mkdir -p "$cache"
alertmanager=0.27.0
prefect=3.4.25
started=()
trap 'for p in "${started[@]}"; do kill "$p" 2>/dev/null || true; done; wait' EXIT

await() { for _ in $(seq 600); do if curl -sf -o /dev/null "$1"; then return; fi; sleep 0.2; done; echo "$1 does not answer" >&2; exit 1; }

python_tools() {
  [ -x "$cache/venv-$prefect/bin/prefect" ] && return
  rm -rf "$cache/venv-$prefect"; python3 -m venv "$cache/venv-$prefect"
  "$cache/venv-$prefect/bin/pip" install -q --disable-pip-version-check "prefect==$prefect" fastapi==0.119.0 pydantic==2.12.3 importlib-metadata==8.7.0
}

# observe PORT: starts wirecensus on what goes to and from the port.
observe() {
  "$wirecensus" run -i lo -f "tcp port $1" --store memory: --listen 127.0.0.1:18931 2>"$out/wirecensus.log" &
  census=$!; started+=("$census")
  await http://127.0.0.1:18931/readyz
}

# document NAME PORT [URL]: writes what was found, ends wirecensus, compares.
document() {
  sleep 8 # idle connections are read to their end
  "$wirecensus" spec export --server http://127.0.0.1:18931 --service "127.0.0.1:$2" --json >"$out/$1.observed.json"
  "$wirecensus" coverage --server http://127.0.0.1:18931 >"$out/$1.coverage.txt"
  kill "$census"; wait "$census" || true
  [ $# -lt 3 ] || curl -sf "$3" >"$out/$1.published.json" # no part of the capture
  "$wirecensus" spec diff "$out/$1.published.json" "$out/$1.observed.json" >"$out/$1.diff.txt" || true
  "$wirecensus" spec lint --errors-only "$out/$1.observed.json" >"$out/$1.lint.txt" || { echo "$1: lint finds errors" >&2; exit 1; }
  "$cache/venv-$prefect/bin/python" "$here/compare.py" "$1" "$out/$1.published.json" "$out/$1.observed.json" | tee "$out/$1.figures.txt"
}

# Alertmanager, by its own command line client amtool.
run_alertmanager() {
  [ -x "$cache/bin/amtool" ] || GOBIN="$cache/bin" go install "github.com/prometheus/alertmanager/cmd/alertmanager@v$alertmanager" "github.com/prometheus/alertmanager/cmd/amtool@v$alertmanager"
  local work; work=$(mktemp -d)
  printf 'route: {receiver: team, group_by: [alertname], routes: [{receiver: pager, matchers: ["severity=critical"]}]}\nreceivers: [{name: team}, {name: pager}]\n' >"$work/alertmanager.yml"
  "$cache/venv-$prefect/bin/python" -c 'import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout, default=str)' \
    "$(go env GOMODCACHE)/github.com/prometheus/alertmanager@v$alertmanager/api/v2/openapi.yaml" >"$out/alertmanager.published.json"
  observe 19093
  "$cache/bin/alertmanager" --config.file "$work/alertmanager.yml" --storage.path "$work/data" --web.listen-address 127.0.0.1:19093 --cluster.listen-address= 2>"$out/alertmanager.log" &
  started+=($!); await http://127.0.0.1:19093/-/ready
  local am=("$cache/bin/amtool" --alertmanager.url http://127.0.0.1:19093 --output json) i id
  for i in $(seq 12); do
    "${am[@]}" alert add "alertname=Disk$i" "severity=$([ $((i % 3)) = 0 ] && echo critical || echo warning)" "instance=host$i" --annotation "summary=\"disk $i is full\"" --generator-url "http://prometheus.example/graph?g=$i"
    id=$("${am[@]}" silence add --author "user$i" --comment "maintenance of host $i" --duration "${i}h" "alertname=Disk$i" | tr -d '"')
    "${am[@]}" silence query >/dev/null
    [ $((i % 2)) = 0 ] || "${am[@]}" silence update --duration "$((i + 1))h" "$id" >/dev/null
    "${am[@]}" silence query --id "$id" >/dev/null
    [ $((i % 4)) != 0 ] || "${am[@]}" silence expire "$id"
    "${am[@]}" alert query --silenced --active >/dev/null
    "${am[@]}" alert query "severity=critical" >/dev/null
    "${am[@]}" config show >/dev/null
    "${am[@]}" cluster show >/dev/null || true
    "${am[@]}" config routes test severity=critical >/dev/null
  done
  document alertmanager 19093
  rm -rf "$work"
}

# Prefect, by flows of its own engine and its own command line client.
run_prefect() {
  local work port=14200; work=$(mktemp -d)
  export PREFECT_HOME=$work PREFECT_SERVER_ANALYTICS_ENABLED=false DO_NOT_TRACK=1 PREFECT_API_URL=http://127.0.0.1:$port/api PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY=false
  PATH="$cache/venv-$prefect/bin:$PATH"
  observe $port
  prefect server start --host 127.0.0.1 --port $port --no-ui >"$out/prefect.log" 2>&1 &
  started+=($!); await http://127.0.0.1:$port/api/health
  "$cache/venv-$prefect/bin/python" "$here/prefect_client.py" >"$out/prefect.client.log" 2>&1
  local i; for i in 1 2; do
    prefect work-pool create "pool-$i" --type process
    prefect work-pool inspect "pool-$i"
    prefect work-pool ls
    prefect work-pool pause "pool-$i"
    prefect work-pool resume "pool-$i"
    prefect work-queue create "queue-$i" --pool "pool-$i"
    prefect work-queue ls --pool "pool-$i"
    prefect concurrency-limit create "tag-$i" "$i"
    prefect concurrency-limit inspect "tag-$i"
    prefect gcl create "limit-$i" --limit "$i"
    prefect gcl inspect "limit-$i"
    prefect variable set "variable_$i" "value $i" --tag "tag$i"
    prefect variable get "variable_$i"
    prefect variable inspect "variable_$i"
    prefect flow-run ls --limit 5
    prefect flow ls
    prefect block type ls
    prefect automation ls
    prefect deployment ls
    [ "$i" -lt 2 ] || { prefect variable unset "variable_$i" <<<y; prefect concurrency-limit delete "tag-$i"; prefect gcl delete "limit-$i" <<<y; prefect work-pool delete "pool-$i" <<<y; }
  done >"$out/prefect.cli.log" 2>&1 || true
  document prefect $port http://127.0.0.1:$port/api/openapi.json
  rm -rf "$work"
}

python_tools
for app in "$@"; do "run_$app"; done
