//! Do lines and spans say what they must, whatever the filter?

use std::io;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tracing::{Instrument as _, debug, error, info, info_span, trace as everything, warn};

use super::*;
use crate::model::{RequestId, TraceParent, TraceState, UploadId};
use crate::trace::{self, Attribute, Kind};

const CALLER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is written meanwhile.
fn lines(filter: &str, export: Option<Export>, work: impl FnOnce()) -> Vec<Value> {
    let (kept, log) = (Kept::default(), Log { format: LogFormat::Json, filter: filter.to_owned() });
    let writer = kept.clone();
    let subscriber = subscriber(&log, export, Clock::system(), move || writer.clone());
    tracing::subscriber::with_default(subscriber, work);
    let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn request(caller: Option<&str>) -> tracing::Span {
    let caller = caller.map(|text| (TraceParent::parse(text).unwrap(), TraceState::parse("vendor=note").ok()));
    trace::request(&RequestId::parse("my-request").unwrap(), "POST", caller.as_ref())
}

#[test]
fn every_line_of_a_request_has_its_fields_at_the_top_as_soon_as_they_are_known() {
    let upload = UploadId::new(time::OffsetDateTime::UNIX_EPOCH);
    let found = lines("info", None, || {
        request(Some(CALLER)).in_scope(|| {
            info!(http.status = 200, duration_ms = 0.5, is_so = true, text = "\"quoted\"\n", "first");
            trace::note_upload(upload);
            warn!("second");
            error!(request.id = "its own", "third");
        });
        info!("outside");
    });
    let [first, second, third, outside] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(
        (&first["message"], &first["level"], &first["target"]),
        (&"first".into(), &"INFO".into(), &module_path!().into())
    );
    assert_eq!(
        (&first["http.status"], &first["duration_ms"], &first["is_so"], &first["text"]),
        (&200.into(), &0.5.into(), &true.into(), &"\"quoted\"\n".into())
    );
    assert!(first["timestamp"].as_str().unwrap().ends_with('Z'));
    assert_eq!(
        (&first["request.id"], &first["trace.id"]),
        (&"my-request".into(), &"0af7651916cd43dd8448eb211c80319c".into())
    );
    let span = first["span.id"].as_str().unwrap();
    assert!(span.len() == 16 && span != "b7ad6b7169203331", "a span of our own: {span}");
    assert_eq!(first.get("upload.id"), None);
    assert_eq!((&second["upload.id"], &second["span.id"]), (&upload.to_string().into(), &first["span.id"]));
    assert_eq!(third["request.id"], "its own");
    assert_eq!((outside.get("request.id"), outside.get("trace.id")), (None, None));
}

#[test]
fn whatever_the_filter_lets_through_has_the_fields_of_its_request() {
    for filter in ["error", "warn", "other=info,upload_gateway=error", "upload_gateway::telemetry=error"] {
        let found = lines(filter, None, || request(None).in_scope(|| error!("one")));
        assert_eq!(found[0]["request.id"], "my-request", "{filter}");
        assert_eq!(found[0]["trace.id"].as_str().map(str::len), Some(32), "{filter}");
    }
    assert!(lines("off", None, || request(None).in_scope(|| error!("one"))).is_empty());
}

#[test]
fn calls_say_the_trace_also_when_nothing_is_logged() {
    lines("off", None, || {
        let headers = request(Some(CALLER)).in_scope(trace::outgoing);
        let [(parent, value), (state, note)] = headers.as_slice() else { panic!("{headers:?}") };
        assert_eq!((*parent, *state, note.as_str()), ("traceparent", "tracestate", "vendor=note"));
        let value = TraceParent::parse(value).unwrap();
        assert_eq!(value.to_string().split('-').nth(1), CALLER.split('-').nth(1));
        assert!(value.sampled && value.to_string() != CALLER);
        assert!(trace::outgoing().is_empty(), "there is no work at hand");
        let own = request(None).in_scope(trace::outgoing);
        assert!(own.len() == 1 && own[0].1.ends_with("-00"), "what nobody exports is not sampled: {own:?}");
    });
}

#[test]
fn what_others_write_below_info_is_never_written() {
    for filter in
        ["trace", "debug", "hyper=trace,upload_gateway=trace", "aws_sigv4=trace", "trace,hyper[{secret}]=trace"]
    {
        let found = lines(filter, None, || {
            everything!(target: "hyper::proto", "hunter2");
            debug!(target: "aws_sigv4::http_request", "hunter2");
            debug!(target: "aws_sdk_sts", secret = "hunter2", "hunter2");
            let span = tracing::debug_span!(target: "hyper", "conn", secret = "hunter2");
            span.in_scope(|| debug!(target: "hyper", "hunter2"));
        });
        assert!(found.is_empty(), "{filter}: {found:?}");
    }
    let found = lines("trace", None, || {
        info!(target: "hyper", "others' info");
        everything!("our trace");
    });
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn a_filter_may_ask_for_the_lines_of_one_request() {
    let filter = "off,[request{request.id=req-1}]=debug";
    let of = |id: &str| {
        let id = RequestId::parse(id).unwrap();
        lines(filter, None, || trace::request(&id, "GET", None).in_scope(|| debug!("a step")))
    };
    assert_eq!((of("req-1").len(), of("req-2").len()), (1, 0));
}

#[test]
fn work_has_a_trace_of_its_own_and_a_part_of_it_the_same() {
    let found = lines("info", None, || {
        request(None).in_scope(|| {
            info!("request");
            trace::detached_work("sweep").in_scope(|| {
                info!("whole");
                trace::work("reconcile").in_scope(|| {
                    trace::note_request(&RequestId::parse("a-look").unwrap());
                    info!("part");
                });
            });
        });
    });
    let [request, whole, part] = found.as_slice() else { panic!("{found:?}") };
    assert_ne!(request["trace.id"], whole["trace.id"]);
    assert_eq!(whole["trace.id"], part["trace.id"]);
    assert_ne!(whole["span.id"], part["span.id"]);
    assert_eq!((whole.get("request.id"), &part["request.id"]), (None, &"a-look".into()));
}

#[tokio::test]
async fn finished_spans_are_handed_on_with_their_parents_and_what_is_not_sampled_is_not() {
    let (queue, mut finished) = tokio::sync::mpsc::channel(8);
    let export = Export { queue, share: 0.0 };
    let log = Log { format: LogFormat::Json, filter: "off".to_owned() };
    let subscriber = subscriber(&log, Some(export), Clock::system(), io::sink);
    let step = async || {
        let span = info_span!("step", otel.kind = "client", otel.failed = tracing::field::Empty, count = 3);
        let _failed = trace::step(span, async { Err::<(), ()>(()) }).await;
    };
    let work = async {
        step().instrument(request(Some(CALLER))).await;
        step().instrument(request(Some(&CALLER.replace("-01", "-00")))).await;
        step().instrument(request(None)).await;
    };
    tracing::instrument::WithSubscriber::with_subscriber(work, subscriber).await;
    let (step, request) = (finished.recv().await.unwrap().traced, finished.recv().await.unwrap().traced);
    assert!(finished.recv().await.is_none(), "neither the one whose caller does not sample nor one of a share of none");
    let caller = TraceParent::parse(CALLER).unwrap();
    assert_eq!((request.own.trace, request.parent), (caller.trace, Some(caller.span)));
    assert_eq!((step.own.trace, step.parent), (caller.trace, Some(request.own.span)));
    let (step, request) = (step.exported.unwrap(), request.exported.unwrap());
    assert_eq!((step.name, step.kind, step.failed), ("step", Kind::Client, true));
    assert_eq!(step.attributes, [("count", Attribute::Integer(3))]);
    assert_eq!((request.kind, request.failed), (Kind::Server, false));
    assert!(request.attributes.contains(&("http.request.method", Attribute::Text("POST".to_owned()))));
}

#[test]
fn a_full_queue_drops_spans_and_holds_nobody_up() {
    let (queue, mut finished) = tokio::sync::mpsc::channel(2);
    lines("off", Some(Export { queue, share: 1.0 }), || (0..100).for_each(|_| drop(request(None))));
    assert_eq!(std::iter::from_fn(|| finished.try_recv().ok()).count(), 2);
}

#[test]
fn a_panic_is_a_line_with_its_place_and_its_request() {
    panics::log();
    let found = lines("error", None, || {
        let panicking = || request(None).in_scope(|| panic!("out of paper"));
        assert!(std::panic::catch_unwind(panicking).is_err());
    });
    let [line] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((&line["message"], &line["panic.message"]), (&"panicked".into(), &"out of paper".into()));
    assert!(line["panic.place"].as_str().unwrap().starts_with("src/telemetry/tests.rs:"), "{line}");
    assert_eq!((&line["request.id"], &line["level"]), (&"my-request".into(), &"ERROR".into()));
}
