"""Who calls: the people of both tenants' identity providers, and the platform's own, each with what the hosted pages gave them."""

from hosted_ui import HostedUi

PASSWORD = "Perm-1234x-Perm"


class People:
    """Gives the token of `who`, for whom it signs in once: `acme`, `globex` and `platform-admin`."""

    def __init__(self, url, outputs, cognito):
        self.outputs, self.cognito = outputs, cognito
        self.pages = HostedUi(url, "https://uploads.example.com/portal/")
        self.jwks_url = f"{url}/{outputs['user_pool_id']}/.well-known/jwks.json"
        self.signed_in = {}

    def invite(self, email, group=None, **attributes):
        """A person of the pool itself."""
        pool = self.outputs["user_pool_id"]
        known = {"email": email, "email_verified": "true", **attributes}
        self.cognito.admin_create_user(
            UserPoolId=pool, Username=email, MessageAction="SUPPRESS",
            UserAttributes=[{"Name": name, "Value": value} for name, value in known.items()])
        self.cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=PASSWORD, Permanent=True)
        if group:
            self.cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)

    def native(self, email):
        return self.pages.sign_in(self.outputs["native_client_id"], email, PASSWORD)

    def federated(self, provider, name, tenant):
        attributes = {"email": name, **({"customerName": tenant} if tenant else {})}
        return self.pages.sign_in_by(provider, self.outputs["federated_client_id"], name, attributes)

    def tokens(self, who):
        if who not in self.signed_in:
            self.signed_in[who] = (
                self.native("root@platform.example") if who == "platform-admin"
                else self.federated({"acme": "AcmeSSO", "globex": "GlobexSSO"}[who], f"user@{who}.example", who))
        return self.signed_in[who]

    def token(self, who):
        return self.tokens(who)["id_token"]
