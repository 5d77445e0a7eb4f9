//! Is the way to sessions taken when it fits the other one, and refused by its name when it does not?

use secrecy::ExposeSecret as _;

use crate::config::Config;

const URL: &str = "postgres://gateway:hunter2@pooler/gateway";

fn with(url: &str, further: &str) -> String {
    format!(
        "[database]\nurl = \"{url}\"\n{further}\n\
         [[auth.pools]]\nissuer = \"https://i.example\"\nclient_ids = [\"c\"]\n\
         [aws]\nregion = \"eu-central-1\"\n\
         [upload]\nbucket = \"uploads\"\nrole_arn = \"arn:aws:iam::123456789012:role/upload-gateway\"\n"
    )
}

fn session(url: &str) -> String {
    format!("session_url = \"{url}\"")
}

#[test]
fn sessions_have_a_way_of_their_own_or_none() {
    assert!(Config::from_toml(&with(URL, "")).unwrap().database.session_url.is_none());
    let config = Config::from_toml(&with(URL, &session("postgres://u:hunter3@direct/d"))).unwrap();
    assert_eq!(config.database.session_url.as_ref().unwrap().expose_secret(), "postgres://u:hunter3@direct/d");
    assert!(!format!("{config:?}").contains("hunter3"));
    for wrong in ["mysql://u:hunter3@h/d", "", "direct", "postgres://h/d?sslpassword=hunter3", URL] {
        let faults = Config::from_toml(&with(URL, &session(wrong))).unwrap_err();
        assert_eq!(faults.0[0].setting, "database.session_url", "{wrong}");
        assert_eq!(faults.0.len(), 1, "{faults}");
        assert!(!faults.to_string().contains("hunter"), "{faults}");
    }
}

#[test]
fn what_gives_the_password_gives_it_to_both() {
    const SECRET: &str = "secret_arn = \"arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1a2b-AbCdEf\"";
    let fits = |session_url: &str, source: &str| {
        let url = "postgres://u@pooler/d?sslmode=verify-full";
        Config::from_toml(&with(url, &format!("{}\n{source}", session(session_url))))
    };
    for (right, source) in [("postgres://u@direct/d?sslmode=verify-ca", "iam = true"), ("postgres://direct/d", SECRET)]
    {
        assert!(fits(right, source).is_ok(), "{right}");
    }
    for (wrong, source) in [
        ("postgres://u:hunter3@direct/d?sslmode=verify-full", "iam = true"),
        ("postgres://u@direct/d", "iam = true"),
        ("postgres://u:hunter3@direct/d", SECRET),
    ] {
        let faults = fits(wrong, source).unwrap_err();
        assert_eq!(faults.0[0].setting, "database.session_url", "{wrong}");
        assert!(!faults.to_string().contains("hunter"), "{faults}");
    }
}
