//! A Lambda runtime API on loopback: hands events to whichever function asks next, and takes its answers.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::collections::HashMap;
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::Value;
use tokio::sync::{Mutex, mpsc, oneshot};

/// What became of one invocation.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// The function's answer, as it wrote it.
    Response(String),
    /// The function's error: its type and its message.
    Error(String, String),
}

impl Outcome {
    /// The answer as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        match self {
            Self::Response(text) => serde_json::from_str(text).expect("an answer is JSON"),
            Self::Error(..) => panic!("refused: {self:?}"),
        }
    }

    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Error(..))
    }
}

#[derive(Debug)]
struct Invocation {
    id: String,
    event: String,
}

struct Queue {
    events: Mutex<mpsc::UnboundedReceiver<Invocation>>,
    answers: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
}

/// The runtime API of one function, in as many processes as there are.
pub(crate) struct RuntimeApi {
    pub(crate) address: String,
    events: mpsc::UnboundedSender<Invocation>,
    queue: web::Data<Queue>,
    server: actix_web::dev::ServerHandle,
}

impl RuntimeApi {
    pub(crate) fn start() -> Self {
        let (events, waiting) = mpsc::unbounded_channel();
        let queue = web::Data::new(Queue { events: Mutex::new(waiting), answers: Mutex::default() });
        let shared = queue.clone();
        let server = HttpServer::new(move || {
            let invocation = web::scope("/2018-06-01/runtime/invocation")
                .route("/next", web::get().to(next))
                .route("/{id}/response", web::post().to(response))
                .route("/{id}/error", web::post().to(error));
            App::new().app_data(shared.clone()).app_data(web::PayloadConfig::new(8 << 20)).service(invocation)
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0].to_string();
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { address, events, queue, server: handle }
    }

    /// Sends one event to the function, and waits for what becomes of it.
    pub(crate) async fn invoke(&self, event: &str) -> Outcome {
        let id = uuid::Uuid::new_v4().to_string();
        let (answer, answered) = oneshot::channel();
        self.queue.answers.lock().await.insert(id.clone(), answer);
        self.events.send(Invocation { id, event: event.to_owned() }).expect("the queue is open");
        // Cognito waits for five seconds.
        let outcome = tokio::time::timeout(Duration::from_secs(5), answered).await;
        outcome.expect("an answer within five seconds").expect("an answer")
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        // The stop begins when the future is made; nobody waits for its end.
        drop(self.server.stop(false));
    }
}

async fn next(queue: web::Data<Queue>) -> HttpResponse {
    let Some(invocation) = queue.events.lock().await.recv().await else { return HttpResponse::Gone().finish() };
    HttpResponse::Ok()
        .insert_header(("Lambda-Runtime-Aws-Request-Id", invocation.id))
        .insert_header(("Lambda-Runtime-Deadline-Ms", "4102444800000"))
        .insert_header((
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:eu-central-1:123456789012:function:triggers",
        ))
        .content_type("application/json")
        .body(invocation.event)
}

async fn response(queue: web::Data<Queue>, id: web::Path<String>, body: String) -> HttpResponse {
    settle(&queue, &id, Outcome::Response(body)).await
}

async fn error(queue: web::Data<Queue>, id: web::Path<String>, body: String) -> HttpResponse {
    let body: Value = serde_json::from_str(&body).expect("an error is JSON");
    let member = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    settle(&queue, &id, Outcome::Error(member("errorType"), member("errorMessage"))).await
}

async fn settle(queue: &Queue, id: &str, outcome: Outcome) -> HttpResponse {
    if let Some(answer) = queue.answers.lock().await.remove(id) {
        let _ = answer.send(outcome);
    }
    HttpResponse::Accepted().json(serde_json::json!({"status": "OK"}))
}
