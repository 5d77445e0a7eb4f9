//! Is a request a part of its caller's trace, and what it causes a part of the same?

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value as Attribute;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::Harness;
use crate::recorder::Recorder;
use crate::spawned::{Settings, Spawned};

const ALICE: &str = "alice@acme.example";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

/// A harness whose requests go to the program.
async fn spawn(change: impl FnOnce(&mut Settings<'_>)) -> (Harness, Spawned) {
    let mut gateway = Harness::start().await;
    let jwks = gateway.neighbours().cognito.jwks_url();
    let mut settings = Settings::of(&gateway, &jwks);
    change(&mut settings);
    let program = Spawned::start(&gateway, settings).await;
    gateway.public_url.clone_from(&program.public_url);
    (gateway, program)
}

/// Asks for an upload with these headers, and gives back its status, its id and the lines about it.
async fn grant(gateway: &Harness, program: &Spawned, id: &str, headers: &[(&str, &str)]) -> (Value, Vec<Value>) {
    let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 5});
    let mut request = gateway.request(Method::POST, "/v1/uploads").bearer_auth(gateway.token(ALICE)).json(&body);
    for (name, value) in headers.iter().chain(&[("x-request-id", id)]) {
        request = request.header(*name, *value);
    }
    let answer = gateway.send(request).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    let about = || program.lines().into_iter().filter(|line| line["request.id"] == id).collect::<Vec<_>>();
    let answered = || about().iter().any(|line| line["message"] == "request answered");
    gateway.until("its line is written", async || answered()).await;
    (answer.body, about())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn spans(collector: &Recorder) -> Vec<Span> {
    let mut spans = Vec::new();
    for seen in collector.seen() {
        assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/v1/traces"));
        assert_eq!(seen.header("content-type"), Some("application/x-protobuf"));
        let message = ExportTraceServiceRequest::decode(seen.body.as_ref()).expect("a message of OTLP");
        for of_resource in message.resource_spans {
            let name =
                of_resource.resource.expect("a resource").attributes.into_iter().find(|a| a.key == "service.name");
            let name = name.and_then(|a| a.value).and_then(|value| value.value);
            assert_eq!(name, Some(Attribute::StringValue("upload-gateway".to_owned())));
            spans.extend(of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans));
        }
    }
    spans
}

fn attribute(span: &Span, name: &str) -> Option<Attribute> {
    span.attributes.iter().find(|attribute| attribute.key == name)?.value.clone()?.value
}

#[tokio::test]
async fn a_collector_is_sent_the_steps_of_a_request_as_parts_of_its_callers_trace() {
    let collector = Recorder::start(None).await;
    let further = format!("[trace]\notlp_endpoint = \"{}\"\nsample_ratio = 0.0\n", collector.url);
    let (gateway, mut program) = spawn(|settings| settings.further = Box::leak(further.into_boxed_str())).await;
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let (granted, lines) =
        grant(&gateway, &program, "sampled", &[("traceparent", &parent), ("tracestate", "vendor=note")]).await;
    grant(&gateway, &program, "unsampled", &[("traceparent", &parent.replace("-01", "-00"))]).await;
    grant(&gateway, &program, "of-no-trace", &[]).await;
    program.stop(&gateway).await;

    let spans = spans(&collector);
    assert!(
        spans.iter().all(|span| hexadecimal(&span.trace_id) == TRACE),
        "what is not sampled is not sent: {spans:#?}"
    );
    let named =
        |name: &str| spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("{name}: {spans:#?}"));
    let request = named("POST /v1/uploads");
    assert_eq!(
        (request.kind, hexadecimal(&request.parent_span_id).as_str()),
        (2, CALLER),
        "a server's, below the caller's"
    );
    assert_eq!(
        (request.trace_state.as_str(), hexadecimal(&request.span_id)),
        ("vendor=note", lines[0]["span.id"].as_str().unwrap().to_owned())
    );
    assert_eq!(attribute(request, "http.response.status_code"), Some(Attribute::IntValue(201)));
    assert_eq!(attribute(request, "http.request.method"), Some(Attribute::StringValue("POST".to_owned())));
    assert_eq!(
        attribute(request, "upload.id"),
        Some(Attribute::StringValue(granted["id"].as_str().unwrap().to_owned()))
    );
    assert_eq!(attribute(request, "tenant.slug"), Some(Attribute::StringValue("acme".to_owned())));
    for (step, kind) in
        [("verify token", 1), ("find tenant", 1), ("AssumeRole", 3), ("presign", 1), ("record grant", 1)]
    {
        let step = named(step);
        assert_eq!((&step.parent_span_id, step.kind), (&request.span_id, kind), "{}", step.name);
        assert!(
            step.start_time_unix_nano >= request.start_time_unix_nano
                && step.end_time_unix_nano <= request.end_time_unix_nano
        );
    }
}

