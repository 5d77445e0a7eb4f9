"""What does no schema say of a right request? Mends the right ones; the wrong ones go out as they were made.

Schemathesis knows each member by its own schema. Where a rule is between members, between requests, or between a request
and what is on record, a request that is right by the schema is mended here, so that it must be taken.
"""

import itertools
import json
import os

import schemathesis

LARGEST_REQUEST = 5 * 2**30
UPLOADS = json.loads(os.environ["UPLOADS"])
# Of Uppy's: the secret of a session, and a multipart upload by `uploadId` and `key`.
UPPY = json.loads(os.environ["UPPY"])
counter = itertools.count()
cursors = set()
# By the id of the multipart upload.
part_counts = {UPLOADS["signParts"]: 10_000}


@schemathesis.hook
def before_call(context, case, kwargs):
    # A session stands for the token, which every request has, also one that is wrong in another way.
    if len((case.path_parameters or {}).get("session", "")) == 43:
        case.path_parameters["session"] = UPPY["session"]
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    mend_headers(case)
    mend_query(case)
    mend_path(case)
    operation = case.operation.definition.raw.get("operationId")
    if operation == "createUpload":
        mend_upload(case.body)
    if operation == "createUploads":
        for upload in case.body["uploads"]:
            mend_upload(upload)
    if operation == "signParts":
        mend_parts(case)
    if operation == "completeUpload":
        mend_completion(case)
    if operation == "signRequest":
        mend_request(case.body)
    if operation.endswith("CreateMultipart"):
        mend_metadata(case.body)
    if operation.endswith("Params"):
        mend_metadata_in_query(case.query)
    if "uploadId" in case.path_parameters:
        mend_multipart(case)


@schemathesis.hook
def after_call(context, case, response):
    if response.headers.get("content-type") == ["application/json"]:
        answer = response.json()
        if isinstance(answer, list):
            return
        if answer.get("nextCursor"):
            cursors.add(answer["nextCursor"])
        for upload in answer.get("items") or [answer]:
            if upload.get("multipart"):
                part_counts[upload["id"]] = upload["multipart"]["partCount"]


def mend_headers(case):
    # A key is for one request, and another one under it is refused.
    if case.headers and "idempotency-key" in case.headers:
        case.headers["idempotency-key"] = f"key-{next(counter)}"


def mend_query(case):
    # A cursor is one that the service handed out.
    if case.query and case.query.get("cursor") not in cursors:
        case.query.pop("cursor", None)


def mend_path(case):
    # An id that is made up leads to 404 and no further. Half of them become those of uploads that are there.
    operation = case.operation.definition.raw.get("operationId")
    if operation in UPLOADS and next(counter) % 2:
        case.path_parameters = {**case.path_parameters, "id": UPLOADS[operation]}


def mend_upload(upload):
    # `size` is required unless `method` is `post`, and bounded by what one request carries unless it is `multipart`.
    if upload.get("method") != "post" and upload.get("size") is None:
        upload["size"] = 1
    if upload.get("method") in ("put", "post") and upload.get("size"):
        upload["size"] = min(upload["size"], LARGEST_REQUEST)
    # A checksum of an object in parts is CRC64NVME. What is large goes in parts.
    if (upload.get("checksum") or {}).get("algorithm") != "CRC64NVME":
        if upload.get("method") == "multipart" or (upload.get("size") or 0) > 100 * 2**20:
            upload.pop("checksum", None)
    mend_metadata(upload)


def mend_metadata(upload):
    # All of the metadata is at most 2 KiB.
    if len(json.dumps(upload.get("metadata"), ensure_ascii=False).encode(errors="surrogatepass")) > 2048:
        del upload["metadata"]


def mend_metadata_in_query(query):
    given = [name for name in query if name.startswith("metadata")]
    if sum(len(f"{name}{query[name]}".encode(errors="surrogatepass")) for name in given) > 2048:
        for name in given:
            del query[name]


def mend_parts(case):
    # An upload has so many parts and no more.
    most = part_counts.get(case.path_parameters["id"], 1)
    case.body["partNumbers"] = sorted({min(int(number), most) for number in case.body["partNumbers"]})


def mend_completion(case):
    # All parts of a multipart upload are named, in the order of their numbers.
    if case.path_parameters["id"] in part_counts or isinstance(case.body, dict):
        count = part_counts.get(case.path_parameters["id"], 1)
        etag = "5eb63bbbe01eeed093cb22bb8f5acdc3"
        case.body = {"parts": [{"partNumber": number + 1, "etag": etag} for number in range(count)]}
        case.media_type = "application/json"


def mend_request(request):
    # Which members go together is told by the method.
    if request["method"] != "GET":
        request.pop("uploadId", None)
    else:
        request["uploadId"] = request.get("uploadId") or "u"
    request.pop("partNumber", None)
    # What one request carries.
    if request.get("size"):
        request["size"] = min(request["size"], LARGEST_REQUEST)


def mend_multipart(case):
    # No part is asked for twice at once.
    if "partNumbers" in case.query:
        case.query["partNumbers"] = ",".join(str(number) for number in {int(n) for n in case.query["partNumbers"].split(",")})
    if next(counter) % 2:
        case.path_parameters["uploadId"] = UPPY["uploadId"]
        case.query["key"] = UPPY["key"]
