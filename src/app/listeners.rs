//! How are addresses bound, and requests on them served?

use std::net::{SocketAddr, TcpListener};
use std::num::NonZeroUsize;
use std::thread;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use rustls::ServerConfig;

use super::StartError;
use crate::config;
use crate::http::{self, State};

/// The listener, and its address with the port that it really has.
pub(super) fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Listen { address, source };
    let listener = TcpListener::bind(address).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Where callers come in, with TLS or without.
pub(super) fn serve_public(
    listener: TcpListener,
    server: &config::Server,
    state: Data<State>,
    tls: Option<ServerConfig>,
) -> Result<Server, StartError> {
    let settings = server.clone();
    let app = move || {
        App::new().wrap(http::cors(&settings)).wrap(from_fn(http::observe)).configure(http::public(state.clone()))
    };
    let mut public = HttpServer::new(app).disable_signals();
    public = public.keep_alive(server.keep_alive).shutdown_timeout(whole_seconds(server.shutdown_grace));
    public = public.workers(server.workers.unwrap_or_else(|| workers(thread::available_parallelism().ok())));
    let address = server.public_address;
    let listening = match tls {
        Some(tls) => public.listen_rustls_0_23(listener, tls),
        None => public.listen(listener),
    };
    Ok(listening.map_err(|source| StartError::Listen { address, source })?.run())
}

/// Where probes and Prometheus come in.
pub(super) fn serve_internal(
    listener: TcpListener,
    server: &config::Server,
    state: Data<State>,
) -> Result<Server, StartError> {
    let app = move || App::new().wrap(from_fn(http::observe)).configure(http::internal(state.clone()));
    let internal = HttpServer::new(app).disable_signals().shutdown_timeout(1).workers(1);
    let address = server.internal_address;
    Ok(internal.listen(listener).map_err(|source| StartError::Listen { address, source })?.run())
}

/// What is granted is recorded and logged by threads of their own, and no answer leaves before its record is made: a worker on every
/// core takes turns with them, and everybody waits longer.
fn workers(cores: Option<NonZeroUsize>) -> usize {
    cores.map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

/// The server counts in seconds. A grace that is not a whole number of them is not cut short.
fn whole_seconds(grace: Duration) -> u64 {
    grace.as_secs() + u64::from(grace.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_is_left_to_who_records_where_there_is_more_than_one() {
        let of = |cores| workers(NonZeroUsize::new(cores));
        assert_eq!([of(1), of(2), of(3), of(64)], [1, 1, 2, 63]);
        assert_eq!(workers(None), 1, "a machine that does not say");
    }
}
