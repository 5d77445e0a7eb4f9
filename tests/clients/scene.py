"""Who calls, and of which tenant? Signs in, and prints what the shell needs to know.

The tenant's limits are taken away, because what they forbid is right by the schema and refused all the same.
"""

import json
import shlex
import sys

import jsonschema_rs
import requests

LARGEST = 53_687_091_200_000


def main(path):
    with open(path, encoding="utf-8") as file:
        sandbox = json.load(file)
    tokens = {role: sign_in(sandbox, role) for role in ("tenant-admin", "platform-admin")}
    gateway = sandbox["publicUrl"]
    as_admin = {"authorization": f"Bearer {tokens['platform-admin']}"}
    me = answer(requests.get(f"{gateway}/v1/me", headers={"authorization": f"Bearer {tokens['tenant-admin']}"}))
    limits = {"maxUploadBytes": LARGEST, "monthlyBytes": None, "requestsPerMinute": None}
    answer(requests.patch(f"{gateway}/v1/admin/tenants/{me['tenant']['id']}", headers=as_admin, json={"limits": limits}))
    check_examples(answer(requests.get(f"{gateway}/openapi.json")))
    for name, value in {
        "UPPY": json.dumps(uppy(gateway, tokens["tenant-admin"])),
        "UPLOADS": json.dumps(uploads(gateway, tokens["tenant-admin"])),
        "PUBLIC_URL": gateway,
        "TENANT_ADMIN": tokens["tenant-admin"],
        "PLATFORM_ADMIN": tokens["platform-admin"],
    }.items():
        print(f"{name}={shlex.quote(value)}")


def sign_in(sandbox, role):
    person = next(user for user in sandbox["users"] if user["role"] == role)
    headers = {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth",
    }
    parameters = {"USERNAME": person["email"], "PASSWORD": person["password"]}
    body = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": sandbox["clientId"], "AuthParameters": parameters}
    answered = answer(requests.post(f"{sandbox['cognitoUrl']}/", headers=headers, data=json.dumps(body)))
    return answered["AuthenticationResult"]["IdToken"]


def uploads(gateway, token):
    """An upload for each operation that needs one of a certain kind."""
    session = requests.Session()
    session.headers["authorization"] = f"Bearer {token}"

    def create(**members):
        file = {"fileName": "photo.jpg", "contentType": "image/jpeg", "size": 5, **members}
        return answer(session.post(f"{gateway}/v1/uploads", json=file))

    completed, parts = create(), create(method="multipart", size=10_000 * 5 * 2**30)
    request = completed["request"]
    requests.put(request["url"], headers=request["headers"], data=b"hello").raise_for_status()
    answer(session.post(f"{gateway}/v1/uploads/{completed['id']}/complete"))
    kinds = {"getUpload": completed, "completeUpload": completed, "downloadUpload": completed}
    kinds |= {"signParts": parts, "listParts": parts}
    return {operation: upload["id"] for operation, upload in kinds.items()}


def uppy(gateway, token):
    """A session, and a multipart upload that began in it."""
    begun = requests.post(f"{gateway}/v1/uppy-sessions", headers={"authorization": f"Bearer {token}"})
    endpoint = answer(begun)["companionEndpoint"]
    multipart = answer(requests.post(f"{endpoint}/s3/multipart", json={"filename": "film.mp4"}))
    return {"session": endpoint.rsplit("/", 1)[1], "uploadId": multipart["uploadId"], "key": multipart["key"]}


def answer(response):
    response.raise_for_status()
    return response.json()


def check_examples(document):
    """Every example must be what its own schema says."""
    for where, schema, example in examples(document, "#"):
        whole = {**schema, "components": document["components"]}
        for error in jsonschema_rs.validator_for(whole, validate_formats=True).iter_errors(example):
            sys.exit(f"the example at {where} breaks its schema: {error.message} at {error.instance_path}")


def examples(node, where):
    if isinstance(node, list):
        for index, item in enumerate(node):
            yield from examples(item, f"{where}/{index}")
    elif isinstance(node, dict):
        given = node.get("examples")
        if isinstance(given, list):
            yield from ((where, node, example) for example in given)
        elif isinstance(given, dict) and "schema" in node:
            yield from ((f"{where}/{name}", node["schema"], example["value"]) for name, example in given.items())
        if "example" in node and ("type" in node or "$ref" in node):
            yield where, node, node["example"]
        for name, item in node.items():
            if name not in ("example", "examples"):
                yield from examples(item, f"{where}/{name}")


main(sys.argv[1])
