"""Does boto3's own Cognito client sign in at the sandbox, and does the gateway take the tokens that it gets?

$SANDBOX is the sandbox's data directory. Run by run.sh.
"""

import json
import os
import unittest
import urllib.request
from pathlib import Path

import boto3
from botocore.exceptions import ClientError

SANDBOX = json.loads((Path(os.environ["SANDBOX"]) / "sandbox.json").read_text())
ALICE = next(user for user in SANDBOX["users"] if user["role"] == "user")
CLIENT = SANDBOX["clientId"]

# Without credentials: whoever signs in has none yet, and boto3 signs none of these calls.
cognito = boto3.client("cognito-idp", region_name=SANDBOX["region"], endpoint_url=SANDBOX["cognitoUrl"])


def sign_in(password=ALICE["password"]):
    parameters = {"USERNAME": ALICE["email"], "PASSWORD": password}
    answered = cognito.initiate_auth(AuthFlow="USER_PASSWORD_AUTH", ClientId=CLIENT, AuthParameters=parameters)
    return answered["AuthenticationResult"]


def me(id_token):
    """What the gateway says to whom the token names."""
    request = urllib.request.Request(SANDBOX["publicUrl"] + "/v1/me", headers={"authorization": "Bearer " + id_token})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


class Cognito(unittest.TestCase):
    def assert_refused(self, exception, message, operation, **parameters):
        with self.assertRaises(getattr(cognito.exceptions, exception)) as refused:
            operation(**parameters)
        self.assertEqual(refused.exception.response["Error"]["Message"], message)

    def test_sign_in_and_be_known_to_the_gateway(self):
        tokens = sign_in()
        self.assertEqual((tokens["TokenType"], tokens["ExpiresIn"]), ("Bearer", 3600))
        self.assertEqual(me(tokens["IdToken"])["tenant"]["slug"], ALICE["tenant"])

    def test_a_wrong_password(self):
        self.assert_refused(
            "NotAuthorizedException", "Incorrect username or password.", sign_in, password="not-" + ALICE["password"]
        )

    def test_read_the_user(self):
        user = cognito.get_user(AccessToken=sign_in()["AccessToken"])
        attributes = {attribute["Name"]: attribute["Value"] for attribute in user["UserAttributes"]}
        self.assertEqual((attributes["email"], attributes["sub"]), (ALICE["email"], user["Username"]))

    def test_refresh_without_rotation(self):
        tokens = sign_in()
        refreshed = cognito.initiate_auth(
            AuthFlow="REFRESH_TOKEN_AUTH", ClientId=CLIENT, AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]}
        )["AuthenticationResult"]
        self.assertNotIn("RefreshToken", refreshed)
        self.assertEqual(me(refreshed["IdToken"]), me(tokens["IdToken"]))

    def test_refresh_with_rotation(self):
        tokens = sign_in()
        rotate = cognito.get_tokens_from_refresh_token
        rotated = rotate(RefreshToken=tokens["RefreshToken"], ClientId=CLIENT)["AuthenticationResult"]
        self.assertNotEqual(rotated["RefreshToken"], tokens["RefreshToken"])
        self.assertEqual(me(rotated["IdToken"]), me(tokens["IdToken"]))
        self.assert_refused(
            "RefreshTokenReuseException",
            "Refresh token has been invalidated",
            rotate,
            RefreshToken=tokens["RefreshToken"],
            ClientId=CLIENT,
        )
        # One of the two holders is a thief, so neither goes on.
        self.assert_refused(
            "NotAuthorizedException",
            "Invalid Refresh Token",
            rotate,
            RefreshToken=rotated["RefreshToken"],
            ClientId=CLIENT,
        )

    def test_revoke(self):
        tokens = sign_in()
        cognito.revoke_token(Token=tokens["RefreshToken"], ClientId=CLIENT)
        with self.assertRaises(ClientError):
            cognito.get_tokens_from_refresh_token(RefreshToken=tokens["RefreshToken"], ClientId=CLIENT)
        with self.assertRaises(ClientError):
            cognito.get_user(AccessToken=tokens["AccessToken"])

    def test_nobody_registers(self):
        self.assert_refused(
            "NotAuthorizedException",
            "SignUp is not permitted for this user pool",
            cognito.sign_up,
            ClientId=CLIENT,
            Username="mallory@acme.example",
            Password="Mallory-1234",
            UserAttributes=[{"Name": "custom:customerName", "Value": "Acme Customer 1"}],
        )


if __name__ == "__main__":
    unittest.main(verbosity=2)
