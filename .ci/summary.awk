# Shortens `go test -v`: one line per package, the whole output of a package that
# failed, and every skipped test with its reason. Exits 1 when anything failed.
/^=== (RUN|NAME|CONT)/      { name = $3; block[n++] = ""; next }
/^=== PAUSE/                { next }
/^ *--- PASS/               { next }
/^ *--- SKIP/               { skipped[s++] = $3 "\t" why[$3]; next }
/^ok |^ok\t/                { print; delete block; n = 0; next }
/^\?/                       { delete block; n = 0; next }
/^FAIL[ \t]+[^ ]/           { for (i = 0; i < n; i++) if (block[i] != "") print block[i]; print; bad = 1; delete block; n = 0; next }
/^FAIL$|^PASS$|^exit status/ { if (/^FAIL/) bad = 1; next }
/^    +[a-z0-9_]+\.go:[0-9]+: / { line = $0; sub(/^ +[a-z0-9_]+\.go:[0-9]+: /, "", line); if (!(name in why)) why[name] = line }
                            { block[n++] = $0 }
END {
	for (i = 0; i < n; i++) if (block[i] != "") print block[i]
	for (i = 0; i < s; i++) { split(skipped[i], f, "\t"); printf "SKIPPED %s: %s\n", f[1], f[2] == "" ? "no reason given" : f[2] }
	exit bad
}
