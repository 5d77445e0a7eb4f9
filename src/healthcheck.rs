//! Does the gateway of this configuration answer its probes? Images have neither a shell nor curl to ask with.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the whole question may take.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Bytes of an answer that are read. The probes' own are shorter.
const LONGEST: u64 = 8192;
/// Characters of an answer's body that are repeated.
const REPEATED: usize = 200;

/// Which question is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probe {
    /// `GET /readyz`: can it serve requests?
    Ready,
    /// `GET /livez`: does the process answer?
    Live,
}

/// The gateway did not answer with 200.
#[derive(Debug, thiserror::Error)]
pub enum Unhealthy {
    /// Nobody listens there, or whoever does hangs up.
    #[error("http://{address}{path} cannot be asked")]
    Unreachable {
        /// Who was asked.
        address: SocketAddr,
        /// What was asked.
        path: &'static str,
        /// What happened.
        source: io::Error,
    },
    /// No answer in time.
    #[error("http://{address}{path} did not answer within {} s", TIMEOUT.as_secs())]
    Late {
        /// Who was asked.
        address: SocketAddr,
        /// What was asked.
        path: &'static str,
    },
    /// Another answer.
    #[error("http://{address}{path} answered {answer}")]
    Answered {
        /// Who was asked.
        address: SocketAddr,
        /// What was asked.
        path: &'static str,
        /// The status line and the body, on one line.
        answer: String,
    },
}

/// Asks the gateway whose internal listener has this address; on loopback when it listens everywhere.
///
/// # Errors
/// When it does not answer 200 within two seconds.
pub async fn ask(internal_address: SocketAddr, probe: Probe) -> Result<(), Unhealthy> {
    let address = reachable(internal_address);
    let path = match probe {
        Probe::Ready => "/readyz",
        Probe::Live => "/livez",
    };
    let answer = match timeout(TIMEOUT, answer(address, path)).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(source)) => return Err(Unhealthy::Unreachable { address, path, source }),
        Err(_elapsed) => return Err(Unhealthy::Late { address, path }),
    };
    if answer.starts_with("HTTP/1.1 200 ") {
        return Ok(());
    }
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default().trim_start_matches("HTTP/1.1 ");
    let answer = format!("{status}: {body}").chars().filter(|letter| !letter.is_control()).take(REPEATED).collect();
    Err(Unhealthy::Answered { address, path, answer })
}

async fn answer(address: SocketAddr, path: &str) -> io::Result<String> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    connection.take(LONGEST).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Nobody can be asked at the address that means all of them.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_listens_everywhere_is_asked_on_loopback() {
        for (listens, asked) in [
            ("0.0.0.0:9090", "127.0.0.1:9090"),
            ("[::]:9090", "[::1]:9090"),
            ("10.1.2.3:80", "10.1.2.3:80"),
            ("[::1]:1", "[::1]:1"),
        ] {
            assert_eq!(reachable(listens.parse().unwrap()), asked.parse().unwrap(), "{listens}");
        }
    }
}
