"""Walks through what Terraform made in the emulator: `python emulator URL OUTPUTS.json DATABASE_URL GATEWAY`.

The gateway runs from the outputs, in the name of the task's role. People sign in on the hosted pages, with the triggers behind
them, upload, and are kept apart; and each role is tried for what it must not do.
"""

import json
import sys
from pathlib import Path

import events
import secret
import sessions
import urls
from applied import AppliedGateway
from doctor import not_green
from hosted_ui import Refused, claims_of
from people import People
from roles import (
    expand_tenant_variable, forget_the_keys_name, is_all_that_holds, may_nothing_else, needs_its_tags, session_of_the_task)
from store import Store
from verdict import Verdict
from wire import call

WHO, OTHER = "acme", "globex"
# Whom the doctor plays.
DOCTORS = ("upload-gateway-doctor", "upload-gateway-doctor-other")
ADMIN_SCOPE = "aws.cognito.signin.user.admin"


def refuses_to_sign_in(verdict, what, sign_in):
    try:
        verdict.check(what, False, claims_of(sign_in()["id_token"]))
    except Refused as refusal:
        verdict.check(what, True, refusal)


def sign_in(verdict, people):
    """The triggers, as the pool calls them."""
    access = claims_of(people.tokens(WHO)["access_token"])
    verdict.equal("the access token of a provider's person names its tenant", access.get("custom:customerName"), WHO)
    verdict.check("it keeps the group by which the gateway knows the provider",
                  f"{people.outputs['user_pool_id']}_AcmeSSO" in access.get("cognito:groups", []), access)
    verdict.check("it cannot change its owner's attributes", ADMIN_SCOPE not in access["scope"].split(), access["scope"])
    refuses_to_sign_in(verdict, "a provider that asserts another's tenant lets nobody in",
                       lambda: people.federated("GlobexSSO", "thief@globex.example", WHO))
    refuses_to_sign_in(verdict, "a provider that asserts no tenant lets nobody in",
                       lambda: people.federated("GlobexSSO", "nobody@globex.example", None))
    native = claims_of(people.native("native@acme.example")["access_token"])
    verdict.equal("the access token of a native person names the tenant", native.get("custom:customerName"), WHO)
    verdict.check("it cannot change its owner's attributes either", ADMIN_SCOPE not in native["scope"].split(), native["scope"])


def tenants(verdict, gateway, people):
    """The tenants as the module prepares them, and who then gets in."""
    for tenant in json.loads(people.outputs["tenants_json"]):
        answer = call("POST", f"{gateway.url}/v1/admin/tenants", people.token("platform-admin"), tenant)
        verdict.equal(f"the tenant {tenant['slug']} is taken as the module prepares it", answer.status, 201)
    me = call("GET", f"{gateway.url}/v1/me", people.tokens(WHO)["access_token"])
    verdict.equal("the access token works at the gateway", (me.status, me.json().get("tenant", {}).get("slug")), (200, WHO))
    native = people.native("native@acme.example")
    for kind in ("id_token", "access_token"):
        answer = call("GET", f"{gateway.url}/v1/me", native[kind])
        verdict.equal(f"a native person's {kind} is not the provider's", answer.json().get("type"),
                      "/problems/identity-provider-mismatch")
    gateway.change(WHO, nativeUsers=True)
    answer = call("GET", f"{gateway.url}/v1/me", native["id_token"])
    verdict.equal("it is taken where the tenant takes native people", answer.status, 200)
    gateway.change(WHO, nativeUsers=False)
    login = call("GET", f"{gateway.url}/v1/login?email=someone@acme.example").json()
    verdict.equal("the portal leads to the tenant's provider", login.get("identityProvider"), "AcmeSSO")
    verdict.check("on the pages that the module made", login["authorizeUrl"].startswith(people.outputs["hosted_ui_url"]), login)


def uploads(verdict, gateway, store, outputs):
    """The whole walk, with Terraform's role, key, bucket and queue. Gives the keys that were written."""
    early = gateway.grant(WHO, urls.BODY)
    verdict.refused("the emulator does not put the tag into the role's own policy, and so lets nothing through",
                    urls.put(early["request"]))
    expand_tenant_variable(outputs["upload_role_arn"], store, [WHO, OTHER, *DOCTORS])
    verdict.refused("nor does it tell the bucket's policy which key a PUT names", urls.put(early["request"]))
    forget_the_keys_name(store)
    written = {urls.keeps_its_word(verdict, gateway, store, tenant)["key"] for tenant in (WHO, OTHER)}
    bent = urls.cannot_be_bent(verdict, gateway, store, WHO, OTHER)
    urls.writes_once(verdict, store, bent)
    told = events.complete_uploads(verdict, gateway, WHO)
    head = store.admin.head_object(Bucket=store.bucket, Key=told["key"])
    verdict.equal("objects are encrypted with the module's key",
                  (head["ServerSideEncryption"], head.get("SSEKMSKeyId")), ("aws:kms", outputs["kms_key_arn"]))
    urls.stay_out_of_the_log(verdict, gateway.read_log(), [bent, told])
    return written | {bent["key"], told["key"]}


def main():
    url, outputs, database, binary = sys.argv[1], json.loads(Path(sys.argv[2]).read_text()), *sys.argv[3:5]
    outputs = {name: output["value"] for name, output in outputs.items()}
    verdict = Verdict()
    root = Store({"url": url, "bucket": outputs["bucket_arn"].rsplit(":", 1)[-1], "gateway": ["test", "test"], "admin": ["test", "test"]})
    people = People(url, outputs, root.client("cognito-idp", "test", "test"))
    people.invite("root@platform.example", group="platform-admins")
    people.invite("native@acme.example", **{"custom:customerName": WHO})
    key = session_of_the_task(root, outputs["service"]["role_arn"])
    store = Store({"url": url, "bucket": root.bucket, "gateway": key, "admin": ["test", "test"]})
    sign_in(verdict, people)
    with AppliedGateway(binary, outputs, url, people, key, database) as gateway:
        tenants(verdict, gateway, people)
        written = uploads(verdict, gateway, store, outputs)
        verdict.same_set("doctor finds nothing wanting in what Terraform made", not_green(gateway.examine()),
                         # Its database has one user, as the module makes it.
                         {("audit", "warning")})
    secret.is_followed(verdict, root, outputs, url, people, key, database, binary)
    role = outputs["upload_role_arn"]
    sessions.reach_one_prefix(verdict, store, store.session(role, WHO), WHO, OTHER, "the role's own policy")
    is_all_that_holds(verdict, store, role, WHO, OTHER)
    needs_its_tags(verdict, store, role)
    may_nothing_else(verdict, store, outputs, key)
    verdict.same_set("the bucket holds what was granted and written, and nothing else", store.keys(), written)
    sys.exit(0 if verdict.sum_up() else 1)


main()
