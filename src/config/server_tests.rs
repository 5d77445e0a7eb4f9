//! Are the settings of the listeners taken that can be served with, and no others?

use super::Config;
use super::tests::{GOOD, faults};

#[test]
fn a_certificate_and_its_key_go_together_and_with_https() {
    let with = |server: &str| format!("{GOOD}[server]\n{server}");
    let both = "tls_certificate = \"c.pem\"\ntls_key = \"k.pem\"\n";
    let server = Config::from_toml(&with(both)).unwrap().server;
    assert_eq!(server.url(), "https://127.0.0.1:8080");
    let files = server.tls.unwrap();
    assert_eq!((files.certificate, files.key), ("c.pem".into(), "k.pem".into()));
    assert_eq!(files.reload, std::time::Duration::from_secs(60));
    assert_eq!(Config::from_toml(GOOD).unwrap().server.tls, None);
    for (server, setting) in [
        ("tls_certificate = \"c.pem\"", "server.tls_key"),
        ("tls_key = \"k.pem\"", "server.tls_certificate"),
        ("tls_reload = \"999ms\"", "server.tls_reload"),
        ("tls_reload = \"24h 1s\"", "server.tls_reload"),
        (&format!("{both}public_url = \"http://uploads.example\""), "server.public_url"),
    ] {
        assert_eq!(faults(&with(server)), [setting], "{server}");
    }
    assert!(
        faults(&with("tls_certificate = \"\"\ntls_key = \"k.pem\"")).contains(&"server.tls_certificate".to_owned())
    );
    assert!(Config::from_toml(&with(&format!("{both}public_url = \"https://uploads.example\""))).is_ok());
}

#[test]
fn a_stop_drains_for_ten_minutes_at_most() {
    let drain = |text: &str| format!("{GOOD}[server]\ndrain = \"{text}\"");
    for wrong in ["10m 1s", "-1s", "soon", ""] {
        assert_eq!(faults(&drain(wrong)), ["server.drain"], "{wrong}");
    }
    assert_eq!(Config::from_toml(&drain("10m")).unwrap().server.drain, std::time::Duration::from_secs(600));
    assert!(Config::from_toml(GOOD).unwrap().server.drain.is_zero());
}
