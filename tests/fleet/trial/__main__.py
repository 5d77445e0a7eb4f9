"""Two replicas on trial: `trial BINARY PLACE`. Load, rolling restarts, suspension, dashboards, an alert; then all of it is stopped."""

import asyncio
import signal
import sys
import time
from pathlib import Path

import aiohttp

import names
import panels
from fleet import Fleet
from ledger import Ledger
from load import Load
from people import People
from restarts import judge, killed, rolling_restart
from servers import until
from suspension import heard_everywhere
from verdict import Verdict


async def warm_up(fleet, people, ledger, verdict):
    """Whatever a panel shows has to have happened."""
    async with Load(fleet.url, people) as load:
        await asyncio.sleep(8)
    judge(verdict, load, "before any restart")
    due = ledger.make_due(40)
    await until("the reconciler has ended what was abandoned", lambda: at_least(ledger.expired, due))
    for replica in fleet.replicas:
        await tell_of_an_object(fleet, people, replica)


async def at_least(count, least):
    return count() >= least


async def tell_of_an_object(fleet, people, replica):
    """S3's own words, brought by POST /s3-events, as from a store without a queue."""
    file = {"fileName": "told.jpg", "contentType": "image/jpeg", "size": 4}
    _, granted = await people.call("POST", f"{replica.url}/v1/uploads", "alice", json=file)
    headers = {name: value for name, value in granted["request"]["headers"].items() if name != "content-length"}
    async with fleet.session.put(granted["request"]["url"], headers=headers, data=b"told") as stored:
        stored.raise_for_status()
    moment = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    about = {"bucket": {"name": fleet.sandbox["bucket"]}, "object": {"key": granted["key"], "size": 4}}
    record = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": moment, "s3": about}
    async with fleet.session.post(f"{replica.internal_url}/s3-events", json={"Records": [record]}) as heard:
        heard.raise_for_status()


async def public_listener_hides(fleet, verdict):
    for path in ("/metrics", "/readyz", "/livez", "/s3-events"):
        async with fleet.session.get(fleet.url + path) as answer:
            verdict.equal(f"{path} is not to be had from outside", answer.status, 404)
    async with fleet.session.get(fleet.url + "/v1/me", headers={"x-request-id": "seen-by-both"}) as answer:
        verdict.equal("a caller's request id comes back", answer.headers.get("x-request-id"), "seen-by-both")


async def both_are_scraped(fleet):
    up = [series["value"][1] for series in await panels.ask(fleet, 'up{job="upload-gateway"}')]
    return up == ["1", "1"]


async def down_is_seen(fleet, verdict):
    """Scrape, rule and alert, from end to end."""
    replica = fleet.replicas[1]
    instance = f"127.0.0.1:{replica.internal}"
    await replica.stop()

    async def firing():
        async with fleet.session.get(f"{fleet.prometheus}/api/v1/alerts") as answer:
            alerts = (await answer.json())["data"]["alerts"]
        about = {"alertname": "GatewayDown", "instance": instance}
        return [a for a in alerts if about.items() <= a["labels"].items() and a["state"] == "firing"]

    [alert] = await until(f"GatewayDown fires for {instance}", firing, patience=30)
    words = alert["annotations"]["description"]
    verdict.check(f"GatewayDown fires and says: {words}", instance in words and "error" not in words, alert)
    await replica.start_and_wait(fleet.session)

    async def over():
        return not await firing()

    await until("GatewayDown is over", over, patience=30)
    verdict.check("and is over when the replica is back", True)


async def trial(binary, place, verdict):
    # Whoever ends the trial must not leave its servers behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    timeout = aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        fleet = Fleet(binary, place, session)
        try:
            await fleet.start()
            people, ledger = People(session, fleet.sandbox), Ledger(fleet.sandbox["databaseUrl"])
            await people.sign_in()
            await people.prepare(fleet.url)
            await until("Prometheus has both replicas", lambda: both_are_scraped(fleet), patience=20)
            await public_listener_hides(fleet, verdict)
            await warm_up(fleet, people, ledger, verdict)
            await rolling_restart(fleet, people, ledger, verdict)
            await heard_everywhere(fleet, people, verdict)
            now = time.time()
            await until("Prometheus has read all that was done", lambda: panels.read_since(fleet, now), patience=30)
            await names.known(fleet, verdict)
            await panels.recorded(fleet, verdict)
            await panels.shown(fleet, verdict)
            await panels.quiet(fleet, verdict)
            verdict.equal("every rule can be evaluated", await panels.unhealthy_rules(fleet), [])
            await killed(fleet, people, ledger, verdict)
            await down_is_seen(fleet, verdict)
        except Exception as error:
            verdict.check("the trial comes to its end", False, f"{type(error).__name__}: {error}")
        finally:
            await fleet.stop()
        if verdict.failed:
            for server in fleet.servers:
                print(f"--- {server.name} said at last:\n{server.last_words()}", file=sys.stderr)


def main(binary, place):
    verdict = Verdict()
    asyncio.run(trial(binary, Path(place), verdict))
    sys.exit(0 if verdict.sum_up() else 1)


main(*sys.argv[1:])
