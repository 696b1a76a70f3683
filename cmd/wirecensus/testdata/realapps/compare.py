"""Compares two OpenAPI documents in JSON: compare.py NAME PUBLISHED OBSERVED.

An operation is right when the published document has the method with literals and
parameters in the same places. Of right operations it counts the query parameters,
and the properties of JSON bodies by path, that the published document has too.
What was published and not observed is no fault: it may not have been in the traffic.
"""
import json
import re
import sys

METHODS = ("get", "put", "post", "delete", "patch", "head", "options")


def load(name):
    with open(name, encoding="utf-8") as f:
        d = json.load(f)
    base = d.get("basePath", "") if "swagger" in d else re.sub(r"^https?://[^/]*", "", (d.get("servers") or [{"url": ""}])[0]["url"])
    ops = {}
    for path, item in d["paths"].items():
        for m in METHODS:
            if m in item:
                shared = item.get("parameters", [])
                ops[m.upper(), re.sub(r"\{[^}]*\}", "{}", base.rstrip("/") + path).rstrip("/")] = (base + path, item[m], shared)
    return d, ops


def resolve(d, s):
    for _ in range(50):
        if not isinstance(s, dict) or "$ref" not in s:
            return s or {}
        at = d
        for part in s["$ref"].lstrip("#/").split("/"):
            at = at[part.replace("~1", "/").replace("~0", "~")]
        s = at
    return {}


def types(d, s, at="", out=None, depth=0):
    """Properties by path, with their types; a path that ends in * is a map's or anything's."""
    out = {} if out is None else out
    s = resolve(d, s)
    if depth > 8 or not isinstance(s, dict):
        return out
    for kind in ("allOf", "anyOf", "oneOf"):
        for part in s.get(kind, []):
            types(d, part, at, out, depth + 1)
    t = s.get("type")
    for one in t if isinstance(t, list) else [t]:
        if one:
            out.setdefault(at, set()).add(one)
    if s.get("nullable"):
        out.setdefault(at, set()).add("null")
    for name, sub in (s.get("properties") or {}).items():
        types(d, sub, at + "." + name, out, depth + 1)
    if "items" in s:
        types(d, s["items"], at + "[]", out, depth + 1)
    extra = s.get("additionalProperties")
    anything = not (s.get("properties") or s.get("items") or t not in ("object", None) or any(k in s for k in ("allOf", "anyOf", "oneOf", "enum")))
    if extra or anything:
        out.setdefault(at + ".*", set()).add("any")
        if isinstance(extra, dict):
            types(d, extra, at + ".*", out, depth + 1)
    return out


def bodies(d, op, params):
    """JSON schemas of an operation: the request's, and the successful answers' in one."""
    out = {}
    for p in params + op.get("parameters", []):
        p = resolve(d, p)
        if p.get("in") == "body":
            out["request"] = [p.get("schema")]
    for media, m in resolve(d, op.get("requestBody", {})).get("content", {}).items():
        if "json" in media:
            out.setdefault("request", []).append(m.get("schema"))
    for code, r in op.get("responses", {}).items():
        r = resolve(d, r)
        if code.startswith("2") or code == "default":
            if "schema" in r:
                out.setdefault("answer", []).append(r["schema"])
            for media, m in r.get("content", {}).items():
                if "json" in media:
                    out.setdefault("answer", []).append(m.get("schema"))
    return {k: [s for s in v if s] for k, v in out.items()}


def known(path, have):
    """A property is known by its path, or below a map or anything."""
    if path in have:
        return path
    at = path
    while at:
        at = at[: max(at.rfind("."), at.rfind("[]"), 0)]
        if at + ".*" in have:
            rest = path[len(at):]
            deeper = at + ".*" + re.sub(r"^\.[^.\[]*", "", rest)
            return deeper if deeper in have else at + ".*"
    return None


def main():
    name, (pd, published), (od, observed) = sys.argv[1], load(sys.argv[2]), load(sys.argv[3])
    right = [k for k in observed if k in published]
    print(f"{name}: published {len(published)} operations, observed {len(observed)}, of them published {len(right)}")
    for m, path in sorted(set(observed) - set(published)):
        print(f"  not published: {m} {observed[m, path][0]}")
    n = {"query": [0, 0], "path": [0, 0], "property": [0, 0], "type": [0, 0]}
    for k in sorted(right):
        (wpath, wop, wshared), (gpath, gop, gshared) = published[k], observed[k]
        want = {resolve(pd, p).get("name") for p in wshared + wop.get("parameters", []) if resolve(pd, p).get("in") == "query"}
        for p in gshared + gop.get("parameters", []):
            p = resolve(od, p)
            if p.get("in") == "query":
                n["query"][0] += p["name"] in want
                n["query"][1] += 1
                if p["name"] not in want:
                    print(f"  query parameter not published: {k[0]} {gpath}: {p['name']}")
        for a, b in zip(re.findall(r"\{([^}]*)\}", wpath), re.findall(r"\{([^}]*)\}", gpath)):
            n["path"][0] += a.lower() == b.lower()
            n["path"][1] += 1
            if a.lower() != b.lower():
                print(f"  name of a path parameter: {k[0]} {wpath}: {b}")
        theirs = bodies(pd, wop, wshared)
        for part, schemas in bodies(od, gop, gshared).items():
            have, found = {}, {}
            for s in theirs.get(part, []):
                types(pd, s, "", have)
            if not have:
                continue
            for s in schemas:
                types(od, s, "", found)
            for path, kinds in sorted(found.items()):
                if path == "" or path.endswith(".*"):
                    continue
                at = known(path, have)
                n["property"][0] += at is not None
                n["property"][1] += 1
                if at is None:
                    print(f"  property not published: {k[0]} {gpath} {part} {path}")
                    continue
                allowed = have[at]
                if not allowed or "any" in allowed or not (kinds - {"null", "any"}):
                    continue
                n["type"][1] += 1
                ok = all(t in allowed or t == "integer" and "number" in allowed for t in kinds - {"null", "any"})
                n["type"][0] += ok
                if not ok:
                    print(f"  type: {k[0]} {gpath} {part} {path}: {sorted(kinds)}, published {sorted(allowed)}")
    for what, (a, b) in n.items():
        print(f"  {what}: {a} of {b} as published")


main()
