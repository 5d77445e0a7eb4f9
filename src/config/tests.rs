//! Is a good configuration taken, and a bad one refused with every fault by name?

use super::*;

pub(super) const GOOD: &str = r#"
[database]
url = "postgres://gateway:hunter2@localhost/gateway"
[[auth.pools]]
issuer = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123"
client_ids = ["web"]
[aws]
region = "eu-central-1"
[upload]
bucket = "uploads"
role_arn = "arn:aws:iam::123456789012:role/upload-gateway"
"#;

pub(super) fn faults(text: &str) -> Vec<String> {
    Config::from_toml(text).unwrap_err().0.into_iter().map(|fault| fault.setting).collect()
}

#[test]
fn the_smallest_configuration_is_enough() {
    let config = Config::from_toml(GOOD).unwrap();
    assert_eq!(config.server.url(), "http://127.0.0.1:8080");
    assert_eq!(config.uppy.session_expiry, std::time::Duration::from_secs(3600));
    assert_eq!(
        config.auth.pools[0].jwks_url.as_str(),
        "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123/.well-known/jwks.json"
    );
    assert_eq!(config.upload.multipart_threshold.bytes(), 100 << 20);
}

#[test]
fn every_missing_setting_is_named_at_once() {
    assert_eq!(faults(""), ["database.url", "auth.pools", "aws.region", "upload.bucket", "upload.role_arn"]);
}

#[test]
fn every_bad_setting_is_named_at_once() {
    let text = r#"
[server]
public_address = "nowhere"
allowed_origins = ["*", "https://a.example/"]
wrokers = 3
[database]
url = "mysql://x"
max_connections = 0
[auth]
leeway = "1h"
[[auth.pools]]
issuer = "http://example.com/pool"
client_ids = []
token_uses = ["refresh"]
[aws]
region = "EU"
access_key_id = "x"
[upload]
bucket = "Up"
role_arn = "arn:aws:s3:::x"
session_duration = "1m"
url_expiry = "8d"
multipart_threshold = "1 MiB"
[limits]
max_upload_bytes = "0"
allowed_content_types = ["image"]
[log]
format = "xml"
"#;
    let found = faults(text);
    for expected in [
        "server.public_address",
        "server.allowed_origins",
        "server.wrokers",
        "database.url",
        "database.max_connections",
        "auth.leeway",
        "auth.pools[0].issuer",
        "auth.pools[0].client_ids",
        "auth.pools[0].token_uses",
        "aws.region",
        "aws.secret_access_key",
        "upload.bucket",
        "upload.role_arn",
        "upload.session_duration",
        "upload.url_expiry",
        "upload.multipart_threshold",
        "limits.max_upload_bytes",
        "limits.allowed_content_types",
        "log.format",
    ] {
        assert!(found.iter().any(|name| name == expected), "{expected} is not among {found:?}");
    }
}

#[test]
fn variables_go_over_the_file_and_can_name_pools() {
    let pairs = [
        ("GATEWAY__UPLOAD__BUCKET", "other"),
        ("GATEWAY__SERVER__WORKERS", "3"),
        ("GATEWAY__AUTH__POOLS__0__ISSUER", "https://issuer.example"),
        ("GATEWAY__AUTH__POOLS__0__CLIENT_IDS", "a,b"),
        ("GATEWAY__SERVER__ALLOWED_ORIGINS", "https://a.example,https://b.example"),
    ];
    let map = pairs.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let text = GOOD
        .replace("[[auth.pools]]\n", "")
        .lines()
        .filter(|l| !l.starts_with("issuer") && !l.starts_with("client"))
        .collect::<Vec<_>>()
        .join("\n");
    let config = Config::from_sources(&text, variables().source(Some(map))).unwrap();
    assert_eq!(config.upload.bucket, "other");
    assert_eq!(config.server.workers, Some(3));
    assert_eq!(config.auth.pools[0].client_ids, ["a", "b"]);
    assert_eq!(config.server.allowed_origins.len(), 2);
}

#[test]
fn an_origin_is_exact_but_for_the_port_of_this_machine() {
    let with = |origin: &str| format!("{GOOD}[server]\nallowed_origins = [{origin:?}]");
    for origin in
        ["https://a.example", "http://localhost:5173", "http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"]
    {
        assert!(Config::from_toml(&with(origin)).is_ok(), "{origin}");
    }
    for origin in
        ["*", "http://*", "https://a.example:*", "http://localhost*", "https://localhost:*", "http://localhost:5*", ""]
    {
        assert_eq!(faults(&with(origin)), ["server.allowed_origins"], "{origin}");
    }
}

