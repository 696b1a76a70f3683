"""Validates OpenAPI documents: check.py FILE... prints "FILE: fault" for each fault."""
import sys

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
for name in sys.argv[1:]:
    with open(name, encoding="utf-8") as f:
        document = yaml.load(f, Loader=loader)
    kind = OpenAPIV31SpecValidator if document["openapi"].startswith("3.1") else OpenAPIV30SpecValidator
    for fault in kind(document).iter_errors():
        print(f"{name}: {'/'.join(map(str, fault.absolute_path))}: {fault.message[:300]}")
