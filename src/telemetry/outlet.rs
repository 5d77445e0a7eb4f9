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
/// When so many bytes wait, they leave.
const ENOUGH: usize = 32 << 10;
/// When so many do, whoever takes them is slow, and whoever has another line waits for it.
const TOO_MANY: usize = 1 << 20;

/// Where lines go.
pub(super) struct Outlet<W> {
    shared: Arc<Shared<W>>,
}

struct Shared<W> {
    waiting: Mutex<Waiting>,
    /// There is work for the thread: the first line since the others left, enough of them, or the end.
    news: Condvar,
    /// Taken before `waiting` is, and held while lines leave, so that they do so in their order.
    to: Mutex<W>,
}

#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
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
        let shared = Arc::new(Shared { waiting: Mutex::default(), news: Condvar::new(), to: Mutex::new(to) });
        let (clerk, at_end) = (Arc::clone(&shared), Arc::clone(&shared));
        thread::Builder::new().name("log".to_owned()).spawn(move || clerk.let_leave_until_the_end())?;
        let rest = Rest(Box::new(move || {
            at_end.waiting().is_over = true;
            at_end.news.notify_all();
            at_end.let_leave();
        }));
        Ok((Self { shared }, rest))
    }
}

impl<W: Write> Shared<W> {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn let_leave(&self) {
        let mut to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::take(&mut self.waiting().lines);
        // Nobody can be told that the log cannot be written.
        let _nobody_to_tell = to.write_all(&lines).and_then(|()| to.flush());
    }

    fn let_leave_until_the_end(&self) {
        loop {
            let waiting = self.waiting();
            let nothing_yet = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.is_over;
            let waiting = self.news.wait_while(waiting, nothing_yet).unwrap_or_else(PoisonError::into_inner);
            let too_few = |waiting: &mut Waiting| waiting.lines.len() < ENOUGH && !waiting.is_over;
            let (waiting, _) =
                self.news.wait_timeout_while(waiting, PATIENCE, too_few).unwrap_or_else(PoisonError::into_inner);
            if waiting.is_over {
                return;
            }
            drop(waiting);
            self.let_leave();
        }
    }
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.shared.waiting();
        let before = waiting.lines.len();
        waiting.lines.extend_from_slice(line);
        let now = waiting.lines.len();
        let is_pressing = self.is_urgent || waiting.is_over || now >= TOO_MANY;
        drop(waiting);
        if is_pressing {
            self.shared.let_leave();
        } else if before == 0 || (before < ENOUGH && now >= ENOUGH) {
            self.shared.news.notify_one();
        }
        Ok(line.len())
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
    fn many_lines_leave_whole() {
        logging(|_rest, left| {
            let line = "x".repeat(ENOUGH);
            info!("{line}");
            assert!(left.recv_timeout(PATIENCE * 100).unwrap().contains(&line));
        });
    }
}
