"""The function as MiniStack runs it: deployed from a zip file, and asked by its user pool: `deployed.py URL BOOTSTRAP`.

MiniStack asks before sign-up, before it writes a federated profile and before it makes tokens, but not before and after a password, so
the lockout is invoked by hand there. A second pool, without triggers, shows that the attacks succeed where nobody looks.
"""

import base64
import http.server
import io
import json
import sys
import threading
import urllib.parse
import zipfile

import boto3
import urllib3
from botocore.exceptions import ClientError

URL, BOOTSTRAP = sys.argv[1:]
PASSWORD = "Perm-1234x"
ADMIN_SCOPE = "aws.cognito.signin.user.admin"
CALLBACK = "https://uploads.example.com/portal/"
CLAIM = "custom:customerName"
PROVIDERS = {"CAS-SSO": "acme", "Globex": "globex", "OpenAcme": "acme"}
HTTP = urllib3.PoolManager()
failures = 0


def client(service):
    return boto3.client(
        service, endpoint_url=URL, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


cognito, functions, dynamodb, iam = client("cognito-idp"), client("lambda"), client("dynamodb"), client("iam")


def check(what, holds, seen=None):
    global failures
    failures += not holds
    print(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f": {seen}"))


def deploy():
    """The table and the function, as the Terraform module makes them."""
    dynamodb.create_table(
        TableName="attempts", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "account", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "account", "AttributeType": "S"}])
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(
        RoleName="triggers", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}))
    may = {
        "Effect": "Allow", "Action": ["dynamodb:UpdateItem", "dynamodb:DeleteItem"],
        "Resource": "arn:aws:dynamodb:us-east-1:000000000000:table/attempts"}
    iam.put_role_policy(
        RoleName="triggers", PolicyName="may", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [may]}))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        with open(BOOTSTRAP, "rb") as binary:
            archive.writestr(entry, binary.read(), zipfile.ZIP_DEFLATED)
    variables = {
        "TRIGGERS_IDENTITY_PROVIDERS": json.dumps({name: {"tenant": tenant} for name, tenant in PROVIDERS.items()}),
        "TRIGGERS_LOCKOUT_TABLE": "attempts", "TRIGGERS_LOCKOUT_OUTAGE": "closed", "AWS_ENDPOINT_URL_DYNAMODB": URL,
    }
    return functions.create_function(
        FunctionName="triggers", Runtime="provided.al2023", Handler="bootstrap", Timeout=5,
        Role="arn:aws:iam::000000000000:role/triggers", Code={"ZipFile": package.getvalue()},
        Environment={"Variables": variables})["FunctionArn"]


def pool(name, **settings):
    made = cognito.create_user_pool(
        PoolName=name, Schema=[{"Name": "customerName", "AttributeDataType": "String", "Mutable": True}], **settings)
    return made["UserPool"]["Id"]


def furnish(pool_id, identity_provider):
    """Two app clients and four identity providers. The client's id for people with passwords, and for the others."""
    for name in ("CAS-SSO", "Globex", "Rogue"):
        cognito.create_identity_provider(
            UserPoolId=pool_id, ProviderName=name, ProviderType="SAML",
            ProviderDetails={"IDPSSOEndpoint": f"https://{name.lower()}.example/sso", "MetadataURL": "https://idp.example/"},
            AttributeMapping={CLAIM: "customerName", "email": "email"})
    cognito.create_identity_provider(
        UserPoolId=pool_id, ProviderName="OpenAcme", ProviderType="OIDC",
        ProviderDetails={
            "client_id": "pool", "client_secret": "secret", "authorize_scopes": "openid", "oidc_issuer": identity_provider,
            "attributes_request_method": "GET", "authorize_url": f"{identity_provider}/authorize",
            "token_url": f"{identity_provider}/token", "attributes_url": f"{identity_provider}/userinfo",
            "jwks_uri": f"{identity_provider}/jwks"},
        AttributeMapping={CLAIM: "customerName", "email": "email"})
    cognito.create_group(UserPoolId=pool_id, GroupName="tenant-admins")
    native = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="native", ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"])
    federated = cognito.create_user_pool_client(
        UserPoolId=pool_id, ClientName="federated", AllowedOAuthFlows=["code"], AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthScopes=["openid", "email"], CallbackURLs=[CALLBACK],
        SupportedIdentityProviders=["CAS-SSO", "Globex", "Rogue", "OpenAcme"])
    return native["UserPoolClient"]["ClientId"], federated["UserPoolClient"]["ClientId"]


