//! Does a sign-in carry the identity provider that vouched for it, and no other?

use super::visitor::{Visitor, forms, parameter, sent_to};
use super::*;

const ADA: u128 = 7;

/// The claims of the ID token, and of the access token, that an address brings.
async fn claims(visitor: &Visitor<'_>, address: &url::Url) -> (Value, Value) {
    let (tokens, keys) = (visitor.redeem(address).await, jwks(visitor.cognito).await);
    let [id, access] = ["/id_token", "/access_token"].map(|name| verified(text(&tokens, name), &keys).unwrap());
    (id, access)
}

#[tokio::test]
async fn a_known_person_keeps_the_subject_and_gets_the_marks_of_the_provider_for_this_sign_in() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let (id, access) = claims(&visitor, &visitor.federate("AcmeSSO", EMAIL, "acme").await).await;
    assert_eq!(text(&id, "/sub"), Uuid::from_u128(ADA).to_string());
    assert_eq!((text(&id, "/identities/0/providerName"), text(&id, "/identities/0/userId")), ("AcmeSSO", EMAIL));
    let marked = json!(["uploaders", "eu-central-1_Sandbox01_AcmeSSO"]);
    assert_eq!((&id["cognito:groups"], &access["cognito:groups"]), (&marked, &marked));
    let (id, access) = claims(&visitor, &Visitor::new(&cognito).sign_in(&[]).await).await;
    assert_eq!((text(&id, "/sub"), id.get("identities")), (Uuid::from_u128(ADA).to_string().as_str(), None));
    let unmarked = json!(["uploaders"]);
    assert_eq!((&id["cognito:groups"], &access["cognito:groups"]), (&unmarked, &unmarked));
}

#[tokio::test]
async fn a_refreshed_token_keeps_the_marks() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let tokens = visitor.redeem(&visitor.federate("AcmeSSO", EMAIL, "acme").await).await;
    let (_, refreshed) = visitor.refresh(text(&tokens, "/refresh_token")).await;
    let id = verified(text(&refreshed, "/id_token"), &jwks(&cognito).await).unwrap();
    assert_eq!(text(&id, "/identities/0/providerName"), "AcmeSSO");
}

#[tokio::test]
async fn an_unknown_person_gets_a_profile_that_stays() {
    let cognito = stand_in().await;
    let sign_in = async |provider: &str, email: &str| {
        let visitor = Visitor::new(&cognito);
        claims(&visitor, &visitor.federate(provider, email, "acme").await).await.0
    };
    let [first, again] = [sign_in("AcmeSSO", "new@acme.example").await, sign_in("AcmeSSO", "NEW@acme.example").await];
    assert_eq!(text(&first, "/cognito:username"), "AcmeSSO_new@acme.example");
    assert_eq!((&first["email_verified"], text(&first, "/custom:customerName")), (&json!(false), "acme"));
    assert_eq!(first["sub"], again["sub"]);
    // A provider speaks for its own company's people alone: this is not Gina, and not Ada.
    for (provider, email, sub) in [("AcmeSSO", "gina@globex.example", 8), ("GlobexSSO", EMAIL, ADA)] {
        let claims = sign_in(provider, email).await;
        assert_ne!(text(&claims, "/sub"), Uuid::from_u128(sub).to_string());
        assert_eq!(text(&claims, "/cognito:username"), format!("{provider}_{email}"));
    }
    // Nobody gets into such a profile with a password.
    assert_eq!(password_auth(&cognito, "new@acme.example", "").await.0, 400);
}

#[tokio::test]
async fn what_is_asserted_is_written_into_the_profile_and_stays_there() {
    let cognito = stand_in().await;
    for (asserted, found) in [("globex", "globex"), ("", "globex"), ("acme", "acme")] {
        let visitor = Visitor::new(&cognito);
        let (id, _) = claims(&visitor, &visitor.federate("AcmeSSO", EMAIL, asserted).await).await;
        assert_eq!(text(&id, "/custom:customerName"), found);
        assert_eq!(text(&cognito.id_claims(EMAIL).unwrap(), "/custom:customerName"), found);
    }
}

#[tokio::test]
async fn a_button_signs_in_with_the_providers_own_customer() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    visitor.federate("AcmeSSO", EMAIL, "globex").await;
    let visitor = Visitor::new(&cognito);
    let page = visitor.page(&[("idp_identifier", "acme.example")]).await;
    assert!(page.contains("This is a simulation") && page.contains("AcmeSSO (simulated)"));
    let button = &forms(&page)[0];
    assert!(button.fields.contains(&("email".to_owned(), EMAIL.to_owned())), "{:?}", button.fields);
    let (id, _) = claims(&visitor, &sent_to(&visitor.post(&button.action, &button.fields).await)).await;
    assert_eq!((text(&id, "/email"), text(&id, "/custom:customerName")), (EMAIL, "acme"));
    assert!(!page.contains("gina@globex.example"));
}

