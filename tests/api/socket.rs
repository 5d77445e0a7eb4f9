//! What comes back over a bare socket, where a request can be as wrong as it likes?

use futures_util::future::join_all;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// The answers to so many requests, each on a connection of its own that the request must ask to be closed, all of them sent before the first
/// answer is read. Each is written as soon as it is connected: the server gives a connection five seconds for its request.
pub(crate) async fn all_at_once(url: &str, requests: impl Iterator<Item = String>) -> Vec<String> {
    let mut sockets = Vec::new();
    for request in requests {
        sockets.push(write(url, &request).await);
    }
    let answers = sockets.iter_mut().map(async |socket| {
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.expect("an answer");
        answer
    });
    join_all(answers).await
}

/// A connection to `http://HOST:PORT/…`, on which everything that is given was written.
pub(crate) async fn write(url: &str, request: &str) -> TcpStream {
    let authority = url.trim_start_matches("http://").split('/').next().expect("an authority");
    let mut socket = TcpStream::connect(authority).await.expect("a connection");
    socket.write_all(request.as_bytes()).await.expect("the request is taken");
    socket
}

/// The answer's head, as soon as it is there.
pub(crate) async fn head(socket: &mut TcpStream) -> String {
    let mut text = Vec::new();
    let reading = async {
        while !text.windows(4).any(|window| window == b"\r\n\r\n") {
            let byte = socket.read_u8().await.expect("an answer");
            text.push(byte);
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), reading).await.expect("an answer in time");
    String::from_utf8(text).expect("a text")
}
