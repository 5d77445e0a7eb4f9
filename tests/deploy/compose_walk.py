"""Can people upload with what furnish.sh made? `compose_walk.py EMULATOR GATEWAY SETTINGS PASSWORD_FILE`: sign in, grant, PUT, complete."""

import json
import sys
import tomllib
import urllib.error
import urllib.request
from pathlib import Path

emulator, gateway = sys.argv[1:3]
client = tomllib.loads(Path(sys.argv[3]).read_text())["auth"]["pools"][0]["client_ids"][0]
password = Path(sys.argv[4]).read_text()
direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(method, url, body=None, **headers):
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, sent, names, method=method)
    try:
        with direct.open(request, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def expect(what, answer, *statuses):
    if answer[0] not in statuses:
        sys.exit(f"FAIL  {what}: {answer[0]} {answer[1][:500]!r}")
    return json.loads(answer[1]) if answer[1][:1] in (b"{", b"[") else answer[1]


def sign_in(email):
    answer = expect(f"{email} signs in", ask(
        "POST", emulator, {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": client, "AuthParameters": {"USERNAME": email, "PASSWORD": password}},
        content_type="application/x-amz-json-1.1", x_amz_target="AWSCognitoIdentityProviderService.InitiateAuth"), 200)
    return {"authorization": f"Bearer {answer['AuthenticationResult']['IdToken']}", "content_type": "application/json"}


admin = sign_in("admin@platform.example")
for slug in ["acme", "globex"]:
    expect(f"the admin creates {slug}", ask("POST", f"{gateway}/v1/admin/tenants", {"slug": slug, "name": slug.title(), "claimValues": [slug]}, **admin), 201)
alice, bob = sign_in("alice@acme.example"), sign_in("bob@globex.example")
grant = expect("alice gets a grant", ask("POST", f"{gateway}/v1/uploads", {"fileName": "a.txt", "contentType": "text/plain", "size": 5}, **alice), 201)
put = grant["request"]
expect("the grant's key is her tenant's", (200 if grant["key"].startswith("acme/") else 0, grant["key"].encode()), 200)
expect("alice puts her file", ask("PUT", put["url"], b"hello", **{name.replace("-", "_"): value for name, value in put["headers"].items()}), 200)
done = expect("it completes", ask("POST", f"{gateway}/v1/uploads/{grant['id']}/complete", b"{}", **alice), 200)
expect("it is complete", (200 if done["status"] == "completed" else 0, json.dumps(done).encode()), 200)
expect("bob does not see it", ask("GET", f"{gateway}/v1/uploads/{grant['id']}", **bob), 404)
expect("her URL is for that file alone", ask("PUT", put["url"].replace("acme/", "globex/"), b"hello", **{name.replace("-", "_"): value for name, value in put["headers"].items()}), 403)
print("ok    people sign in, get a grant, and put a file where only their tenant's go")
