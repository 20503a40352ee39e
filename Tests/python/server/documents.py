"""The OpenAPI document is valid, every route in it is served, and answers are as it says, with no field besides.

documents.py URL TOKEN
"""

import sys

from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from calls import Server, check, finish, real_path

url, token = sys.argv[1:]
server = Server(url)
document = server.call("GET", "/openapi.json").json
validate(document)


def undocumented(value, schema, place):
    """Fields of an answer that the document does not name."""
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, list):
        return [found for item in value for found in undocumented(item, schema.get("items", {}), place + "[]")]
    known = schema.get("properties")
    if not isinstance(value, dict) or not known:
        return []
    return [f"{place}.{name}" for name in value if name not in known] + [
        found for name in value if name in known for found in undocumented(value[name], known[name], f"{place}.{name}")]


for path, operations in document["paths"].items():
    for method in operations:
        real = real_path(path)
        answer = server.call(method.upper(), real, {} if method == "post" else None, token=token)
        documented = operations[method]["responses"]
        check(str(answer.status) in documented, method, path, "answers", answer, "documented:", list(documented))
        content = documented.get(str(answer.status), {}).get("content", {}).get("application/json")
        if answer.status == 200 and content and path != "/openapi.json":
            schema = content["schema"]
            check(not undocumented(answer.json, schema, path), undocumented(answer.json, schema, path))
            whole = {**schema, "components": document["components"]}
            for error in Draft202012Validator(whole).iter_errors(answer.json):
                check(False, method, path, error.json_path, error.message)
        if answer.status == 404:
            check(answer.json["error"]["code"] != "NOT_FOUND", method, path, "is documented and not served")
page = server.call("GET", "/docs").body.decode()
for path in document["paths"]:
    check(f"<code>{path}</code>" in page, path, "is not on the page")
finish()
