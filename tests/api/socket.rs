//! What comes back over a bare socket, where a request can be as wrong as it likes?

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

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
