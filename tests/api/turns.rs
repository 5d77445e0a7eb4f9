//! In which order do tasks go on that run side by side, and which of them die on the way?
//!
//! Left to themselves, tasks take turns as their answers arrive. Here a list says whose turn it is: a task rests between two
//! of its steps for as long as the others have theirs, and one whose steps are over is dropped where it stands, as by a crash.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use tokio::sync::Notify;

/// How long the one whose turn it is may have nothing to do: it may wait for one that rests.
const PATIENCE: Duration = Duration::from_millis(10);

/// Whose turn it is, and for how many steps.
pub(crate) type Turn = (usize, u8);

/// One of those who run side by side.
struct Task<'a> {
    work: LocalBoxFuture<'a, ()>,
    alarm: Arc<Alarm>,
    /// The steps until it dies, if it does.
    left: Option<u16>,
}

struct Alarm {
    rung: AtomicBool,
    anyone: Arc<Notify>,
}

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.rung.store(true, Ordering::Release);
        self.anyone.notify_one();
    }
}

impl Task<'_> {
    fn is_awake(&self) -> bool {
        self.alarm.rung.load(Ordering::Acquire)
    }

    /// One step. Says whether it was the last.
    fn step(&mut self) -> bool {
        if self.left == Some(0) {
            return true;
        }
        self.left = self.left.map(|left| left - 1);
        self.alarm.rung.store(false, Ordering::Release);
        let waker = Waker::from(Arc::clone(&self.alarm));
        self.work.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Ready(())
    }
}

/// Runs each to its end, or to its death after so many steps. When the list of turns is over, it begins again.
pub(crate) async fn run<'a>(work: Vec<(LocalBoxFuture<'a, ()>, Option<u16>)>, turns: &[Turn]) {
    let anyone = Arc::new(Notify::new());
    let mut tasks: Vec<Task<'a>> = Vec::new();
    for (work, left) in work {
        let alarm = Arc::new(Alarm { rung: AtomicBool::new(true), anyone: Arc::clone(&anyone) });
        tasks.push(Task { work, alarm, left });
    }
    let mut turns = turns.iter().cycle();
    while !tasks.is_empty() {
        let &(whose, steps) = turns.next().unwrap_or(&(0, 1));
        let mut whose = whose % tasks.len();
        for _ in 0..steps {
            let awake = async {
                while !tasks[whose].is_awake() {
                    anyone.notified().await;
                }
            };
            if tokio::time::timeout(PATIENCE, awake).await.is_err() {
                match tasks.iter().position(Task::is_awake) {
                    Some(other) => whose = other,
                    None => break,
                }
            }
            if tasks[whose].step() {
                drop(tasks.swap_remove(whose));
                break;
            }
        }
    }
}
