"""The OpenAPI document is valid, and every route in it is served.

documents.py URL TOKEN
"""

import sys

from openapi_spec_validator import validate

from calls import Server, check, finish, real_path

url, token = sys.argv[1:]
server = Server(url)
document = server.call("GET", "/openapi.json").json
validate(document)
for path, operations in document["paths"].items():
    for method in operations:
        real = real_path(path)
        answer = server.call(method.upper(), real, {} if method == "post" else None, token=token)
        documented = operations[method]["responses"]
        check(str(answer.status) in documented, method, path, "answers", answer, "documented:", list(documented))
        if answer.status == 404:
            check(answer.json["error"]["code"] != "NOT_FOUND", method, path, "is documented and not served")
page = server.call("GET", "/docs").body.decode()
for path in document["paths"]:
    check(f"<code>{path}</code>" in page, path, "is not on the page")
finish()
