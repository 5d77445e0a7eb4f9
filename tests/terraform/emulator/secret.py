"""The database's password in Secrets Manager: a running gateway takes up a new one without being told."""

import json
import subprocess
import time

from applied import AppliedGateway
from urls import BODY
from wire import call

# The gateway looks every minute.
PATIENCE_SECONDS = 90


def is_followed(verdict, root, outputs, url, people, key, database, binary):
    """Serves with the first password, changes it as RDS does, ends every connection, and is served again."""
    admin, secrets = database, root.client("secretsmanager", "test", "test")

    def sql(statement):
        subprocess.run(["psql", "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={admin}", "--command", statement],
                       check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)

    def written(password):
        return json.dumps({"username": "by_secret", "password": password, "engine": "postgres"})

    sql("create role by_secret superuser login password 'first'")
    arn = secrets.create_secret(Name="rds!emulated", SecretString=written("first"))["ARN"]
    # As the module grants it where database.authentication is "secret".
    root.client("iam", "test", "test").put_role_policy(
        RoleName=outputs["service"]["role_arn"].rsplit("/", 1)[-1], PolicyName="secret", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": arn}]}))
    gateway = AppliedGateway(binary, outputs, url, people, key, database.replace("postgres@", "nobody@"))
    gateway.environment["GATEWAY__DATABASE__SECRET_ARN"] = arn
    with gateway:
        verdict.equal("a gateway opens its database by the secret", grant(gateway, people), 201)
        sql("alter role by_secret password 'second'")
        secrets.put_secret_value(SecretId=arn, SecretString=written("second"))
        sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'by_secret'")
        refused = grant(gateway, people)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (status := grant(gateway, people)) != 201 and time.monotonic() < deadline:
            time.sleep(0.5)
        verdict.equal("the old password opens nothing", refused, 503)
        verdict.equal("the new one is taken up by itself", status, 201)
        log = gateway.read_log()
        verdict.check("neither is in the log", log and "first" not in log and "second" not in log, log)


def grant(gateway, people):
    document = {"fileName": "photo.jpg", "contentType": "image/jpeg", "size": len(BODY)}
    return call("POST", f"{gateway.url}/v1/uploads", people.token("acme"), document).status
