//! Does `upload-gateway healthcheck` say what an image's health check needs to know?

use std::time::{Duration, Instant};

use tokio::net::TcpListener;

use crate::harness::Harness;
use crate::own_process::OwnProcess;

#[tokio::test]
async fn the_health_check_follows_a_gateway_through_its_life() {
    let gateway = Harness::start().await;
    let mut own = OwnProcess::serve(&gateway, "drain = \"60s\"\n").await;
    let internal = own.internal.clone();
    gateway.until("it is healthy", async || own.health(&[], &internal).await == (Some(0), String::new())).await;
    assert_eq!(own.health(&["--live"], &internal).await, (Some(0), String::new()));
    let everywhere = internal.replace("127.0.0.1", "0.0.0.0");
    assert_eq!(own.health(&[], &everywhere).await, (Some(0), String::new()), "everywhere is also here");

    own.signal("-TERM").await;
    own.line("stopping").await;
    let (code, said) = own.health(&[], &internal).await;
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("/readyz answered 503") && said.contains("\"draining\":true"), "{said}");
    assert_eq!(own.health(&["--live"], &internal).await, (Some(0), String::new()), "it lives until it is gone");

    own.signal("-TERM").await;
    assert_eq!(own.end().await.code(), Some(130), "a second signal ends it at once");
    let (code, said) = own.health(&["--live"], &internal).await;
    assert_eq!((code, said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("cannot be asked"), "{said}");
}

#[tokio::test]
async fn the_health_check_does_not_wait_for_a_gateway_that_hangs() {
    let gateway = Harness::start().await;
    let own = OwnProcess::serve(&gateway, "").await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let asked = Instant::now();
    let (code, said) = own.health(&[], &silent.local_addr().unwrap().to_string()).await;
    assert!(asked.elapsed() < Duration::from_secs(10), "{:?}", asked.elapsed());
    assert_eq!(code, Some(1));
    assert!(said.contains("did not answer within 2 s"), "{said}");
}
