//! When do log lines leave? Those that warn at once, and the others together, a tenth of a second later at most: at thousands of
//! requests a second, a system call for each line would cost as much as signing a URL.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line may wait for others.
const PATIENCE: Duration = Duration::from_millis(100);
/// As many bytes leave at once.
const ENOUGH: usize = 32 << 10;

/// Where lines go. Its clones are one.
pub(super) struct Outlet<W> {
    shared: Arc<Shared<W>>,
}

struct Shared<W> {
    waiting: Mutex<Waiting<W>>,
    /// The first line since the others left has come.
    begun: Condvar,
}

struct Waiting<W> {
    lines: Vec<u8>,
    to: W,
    is_over: bool,
}

/// Lets what waits leave when it is dropped, and from then on every line at once.
#[must_use = "the last lines leave when it is dropped"]
pub struct Rest(Box<dyn Fn() + Send + Sync>);

impl Drop for Rest {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// What one line is written to.
pub(super) struct Line<'a, W> {
    shared: &'a Shared<W>,
    is_urgent: bool,
}

impl<W: Write + Send + 'static> Outlet<W> {
    /// An outlet to that place, and its rest.
    ///
    /// # Errors
    /// When there is no thread to be had for what waits.
    pub(super) fn open(to: W) -> io::Result<(Self, Rest)> {
        let waiting = Waiting { lines: Vec::with_capacity(2 * ENOUGH), to, is_over: false };
        let shared = Arc::new(Shared { waiting: Mutex::new(waiting), begun: Condvar::new() });
        let (clock, at_end) = (Arc::clone(&shared), Arc::clone(&shared));
        thread::Builder::new().name("log".to_owned()).spawn(move || clock.empty_now_and_then())?;
        let rest = Rest(Box::new(move || {
            let mut waiting = at_end.lock();
            waiting.is_over = true;
            waiting.leave();
            at_end.begun.notify_all();
        }));
        Ok((Self { shared }, rest))
    }
}

impl<W: Write> Shared<W> {
    fn lock(&self) -> MutexGuard<'_, Waiting<W>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn empty_now_and_then(&self) {
        let mut waiting = self.lock();
        while !waiting.is_over {
            if waiting.lines.is_empty() {
                waiting = self.begun.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            } else {
                (waiting, _) = self.begun.wait_timeout(waiting, PATIENCE).unwrap_or_else(PoisonError::into_inner);
                waiting.leave();
            }
        }
    }
}

impl<W: Write> Waiting<W> {
    /// Nobody can be told that the log cannot be written.
    fn leave(&mut self) {
        let _nobody_to_tell = self.to.write_all(&self.lines).and_then(|()| self.to.flush());
        self.lines.clear();
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut waiting = self.shared.lock();
        let is_first = waiting.lines.is_empty();
        waiting.lines.extend_from_slice(bytes);
        if self.is_urgent || waiting.is_over || waiting.lines.len() >= ENOUGH {
            waiting.leave();
        } else if is_first {
            self.shared.begun.notify_one();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w, W: Write + Send + 'static> MakeWriter<'w> for Outlet<W> {
    type Writer = Line<'w, W>;

    fn make_writer(&'w self) -> Self::Writer {
        Line { shared: &self.shared, is_urgent: true }
    }

    fn make_writer_for(&'w self, metadata: &Metadata<'_>) -> Self::Writer {
        Line { shared: &self.shared, is_urgent: *metadata.level() <= Level::WARN }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tracing::{info, warn};

    use super::*;

    /// Tells of each time that something leaves.
    struct Telling(mpsc::Sender<String>);

    impl Write for Telling {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(String::from_utf8_lossy(bytes).into_owned()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Does work that logs, with what has left, in as many pieces.
    fn logging<T>(work: impl FnOnce(Rest, &mpsc::Receiver<String>) -> T) -> T {
        let (sender, left) = mpsc::channel();
        let (outlet, rest) = Outlet::open(Telling(sender)).unwrap();
        let subscriber = tracing_subscriber::fmt().with_writer(outlet).with_ansi(false).without_time().finish();
        tracing::subscriber::with_default(subscriber, || work(rest, &left))
    }

    #[test]
    fn lines_leave_in_their_order_when_one_warns_and_at_the_end() {
        logging(|rest, left| {
            info!("first");
            warn!("second");
            let together = left.try_iter().collect::<String>();
            assert!(together.contains("first") && together.ends_with("second\n"), "{together}");
            info!("third");
            drop(rest);
            info!("fourth");
            let after = left.try_iter().collect::<String>();
            assert!(after.contains("third") && after.ends_with("fourth\n"), "{after}");
        });
    }

    #[test]
    fn a_line_that_no_other_follows_leaves_by_itself() {
        logging(|_rest, left| {
            for word in ["once", "and again"] {
                info!("{word}");
                let line = left.recv_timeout(Duration::from_secs(30)).unwrap();
                assert!(line.ends_with(&format!("{word}\n")), "{line}");
            }
        });
    }

    #[test]
    fn many_lines_do_not_wait_for_the_clock() {
        logging(|_rest, left| {
            let line = "x".repeat(ENOUGH);
            info!("{line}");
            assert!(left.try_recv().unwrap().contains(&line));
        });
    }
}