class IdentityProvider(http.server.BaseHTTPRequestHandler):
    """An OpenID provider that says of its people whatever it likes: the code is the claims."""

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        part = lambda text: base64.urlsafe_b64encode(text).rstrip(b"=").decode()
        token = ".".join([part(b'{"alg":"none"}'), part(base64.urlsafe_b64decode(form["code"][0])), ""])
        answer = json.dumps({"id_token": token, "access_token": "opaque", "token_type": "Bearer"}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def claims(token):
    body = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))


def sign_in(client_id, email):
    answer = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={"USERNAME": email, "PASSWORD": PASSWORD})
    return {name: answer["AuthenticationResult"][name] for name in ("AccessToken", "IdToken", "RefreshToken")}


def get(url, **fields):
    return HTTP.request("GET", url, fields=fields, redirect=False)


def query(response):
    location = urllib.parse.urlsplit(response.headers.get("Location", ""))
    return {name: values[0] for name, values in urllib.parse.parse_qs(location.query).items()}


def begin(client_id, provider):
    return query(get(
        f"{URL}/oauth2/authorize", response_type="code", client_id=client_id, redirect_uri=CALLBACK, scope="openid email",
        identity_provider=provider))


def redeem(client_id, response):
    """The tokens for the code that a sign-in ended with; None when it ended with none."""
    code = query(response).get("code")
    if code is None:
        return None
    answer = HTTP.request("POST", f"{URL}/oauth2/token", fields={
        "grant_type": "authorization_code", "client_id": client_id, "code": code, "redirect_uri": CALLBACK},
        encode_multipart=False)
    return answer.json() if answer.status == 200 else None


def by_saml(client_id, provider, person, **attributes):
    said = "".join(
        f'<a:Attribute Name="{name}"><a:AttributeValue>{value}</a:AttributeValue></a:Attribute>'
        for name, value in attributes.items())
    assertion = (
        '<p:Response xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion">'
        f"<a:Assertion><a:Subject><a:NameID>{person}</a:NameID></a:Subject>"
        f"<a:AttributeStatement>{said}</a:AttributeStatement></a:Assertion></p:Response>")
    response = HTTP.request("POST", f"{URL}/saml2/idpresponse", fields={
        "SAMLResponse": base64.b64encode(assertion.encode()).decode(), "RelayState": begin(client_id, provider)["RelayState"]},
        encode_multipart=False, redirect=False)
    return redeem(client_id, response)


def by_openid(client_id, person, **attributes):
    code = base64.urlsafe_b64encode(json.dumps({"sub": person, **attributes}).encode()).decode()
    return redeem(client_id, get(f"{URL}/oauth2/idpresponse", code=code, state=begin(client_id, "OpenAcme")["state"]))


def person(pool_id, email, **attributes):
    known = {"email": email, "email_verified": "true", **attributes}
    cognito.admin_create_user(
        UserPoolId=pool_id, Username=email, MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in known.items()])
    cognito.admin_set_user_password(UserPoolId=pool_id, Username=email, Password=PASSWORD, Permanent=True)
    cognito.admin_add_user_to_group(UserPoolId=pool_id, Username=email, GroupName="tenant-admins")


def native_people(guarded, client_id):
    person(guarded, "jane@acme.test", **{CLAIM: "acme"})
    tokens = sign_in(client_id, "jane@acme.test")
    token = claims(tokens["AccessToken"])
    check("a native access token names the tenant", token.get(CLAIM) == "acme", token)
    check("… has not the admin scope", ADMIN_SCOPE not in token.get("scope", ""), token)
    check("… and keeps its groups", token.get("cognito:groups") == ["tenant-admins"], token)
    refreshed = cognito.initiate_auth(
        ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]})
    token = claims(refreshed["AuthenticationResult"]["AccessToken"])
    check("so does a refreshed one", token.get(CLAIM) == "acme" and ADMIN_SCOPE not in token.get("scope", ""), token)
    person(guarded, "nobody@nowhere.test")
    token = claims(sign_in(client_id, "nobody@nowhere.test")["AccessToken"])
    check("without a tenant there is none in the token", CLAIM not in token, token)


def sign_up(client_id, email, **attributes):
    try:
        cognito.sign_up(
            ClientId=client_id, Username=email, Password=PASSWORD,
            UserAttributes=[{"Name": name, "Value": value} for name, value in {"email": email, **attributes}.items()])
    except ClientError as error:
        return error.response["Error"]
    return None


