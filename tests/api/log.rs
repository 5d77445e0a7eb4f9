//! What does the gateway write into its log?

use std::io;
use std::sync::{LazyLock, Mutex, PoisonError};

use tracing_subscriber::util::SubscriberInitExt as _;
use upload_gateway::config::{Log, LogFormat};
use upload_gateway::model::Clock;
use upload_gateway::telemetry;

/// All that this process logged since [`capture`].
static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to keep what is logged, with all that the gateway itself has to say. Other tests' lines are among it.
pub(crate) fn capture() {
    static CAPTURE: LazyLock<()> = LazyLock::new(|| {
        let log = Log { format: LogFormat::Json, filter: "info,upload_gateway=trace".to_owned() };
        let lines = telemetry::subscriber(&log, None, Clock::system(), || Lines);
        lines.try_init().expect("no other subscriber");
    });
    LazyLock::force(&CAPTURE);
}

/// What was kept so far.
pub(crate) fn captured() -> String {
    String::from_utf8(LINES.lock().unwrap_or_else(PoisonError::into_inner).clone()).expect("UTF-8")
}
