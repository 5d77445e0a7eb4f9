//! How is a panic told? As a line like every other, with the fields of the request that it happened in.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic;

use tracing::error;

/// From here on. Where the log takes no errors, a panic is told as without us.
pub(super) fn log() {
    let without_us = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if !tracing::enabled!(tracing::Level::ERROR) {
            without_us(panic);
            return;
        }
        let place = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("not a text");
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
        let thread = std::thread::current();
        error!(
            panic.place = place,
            panic.message = message,
            panic.thread = thread.name(),
            panic.backtrace = backtrace,
            "panicked"
        );
    }));
}
