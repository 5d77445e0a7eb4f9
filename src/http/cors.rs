//! Pages of which origins may call?

use crate::config::Server;

/// Web origins that may call, and nobody else's: no `*`, no credentials beyond the bearer token that the page itself sends.
pub fn cors(server: &Server) -> actix_cors::Cors {
    let cors = actix_cors::Cors::default()
        .allowed_methods(["GET", "POST", "PATCH", "DELETE"])
        .allowed_headers(["accept", "authorization", "content-type", "idempotency-key", "x-request-id"])
        .expose_headers([
            "idempotency-replayed",
            "location",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "x-request-id",
        ])
        .max_age(600);
    server.allowed_origins.iter().fold(cors, |cors, origin| match origin.strip_suffix('*') {
        None => cors.allowed_origin(origin),
        Some(any_port_of) => {
            let any_port_of = any_port_of.to_owned();
            cors.allowed_origin_fn(move |origin, _| {
                let port = origin.to_str().ok().and_then(|origin| origin.strip_prefix(&any_port_of));
                port.is_some_and(|port| port.parse::<u16>().is_ok())
            })
        }
    })
}
