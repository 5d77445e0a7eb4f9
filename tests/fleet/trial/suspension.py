"""How soon does the other replica know of a suspension?"""

import asyncio
import time

FILE = {"fileName": "photo.jpg", "contentType": "image/jpeg", "size": 12}


async def turned(people, url, status, patience=30):
    """Asks for a grant until it is answered so; gives the seconds."""
    began = time.monotonic()
    while time.monotonic() - began < patience:
        seen, _ = await people.call("POST", f"{url}/v1/uploads", "gina", json=FILE)
        if seen == status:
            return time.monotonic() - began
        await asyncio.sleep(0.01)
    return float("inf")


async def heard_everywhere(fleet, people, verdict):
    """Through one replica, seen at the other; then by way of HAProxy, seen at both."""
    first, second = fleet.replicas
    tenant = await people.tenant_of(first.url, "gina")
    for told, asked in ((first.url, [second.url]), (second.url, [first.url]), (fleet.url, [first.url, second.url])):
        for action, status in (("suspend", 403), ("activate", 201)):
            for url in asked:
                # Remembered as it was, so that there is something to be forgotten.
                await people.call("POST", f"{url}/v1/uploads", "gina", json=FILE)
            answered, document = await people.call("POST", f"{told}/v1/admin/tenants/{tenant}/{action}", "admin")
            verdict.check(f"{action} is taken", answered in (200, 204), f"{answered} {document}")
            took = max(await asyncio.gather(*(turned(people, url, status) for url in asked)))
            verdict.check(f"{action}: elsewhere after {took * 1000:.0f} ms, which is under a second", took < 1, took)
