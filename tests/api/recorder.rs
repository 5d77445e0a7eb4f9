//! What did the gateway send? A server that writes every request down and may pass it on to somebody who can answer.

use std::sync::Mutex;

use actix_web::dev::ServerHandle;
use actix_web::http::header::HeaderMap;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};

use crate::harness::SERVERS;

/// One request.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a text"))
    }
}

struct Desk {
    seen: Mutex<Vec<Seen>>,
    pass_on_to: Option<String>,
}

pub(crate) struct Recorder {
    pub(crate) url: String,
    desk: Data<Desk>,
    server: ServerHandle,
}

impl Recorder {
    /// Answers 200 to everything, or whatever the other one answers.
    pub(crate) async fn start(pass_on_to: Option<&str>) -> Self {
        let desk = Data::new(Desk { seen: Mutex::default(), pass_on_to: pass_on_to.map(str::to_owned) });
        let shared = desk.clone();
        let (address, server) = SERVERS
            .spawn(async move {
                let app = move || {
                    let limit = web::PayloadConfig::new(16 << 20);
                    App::new().app_data(shared.clone()).app_data(limit).default_service(web::route().to(write_down))
                };
                let server = HttpServer::new(app).workers(1).disable_signals().bind(("127.0.0.1", 0)).expect("a port");
                let address = server.addrs()[0];
                let running = server.run();
                let handle = running.handle();
                tokio::spawn(running);
                (address, handle)
            })
            .await
            .expect("it starts");
        Self { url: format!("http://{address}"), desk, server }
    }

    /// All so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.desk.seen.lock().expect("no panic").clone()
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let server = self.server.clone();
        SERVERS.spawn(async move { server.stop(false).await });
    }
}

async fn write_down(request: HttpRequest, body: Bytes, desk: Data<Desk>) -> HttpResponse {
    let (method, path) = (request.method().to_string(), request.uri().to_string());
    let seen =
        Seen { method: method.clone(), path: path.clone(), headers: request.headers().clone(), body: body.clone() };
    desk.seen.lock().expect("no panic").push(seen);
    let Some(other) = &desk.pass_on_to else { return HttpResponse::Ok().finish() };
    let client = reqwest::Client::new();
    let mut forward = client.request(method.parse().expect("a method"), format!("{other}{path}")).body(body.to_vec());
    for (name, value) in request.headers() {
        forward = forward.header(name.as_str(), value.as_bytes());
    }
    let answer = forward.send().await.expect("the other one answers");
    let status = actix_web::http::StatusCode::from_u16(answer.status().as_u16()).expect("a status");
    let mut passed = HttpResponse::build(status);
    if let Some(kind) = answer.headers().get("content-type") {
        passed.insert_header(("content-type", kind.as_bytes()));
    }
    passed.body(answer.bytes().await.expect("a body"))
}