#[tokio::test]
async fn a_visit_answers_only_for_whoever_vouched() {
    let cognito = stand_in().await;
    for (how, content) in [("AcmeSSO", ["", "AcmeSSO"]), ("COGNITO", ["", "COGNITO"])] {
        let visitor = Visitor::new(&cognito);
        match how {
            "COGNITO" => drop(visitor.sign_in(&[]).await),
            provider => drop(visitor.federate(provider, EMAIL, "acme").await),
        }
        for wanted in ["", "COGNITO", "AcmeSSO", "GlobexSSO"] {
            let answer = visitor.get(&visitor.asking(&[("identity_provider", wanted)])).await;
            let is_asked = visitor::location(&answer).starts_with('/');
            assert_eq!(is_asked, !content.contains(&wanted), "signed in by {how}, wanted {wanted:?}");
            if !is_asked {
                let (id, _) = claims(&visitor, &sent_to(&answer)).await;
                assert_eq!(id.get("identities").is_some(), how == "AcmeSSO");
            }
        }
    }
}

#[tokio::test]
async fn signing_out_forgets_the_visit_and_leads_back() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    visitor.federate("AcmeSSO", EMAIL, "acme").await;
    let stolen = visitor.copy();
    let client = cognito.client_id();
    let answer = visitor.get(&format!("/logout?client_id={client}&logout_uri=http://localhost:8080/portal/")).await;
    assert_eq!(sent_to(&answer).as_str(), "http://localhost:8080/portal/");
    // Not only has the cookie gone: it means nothing any more.
    for visitor in [&visitor, &stolen] {
        let answer = visitor.get(&visitor.asking(&[])).await;
        assert!(visitor::location(&answer).starts_with("/login?"));
    }
    visitor.sign_in(&[]).await;
    let again = visitor.asking(&[]).replace("/oauth2/authorize", "/logout");
    let authorize = visitor::location(&visitor.get(&again).await);
    assert!(visitor::location(&visitor.get(&authorize).await).starts_with("/login?"));
}

#[tokio::test]
async fn nobody_registers_unless_that_is_switched_on() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    for answer in [visitor.get("/signup").await, visitor.post("/signup", &[]).await] {
        assert_eq!(answer.status(), 403);
        assert!(answer.text().await.unwrap().contains("Nobody can register"));
    }
    assert!(!visitor.page(&[]).await.contains("/signup"));
    let wish = json!({"ClientId": cognito.client_id(), "Username": "new@acme.example", "Password": "Sandbox-1234"});
    let (status, _, body) = call(&cognito, "SignUp", wish).await;
    let message = text(&body, "/message");
    assert_eq!((status, text(&body, "/__type")), (400, "NotAuthorizedException"));
    assert_eq!(message, "SignUp is not permitted for this user pool");
}

#[tokio::test]
async fn whoever_registers_belongs_to_no_customer_and_is_linked_to_no_provider() {
    let cognito = stand_in_where(true, Arc::default()).await;
    let visitor = Visitor::new(&cognito);
    let page = visitor.page(&[]).await;
    let (_, link) = page.split_once("href=\"/signup?").unwrap();
    let address = format!("/signup?{}", link.split_once('"').unwrap().0.replace("&amp;", "&"));
    let form = visitor.get(&address).await.text().await.unwrap();
    for (name, password) in [("no address", "Sandbox-1234"), ("new@acme.example", "weak"), (EMAIL, "Sandbox-1234")] {
        let answer = visitor.fill_in(&form, &[("username", name), ("password", password)]).await;
        assert_eq!(answer.status(), 400, "{name}");
    }
    let new = [("username", "new@acme.example"), ("password", "Sandbox-1234")];
    let (id, _) = claims(&visitor, &sent_to(&visitor.fill_in(&form, &new).await)).await;
    assert_eq!((text(&id, "/email"), id.get("custom:customerName")), ("new@acme.example", None));
    assert_eq!(password_auth(&cognito, "new@acme.example", "Sandbox-1234").await.0, 200);
    let other = Visitor::new(&cognito);
    let (asserted, _) = claims(&other, &other.federate("AcmeSSO", "new@acme.example", "acme").await).await;
    assert_ne!(asserted["sub"], id["sub"]);

    let sign_up = |username: &str, attribute: &str| {
        let attributes = json!([{"Name": attribute, "Value": "acme"}]);
        let (client, password) = (cognito.client_id(), "Sandbox-1234");
        let wish =
            json!({"ClientId": client, "Username": username, "Password": password, "UserAttributes": attributes});
        call(&cognito, "SignUp", wish)
    };
    for (name, attribute, exception) in [
        ("other@acme.example", "custom:customerName", "NotAuthorizedException"),
        (EMAIL, "email", "UsernameExistsException"),
        ("other", "email", "InvalidParameterException"),
    ] {
        let (status, _, body) = sign_up(name, attribute).await;
        assert_eq!((status, text(&body, "/__type")), (400, exception));
    }
    assert_eq!(sign_up("other@acme.example", "email").await.0, 200);
    assert!(parameter(&visitor.sign_in_again(&[]).await, "code").is_some());
}