#[test]
fn secrets_do_not_show() {
    let config = Config::from_toml(GOOD).unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
    let faults = Config::from_toml(&GOOD.replace("postgres://", "mysql://")).unwrap_err().to_string();
    assert!(!faults.contains("hunter2"));
}

#[test]
fn a_slip_in_the_file_does_not_show_its_line() {
    let faults = Config::from_toml("[database]\nurl = \"postgres://u:hunter2@h/db\n").unwrap_err().to_string();
    assert!(faults.contains("line 2") && !faults.contains("hunter2"), "{faults}");
}

#[test]
fn what_would_only_fail_later_fails_now() {
    for (further, setting) in [
        ("[limits]\nmonthly_bytes = \"0\"", "limits.monthly_bytes"),
        ("[limits]\nrequests_per_minute = 0", "limits.requests_per_minute"),
        ("[limits]\nrequests_per_minute = 3000000000", "limits.requests_per_minute"),
        ("[auth]\ntenant_admin_group = \"platform-admins\"", "auth.tenant_admin_group"),
        ("external_id = \"\"", "upload.external_id"),
    ] {
        assert_eq!(faults(&format!("{GOOD}{further}")), [setting], "{further}");
    }
    for url in ["postgres://h/db?sslmode=bogus", "postgres://h/db?sslpassword=hunter2"] {
        let error = Config::from_toml(&GOOD.replace("postgres://gateway:hunter2@localhost/gateway", url)).unwrap_err();
        assert_eq!(error.0[0].setting, "database.url");
        assert!(!error.to_string().contains("hunter2"));
    }
    for endpoint in ["https://proxy/s3", "https://h/?a=b", "https://user@h/"] {
        let text = GOOD.replace("[upload]", &format!("endpoint_url = \"{endpoint}\"\n[upload]"));
        assert_eq!(faults(&text), ["aws.endpoint_url"], "{endpoint}");
    }
}

#[test]
fn the_public_url_ends_without_a_slash() {
    let url = |text: &str| Config::from_toml(&format!("{GOOD}[server]\npublic_url = \"{text}\"")).unwrap().server.url();
    assert_eq!(url("https://uploads.example/"), "https://uploads.example");
    assert_eq!(url("https://example.com/uploads//"), "https://example.com/uploads");
}

#[test]
fn people_sign_in_with_clients_of_the_pool() {
    let pool = |further: &str| {
        let text = GOOD.replace("client_ids = [\"web\"]", &format!("client_ids = [\"web\", \"native\"]\n{further}"));
        Config::from_toml(&text).map(|config| config.auth.pools.into_iter().next().unwrap())
    };
    for (further, federated, native) in [
        ("", "web", "web"),
        ("hosted_ui_client_id = \"native\"", "native", "native"),
        ("native_client_id = \"native\"", "web", "native"),
        ("hosted_ui_client_id = \"native\"\nnative_client_id = \"web\"", "native", "web"),
    ] {
        let pool = pool(further).unwrap();
        assert_eq!((pool.hosted_ui_client_id.as_str(), pool.native_client_id.as_str()), (federated, native));
    }
    for setting in ["hosted_ui_client_id", "native_client_id"] {
        for stranger in ["other", "WEB", ""] {
            let faults = pool(&format!("{setting} = \"{stranger}\"")).unwrap_err().0;
            assert_eq!(faults[0].setting, format!("auth.pools[0].{setting}"), "{stranger}");
            assert_eq!(faults.len(), 1, "{faults:?}");
        }
    }
}

#[test]
fn a_hosted_ui_is_a_place_that_paths_can_be_put_behind() {
    let with = |url: &str| GOOD.replace("client_ids", &format!("hosted_ui = \"{url}\"\nclient_ids"));
    for (given, kept) in [
        ("https://sign-in.example", "https://sign-in.example"),
        ("https://sign-in.example/", "https://sign-in.example"),
        ("http://127.0.0.1:9229/", "http://127.0.0.1:9229"),
    ] {
        let config = Config::from_toml(&with(given)).unwrap();
        assert_eq!(config.auth.pools[0].hosted_ui.as_deref(), Some(kept));
    }
    for wrong in [
        "http://sign-in.example",
        "sign-in.example",
        "https://a.example/b",
        "https://a.example/?b",
        "https://a.example/#b",
    ] {
        assert_eq!(faults(&with(wrong)), ["auth.pools[0].hosted_ui"], "{wrong}");
    }
}

