"""The store's own events: an upload is completed by the store's word, with nobody asking for it."""

import re
import time

from urls import BODY, put
from wire import send


def complete_uploads(verdict, gateway, who):
    """Gives the upload that was written."""
    upload = gateway.grant(who, BODY, fileName="a photo + more.jpg")
    verdict.accepted("an object of which the store will tell is written", put(upload["request"]))
    deadline = time.monotonic() + 30
    while (record := gateway.read(who, upload).json())["status"] == "pending" and time.monotonic() < deadline:
        time.sleep(0.1)
    verdict.equal("the store's event completes its upload", record["status"], "completed")
    verdict.equal("with the size that the store holds", record["size"], len(BODY))
    told = send("GET", f"{gateway.internal_url}/metrics").body.decode()
    # With it came those of the objects that were written before anybody listened.
    verdict.check("it came through the queue", re.search(r'events_total{result="ok",source="sqs"} [1-9]', told), told)
    return upload
