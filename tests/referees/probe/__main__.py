"""Tries the gateway before a referee: `python probe REFEREE.json DATABASE_URL GATEWAY GATEWAY_WITHOUT_POLICY`.

The first binary is the gateway. The second is built with the cargo feature `walls-off-for-tests`: it sends no session
policy and signs whatever key the header `x-test-object-key` names, so that the walls that are left can be seen to stand.
"""

import json
import sys
from pathlib import Path

import credentials
import doctor
import downloads
import events
import expiry
import forms
import operations
import parts
import sessions
import urls
from gateway import Gateway
from people import pool_of
from store import Store
from verdict import Verdict

WHO, OTHER = "acme", "globex"
# Short enough to be waited for, and long enough that a busy machine can use the URL before: S3 counts whole seconds from
# the second in which a URL was signed, so that one of a second may live for a millisecond.
SHORT_EXPIRY = "10s"


def try_gateway(verdict, referee, store, pool, database, binary):
    """The gateway as it is. Gives the keys that it granted and that were written."""
    written = set()
    with Gateway(binary, referee, pool, database) as gateway:
        for tenant in (WHO, OTHER):
            gateway.create_tenant(tenant)
        for tenant in (WHO, OTHER):
            written.add(urls.keeps_its_word(verdict, gateway, store, tenant)["key"])
        bent = urls.cannot_be_bent(verdict, gateway, store, WHO, OTHER)
        urls.writes_once(verdict, store, bent)
        written.add(bent["key"])
        written.add(urls.keeps_the_checksum(verdict, gateway, store, WHO)["key"])
        downloads.give_back(verdict, gateway, bent, WHO, OTHER)
        written.add(parts.travel(verdict, gateway, store, WHO)["key"])
        parts.are_given_up(verdict, gateway, store, WHO)
        written.add(operations.are_for_that_alone(verdict, gateway, store, WHO, OTHER)["key"])
        if referee["takesForms"]:
            written.add(forms.keep_their_word(verdict, gateway, store, WHO, OTHER)["key"])
        ignored = gateway.grant(WHO, urls.BODY, headers={"x-test-object-key": f"{OTHER}/stolen.txt"})
        verdict.check("the gateway has no way to name a key", ignored["key"].startswith(f"{WHO}/"), ignored["key"])

        policy = gateway.session_policy(WHO)
        role = referee["uploadRole"]
        if referee["readableSessionTokens"]:
            sessions.carry(verdict, ignored, policy)
        sessions.reach_one_prefix(verdict, store, store.session(role, WHO, policy), WHO, OTHER, "session policy")
        sessions.need_the_policy(verdict, store, role, WHO, OTHER)
        credentials.reach_their_own_prefix(verdict, gateway, store, WHO, OTHER)
        written.add(try_isolation(verdict, referee, gateway, store, policy)["key"])
        if referee["tagRole"]:
            sessions.reach_one_prefix(verdict, store, store.session(referee["tagRole"], WHO), WHO, OTHER, "session tag")
            sessions.need_the_tag(verdict, store, role)
        urls.stay_out_of_the_log(verdict, gateway.read_log(), [bent, ignored])
    with Gateway(binary, referee, pool, database, url_expiry=SHORT_EXPIRY) as gateway:
        written.add(expiry.comes_for_every_kind(verdict, gateway, store, WHO, referee["takesForms"])["key"])
    role = referee["tagRole"] or referee["uploadRole"]
    with Gateway(binary, referee, pool, database, role=role, queue=referee["queue"]) as gateway:
        doctor.tells_right_from_wrong(verdict, referee, store, gateway)
    if referee["queue"]:
        with Gateway(binary, referee, pool, database, queue=referee["queue"]) as gateway:
            written.add(events.complete_uploads(verdict, gateway, WHO)["key"])
    return written


def try_isolation(verdict, referee, gateway, store, policy):
    """A tenant whose people are kept apart: a session reaches its own subject's prefix. Gives the upload that was written."""
    gateway.change(WHO, isolation="user")
    upload = urls.keeps_its_word(verdict, gateway, store, WHO)
    own = f"{WHO}/{gateway.me(WHO)['subject']}"
    narrower = policy.replace(f"{WHO}/*", f"{own}/*")
    if referee["readableSessionTokens"]:
        sessions.carry(verdict, upload, narrower)
    session = store.session(referee["uploadRole"], WHO, narrower)
    sessions.reach_one_prefix(verdict, store, session, own, f"{WHO}/somebody-else", "session policy of one subject")
    gateway.change(WHO, isolation="tenant")
    return upload


def try_without_walls(verdict, referee, store, pool, database, binary):
    """The gateway with its first two walls taken down, once before a role that has the third and once without."""
    for role, stands in {referee["uploadRole"]: False, referee["tagRole"]: True}.items():
        if role is None:
            continue
        with Gateway(binary, referee, pool, database, role=role) as gateway:
            key = f"{OTHER}/probe/walls-off.txt"
            upload = gateway.grant(WHO, urls.BODY, headers={"x-test-object-key": key})
            answer = urls.put(upload["request"])
            if stands:
                verdict.refused(f"walls off: {WHO}'s URL into {OTHER}'s prefix is refused by the tag alone", answer)
                verdict.check("walls off: the tag let nothing through", key not in store.keys(), key)
                own = gateway.grant(WHO, urls.BODY)
                verdict.accepted("walls off: the tag lets the tenant's own object through", urls.put(own["request"]))
                store.delete(own["key"])
            else:
                verdict.accepted(f"walls off: {WHO}'s URL into {OTHER}'s prefix is accepted", answer)
                verdict.check("walls off: the stolen key is there", key in store.keys(), sorted(store.keys()))
                store.delete(key)


def main():
    referee = json.loads(Path(sys.argv[1]).read_text())
    database, binary, without_policy = sys.argv[2:5]
    print(f"# {referee['name']} at {referee['url']}", flush=True)
    verdict, store, pool = Verdict(), Store(referee), pool_of(referee)
    verdict.same_set("the bucket is empty to begin with", store.keys(), set())
    written = None
    try:
        written = try_gateway(verdict, referee, store, pool, database, binary)
    except Exception as error:  # whatever stops a trial is a fault of the trial, and the next one still counts
        verdict.error("the gateway can be tried to the end", error)
    try:
        try_without_walls(verdict, referee, store, pool, database, without_policy)
    except Exception as error:
        verdict.error("the gateway without walls can be tried to the end", error)
    if written is not None:
        verdict.same_set("the bucket holds what was granted and written, and nothing else", store.keys(), written)
    sys.exit(0 if verdict.sum_up() else 1)


main()