#[tokio::test]
async fn a_collector_that_is_away_costs_nobody_anything_but_spans() {
    // A port that nobody listens on.
    let away = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
    let further = format!("[trace]\notlp_endpoint = \"http://{away}\"\n");
    let (gateway, mut program) = spawn(|settings| settings.further = Box::leak(further.into_boxed_str())).await;
    let told = || program.lines().iter().filter(|line| line["message"] == "spans could not be exported").count();
    for number in 0..20 {
        grant(&gateway, &program, &format!("away-{number}"), &[]).await;
    }
    gateway.until("the loss is told", async || told() == 1).await;
    grant(&gateway, &program, "away-last", &[]).await;
    program.stop(&gateway).await;
    assert_eq!(program.lines().iter().filter(|line| line["message"] == "spans could not be exported").count(), 1);
}

#[tokio::test]
async fn every_call_on_behalf_of_a_request_says_its_trace_and_the_answer_says_nothing() {
    let harness = Harness::start().await;
    let aws = Recorder::start(Some(harness.neighbours().aws.url())).await;
    let keys = Recorder::start(Some(harness.neighbours().cognito.url())).await;
    let jwks = harness.neighbours().cognito.jwks_url().replace(harness.neighbours().cognito.url(), &keys.url);
    let settings = Settings { aws_url: &aws.url, ..Settings::of(&harness, &jwks) };
    let program = Spawned::start(&harness, settings).await;
    let mut gateway = harness;
    gateway.public_url.clone_from(&program.public_url);
    let parent = format!("00-{TRACE}-{CALLER}-01");
    let (granted, lines) =
        grant(&gateway, &program, "first", &[("traceparent", &parent), ("tracestate", "vendor=note")]).await;
    let span = lines[0]["span.id"].as_str().unwrap();
    assert!(lines.iter().all(|line| line["trace.id"] == TRACE && line["span.id"] == span), "{lines:#?}");
    let ours = format!("00-{TRACE}-{span}-01");
    let assumed =
        aws.seen().into_iter().find(|seen| seen.body.starts_with(b"Action=AssumeRole")).expect("a call to STS");
    assert_eq!(
        (assumed.header("traceparent"), assumed.header("tracestate")),
        (Some(ours.as_str()), Some("vendor=note"))
    );

    let path = format!("/v1/uploads/{}/complete", granted["id"].as_str().unwrap());
    let request = gateway.request(Method::POST, &path).bearer_auth(gateway.token(ALICE)).header("traceparent", &parent);
    let answer = gateway.send(request).await;
    assert_eq!(answer.problem(), "object-missing");
    assert!(!answer.headers.keys().any(|name| name.as_str().starts_with("trace")));
    let looked = aws.seen().into_iter().find(|seen| seen.method == "HEAD").expect("a call to S3");
    assert!(
        looked.header("traceparent").unwrap().starts_with(&format!("00-{TRACE}-"))
            && looked.header("tracestate").is_none()
    );

    let read = keys.seen().into_iter().next().expect("the keys were read");
    let own = read.header("traceparent").expect("a trace of its own");
    assert!(!own.contains(TRACE) && own.ends_with("-00"), "{own}");
}

#[tokio::test]
async fn whoever_says_nothing_good_of_a_trace_begins_one() {
    let (gateway, program) = spawn(|_| {}).await;
    let good = format!("00-{TRACE}-{CALLER}-01");
    let table: [(&str, &[(&str, &str)]); 5] = [
        ("none", &[]),
        ("capitals", &[("traceparent", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]),
        ("twice", &[("traceparent", &good), ("traceparent", &good)]),
        ("zeroes", &[("traceparent", "00-00000000000000000000000000000000-b7ad6b7169203331-01")]),
        ("state-alone", &[("tracestate", "vendor=note")]),
    ];
    for (id, headers) in table {
        let (_, lines) = grant(&gateway, &program, id, headers).await;
        let trace = lines[0]["trace.id"].as_str().unwrap();
        assert!(trace.len() == 32 && !trace.eq_ignore_ascii_case(TRACE), "{id}: {trace}");
    }
    let (_, lines) = grant(&gateway, &program, "bad-state", &[("traceparent", &good), ("tracestate", "NO")]).await;
    assert_eq!(lines[0]["trace.id"], TRACE, "a bad state takes no parent along");
}
