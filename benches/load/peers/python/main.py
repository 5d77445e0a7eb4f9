"""The service that a tutorial ends with: FastAPI, PyJWT, boto3 and asyncpg behind `POST /v1/uploads`."""

import asyncio
import os
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import asyncpg
import boto3
import jwt
from botocore.config import Config
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, Field

ISSUER = os.environ["ISSUER"]
CLIENT_ID = os.environ["CLIENT_ID"]
BUCKET = os.environ["BUCKET"]
REGION = os.environ["REGION"]
ROLE_ARN = os.environ["ROLE_ARN"]
URL_LIFE = timedelta(minutes=15)
SESSION_LIFE = timedelta(hours=1)

# Both workers start at once, and "if not exists" alone lets one of them fail.
TABLE = """
    select pg_advisory_lock(1);
    create table if not exists grants (
        id uuid primary key,
        tenant text not null,
        subject text not null,
        object_key text not null,
        file_name text not null,
        content_type text not null,
        size bigint not null,
        created_at timestamptz not null,
        expires_at timestamptz not null
    );
    create index if not exists grants_of_a_tenant on grants (tenant, created_at);
    select pg_advisory_unlock(1);
"""
INSERT = """
    insert into grants (id, tenant, subject, object_key, file_name, content_type, size, created_at, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""


class UploadRequest(BaseModel):
    """What a caller asks for."""

    fileName: str = Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f/\\]+$")
    contentType: str = Field(max_length=255, pattern=r"^[^\s/]+/[^\s/]+$")
    size: int = Field(ge=1, le=5 * 1024**3)


class UploadResponse(BaseModel):
    """The grant, and how to use it."""

    id: uuid.UUID
    key: str
    url: str
    headers: dict[str, str]
    expiresAt: datetime


class Caller(BaseModel):
    """Who the token says it is."""

    subject: str
    tenant: str


@asynccontextmanager
async def lifespan(app: FastAPI):
    """One pool for each worker."""
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=10) as pool:
        await pool.execute(TABLE)
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan)
jwks = jwt.PyJWKClient(f"{ISSUER}/.well-known/jwks.json", cache_keys=True)
sts = boto3.client("sts", region_name=REGION, endpoint_url=os.environ["STS_ENDPOINT"])
# The S3 client of each tenant's session, with the time until which it may sign.
sessions: dict[str, tuple[object, datetime]] = {}
assuming = asyncio.Lock()


def caller(token: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]) -> Caller:
    """Verifies the ID token. FastAPI runs this in its pool of threads, because the keys may have to be fetched."""
    try:
        key = jwks.get_signing_key_from_jwt(token.credentials)
        claims = jwt.decode(token.credentials, key.key, algorithms=["RS256"], audience=CLIENT_ID, issuer=ISSUER)
    except jwt.PyJWTError as error:
        raise HTTPException(401, "The token is not valid") from error
    tenant = claims.get("custom:customerName", "")
    if claims.get("token_use") != "id":
        raise HTTPException(401, "The token is not valid")
    if not tenant or any(letter in tenant for letter in "/*?${}"):
        raise HTTPException(403, "The token names no tenant")
    return Caller(subject=claims["sub"], tenant=tenant)


def assume(tenant: str):
    """One session of the upload role, tagged with the tenant."""
    given = sts.assume_role(
        RoleArn=ROLE_ARN,
        RoleSessionName="uploads",
        DurationSeconds=int(SESSION_LIFE.total_seconds()),
        Tags=[{"Key": "customerName", "Value": tenant}],
    )["Credentials"]
    client = boto3.client(
        "s3",
        region_name=REGION,
        endpoint_url=os.environ["S3_ENDPOINT"],
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
        ),
    )
    return client, given["Expiration"] - URL_LIFE - timedelta(minutes=1)


async def s3_of(tenant: str):
    """The client of the tenant's session, a new one when that is about to end."""
    client, until = sessions.get(tenant, (None, None))
    if client and datetime.now(UTC) < until:
        return client
    async with assuming:
        client, until = sessions.get(tenant, (None, None))
        if not client or datetime.now(UTC) >= until:
            sessions[tenant] = await asyncio.to_thread(assume, tenant)
        return sessions[tenant][0]


@app.get("/healthz")
async def healthz() -> dict[str, str]:
    """Whether it runs."""
    return {"status": "ok"}


@app.post("/v1/uploads", status_code=201)
async def create(upload: UploadRequest, caller: Annotated[Caller, Depends(caller)], request: Request) -> UploadResponse:
    """Signs a URL and puts the grant on record before it is answered."""
    s3 = await s3_of(caller.tenant)
    grant = uuid.uuid4()
    key = f"{caller.tenant}/{caller.subject}/{grant}/{upload.fileName}"
    created = datetime.now(UTC)
    expires = created + URL_LIFE
    url = s3.generate_presigned_url(
        "put_object",
        Params={
            "Bucket": BUCKET,
            "Key": key,
            "ContentType": upload.contentType,
            "ContentLength": upload.size,
            "IfNoneMatch": "*",
        },
        ExpiresIn=int(URL_LIFE.total_seconds()),
    )
    await request.app.state.pool.execute(
        INSERT, grant, caller.tenant, caller.subject, key, upload.fileName, upload.contentType, upload.size, created, expires
    )
    headers = {"content-type": upload.contentType, "content-length": str(upload.size), "if-none-match": "*"}
    return UploadResponse(id=grant, key=key, url=url, headers=headers, expiresAt=expires)
