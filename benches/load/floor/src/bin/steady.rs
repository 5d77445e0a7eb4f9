//! How long do callers wait who come at a steady rate, whatever the service does?
//!
//! `steady ADDRESS TOKENS RATE SECONDS CONNECTIONS` sends `POST /v1/uploads` at moments that are fixed beforehand, and
//! counts each request's time from its moment: who is made to wait for a connection waits for the service (no coordinated
//! omission). A timer may be late by a millisecond, which counts as well. Prints one line of JSON.

use std::collections::HashSet;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Duration, Instant, sleep_until, timeout};

const BODY: &str = r#"{"fileName":"photo.jpg","contentType":"image/jpeg","size":12345}"#;
/// A service that takes longer than this does not answer at all.
const PATIENCE: Duration = Duration::from_secs(30);
const LONGEST_ANSWER: usize = 64 * 1024;

/// What is sent, and when.
struct Schedule {
    address: SocketAddr,
    requests: Vec<Vec<u8>>,
    began: Instant,
    rate: f64,
    /// Of all requests.
    total: u64,
    /// The next one that nobody has taken.
    next: AtomicU64,
}

#[derive(Default)]
struct Seen {
    /// Of the requests that were answered 201: how long each took, and when it was due after the beginning, in microseconds.
    granted: Vec<(u64, u64)>,
    refused: u64,
    broken: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [address, tokens, rate, seconds, connections] = arguments.as_slice() else {
        anyhow::bail!("steady ADDRESS TOKENS RATE SECONDS CONNECTIONS");
    };
    let address: SocketAddr = address.parse()?;
    let (rate, seconds): (f64, f64) = (rate.parse()?, seconds.parse()?);
    let tokens = std::fs::read_to_string(tokens)?;
    let requests: Vec<Vec<u8>> = tokens.lines().map(|token| request(address, token).into_bytes()).collect();
    anyhow::ensure!(!requests.is_empty() && rate > 0.0 && seconds > 0.0, "nothing to send");
    let (total, next) = ((rate * seconds) as u64, AtomicU64::new(0));
    let mut streams = Vec::new();
    for _ in 0..connections.parse::<usize>()? {
        streams.push(connect(address).await?);
    }
    let began = Instant::now() + Duration::from_millis(50);
    let schedule = Arc::new(Schedule { address, requests, began, rate, total, next });
    let mut callers = JoinSet::new();
    for stream in streams {
        callers.spawn(call(stream, Arc::clone(&schedule)));
    }
    let mut seen = Seen::default();
    while let Some(caller) = callers.join_next().await {
        let caller = caller??;
        seen.granted.extend(caller.granted);
        seen.refused += caller.refused;
        seen.broken += caller.broken;
    }
    seen.granted.sort_unstable();
    report(&schedule, &seen)
}

fn request(address: SocketAddr, token: &str) -> String {
    let length = BODY.len();
    format!(
        "POST /v1/uploads HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{BODY}"
    )
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// One connection: takes the next request whenever it is free, until all are taken.
async fn call(mut stream: TcpStream, schedule: Arc<Schedule>) -> io::Result<Seen> {
    let (mut seen, mut buffer) = (Seen::default(), Vec::with_capacity(LONGEST_ANSWER));
    loop {
        let number = schedule.next.fetch_add(1, Ordering::Relaxed);
        if number >= schedule.total {
            return Ok(seen);
        }
        let due = schedule.began + Duration::from_secs_f64(number as f64 / schedule.rate);
        sleep_until(due).await;
        let which = usize::try_from(number).unwrap_or_default() % schedule.requests.len();
        let request = schedule.requests.get(which).map(Vec::as_slice).unwrap_or_default();
        let answered = timeout(PATIENCE, ask(&mut stream, request, &mut buffer)).await;
        match answered {
            Ok(Ok(201)) => seen.granted.push((microseconds(due.elapsed()), microseconds(due - schedule.began))),
            Ok(Ok(_)) => seen.refused += 1,
            Ok(Err(_)) | Err(_) => {
                seen.broken += 1;
                stream = connect(schedule.address).await?;
            }
        }
    }
}

fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Sends one request and reads one answer with a Content-Length; gives its status.
async fn ask(stream: &mut TcpStream, request: &[u8], buffer: &mut Vec<u8>) -> io::Result<u16> {
    stream.write_all(request).await?;
    buffer.clear();
    let mut whole = None;
    loop {
        if stream.read_buf(buffer).await? == 0 || buffer.len() > LONGEST_ANSWER {
            return Err(io::ErrorKind::InvalidData.into());
        }
        if whole.is_none() {
            whole = head(buffer)?;
        }
        match whole {
            Some((status, length)) if buffer.len() >= length => return Ok(status),
            Some(_) | None => {}
        }
    }
}

/// The status, and how long the answer is with its body; nothing while its head is incomplete.
fn head(answer: &[u8]) -> io::Result<Option<(u16, usize)>> {
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let head = String::from_utf8_lossy(answer.get(..end).unwrap_or_default()).to_ascii_lowercase();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    status.zip(length).map(|(status, length)| Some((status, end + 4 + length))).ok_or(io::ErrorKind::InvalidData.into())
}

fn report(schedule: &Schedule, seen: &Seen) -> anyhow::Result<()> {
    let took = schedule.began.elapsed().as_secs_f64();
    let at = |share: f64| -> u64 {
        let position = (seen.granted.len() as f64 * share).ceil() as usize;
        seen.granted.get(position.max(1) - 1).map(|(took, _)| *took).unwrap_or_default()
    };
    // Who waits for the same thing waits together, so that only the worst of each tenth of a second is told.
    let mut moments = HashSet::new();
    let worst: Vec<(u64, u64)> =
        seen.granted.iter().rev().filter(|(_, due)| moments.insert(due / 100_000)).take(10).copied().collect();
    let line = json!({
        "planned": schedule.total, "granted": seen.granted.len(), "refused": seen.refused, "broken": seen.broken,
        "rate": seen.granted.len() as f64 / took,
        "p50_us": at(0.5), "p90_us": at(0.9), "p99_us": at(0.99), "p999_us": at(0.999),
        "max_us": at(1.0), "worst_us": worst,
        "above_100ms": seen.granted.iter().filter(|(took, _)| *took > 100_000).count(),
    });
    writeln!(io::stdout(), "{line}").context("nobody reads")
}