def providers_people(guarded, client_id):
    for name, tokens in (
        ("a SAML provider that says nothing of tenants", by_saml(client_id, "CAS-SSO", "joe", email="joe@acme.test")),
        ("one that names its own", by_saml(client_id, "CAS-SSO", "jim", email="jim@acme.test", customerName="acme")),
        ("an OpenID provider", by_openid(client_id, "sue", email="sue@acme.test")),
    ):
        tokens = tokens or {"access_token": ".e30.", "id_token": ".e30."}
        both = [claims(tokens["id_token"]), claims(tokens["access_token"])]
        check(f"{name}: both tokens name the tenant it is bound to", [c.get(CLAIM) for c in both] == ["acme", "acme"], both)
    for name, tokens in (
        ("a SAML provider that names a foreign tenant", by_saml(client_id, "CAS-SSO", "eve", email="e@e", customerName="globex")),
        ("… in a claim of another name", by_saml(client_id, "CAS-SSO", "eve", **{"https://x.example/customerName": "globex"})),
        ("… of somebody who was let in before", by_saml(client_id, "CAS-SSO", "joe", email="j@j", customerName="globex")),
        ("an OpenID provider that does", by_openid(client_id, "mallory", customerName="globex")),
        ("a provider that is bound to no tenant", by_saml(client_id, "Rogue", "eve", email="e@e", customerName="acme")),
    ):
        check(f"{name} is refused", tokens is None, tokens)
    names = {user["Username"] for user in cognito.list_users(UserPoolId=guarded)["Users"]}
    check("and left no account behind", not {n for n in names if "eve" in n or "mallory" in n or "Rogue" in n}, names)

    # An attribute that was written before there was a binding, or by a mapping that nobody meant.
    cognito.admin_update_user_attributes(
        UserPoolId=guarded, Username="CAS-SSO_jim", UserAttributes=[{"Name": CLAIM, "Value": "globex"}])
    event = {
        "version": "2", "triggerSource": "TokenGeneration_RefreshTokens", "userPoolId": guarded, "userName": "CAS-SSO_jim",
        "request": {
            "userAttributes": {
                a["Name"]: a["Value"]
                for a in cognito.admin_get_user(UserPoolId=guarded, Username="CAS-SSO_jim")["UserAttributes"]},
            "groupConfiguration": {"groupsToOverride": [f"{guarded}_CAS-SSO"]}},
        "response": {"claimsAndScopeOverrideDetails": None}}
    check("a foreign tenant that got into the profile gets no token", "FunctionError" in invoke(event)[1], invoke(event))


def invoke(event):
    answer = functions.invoke(FunctionName="triggers", Payload=json.dumps(event))
    return json.loads(answer["Payload"].read()), answer


def lockout():
    event = {
        "version": "1", "triggerSource": "PreAuthentication_Authentication", "userPoolId": "us-east-1_x", "userName": "jane",
        "request": {"userAttributes": {"sub": "jane", "cognito:user_status": "CONFIRMED"}}, "response": {}}
    admitted = [invoke(event)[0] == event for _ in range(7)]
    check("the deployed function lets five attempts through", admitted == [True] * 5 + [False] * 2, admitted)
    refused, answer = invoke(event)
    said = refused.get("errorMessage")
    check("… and says no more", said == "Sign-in is not possible at the moment. Try again later.", refused)
    invoke({**event, "triggerSource": "PostAuthentication_Authentication"})
    check("… until a success", invoke(event)[0] == event, "refused")


def without_triggers(native, federated):
    """What the triggers are for."""
    tokens = by_saml(federated, "CAS-SSO", "eve", email="e@e", customerName="globex") or {"id_token": ".e30."}
    check("without triggers a provider names any tenant", claims(tokens["id_token"]).get(CLAIM) == "globex", tokens)
    check("… and anybody who signs up does", sign_up(native, "eve@e.test", **{CLAIM: "acme"}) is None)
    cognito.admin_confirm_sign_up(UserPoolId=bare, Username="eve@e.test")
    token = claims(sign_in(native, "eve@e.test")["AccessToken"])
    check("… and can go on to rewrite it", ADMIN_SCOPE in token.get("scope", "") and CLAIM not in token, token)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), IdentityProvider)
threading.Thread(target=server.serve_forever, daemon=True).start()
provider_url = f"http://127.0.0.1:{server.server_port}"

function = deploy()
guarded = pool("guarded", LambdaConfig={
    "PreSignUp": function, "PreAuthentication": function, "PostAuthentication": function, "PostConfirmation": function,
    "PreTokenGenerationConfig": {"LambdaArn": function, "LambdaVersion": "V2_0"},
    "InboundFederation": {"LambdaArn": function, "LambdaVersion": "V1_0"}})
bare = pool("bare")

native, federated = furnish(guarded, provider_url)
native_people(guarded, native)
refusal = sign_up(native, "eve@e.test", **{CLAIM: "acme"})
check("who signs up cannot choose a tenant", refusal is not None and "administrator" in refusal["Message"], refusal)
check("… and can sign up without one", sign_up(native, "new@nowhere.test") is None)
providers_people(guarded, federated)
lockout()
without_triggers(*furnish(bare, provider_url))

server.shutdown()
print(f"{failures} failed")
sys.exit(1 if failures else 0)
