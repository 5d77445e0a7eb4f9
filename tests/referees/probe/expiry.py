"""Lets everything that was handed out run out: a URL to write, a form, a URL of a part, one to read, and one to give up."""

import time
from datetime import datetime, timezone

import forms
import operations
from parts import FIRST, body
from urls import BODY, put
from wire import send


def comes_for_every_kind(verdict, gateway, store, who, takes_forms):
    """On a gateway with a short expiry: each kind works at once and not after its end. Gives the upload that was written."""
    used, kept = gateway.grant(who, BODY), gateway.grant(who, BODY)
    verdict.accepted("a short-lived URL works at once", put(used["request"]))
    verdict.accepted("and its upload completes", gateway.complete(who, used))
    form = gateway.grant(who, BODY, method="post") if takes_forms else None
    large = gateway.grant(who, body(), method="multipart")
    begun = operations.begin(verdict, gateway, who)
    (part,) = gateway.sign_parts(who, large, [1])
    end_it = operations.sign(gateway, who, begun, "DELETE")
    # Asked for last, so that the others are over when it is.
    download = gateway.of("GET", who, used, "/download").json()
    verdict.accepted("a short-lived download works at once", send("GET", download["url"]))
    run_out(verdict, download["expiresAt"])
    verdict.refused("a URL past its expiresAt is refused", put(kept["request"]))
    if form:
        verdict.refused("a form past its expiresAt is refused", forms.post(form["request"]))
    verdict.refused("a part's URL past its end is refused", put({"method": "PUT", **part}, body()[:FIRST]))
    verdict.refused("a download past its expiresAt is refused", send("GET", download["url"]))
    verdict.refused("a URL to give up past its end is refused", operations.act(end_it, "DELETE"))
    late = {upload["key"] for upload in (kept, form, large) if upload}
    verdict.same_set("what came late stored nothing", late & store.keys(), set())
    verdict.equal("and ended nothing", len(store.unfinished()), 2)
    # As the gateway would, were it to live on.
    store.give_up(begun["key"], begun["uploadId"])
    verdict.equal("what is given up is given up", gateway.delete(who, large).status, 204)
    return used


def run_out(verdict, expires_at):
    end = datetime.fromisoformat(expires_at.replace("Z", "+00:00"))
    left = (end - datetime.now(timezone.utc)).total_seconds()
    verdict.check("a short-lived URL ends within two minutes", left < 120, f"{left} s are left")
    # A second of grace: `expiresAt` may be rounded, and the store counts whole seconds.
    time.sleep(max(0.0, min(left, 120.0)) + 1.1)
