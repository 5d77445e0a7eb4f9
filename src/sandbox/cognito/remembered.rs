//! How is something kept for a while, and never more than so much of it?

use std::collections::VecDeque;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Values under secret names. When there are too many, the oldest is forgotten.
pub(super) struct Remembered<T> {
    most: usize,
    /// Oldest first.
    entries: VecDeque<Entry<T>>,
}

struct Entry<T> {
    name: String,
    value: T,
    expires_at: i64,
}

impl<T> Remembered<T> {
    pub(super) fn new(most: usize) -> Self {
        Self { most, entries: VecDeque::new() }
    }

    /// Keeps a value until that second, and answers its new name.
    pub(super) fn insert(&mut self, value: T, expires_at: i64) -> String {
        if self.entries.len() >= self.most {
            self.entries.pop_front();
        }
        let name = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        self.entries.push_back(Entry { name: name.clone(), value, expires_at });
        name
    }

    /// The value of that name, unless its time is over.
    pub(super) fn get(&mut self, name: &str, now: i64) -> Option<&mut T> {
        self.entries.retain(|entry| entry.expires_at > now);
        self.entries.iter_mut().find(|entry| entry.name == name).map(|entry| &mut entry.value)
    }

    /// Forgets one.
    pub(super) fn remove(&mut self, name: &str) {
        self.entries.retain(|entry| entry.name != name);
    }

    /// Forgets those that are not to be kept.
    pub(super) fn retain(&mut self, keep: impl Fn(&T) -> bool) {
        self.entries.retain(|entry| keep(&entry.value));
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.iter().map(|entry| &entry.value)
    }
}

impl<T> fmt::Debug for Remembered<T> {
    /// Without the names, which are secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").field("len", &self.entries.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_makes_room_and_what_is_over_is_gone() {
        let mut remembered = Remembered::new(2);
        let [first, second, third] = [1, 2, 3].map(|value| remembered.insert(value, 10 * value));
        assert_eq!(remembered.get(&first, 0), None);
        assert_eq!(remembered.get(&second, 19), Some(&mut 2));
        assert_eq!(remembered.get(&second, 20), None);
        assert_eq!(remembered.get(&third, 20), Some(&mut 3));
        remembered.remove(&third);
        assert_eq!(remembered.values().count(), 0);
    }
}
