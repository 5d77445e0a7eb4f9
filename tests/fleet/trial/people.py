"""Who calls? Everybody of the sandbox, signed in, and what the platform admin changes beforehand."""

import json

# Of a month. A grant over it is refused; what the load itself uploads is far below.
MONTHLY_BYTES = 64 * 2**20


class People:
    """Headers by the name before the @."""

    def __init__(self, session, sandbox):
        self.session, self.sandbox, self.headers = session, sandbox, {}

    async def sign_in(self):
        for person in self.sandbox["users"]:
            parameters = {"USERNAME": person["email"], "PASSWORD": person["password"]}
            body = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": self.sandbox["clientId"], "AuthParameters": parameters}
            headers = {
                "content-type": "application/x-amz-json-1.1",
                "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth"}
            async with self.session.post(f"{self.sandbox['cognitoUrl']}/", data=json.dumps(body), headers=headers) as answer:
                answer.raise_for_status()
                token = json.loads(await answer.read())["AuthenticationResult"]["IdToken"]
            self.headers[person["email"].split("@")[0]] = {"authorization": f"Bearer {token}"}

    async def call(self, method, url, who, **body):
        async with self.session.request(method, url, headers=self.headers[who], **body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def tenant_of(self, gateway, who):
        status, me = await self.call("GET", f"{gateway}/v1/me", who)
        if status != 200:
            raise RuntimeError(f"GET /v1/me as {who}: {status} {me}")
        return me["tenant"]["id"]

    async def prepare(self, gateway):
        """Acme's people may have credentials; Globex has a month of its own size."""
        for who, change in (("alice", {"credentialVending": True}), ("gina", {"limits": {"monthlyBytes": MONTHLY_BYTES}})):
            url = f"{gateway}/v1/admin/tenants/{await self.tenant_of(gateway, who)}"
            status, answer = await self.call("PATCH", url, "admin", json=change)
            if status != 200:
                raise RuntimeError(f"PATCH {url}: {status} {answer}")
