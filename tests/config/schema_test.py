#!/usr/bin/python3
"""The schema accepts the good examples and refuses the bad ones, as the loader does (schema_test.cpp)."""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is not installed")
    sys.exit(77)

here = pathlib.Path(__file__).resolve().parent
schema = json.loads((here.parents[1] / "config" / "vmhad.schema.json").read_text(encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())

failed = 0
for verdict in ("good", "bad"):
    examples = sorted((here / "examples" / verdict).glob("*.json"))
    failed += not examples
    for example in examples:
        errors = [e.message for e in validator.iter_errors(json.loads(example.read_text(encoding="utf-8")))]
        if bool(errors) == (verdict == "good"):
            failed += 1
            print(f"{example.name}: should be {verdict}, the schema says: {errors or 'good'}")
print(f"{failed} failed")
sys.exit(1 if failed else 0)
