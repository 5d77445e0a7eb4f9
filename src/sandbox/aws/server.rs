//! How does the sandbox listen on loopback, and stop?

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use super::edge::Edge;

/// How long requests in flight may take to end.
const GRACE: Duration = Duration::from_secs(2);

/// A running server. Dropping it stops it at once.
pub(super) struct Server {
    stop: Option<oneshot::Sender<()>>,
    accepting: JoinHandle<()>,
}

/// Takes the port, before anything else is done.
pub(super) async fn bind(port: u16) -> io::Result<(TcpListener, SocketAddr)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

impl Server {
    pub(super) fn start(listener: TcpListener, edge: Edge) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self { stop: Some(stop), accepting: tokio::spawn(accept(listener, Arc::new(edge), stopped)) }
    }

    /// Lets the requests in flight end, but not for long.
    pub(super) async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _: Result<(), ()> = stop.send(());
        }
        if let Err(error) = (&mut self.accepting).await {
            tracing::warn!(%error, "the sandbox's S3 did not stop cleanly");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, edge: Arc<Edge>, mut stopped: oneshot::Receiver<()>) {
    let graceful = GracefulShutdown::new();
    // Dropping the set, on either way out, ends the connections that are left.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let edge = Arc::clone(&edge);
                    let service = service_fn(move |request| {
                        let edge = Arc::clone(&edge);
                        async move { edge.answer(request).await }
                    });
                    // Small answers must not wait for more.
                    if let Err(error) = stream.set_nodelay(true) {
                        tracing::debug!(%error, "TCP_NODELAY was refused");
                    }
                    let mut builder = http1::Builder::new();
                    let connection = builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service);
                    connections.spawn(graceful.watch(connection));
                }
                Err(error) => {
                    tracing::warn!(%error, "the sandbox's S3 could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("the sandbox's S3 stopped with requests in flight");
    }
}
