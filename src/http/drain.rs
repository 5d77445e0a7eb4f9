//! Is the gateway about to stop, and who is told?

use std::sync::atomic::Ordering;

use super::State;

impl State {
    /// From now on the readiness probe says no, and each answer ends its connection, so that callers go elsewhere.
    pub fn drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.metrics.draining.set(1);
    }

    /// Was a stop asked for?
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