#[test]
fn an_uppy_session_lives_a_minute_at_least_and_a_day_at_most() {
    let expiry = |text: &str| format!("{GOOD}[uppy]\nsession_expiry = \"{text}\"");
    for wrong in ["59s", "24h 1s", "0s", "soon", ""] {
        assert_eq!(faults(&expiry(wrong)), ["uppy.session_expiry"], "{wrong}");
    }
    for right in ["1m", "24h"] {
        assert!(Config::from_toml(&expiry(right)).is_ok(), "{right}");
    }
}

#[test]
fn a_url_may_not_outlive_its_session() {
    assert_eq!(faults(&format!("{GOOD}url_expiry = \"1h\"")), ["upload.url_expiry"]);
}

#[test]
fn the_databases_password_has_one_source() {
    const ARN: &str = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1a2b-AbCdEf";
    let with = |url: &str, further: &str| {
        let database = format!("url = \"{url}\"\n{further}");
        GOOD.replace("url = \"postgres://gateway:hunter2@localhost/gateway\"", &database)
    };
    let password = |url: &str, further: &str| Config::from_toml(&with(url, further)).unwrap().database.password;
    let secret = format!("secret_arn = \"{ARN}\"");
    assert_eq!(password("postgres://u:p@h/d", ""), DatabasePassword::InUrl);
    assert_eq!(password("postgres://u@h/d?sslmode=verify-full", "iam = true"), DatabasePassword::Iam);
    assert_eq!(password("postgres://u@127.0.0.1/d", "iam = true"), DatabasePassword::Iam);
    assert_eq!(password("postgres://h/d", &secret), DatabasePassword::Secret { arn: ARN.to_owned() });

    for (url, further, setting) in [
        ("postgres://u:p@h/d?sslmode=verify-full", "iam = true", "database.url"),
        ("postgres://u:p@h/d", secret.as_str(), "database.url"),
        ("postgres://u@h/d", "iam = true", "database.url"),
        ("postgres://u@h/d?sslmode=require", "iam = true", "database.url"),
        ("postgres://u@h/d", "secret_arn = \"arn:aws:iam::1:role/x\"", "database.secret_arn"),
        ("postgres://u@h/d", "secret_arn = \"\"", "database.secret_arn"),
        ("postgres://u@h/d?sslmode=require", &format!("iam = true\n{secret}"), "database.secret_arn"),
        ("postgres://u@h/d", "iam = \"perhaps\"", "database.iam"),
    ] {
        assert_eq!(faults(&with(url, further)), [setting], "{url} {further}");
    }
}

#[test]
fn one_endpoint_serves_for_every_service_that_has_none_of_its_own() {
    let with = |further: &str| {
        let text = GOOD.replace("[upload]", &format!("endpoint_url = \"http://127.0.0.1:9000\"\n{further}\n[upload]"));
        Config::from_toml(&text).unwrap().aws
    };
    let ports = |aws: Aws| {
        let all = [
            aws.s3_endpoint_url,
            aws.sts_endpoint_url,
            aws.sqs_endpoint_url,
            aws.iam_endpoint_url,
            aws.cognito_endpoint_url,
            aws.secretsmanager_endpoint_url,
        ];
        all.map(|url| url.and_then(|url| url.port()))
    };
    assert_eq!(ports(with("")), [Some(9000); 6]);
    for (at, service) in ["s3", "sts", "sqs", "iam", "cognito", "secretsmanager"].into_iter().enumerate() {
        let found = ports(with(&format!("{service}_endpoint_url = \"http://127.0.0.1:9001\"")));
        let expected: [Option<u16>; 6] = std::array::from_fn(|one| Some(if one == at { 9001 } else { 9000 }));
        assert_eq!(found, expected, "{service}");
    }
    assert_eq!(ports(Config::from_toml(GOOD).unwrap().aws), [None; 6]);
}
